"""Lines of a patient that could not be read, each with why: a day knows only those that were entered by then."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from cds_service.audit.entered import Entered, day_told_of
from cds_service.domain.chart import Fact, Unknown
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.elements import Resource
from cds_service.fhir.reading.prefetch import Prefetch, Slot, State
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.fhir.reading.prefetch_reader import nothing_read
from cds_service.fhir.reading.quarantine import Quarantine
from cds_service.fhir.reading.references import normal


class UnreadLine(NamedTuple):
    """A line that could not be read: its reference, the prefetch key that it comes under, and why not."""

    reference: str
    key: str
    gaps: tuple[Unknown, ...]


class LeftOutTreatment(NamedTuple):
    """A treatment that could not be read or used: the day and the encounter that its JSON tells all the same."""

    day: date | None
    encounter: str | None
    gap: Unknown

    def is_of(self, day: date, encounter: str | None) -> bool:
        """Whether it belongs to a visit."""
        return self.day == day or (self.day is None and self.encounter is not None and self.encounter == encounter)


def treatments_left_out(
    gaps: Iterable[Unknown], entered: Mapping[str, Entered], calendar: Calendar
) -> Iterator[LeftOutTreatment]:
    """The treatments among gaps, each once, with what their JSON tells of when they were."""
    named = {gap.reference: gap for gap in gaps if gap.fact is Fact.SESSIONS and gap.reference is not None}
    for reference, gap in named.items():
        dates = entered.get(reference)
        if dates is not None:
            encounter = normal(dates.encounter, {}) if dates.encounter is not None else None
            yield LeftOutTreatment(day_told_of(dates, calendar), encounter, gap)


def gaps_of(lines: Iterable[UnreadLine]) -> tuple[Unknown, ...]:
    """The gaps of a hook call that brought these lines: after the first few of each fact only a count."""
    quarantine = Quarantine()
    for line in lines:
        for gap in line.gaps:
            quarantine.add(gap)
    return quarantine.gaps


def slot_of(key: str, by_type: Mapping[type[Resource], object], unread: Iterable[UnreadLine]) -> Slot:
    """What became of a key of a hook call that brought these resources, and these lines that could not be read."""
    asked = PREFETCH_KEYS[key]
    if any(by_type.get(kind) for kind in (asked.resource, *asked.also)):
        return Slot(key, State.PRESENT)
    return nothing_read(key) if any(line.key == key for line in unread) else Slot(key, State.EMPTY)


def with_unread_visit(prefetch: Prefetch, lines: Iterable[UnreadLine], encounter: str | None) -> Prefetch:
    """The prefetch of a call about a visit whose encounter is one of these lines: it is the first thing not read."""
    own = next((line.gaps for line in lines if line.reference == encounter), None)
    if own is None or encounter is None or (prefetch.counts is not None and not prefetch.counts(encounter)):
        return prefetch
    named_later = (gap for gap in prefetch.gaps if gap not in own)
    gaps = sorted(named_later, key=lambda gap: gap.fact is not Fact.ENCOUNTER or gap.reference is None)
    return replace(prefetch, slots={**prefetch.slots, "encounter": nothing_read("encounter")}, gaps=(*own, *gaps))
