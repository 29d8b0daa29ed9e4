"""The search for one prefetch key: as its template has it, in a second shape where refused, then at other sources."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading.prefetch_keys import PrefetchKey
from cds_service.fhir.server.client import FhirClient
from cds_service.fhir.server.failures import NOT_OFFERED, REFUSED_QUERY, FhirFailure
from cds_service.fhir.server.server_answers import Found

if TYPE_CHECKING:
    from msgspec import Raw

FURTHER_PAGES: Final = "further pages of {}: {}"


@dataclass(frozen=True, slots=True, repr=False)
class Searched:
    """What was found for a key. ``parts`` say what it shows only a part of.

    ``failure`` is why the fact itself is not known, where only documents that name it were found.
    """

    found: Found
    parts: tuple[str, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class KeySearch:
    """Searches for the resources of one patient under a key.

    ``patient`` is the id as it is written in a query; ``covered`` tells of a type of resource whether the token of the
    call lets it be searched.
    """

    client: FhirClient
    key: PrefetchKey
    patient: str
    covered: Callable[[str], bool]

    def run(self, query: str) -> Searched:
        """What is found; a refused query is tried once in another shape, then other sources are asked.

        Raises:
            FhirFailure: nothing of it can be had; of several refusals the first.
        """
        try:
            return Searched(self.client.search(query))
        except FhirFailure as failure:
            found = self._in_another_shape() if failure.status in REFUSED_QUERY else None
            if found is None and failure.status in REFUSED_QUERY | NOT_OFFERED:
                found = self._from_other_sources(failure)
            if found is None:
                raise
            return found

    def _in_another_shape(self) -> Searched | None:
        choice = self.key.second_choice(self.patient)
        kind = self.key.resource_type
        entries: list[Raw] = []
        problems: list[str] = []
        answered = 0
        for query in choice.queries if choice is not None else ():
            try:
                found = self.client.search(query)
            except FhirFailure as failure:
                problems.append(f"a part of {kind} could not be had: {failure.reason}")
                continue
            answered += 1
            entries.extend(found.entries)
            if found.problem is not None:
                problems.append(FURTHER_PAGES.format(kind, found.problem))
        if choice is None or not answered:
            return None
        parts = (choice.part, *problems) if choice.part is not None else tuple(problems)
        return Searched(Found(tuple(entries)), tuple(dict.fromkeys(parts)))

    def _from_other_sources(self, refused: FhirFailure) -> Searched | None:
        """What other types of resources tell; None when nothing is found, for then nothing is known."""
        entries: list[Raw] = []
        parts: list[str] = []
        whole = read = False
        for source in self.key.other_sources:
            if not self.covered(source.resource_type):
                continue
            query = source.query(self.patient)
            try:
                found = self.client.search(query) if source.read else self.client.search(query, pages=1)
            except FhirFailure:
                continue
            if not found.entries:
                continue
            entries.extend(found.entries)
            whole, read = whole or source.whole, read or source.read
            if source.read and found.problem is not None:
                parts.append(FURTHER_PAGES.format(source.resource_type, found.problem))
        if not entries:
            return None
        if not read:
            return Searched(Found(tuple(entries)), failure=refused.reason)
        if not whole:
            parts.append(f"{self.key.name} are known only as far as payers have settled them: {refused.reason}")
        return Searched(Found(tuple(entries)), tuple(parts))
