"""Which resource types are read under each prefetch key."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from cds_service.fhir.reading.elements import Resource
from cds_service.fhir.reading.financial_resources import ClaimResource
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
