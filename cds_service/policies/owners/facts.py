"""Rows about policies as JSON, the same for programs, for pages and for the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, Final

_NAMES: Final = {"since": "from"}


def facts_of(content: object) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return a dataclass as a JSON object: names in camel case, ``since`` as ``from``, without what is None.

    Tables keep their keys, since those of a policy value are what the policy file wrote.
    """
    if is_dataclass(content):
        named = ((field.name, getattr(content, field.name)) for field in fields(content))
        return {name_in_facts(name): facts_of(value) for name, value in named if value is not None}
    match content:
        case Enum():
            return content.value
        case date():
            return content.isoformat()
        case str():
            return content
        case Mapping():
            return {str(key): facts_of(value) for key, value in content.items()}
        case Sequence():
            return [facts_of(part) for part in content]
        case _:
            return content


def name_in_facts(name: str) -> str:
    """The name in JSON of a field of a row."""
    first, *rest = _NAMES.get(name, name).split("_")
    return first + "".join(part.capitalize() for part in rest)
