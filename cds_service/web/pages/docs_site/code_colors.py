"""Code blocks with colors by class: six kinds of words are enough for a reader, and the stylesheet knows them."""

from html import escape
from itertools import groupby
from typing import Final

from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Generic,
    Keyword,
    Literal,
    Name,
    Number,
    String,
    _TokenType,
)

LANGUAGES: Final = frozenset({"console", "http", "json", "python", "sh", "sql", "toml", "yaml"})
_KINDS: Final = (
    (Comment, "comment"),
    (Keyword, "keyword"),
    (Generic.Prompt, "comment"),
    (Generic.Output, None),
    (Name.Tag, "key"),
    (Name.Variable, "key"),
    (Name.Builtin, "keyword"),
    (Name.Function, "name"),
    (Name.Class, "name"),
    (String, "text"),
    (Number, "number"),
    (Literal, "text"),
)


def colored(code: str, language: str) -> str:
    """The code as HTML, each run of words of a kind in a ``span`` of the class ``code-KIND``.

    A language that the documentation does not use is shown without colors.
    """
    if language not in LANGUAGES:
        return escape(code)
    words = get_lexer_by_name(language, stripnl=False).get_tokens(code)
    runs = groupby(words, key=lambda word: _kind(word[0]))
    return "".join(_run(kind, "".join(text for _, text in run)) for kind, run in runs).removesuffix("\n") + "\n"


def _kind(token: _TokenType) -> str | None:
    return next((kind for family, kind in _KINDS if token in family), None)


def _run(kind: str | None, text: str) -> str:
    return f'<span class="code-{kind}">{escape(text)}</span>' if kind and text.strip() else escape(text)
