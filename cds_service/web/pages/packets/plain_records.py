"""Records of the domain as JSON and back, class by class: what the browser carries from one page to the next."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

_PACKAGES: Final = ("cds_service.domain.", "cds_service.policies.shapes")
"""Where classes come from; no other is made of what is read."""


def as_plain(value: Any) -> Any:  # noqa: ANN401 - any record
    """A record as JSON: what is not JSON itself is a list of its kind and its parts.

    Raises:
        TypeError: it holds something that is no record.
    """
    if value is None or type(value) in {bool, int, float, str}:
        return value
    kind, parts = _parts(value)
    return [kind, *parts]


def _parts(value: Any) -> tuple[str, Iterable[Any]]:  # noqa: ANN401 - any record
    match value:
        case Enum():
            return "enum", (_name(value), value.value)
        case datetime():
            return "datetime", (value.isoformat(),)
        case date():
            return "date", (value.isoformat(),)
        case tuple() if hasattr(value, "_fields"):
            return "record", (_name(value), *map(as_plain, value))
        case tuple() | list():
            return "list", map(as_plain, value)
        case frozenset() | set():
            return "set", map(as_plain, value)
        case Mapping():
            return "map", ([as_plain(key), as_plain(part)] for key, part in value.items())
    if is_dataclass(value):
        parts = (as_plain(getattr(value, part.name)) for part in fields(value) if part.init)
        return "record", (_name(value), *parts)
    raise TypeError(f"{type(value).__name__} is no record")


def from_plain(value: Any) -> Any:  # noqa: ANN401 - any record
    """The record again; lists come back as tuples.

    Raises:
        ValueError: it names a class that is none of ours.
    """
    if not isinstance(value, list):
        return value
    kind, *parts = value
    match kind:
        case "enum":
            return _class(parts[0])(parts[1])
        case "datetime":
            return datetime.fromisoformat(parts[0])
        case "date":
            return date.fromisoformat(parts[0])
        case "record":
            return _made(parts[0], map(from_plain, parts[1:]))
        case "map":
            return MappingProxyType({from_plain(key): from_plain(part) for key, part in parts})
        case "set":
            return frozenset(map(from_plain, parts))
        case _:
            return tuple(map(from_plain, parts))


def _made(name: str, parts: Any) -> Any:  # noqa: ANN401 - any record
    kind = _class(name)
    names = [part.name for part in fields(kind) if part.init] if is_dataclass(kind) else kind._fields
    return kind(**dict(zip(names, parts, strict=True)))


def _name(value: Any) -> str:  # noqa: ANN401 - any record
    return f"{type(value).__module__}:{type(value).__qualname__}"


@cache
def _class(name: str) -> Any:  # noqa: ANN401 - a class
    module, _, words = name.partition(":")
    if not module.startswith(_PACKAGES):
        raise ValueError("a class that is not ours")
    return getattr(import_module(module), words)
