"""FHIR references in one form, ``Type/id``, however they were written."""

import re
from collections.abc import Mapping
from typing import Final

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9\-._~]{1,128}", re.ASCII)


def normal(reference: str, aliases: Mapping[str, str]) -> str:
    """``Type/id`` of a relative, absolute or versioned reference, or of a ``urn:`` that a Bundle entry resolves.

    References to contained resources (``#id``) and ones that nothing resolves stay as they are.
    """
    if reference.startswith(("#", "urn:")):
        return aliases.get(reference) or reference
    path = reference.partition("/_history/")[0]
    parts = path.rstrip("/").rsplit("/", 2)
    return "/".join(parts[-2:])


def named(resource_type: str, resource_id: object, otherwise: str = "unusual id") -> str:
    """The name of a resource for people and programs: ``Type/id``; ``Type (otherwise)`` for a missing or odd id."""
    if isinstance(resource_id, str) and _SAFE_ID.fullmatch(resource_id) is not None:
        return f"{resource_type}/{resource_id}"
    return f"{resource_type} ({otherwise})"


class References:
    """Normal forms of the references of one request, each worked out once."""

    def __init__(self, aliases: Mapping[str, str] | None = None) -> None:
        self._aliases = aliases or {}
        self._known: dict[str, str] = {}

    def normal(self, reference: str) -> str:
        """See ``normal``."""
        if reference.count("/") == 1 and ":" not in reference and reference[0] != "#":
            return reference
        known = self._known.get(reference)
        if known is None:
            known = self._known[reference] = normal(reference, self._aliases)
        return known
