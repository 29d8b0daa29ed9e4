"""Small words that all of the story language shares."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator

NONE_WORD = "none"


def as_list(value: object) -> object:
    """``none`` is an empty list, one thing is a list of one."""
    if value is None or value == NONE_WORD:
        return []
    return value if isinstance(value, list | tuple) else [value]


def _texts(value: object) -> object:
    items = as_list(value)
    return [str(item) if isinstance(item, int) else item for item in items] if isinstance(items, list) else items


Texts: TypeAlias = Annotated[list[str], BeforeValidator(_texts)]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence that refuses a name: the nearest known one, where there is one."""
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
