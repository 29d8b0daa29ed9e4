"""Why a policy file is refused, in words for its reader: what is wrong, and after a semicolon what to do."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

import orjson
from pydantic_core import ErrorDetails

_BARE: Final = re.compile(r"-?[\d.]+|true|false")
_UNKNOWN_KEY: Final = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_MISSING: Final = {
    "policy": "the policy id is missing; it is the name of the file without .yaml",
    "title": "the title is missing; name the policy in words",
    "status": "the status is missing; write complete, partial or historical",
    "from": "undated value: `from` is missing; write the first day it is in force, like 2026-01-31",
    "value": "the value is missing; write it, or take the entry out",
    "confidence": "the confidence is missing; write verified where the source was read, else default or unverified",
    "source": "uncited value: `source` is missing; write what was read and when: {title: ..., retrieved: 2026-01-31}",
    "source.title": "uncited value: the citation has no title; name the document that was read",
    "retrieved": "uncited value: the day the source was read is missing; write it like 2026-01-31",
}
_LIKE: Final = {
    "policy": "lower-case words with hyphens, like us-tx-dwc",
    "jurisdiction": "write it like US-TX",
    "href": "an address that starts with https:// or http://",
}


def refusal_in_words(problem: ErrorDetails, where: tuple[str | int, ...], keys: Iterable[str]) -> str:
    """Tell a problem of the validation.

    Args:
        problem: As pydantic found it.
        where: The key, from the top of the file.
        keys: All keys that a policy file may have.
    """
    kind, value = problem["type"], problem["input"]
    if not where:
        return "should be an object; begin with the keys policy, title, status and values"
    key = "source.title" if where[-2:] == ("source", "title") else str(where[-1])
    if kind == "missing" or value is None or (isinstance(value, str) and not value.strip()):
        return _MISSING.get(key, "is missing; write it")
    if kind in _UNKNOWN_KEY:
        return f"unknown key; {meant(key, keys) or 'take it out'}"
    message = problem["msg"].removeprefix("Value error, ")
    got = f", not {orjson.dumps(value).decode()}" if isinstance(value, str | int | float) else ""
    hint = _LIKE.get(key) or _retype(kind, value)
    return f"{message}{got}; {hint}" if hint else f"{message}{got}"


def meant(name: str, names: Iterable[str]) -> str:
    """Ask for the name that nearly is the given one; empty when none is."""
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else ""


def _retype(kind: str, value: object) -> str:
    """How to write a value so that it has the type that is wanted; empty when its words say all."""
    if kind.startswith("date"):
        return "write it like 2026-01-31"
    if kind in {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}:
        return "correct the number"
    if kind in {"int_type", "int_from_float"} and isinstance(value, float):
        return "write a whole number"
    if kind == "string_type" and isinstance(value, int | float):
        return "put it in quotes"
    if kind in {"int_type", "float_type", "bool_type"} and isinstance(value, str) and _BARE.fullmatch(value):
        return "take off the quotes"
    return ""
