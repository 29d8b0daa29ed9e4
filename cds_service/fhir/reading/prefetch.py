"""What a request's prefetch gave: what became of each key, the resources by type, and their JSON as received."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field, replace
from enum import StrEnum
from itertools import chain
from typing import Any, TypeAlias, TypeVar

import msgspec

from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.frozen import dataclass
from cds_service.domain.lazy import lazy
from cds_service.fhir.judge import first_r4_error
from cds_service.fhir.reading.bundles import plain_entries
from cds_service.fhir.reading.elements import Resource
from cds_service.fhir.reading.prefetch_keys import FACT_OF_TYPE
from cds_service.fhir.reading.quarantine import UNREADABLE
from cds_service.fhir.reading.resource_versions import newest_by_reference

RawPrefetch: TypeAlias = "bytes | msgspec.Raw | None"
_R = TypeVar("_R", bound=Resource)


class State(StrEnum):
    """What became of one prefetch key."""

    PRESENT = "present"
    PARTIAL = "partial"
    EMPTY = "empty"
    FAILED = "failed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Slot:
    """One prefetch key: EMPTY is known to be empty; FAILED, ABSENT and PARTIAL carry the reason, without patient data.

    PARTIAL is a search result of which only a part was given; ``next_link`` is where its following page is, if told.
    ``kept`` is where the clinic keeps what its EHR never sends for the key.
    """

    key: str
    state: State
    reason: str | None = None
    next_link: str | None = None
    kept: str | None = None


@dataclass(frozen=True)
class Prefetch:
    """All that a request's prefetch gave, by resource type and in the order given; of duplicates the newest version.

    ``raw`` is its JSON, ``beside`` that of what was fetched because resources refer to it, ``addresses`` where the
    first result of each search lies. Where the JSON holds more than counts, ``counts`` tells by reference what does.
    """

    slots: Mapping[str, Slot] = field(default_factory=dict)
    by_type: Mapping[type[Resource], Mapping[str, Resource]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[Unknown, ...] = ()
    raw: RawPrefetch = None
    beside: tuple[RawPrefetch, ...] = ()
    addresses: tuple[str, ...] = ()
    counts: Callable[[str], bool] | None = None

    def of(self, kind: type[_R]) -> Mapping[str, _R]:
        """Resources of one type by id; one without id stands under a name that is no id."""
        return self.by_type.get(kind, {})  # type: ignore[return-value]

    def kept_elsewhere(self, places: Mapping[str, str]) -> "Prefetch":
        """The same, with what was not delivered and is never sent by this EHR told by the place where it is kept."""
        kept = {
            key: replace(slot, reason=f"not sent by this EHR, kept in {places[key]}", kept=places[key])
            for key, slot in self.slots.items()
            if key in places and slot.state in {State.ABSENT, State.FAILED}
        }
        return replace(self, slots={**self.slots, **kept}) if kept else self

    def as_received(self, reference: str) -> dict[str, Any] | None:
        """The JSON of one resource exactly as received; the first asked for reads the request again."""
        return self._by_reference.get(reference)

    def received(self, references: Collection[str]) -> dict[str, dict[str, Any]]:
        """The raw JSON of several resources by reference, read in one go; not for the hot path either."""
        return {name: self._by_reference[name] for name in references if name in self._by_reference}

    def not_valid(self) -> tuple[Unknown, ...]:
        """A gap for every resource that the R4 models do not take; judges all of them, so only where asked for."""
        judged = ((name, resource, first_r4_error(resource)) for name, resource in self._received())
        return tuple(
            Unknown(
                FACT_OF_TYPE.get(str(resource.get("resourceType")), Fact.PATIENT), f"not valid FHIR R4: {problem}", name
            )
            for name, resource, problem in judged
            if problem is not None
        )

    @lazy
    def _by_reference(self) -> Mapping[str, dict[str, Any]]:
        """The JSON of all resources as received, by reference; of two versions the newer, else the first."""
        return newest_by_reference(self._received())

    def _received(self) -> Iterator[tuple[str, dict[str, Any]]]:
        found = chain(resources_in(self.raw, self.slots), *map(resources_in, self.beside))
        return ((name, resource) for name, resource in found if self.counts is None or self.counts(name))


def resources_in(raw: RawPrefetch, keys: Iterable[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """The resources of a prefetch with their references, of these keys or of all."""
    if raw is None:
        return
    try:
        prefetch = msgspec.json.decode(raw)
    except UNREADABLE:
        return
    if isinstance(prefetch, dict):
        for key in prefetch if keys is None else keys:
            for _, resource in plain_entries(prefetch.get(key)):
                yield f"{resource.get('resourceType')}/{resource.get('id')}", resource
