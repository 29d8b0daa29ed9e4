"""Which resource types are read under each prefetch key."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

from cds_service.fhir.reading.elements import Resource, type_name
from cds_service.fhir.reading.financial_resources import ClaimResource
from cds_service.fhir.reading.prefetch import Slot, State
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS, SUPPORTING

REFERRED: Final = "referred"
"""The key under which resources that others refer to are read."""


class KeyTypes(NamedTuple):
    """What is read under a key: the types that it asks for, and others that may come with them."""

    own: frozenset[type[Resource]]
    beside: frozenset[type[Resource]]

    def reads(self, kind: type[Resource] | None) -> bool:
        """Whether resources of a type are read under the key, those that others refer to included."""
        return kind in self.own or kind in self.beside or kind in SUPPORTING


NO_TYPES: Final = KeyTypes(frozenset(), frozenset())
TYPES_UNDER: Final[Mapping[str, KeyTypes]] = {
    **{name: KeyTypes(key.also | {key.resource}, key.beside) for name, key in PREFETCH_KEYS.items()},
    REFERRED: KeyTypes(frozenset(), frozenset({ClaimResource})),
}

_SEARCHES: Final = tuple(key for key in PREFETCH_KEYS.values() if key.is_search)
KEY_OF_TYPE: Final[Mapping[str, str]] = {
    **{type_name(kind): key.name for key in _SEARCHES for kind in key.also},
    **{key.resource_type: key.name for key in _SEARCHES},
    "DiagnosticReport": "observations",
    "DocumentReference": "authorizations",
}
"""The key of a search under which resources of a type are read; reports and documents beside what they tell of."""


def types_of(key: str) -> Iterator[str]:
    """Names of the types that a key asks for."""
    asked = PREFETCH_KEYS[key]
    yield asked.resource_type
    yield from map(type_name, asked.also)


def slots_of_all(slots: Mapping[str, Slot], kinds: Collection[str]) -> dict[str, Slot]:
    """What became of keys where all resources that there are were given, of these types.

    A key none of whose own types is among them is known to be empty, whatever came beside.
    """
    return {
        key: Slot(key, State.EMPTY) if set(kinds).isdisjoint(types_of(key)) else slot for key, slot in slots.items()
    }
