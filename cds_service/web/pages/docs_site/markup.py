"""From the Markdown of one text to a page: HTML without any of its own making, headings with anchors, words to search.

HTML in a text is left out. A link to another text leads to its page; a link to a file that has no page stays as words.
Long lines of code scroll by keyboard too; tables become blocks on a narrow screen.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from posixpath import dirname, join, normpath
from typing import Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cds_service.web.pages.docs_site.code_colors import colored

_CONTENTS_DOWN_TO: Final = 3


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the title; ``anchor`` is made as GitHub makes it, so that links work in both places."""

    level: int
    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below a heading, as plain words; the first of a page has its title and no anchor.

    ``terms`` are the words that its tables explain: what stands in their first column.
    """

    title: str
    anchor: str
    text: str
    terms: str


@dataclass(frozen=True, slots=True)
class ManualPage:
    """A text as a page; ``html`` lacks the title, which the page around it shows."""

    title: str
    html: str
    headings: tuple[Heading, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class SiteAddresses:
    """Where other files are found, by their path from the top; None for what is not on the site.

    ``page`` gives address and title, ``image`` the address.
    """

    page: Callable[[str], tuple[str, str] | None]
    image: Callable[[str], str | None]


def made_page(path: str, text: str, addresses: SiteAddresses) -> ManualPage:
    """The page of the text at this path from the top."""
    tokens = list(_without_html(_READER.parse(text)))
    headings = _mark_headings(tokens)
    for token in tokens:
        if token.children is not None:
            token.children = list(_with_addresses(token.children, path, addresses))
    sections = tuple(_sections(tokens))
    body = tokens[3:] if tokens and tokens[0].tag == "h1" else tokens
    html = _READER.renderer.render(list(_with_tables(body)), _READER.options, {})
    contents = tuple(heading for heading in headings if 1 < heading.level <= _CONTENTS_DOWN_TO)
    title = next((section.title for section in sections if section.title), path)
    return ManualPage(title, html, contents, sections)


def title_of(text: str) -> str:
    """The title of a text, without making a page of it."""
    return next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), "")


def _fence(tokens: list[Token], index: int, *_: object) -> str:
    token = tokens[index]
    language = token.info.split()[0] if token.info.strip() else ""
    return f'<pre class="code" tabindex="0"><code>{colored(token.content, language)}</code></pre>\n'


_READER: Final = MarkdownIt("commonmark").enable("table")
_READER.renderer.rules["fence"] = _fence  # type: ignore[attr-defined]


def _without_html(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.children is not None:
            token.children = [child for child in token.children if child.type != "html_inline"]
        if token.type != "html_block":
            yield token


def _mark_headings(tokens: list[Token]) -> list[Heading]:
    """Gives each heading its anchor, and lists them."""
    seen: Counter[str] = Counter()
    found = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            title = _plain(inline)
            anchor = _anchor(title)
            seen[anchor] += 1
            anchor = anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor] - 1}"
            opening.attrSet("id", anchor)
            found.append(Heading(int(opening.tag[1]), title, anchor))
    return found


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _plain(token: Token) -> str:
    """The words of a paragraph, heading or cell, without its marks."""
    return "".join(" " if child.type.endswith("break") else child.content for child in token.children or ())


def _sections(tokens: list[Token]) -> Iterator[Section]:
    starts = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    if tokens and starts[:1] != [0]:
        starts.insert(0, 0)
    for start, end in pairwise([*starts, len(tokens)]):
        opening, below = tokens[start], tokens[start:end]
        heading = opening.type == "heading_open"
        yield Section(
            title=_plain(tokens[start + 1]) if heading else "",
            anchor=str(opening.attrGet("id")) if heading and opening.tag != "h1" else "",
            text=" ".join(_words(below[3:] if heading else below)),
            terms=" ".join(_plain(below[at + 2]) for at, token in enumerate(below) if token.type == "tr_open"),
        )


def _words(tokens: list[Token]) -> Iterator[str]:
    """The words of paragraphs, cells and code; a dot keeps the cells of a row apart."""
    for token, after in pairwise([*tokens, _html("")]):
        if token.type == "inline":
            yield _plain(token)
        elif token.type in {"th_close", "td_close"} and after.type != "tr_close":
            yield "·"
        elif token.type == "fence":
            yield " ".join(token.content.split())


def _with_addresses(tokens: list[Token], path: str, addresses: SiteAddresses) -> Iterator[Token]:
    """Links and images lead to pages and files of the site; what has neither stays as words, or goes.

    A link whose words are the name of a text is shown with the title of its page.
    """
    open_link = False
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "link_open":
            address, title = _link(str(token.attrGet("href")), path, addresses)
            token.attrSet("href", address or "")
            token.meta["title"] = title
            open_link = address is not None
        elif token.type == "text" and before is not None and before.type == "link_open":
            if before.meta["title"] is not None and token.content.endswith(".md"):
                token.content = before.meta["title"]
        elif token.type == "image":
            token.attrSet("src", addresses.image(_from_the_top(str(token.attrGet("src")), path)) or "")
            token.attrSet("loading", "lazy")
        is_link = token.type in {"link_open", "link_close"}
        if not (is_link and not open_link) and not (token.type == "image" and not token.attrGet("src")):
            yield token


def _link(href: str, path: str, addresses: SiteAddresses) -> tuple[str | None, str | None]:
    """Where a link leads, and the title of the page there if the page is ours."""
    parts = urlsplit(href)
    if parts.scheme or not parts.path:
        return href, None
    address, title = addresses.page(_from_the_top(parts.path, path)) or (None, None)
    return address and (f"{address}#{parts.fragment}" if parts.fragment else address), title


def _from_the_top(target: str, path: str) -> str:
    return normpath(join(dirname(path), target))


def _with_tables(tokens: list[Token]) -> Iterator[Token]:
    """Tables as the stylesheet and a screen reader want them.

    A box around them scrolls, each cell has the name of its column for a narrow screen, a head without words is left
    out, and an empty cell is no header.
    """
    columns, column, end_of_empty_head = list[str](), 0, -1
    for index, token in enumerate(tokens):
        if token.type == "table_open":
            token.attrSet("class", "rows")
            columns = [_plain(tokens[at + 1]) for at in _cells_of_head(tokens, index)]
            end_of_empty_head = -1 if any(columns) else index + 3 * len(columns) + 4
            yield _html('<div class="wide">\n')
        elif token.type == "tr_open":
            column = 0
        elif token.type == "th_open":
            if tokens[index + 1].content:
                token.attrSet("scope", "col")
            else:
                token.tag = tokens[index + 2].tag = "td"
        elif token.type == "td_open":
            if column and columns[column]:
                token.attrSet("data-label", columns[column])
            column += 1
        if token.type == "table_open" or index > end_of_empty_head:
            yield token
        if token.type == "table_close":
            yield _html("</div>\n")


def _cells_of_head(tokens: list[Token], table: int) -> Iterator[int]:
    """Where the cells of the head of a table begin."""
    for at in range(table, len(tokens)):
        if tokens[at].type == "th_open":
            yield at
        elif tokens[at].type == "thead_close":
            return


def _html(text: str) -> Token:
    return Token("html_block", "", 0, content=text)
