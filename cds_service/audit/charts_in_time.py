"""The chart of a patient as of each of many visits, read once for all days between which only visits were added.

A visit adds its encounter, treatments, measurements and, later, its bill; rules ask for what was done up to the date of
service, and never look beyond it. So a chart with all of these serves every date, with what was entered later, and what
the bills of the visit tell, taken out again. Everything else (plans, answers of payers, coverages, conditions, goals,
orders) makes another chart from the day on which it was entered. Where a record does not allow that for certain, there
is no such chart, and the record of the day is read anew.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, tzinfo
from functools import cached_property
from typing import Final, TypeAlias, TypeVar

from cds_service.audit.as_of import RecordInTime
from cds_service.audit.billed import BILL_TYPES, Bills
from cds_service.audit.patients import PatientRecord
from cds_service.consultation.question import Question
from cds_service.domain.care import Assessment, RequestAnswer
from cds_service.domain.chart import Chart, Place
from cds_service.domain.coverage_and_claims import Authorization, ClaimNumber, InjuryDate, InjuryEvidence
from cds_service.fhir.chart.documents import is_called_reassessment
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import (
    DiagnosticReportResource,
    DocumentReferenceResource,
    EncounterResource,
)
from cds_service.fhir.reading.references import normal

OF_VISITS: Final = frozenset({"Encounter", "Procedure", "Observation", "QuestionnaireResponse", *BILL_TYPES})
"""Types that a visit adds to."""
_OF_ENCOUNTER: Final = "the place of the encounter"
_ZonesLeft: TypeAlias = tuple[tzinfo, tuple[tzinfo, ...]]
_Told = TypeVar("_Told", Assessment, Authorization, ClaimNumber, InjuryDate, InjuryEvidence, RequestAnswer)


class ChartsInTime:
    """Charts of a patient as of visits.

    Args:
        whole: A question about the whole record.
        record: The record.
        in_time: Since when its resources are known.
        bills: What was billed.
    """

    def __init__(self, whole: Question, record: PatientRecord, in_time: RecordInTime, bills: Bills) -> None:
        self._whole = whole
        self._record = record
        self._in_time = in_time
        self._bills = bills
        self._changes = sorted(
            {in_time.since(line.reference) for line in record.lines.values() if line.kind not in OF_VISITS}
        )
        self._charts: dict[int, tuple[Chart, Calendar] | None] = {}

    def of(self, on: date, encounter: str | None, without: Collection[str], by: date) -> tuple[Chart, Calendar] | None:
        """The chart for a visit with what it was read by; None where the record has to be read anew.

        In it is what was entered by the end of the day ``by``, but for what the resources ``without`` tell.
        """
        if encounter is None or not self._alike or len(self._dates_of(encounter)) != 1:
            return None
        epoch = bisect_right(self._changes, by)
        if epoch not in self._charts:
            self._charts[epoch] = self._read(by)
        found = self._charts[epoch]
        if found is None:
            return None
        chart, calendar = found
        if not any(visit.reference == encounter for visit in chart.history.encounters_by_date.get(on, ())):
            return None
        zones = (calendar.zone, calendar.alternatives)
        if zones != self._zones_from_the_first and zones != self._zones_of(encounter, without, by):
            return None
        unread = self._in_time.keys_with_unread
        if unread and ("charges" in unread or not self._same_slots(without, by)):
            return None
        return self._as_of(chart, by, encounter, without), calendar

    def _zones_of(self, encounter: str, without: Collection[str], by: date) -> _ZonesLeft:
        """The time zones that the record of a day leaves open, the likeliest apart."""
        asked = replace(self._whole, prefetch=self._in_time.by(by, without), encounter_id=encounter.rpartition("/")[2])
        of_day = replace(asked, dates_by=None, chart_read=None).calendar
        return of_day.zone, of_day.alternatives

    @cached_property
    def _zones_from_the_first(self) -> _ZonesLeft | None:
        """The time zones that the record leaves open by the first visit; what comes later only narrows them."""
        visits = ((session.date, session.encounter) for session in self._whole.chart.sessions)
        first = min(((on, encounter) for on, encounter in visits if encounter is not None), default=None)
        return self._zones_of(first[1], (), first[0]) if first is not None else None

    def _same_slots(self, without: Collection[str], by: date) -> bool:
        """Whether lines that could not be read leave the same open as they do of all days."""
        return self._in_time.by(by, without).slots == self._in_time.by(by, ever=OF_VISITS).slots

    @cached_property
    def _alike(self) -> bool:
        """Whether all visits are at one place, known from their own date on, and nothing is left to another reading.

        Encounters of other care that name no place tell nothing of it.
        """
        chart, since = self._whole.chart, self._in_time.since
        treated = {session.encounter for session in chart.sessions}
        encounters = self._record.prefetch.of(EncounterResource).items()
        places = {
            (record.service_provider, record.location, bool(record.contained))
            for name, record in encounters
            if f"Encounter/{name}" in treated or record.service_provider or record.location or record.contained
        }
        return (
            len(places) == 1
            and not next(iter(places))[2]
            and not self._bills.drafts
            and not chart.history.claims_over_days
            and not self._in_time.entered_after_its_day("Procedure")
            and not self._measurements_replace()
            and all(since(session.reference) <= session.date for session in chart.sessions)
            and all(since(service.reference) <= service.date for service in chart.services)
            and all(visit.date is not None and since(visit.reference) <= visit.date for visit in chart.encounters)
        )

    def _measurements_replace(self) -> bool:
        """Whether something is told only until a measurement comes: a report without its results, a document."""
        prefetch, since = self._record.prefetch, self._in_time.since
        reports = prefetch.of(DiagnosticReportResource).items()
        return any(map(is_called_reassessment, prefetch.of(DocumentReferenceResource).values())) or any(
            since(normal(result.reference, prefetch.aliases)) > since(f"DiagnosticReport/{name}")
            for name, report in reports
            for result in report.result
            if result.reference is not None
        )

    def _dates_of(self, encounter: str) -> Collection[date]:
        return self._whole.chart.history.dates_by_encounter.get(encounter, ())

    def _read(self, on: date) -> tuple[Chart, Calendar] | None:
        """The chart with all visits, and of everything else what was known on a date."""
        question = self._whole
        if not self._changes or on < self._changes[-1]:
            prefetch = self._in_time.by(on, ever=OF_VISITS)
            question = replace(question, prefetch=prefetch, dates_by=None, chart_read=None)
        chart, calendar = question.chart, question.calendar
        of_bill = chart.place is not None and (chart.place.reference or "").partition("/")[0] in BILL_TYPES
        unplaced = any(gap.reference is None for gap in chart.gaps)
        if of_bill or unplaced or calendar.moved or calendar.disputed:
            return None
        return replace(chart, claims=()), calendar

    def _as_of(self, chart: Chart, on: date, encounter: str, without: Collection[str]) -> Chart:
        since = self._in_time.since

        def known(items: Sequence[_Told]) -> tuple[_Told, ...]:
            return tuple(
                [item for item in items if since(item.reference) <= on and not (without and item.reference in without)]
            )

        place = chart.place
        if place is not None and place.read_from == _OF_ENCOUNTER:
            place = Place(place.jurisdiction, place.read_from, encounter, place.other_states)
        seen = replace(
            chart,
            assessments=known(chart.assessments),
            authorizations=known(chart.authorizations),
            injury=known(chart.injury),
            injury_dates=known(chart.injury_dates),
            claim_numbers=known(chart.claim_numbers),
            gaps=tuple(gap for gap in chart.gaps if gap.reference is None or since(gap.reference) <= on),
            place=place,
            request_answers=known(chart.request_answers),
        )
        seen.__dict__["history"] = chart.history
        return seen
