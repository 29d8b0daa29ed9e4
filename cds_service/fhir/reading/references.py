"""FHIR references in one form, ``Type/id``, however they were written."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from cds_service.fhir.reading.elements import Resource
from cds_service.fhir.reading.resources import AnyResource
from cds_service.fhir.reading.tolerant import read_tolerantly

SAFE_ID: Final = re.compile(r"[A-Za-z0-9\-._~]{1,128}", re.ASCII)


def normal(reference: str, aliases: Mapping[str, str]) -> str:
    """``Type/id`` of a relative, absolute or versioned reference, or of a ``urn:`` that a Bundle entry resolves.

    References to contained resources (``#id``) and ones that nothing resolves stay as they are.
    """
    if reference.startswith(("#", "urn:")):
        return aliases.get(reference) or reference
    path = reference.partition("/_history/")[0]
    parts = path.rstrip("/").rsplit("/", 2)
    return "/".join(parts[-2:])


def server_of(reference: str) -> str | None:
    """The server of an absolute reference, without scheme, in the form of ``plain_server``; None for a relative one."""
    if not reference.startswith(("http://", "https://")):
        return None
    path = reference.partition("/_history/")[0]
    return plain_server(path.rstrip("/").rsplit("/", 2)[0])


def plain_server(address: str) -> str:
    """The address of a FHIR server, so written that two ways to write it are equal."""
    host, slash, path = address.partition("://")[2].rstrip("/").partition("/")
    return host.lower().removesuffix(":443").removesuffix(":80") + slash + path


def named(resource_type: str, resource_id: object, otherwise: str = "unusual id") -> str:
    """The name of a resource for people and programs: ``Type/id``; ``Type (otherwise)`` for a missing or odd id."""
    if isinstance(resource_id, str) and SAFE_ID.fullmatch(resource_id) is not None:
        return f"{resource_type}/{resource_id}"
    return f"{resource_type} ({otherwise})"


_CONTAINED: Final = msgspec.json.Decoder(AnyResource)


class References(dict[str, str]):
    """Normal forms of the references of one request by the reference as written, each worked out once.

    A dictionary, because a look-up takes a fifth of the time of a method call and most resources need several.
    """

    def __init__(self, aliases: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.aliases = aliases or {}
        self._contained: dict[int, tuple[Resource, dict[str, Resource]]] = {}
        self._groups: dict[int, tuple[Resource, int]] = {}
        self._group_of: dict[tuple[bytes, ...], int] = {}

    def __missing__(self, reference: str) -> str:
        plain = reference.count("/") == 1 and ":" not in reference and reference[0] != "#"
        self[reference] = name = reference if plain else normal(reference, self.aliases)
        return name

    def contained(self, resource: Resource, reference: str) -> Resource | None:
        """The contained resource that ``#id`` refers to; None when it is missing or unreadable.

        All that a resource contains is read once, however many references lead there.
        """
        _, local = self._contained.get(id(resource)) or self._contained.setdefault(
            id(resource), (resource, _read_contained(resource))
        )
        return local.get(reference[1:])

    def all_contained(self, resource: Resource) -> tuple[Resource, ...]:
        """The resources that one contains, as far as they can be read."""
        if not getattr(resource, "contained", ()):
            return ()
        self.contained(resource, "#")
        return tuple(self._contained[id(resource)][1].values())

    def group_beside(self, resource: Resource) -> int:
        """A number for what a resource contains, the same for resources that contain the same."""
        known = self._groups.get(id(resource))
        if known is None:
            beside = tuple(map(bytes, getattr(resource, "contained", ())))
            known = resource, self._group_of.setdefault(beside, len(self._group_of))
            self._groups[id(resource)] = known
        return known[1]


def _read_contained(resource: Resource) -> dict[str, Resource]:
    """The contained resources that can be read, by id; of two with one id the first."""
    found: dict[str, Resource] = {}
    for raw in getattr(resource, "contained", ()):
        local = _read_local(raw)
        if local is not None and local.id is not None:
            found.setdefault(local.id.removeprefix("#"), local)
    return found


def _read_local(raw: msgspec.Raw) -> Resource | None:
    """A contained resource, read tolerantly where it is not quite R4; None where that fails as well."""
    try:
        return _CONTAINED.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        pass
    try:
        plain = msgspec.json.decode(raw)
        return read_tolerantly(plain) if isinstance(plain, dict) else None
    except (msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError):
        return None
