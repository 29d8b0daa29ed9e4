"""The record of a patient as it stood at the end of a day: what was entered later is not there."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from cards.gaps import WORDS_OF_RECORDS
from cards.numbers import capital
from cds_service.audit.entered import WHEN_ENTERED, Entered, day_entered, day_told_of
from cds_service.audit.line_heads import OF_PATIENTS
from cds_service.audit.patients import PatientRecord, known_slot
from cds_service.audit.unread_lines import gaps_of, slot_of
from cds_service.domain.lazy import lazy
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.elements import Resource, type_name
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.references import normal

_ALL_ALONG: Final = date.min


class RecordInTime:
    """A record that can be seen as of any day; all days are read by one calendar.

    Args:
        record: All of the record.
        calendar: Reads dates at the place of treatment.
    """

    def __init__(self, record: PatientRecord, calendar: Calendar) -> None:
        self._record = record
        self._calendar = calendar
        self._since = dict(_since(record.entered, calendar))
        self._changing = {
            kind: [
                (self._since.get(f"{type_name(kind)}/{name}", _ALL_ALONG), name, resource)
                for name, resource in found.items()
            ]
            for kind, found in record.prefetch.by_type.items()
            if type_name(kind) in OF_PATIENTS
        }
        self._undated = sorted(
            (self._since[reference], reference.partition("/")[0])
            for reference, entered in record.entered.items()
            if entered.expected and day_entered(entered, calendar) is None
        )

    def since(self, reference: str) -> date:
        """The day from which a resource counts as known; the first of all days where nothing tells."""
        return self._since.get(reference, _ALL_ALONG)

    def by(self, day: date, without: Collection[str] = (), ever: Collection[str] = ()) -> Prefetch:
        """What was on record by the end of a day, but for the resources in ``without``; of the types ``ever`` all."""
        whole = self._record.prefetch
        known: dict[type[Resource], Mapping[str, Resource]] = dict(whole.by_type)
        for kind, found in self._changing.items():
            if type_name(kind) in ever:
                continue
            prefix = f"{type_name(kind)}/"
            known[kind] = {
                name: resource
                for since, name, resource in found
                if since <= day and not (without and prefix + name in without)
            }

        def counts(reference: str) -> bool:
            of_type = reference.partition("/")[0]
            return reference not in without and (of_type in ever or self.since(reference) <= day)

        by_type = {kind: found for kind, found in known.items() if found}
        unread = [line for line in self._record.unread if counts(line.reference)]
        slots = dict(whole.slots)
        for key in self.keys_with_unread:
            slots[key] = known_slot(slot_of(key, by_type, unread), self._record.types)
        return replace(whole, by_type=by_type, gaps=gaps_of(unread), slots=slots, counts=counts)

    @lazy
    def keys_with_unread(self) -> frozenset[str]:
        """The keys under which something could not be read, so that days differ in what is known of the others."""
        return frozenset(line.key for line in self._record.unread)

    def entered_after_its_day(self, kind: str) -> bool:
        """Whether a resource of a type was entered after the day that it tells of."""
        return any(
            reference.startswith(f"{kind}/")
            and entered.entered is not None
            and self.since(reference) > (day_told_of(entered, self._calendar) or _ALL_ALONG)
            for reference, entered in self._record.entered.items()
        )

    def caveats(self, day: date) -> tuple[str, ...]:
        """What counts as known by a day although the record does not say when it was entered, where R4 could say it."""
        if not self._undated:
            return ()
        counts = Counter(kind for since, kind in self._undated if since <= day)
        return tuple(_caveat(kind, count) for kind, count in sorted(counts.items()))


def _since(entered: Mapping[str, Entered], calendar: Calendar) -> Iterator[tuple[str, date]]:
    """Since when each resource is on record: as it says, else from the day of what it tells, else of its visit."""
    for reference, dates in entered.items():
        day = day_entered(dates, calendar) or day_told_of(dates, calendar)
        if day is None and dates.encounter:
            visit = entered.get(normal(dates.encounter, {}))
            day = day_told_of(visit, calendar) if visit is not None else None
        yield reference, day or _ALL_ALONG


def _caveat(kind: str, count: int) -> str:
    record = WORDS_OF_RECORDS.get(kind, "a document")
    number = f" ({count} records)" if count > 1 else ""
    return f"{capital(record)} does not say when it was entered ({WHEN_ENTERED[kind]}); its own date counts{number}."
