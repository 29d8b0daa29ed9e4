"""Rows about policies as JSON, the same for programs, for pages and for the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, Final

_NAMES: Final = {"since": "from"}


def facts_of(told: object) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return a dataclass as a JSON object: names in camel case, ``since`` as ``from``, without what is None.

    Tables keep their keys, since those of a policy value are what the policy file wrote.
    """
    if is_dataclass(told):
        named = ((one.name, getattr(told, one.name)) for one in fields(told))
        return {_named(name): facts_of(value) for name, value in named if value is not None}
    match told:
        case Enum():
            return told.value
        case date():
            return told.isoformat()
        case str():
            return told
        case Mapping():
            return {str(key): facts_of(value) for key, value in told.items()}
        case Sequence():
            return [facts_of(one) for one in told]
        case _:
            return told


def _named(name: str) -> str:
    first, *rest = _NAMES.get(name, name).split("_")
    return first + "".join(part.capitalize() for part in rest)
