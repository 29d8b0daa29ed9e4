"""What is asked, whoever asks: a patient, a moment in the workflow, and what the record shows."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date, datetime, tzinfo
from typing import Any

from cds_service.domain.care import Encounter, Order
from cds_service.domain.case import Moment
from cds_service.domain.chart import Chart
from cds_service.domain.frozen import dataclass
from cds_service.domain.lazy import lazy
from cds_service.fhir.chart.build import build_chart
from cds_service.fhir.chart.service_requests import booked, orders_of
from cds_service.fhir.chart.sites import zones_at
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.drafts import Draft
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.request_resources import AppointmentResource


@dataclass(frozen=True)
class Question:
    """A question about one patient.

    ``patient_id`` and ``encounter_id`` are bare ids. ``prefetch`` is the record as read; ``drafts`` are the draft
    orders or booked appointments in question, of which ``selections`` names those meant (None: all); ``dispatched``
    names orders on record that are sent out. ``server`` is the address of the FHIR server that the record is from.
    ``jurisdiction`` and ``zones`` stand in where the chart tells no state or time zone. ``not_available`` tells by
    prefetch key where the clinic keeps what its EHR never sends. With ``strict`` every resource that is not valid R4
    becomes a gap. ``dates_by`` reads dates and times; None finds the place of treatment in the record.
    ``chart_read`` is the chart where whoever asks has read it already, with the same calendar.
    """

    moment: Moment
    patient_id: str
    prefetch: Prefetch
    drafts: tuple[Draft, ...] = ()
    selections: frozenset[str] | None = None
    dispatched: tuple[str, ...] = ()
    encounter_id: str | None = None
    server: str | None = None
    jurisdiction: str | None = None
    zones: tuple[tzinfo | None, ...] = ()
    not_available: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    dates_by: Calendar | None = None
    chart_read: Chart | None = None

    @lazy
    def calendar(self) -> Calendar:
        """What dates and times are read by."""
        if self.dates_by is not None:
            return self.dates_by
        return Calendar.of(
            zones_at(self.patient_id, self.prefetch, self.drafts, self.encounter_id, self.jurisdiction, self.zones)
        )

    @lazy
    def record(self) -> Prefetch:
        """The prefetch, where what is never sent names the place where it is kept."""
        return self.prefetch.kept_elsewhere(self.not_available) if self.not_available else self.prefetch

    @lazy
    def chart(self) -> Chart:
        """The chart of the patient."""
        if self.chart_read is not None:
            return self.chart_read
        chart = build_chart(
            self.patient_id,
            self.record,
            self.drafts,
            self.jurisdiction,
            self.encounter_id,
            self.calendar,
            self.server,
        )
        return replace(chart, gaps=(*chart.gaps, *self.record.not_valid())) if self.strict else chart

    @property
    def encounter(self) -> str | None:
        """The encounter in question as ``Encounter/id``."""
        return f"Encounter/{self.encounter_id}" if self.encounter_id is not None else None

    @property
    def visit(self) -> Encounter | None:
        """The encounter in question as the chart has it."""
        reference = self.encounter
        return next((visit for visit in self.chart.encounters if visit.reference == reference), None)

    @property
    def may_be_work_rehab(self) -> bool:
        """Whether the drafts leave it open that the question is about work rehabilitation: most orders are not."""
        if self.moment is Moment.BOOKING:
            appointments = [draft.record for draft in self.drafts if isinstance(draft.record, AppointmentResource)]
            based = any(appointment.based_on for appointment in appointments)
            return based or any(booked(self.drafts, (), self.patient_id, calendar=self.calendar))
        if self.moment is not Moment.ORDER or self.dispatched:
            return True
        return any(order.work_rehab and order.selected for order in self.orders())

    def day(self, now: datetime) -> date:
        """The calendar day of an instant at the place of treatment."""
        return self.calendar.local_date(now)

    def orders(self, *, of_anybody: bool = False) -> tuple[Order, ...]:
        """The patient's orders among the drafts (or anybody's), with those marked that are meant."""
        patient = None if of_anybody else self.patient_id
        return orders_of(self.drafts, self.selections, patient, calendar=self.calendar)

    def is_meant(self, draft: Draft) -> bool:
        """Whether the question is about this draft."""
        return self.selections is None or draft.reference in self.selections

    def received(self, reference: str) -> Mapping[str, Any] | None:
        """The JSON of a resource as it came, a draft before one of the record."""
        for draft in self.drafts:
            if draft.reference == reference:
                return draft.received
        return self.prefetch.as_received(reference)

    def read_by(self, calendar: Calendar) -> "Question":
        """The same question, with dates and times read by another calendar."""
        return replace(self, dates_by=calendar, chart_read=None)
