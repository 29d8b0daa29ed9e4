"""Text from charts made harmless: in GitHub-flavored Markdown, in HTML and in plain-text fields."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

WORD_JOINER: Final = "\u2060"

_HARMLESS: Final = re.compile(r"(?!.*//)[A-Za-z0-9][A-Za-z0-9,;:+%/-]*(?: [A-Za-z0-9,;:+%/-]+)*").fullmatch
_INVISIBLE: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
_SPACE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MARKUP: Final = str.maketrans(
    {character: f"\\{character}" for character in "\\`*_{}[]~$^"}
    | {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;"}
)
_LINK_STARTS: Final = re.compile(r"@|(?<=/)/|(?<=www)\.|\.(?=[^\W\d_])", re.IGNORECASE)
_LIST_NUMBER: Final = re.compile(r"(\d{1,9})([.)])(?= |$)")
_LINE_STARTERS: Final = frozenset("-+#=:")
_LOOK_ALIKES: Final = str.maketrans({"<": "\u2039", ">": "\u203a"})


def one_line(text: str) -> str:
    """Collapse whitespace and control characters to single spaces; drop invisible and direction characters."""
    if text.isascii() and text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]:
        return text
    return _SPACE.sub(" ", _INVISIBLE.sub("", _SURROGATE.sub("\ufffd", text))).strip()


def plain(text: str) -> str:
    """Text for fields that are shown as they are (summary, labels): one line, look-alikes for angle brackets."""
    line = one_line(text)
    return line.translate(_LOOK_ALIKES) if "<" in line or ">" in line else line


def escape(text: str) -> str:
    """Text that means only itself in Markdown and in HTML, at any place of a line and in a table cell.

    Punctuation that starts markup gets a backslash or an entity. An invisible word joiner breaks what renderers
    would turn into links even when escaped: ``//``, ``www.``, ``@`` and a dot before a letter.
    """
    if _HARMLESS(text):
        return text
    escaped = _LINK_STARTS.sub(_broken, one_line(text).translate(_MARKUP))
    if escaped[:1] in _LINE_STARTERS:
        return f"\\{escaped}"
    return _LIST_NUMBER.sub(r"\1\\\2", escaped, count=1) if escaped[:1].isdigit() else escaped


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A GFM table. Cells are Markdown already: text from a chart goes through ``escape`` first."""
    lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    lines.extend(f"| {' | '.join(row)} |" for row in rows)
    return "\n".join(lines)


def link(label: str, url: str) -> str:
    """A link with an escaped label; only http and https addresses are linked, else the label alone is returned."""
    text = escape(label)
    if not url.startswith(("https://", "http://")):
        return text
    return f"[{text}]({_UNSAFE_IN_URL.sub(_percent, url)})"


_UNSAFE_IN_URL: Final = re.compile(r"[^A-Za-z0-9\-._~:/?#@!$&'*+,;=%]")


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "replace"))


def _broken(match: re.Match[str]) -> str:
    return f"{WORD_JOINER}{match.group()}"
