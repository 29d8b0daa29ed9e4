import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cards.markdown import WORD_JOINER, escape, link, one_line, plain, table

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp; &#60;",
    "**bold** __bold__ *em* _em_ ~~gone~~",
    "[click](https://evil.example)",
    "![pixel](https://evil.example/p.png)",
    "[ref]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example/path",
    "see www.evil.example now",
    "mail a.b@evil.example",
    "evil.example",
    "//evil.example/x",
    "# heading",
    "1. list",
    "1) list",
    "- item",
    "+ item",
    "> quote",
    "---",
    "===",
    "***",
    "    code",
    "```\ncode\n```",
    "~~~\ncode",
    "`code`",
    "a | b\n--- | ---\nc | d",
    ":---",
    "line\n\nsecond paragraph",
    "line  \nbreak",
    "back\\slash\\",
    "\\<b>",
    "\u202eright to left\u202c and\u200bzero\u2028line",
    "footnote[^1]",
    "- [ ] task",
    "$x^2$",
    "{.class}",
]
INERT = {"paragraph_open", "inline", "paragraph_close"}
TABLE = {"table", "thead", "tbody", "tr", "th", "td"}


def gfm():
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def rendered_text(markdown):
    tokens = gfm().parse(markdown)
    assert INERT >= {token.type for token in tokens}, tokens
    inline = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inline} <= {"text"}, inline
    return "".join(child.content for child in inline)


def visible(text):
    return text.replace(WORD_JOINER, "")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_one_paragraph_of_plain_text_that_reads_the_same(text):
    assert one_line(text) == visible(rendered_text(escape(text)))


@given(st.text(max_size=60))
def test_any_text_becomes_plain_text_only(text):
    escaped = escape(text)
    assert one_line(text) == visible(rendered_text(escaped) if escaped else "")


@given(st.text(alphabet="*_[]()<>!`~|#-+=.:/\\&;@$^{}1a \n\t", max_size=40))
def test_any_mix_of_markup_characters_becomes_plain_text_only(text):
    escaped = escape(text)
    assert one_line(text) == visible(rendered_text(escaped) if escaped else "")


@given(st.text(alphabet="*_[]()<>!`~|#-+=.:/\\&;@1a \n", max_size=30))
def test_any_text_stays_inside_its_table_cell(text):
    tokens = gfm().parse(table(("Fact", "Value"), [(escape(text), "1"), ("next", "2")]))

    cells = [token for token in tokens if token.type == "td_open"]
    assert 4 == len(cells)
    inline = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inline} <= {"text"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_no_html_for_a_client_that_does_not_render_markdown(text):
    assert "<" not in escape(text)
    assert ">" not in escape(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/path",
        "www.evil.example",
        "WWW.1evil.example",
        "a.b@evil.example",
        "//evil.example",
        "evil.example",
    ],
)
def test_what_linkifiers_look_for_is_broken_even_after_unescaping(text):
    unescaped = escape(text).replace("\\", "")

    for start in ("://", "//", "www.", "WWW.", "l.example", "b@"):
        assert start not in unescaped


def test_linkify_finds_no_link_in_hostile_text():
    pytest.importorskip("linkify_it")
    renderer = MarkdownIt("gfm-like")
    for text in HOSTILE:
        assert "<a" not in renderer.render(escape(text))


def test_ordinary_words_and_references_are_left_as_they_are():
    assert "Procedure/session-1" == escape("Procedure/session-1")
    assert "last measured 14 Mar, 2 days" == escape("last measured 14 Mar, 2 days")


def test_plain_text_has_one_line_and_no_angle_brackets():
    assert "a \u2039b\u203a c" == plain(" a\n<b>\t\u202e c\x00")


def test_a_link_has_an_escaped_label_and_a_closed_address():
    assert r"[2\[A\]](https://payer.example.org/guide?a=%281%29)" == link(
        "2[A]", "https://payer.example.org/guide?a=(1)"
    )


def test_an_address_that_is_not_http_is_not_linked():
    assert "guide" == link("guide", "javascript:alert")
