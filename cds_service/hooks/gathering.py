"""From a hook call to the case the rules are asked about; None when the call is about something else."""

import copy
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, tzinfo
from typing import Any, TypeAlias

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Appointment, Chart, Encounter, Fact, Gap, Order, PlanOfCare
from cds_service.errors import DataNeeded
from cds_service.fhir.chart.build import appointments_of, build_chart, of_another_patient, orders_of
from cds_service.fhir.chart.patients_own import OF_ANOTHER
from cds_service.fhir.chart.service_requests import booked, is_order
from cds_service.fhir.chart.sites import zones_at
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.meanings import meaning
from cds_service.fhir.reading.prefetch import Draft, Prefetch, Quarantine, State, fact_of, read_drafts, read_prefetch
from cds_service.fhir.reading.references import normal
from cds_service.fhir.reading.resources import AppointmentResource, ServiceRequestResource
from cds_service.fhir.reading.set_aside import OTHER_VERSION, concerns_us, is_of_another_version
from cds_service.hooks.call import HookCall
from cds_service.hooks.unread import Missing, missing_of_program, missing_of_visit

NEEDED = {
    Moment.VISIT_CLOSE: ("procedures",),
    Moment.VISIT_START: ("procedures", "carePlans"),
    Moment.OVERVIEW: ("procedures", "carePlans"),
}
"""Keys without which nothing can be said; one of them is enough (CH-P-12). Order hooks need none (CH-P-13)."""
NEEDED_FACTS = {"procedures": Fact.SESSIONS, "carePlans": Fact.PLAN_OF_CARE}
RECENT_DAYS = 14
"""A program without an active plan for today is looked at in the overview for two weeks after its last visit."""
UNAVAILABLE = frozenset({State.ABSENT, State.FAILED})
NOT_AMONG = "the dispatched order is not among the orders given"

Fetch: TypeAlias = Callable[[HookCall, Prefetch], Prefetch]
"""Completes what a call gave with what can be fetched."""


def _contains(plan: PlanOfCare, day: date) -> bool:
    return (plan.start is None or plan.start <= day) and (plan.end is None or day <= plan.end)


class Gathered:
    """What one call brought: the prefetch, the drafts of its context and the chart made of both."""

    def __init__(
        self,
        call: HookCall,
        jurisdiction: str | None = None,
        fetch: Fetch | None = None,
        *,
        zones: Sequence[tzinfo | None] = (),
        strict_fhir: bool = False,
        not_available: Mapping[str, str] | None = None,
    ) -> None:
        """Read everything the call carries, and fetch what it lacks when it is about work rehabilitation.

        ``zones`` are those of the client's entry and of this service, for where the chart tells none. With
        ``strict_fhir`` every resource that is not valid R4 becomes a gap. ``not_available`` tells by prefetch key where
        the clinic keeps what its EHR never sends.

        Raises:
            DataNeeded: a hook about a visit or a program came without any of the data to speak of it (412).
        """
        self.call = call
        self._jurisdiction = jurisdiction
        self._strict_fhir = strict_fhir
        self.prefetch: Prefetch = read_prefetch(call.prefetch, call.service.prefetch)
        raw = call.drafts if call.drafts is not None else call.appointments
        self.drafts: tuple[Draft, ...] = read_drafts(raw) if raw is not None else ()
        self.calendar = self._calendar(zones)
        if fetch is not None and self._may_concern_us():
            given, self.prefetch = self.prefetch, fetch(call, self.prefetch)
            if self.prefetch is not given:
                self.calendar = self._calendar(zones)
        if not_available:
            self.prefetch = self.prefetch.kept_elsewhere(not_available)
        needed = NEEDED.get(call.service.moment, ())
        if (
            needed
            and all(self.prefetch.slots[key].state in UNAVAILABLE for key in needed)
            and not self._unread_of(needed)
        ):
            raise DataNeeded(needed)
        self.chart: Chart = self._chart()

    def _unread_of(self, keys: Collection[str]) -> bool:
        """Whether something was given under the keys and could not be read: then that is told."""
        facts = {fact_of(key) for key in keys}
        return any(gap.reference is not None and gap.fact in facts for gap in self.prefetch.gaps)

    def read_by(self, calendar: Calendar) -> "Gathered":
        """The same, with dates and times read by another calendar."""
        other = copy.copy(self)
        other.calendar = calendar
        other.chart = other._chart()  # noqa: SLF001 - of the same class
        return other

    def _calendar(self, zones: Sequence[tzinfo | None]) -> Calendar:
        call = self.call
        return Calendar.of(
            zones_at(call.patient_id, self.prefetch, self.drafts, call.encounter_id, self._jurisdiction, zones)
        )

    def _chart(self) -> Chart:
        call = self.call
        chart = build_chart(
            call.patient_id,
            self.prefetch,
            self.drafts,
            self._jurisdiction,
            call.encounter_id,
            self.calendar,
            call.fhir_server,
        )
        return replace(chart, gaps=(*chart.gaps, *self.prefetch.not_valid())) if self._strict_fhir else chart

    def _may_concern_us(self) -> bool:
        """Whether the context leaves it open that the call is about work rehabilitation: most orders are not."""
        if self.call.service.moment is Moment.BOOKING:
            based = any(isinstance(one.record, AppointmentResource) and one.record.based_on for one in self.drafts)
            return based or any(booked(self.drafts, (), self.call.patient_id, calendar=self.calendar))
        if self.call.drafts is None:
            return True
        return any(order.work_rehab and order.selected for order in self._orders())

    def case(self, today: date) -> Case | None:
        """The case in question, or None when the call is not about work rehabilitation."""
        match self.call.service.moment:
            case Moment.ORDER:
                return self._ordering(today)
            case Moment.BOOKING:
                return self._booking(today)
            case Moment.VISIT_CLOSE:
                return self._closing(today)
            case Moment.VISIT_START:
                return self._under_way(Moment.VISIT_START, self._visit_date(today), today)
            case Moment.OVERVIEW:
                return self._under_way(Moment.OVERVIEW, today, today)

    def missing(self, today: date) -> Missing | None:
        """Why a call that makes no case may be about work rehabilitation all the same: its subject was left out."""
        match self.call.service.moment:
            case Moment.ORDER:
                gap = self._missing_order()
                return Missing(gap) if gap is not None else None
            case Moment.BOOKING:
                return self._missing_booking()
            case Moment.OVERVIEW:
                found = missing_of_program(self.chart, self.prefetch)
            case moment:
                day = self._visit_date(today)
                under_way = moment is Moment.VISIT_CLOSE and self._under_way(Moment.OVERVIEW, day, today) is not None
                found = missing_of_visit(self.chart, self.prefetch, self._encounter(), under_way=under_way)
        if found is not None and found.unread:
            return found
        theirs = of_another_patient(self.call.patient_id, self.prefetch, self.calendar, self.call.fhir_server)
        missing = theirs or (found.gap if found is not None else next(self._faults(), None))
        return Missing(missing) if missing is not None else None

    def _faults(self) -> Iterator[Gap]:
        """What could not be had of treatments and plans, which might have shown a program."""
        for key, fact in NEEDED_FACTS.items():
            slot = self.prefetch.slots.get(key)
            if slot is not None and slot.state is State.FAILED:
                yield Gap(fact, slot.reason or f"{key} could not be had")
        yield from (gap for gap in self.prefetch.gaps if gap.fact in NEEDED_FACTS.values())

    def bare_case(self, today: date, missing: Missing) -> Case:
        """The case of a call whose subject is missing."""
        case = self._case(self.call.service.moment, self._visit_date(today), today, self.chart)
        return replace(case, unread=missing.unread)

    def _missing_order(self) -> Gap | None:
        if self.call.dispatched:
            return next(iter(self._not_delivered()), None)
        drafted = (one.reference for one in self._orders(of_anybody=True) if one.work_rehab and one.selected)
        reference = next(drafted, None)
        if reference is not None:
            return Gap(Fact.ORDERS, OF_ANOTHER, reference)
        return next(self._unread(), None) or next(self._of_another_version(Fact.ORDERS), None)

    def _missing_booking(self) -> Missing | None:
        undated = booked(self.drafts, self.chart.orders, self.call.patient_id, calendar=self.calendar).gaps
        if undated:
            return Missing(undated[0], undated)
        theirs = appointments_of(self.drafts, self.chart.orders, calendar=self.calendar)
        if theirs:
            return Missing(Gap(Fact.APPOINTMENTS, OF_ANOTHER, theirs[0].reference))
        unread = (*self._unread(), *self._of_another_version(Fact.APPOINTMENTS))
        ours = tuple(gap for gap in unread if gap.reference and concerns_us(self.received(gap.reference) or {}))
        return Missing(unread[0], ours) if unread else None

    def _of_another_version(self, fact: Fact) -> Iterator[Gap]:
        """Drafts that are about work rehabilitation in the shape of another FHIR version."""
        selected = frozenset(self.call.selections) if self.call.hook == "order-select" else None
        for draft in self.drafts:
            if selected is not None and draft.reference not in selected:
                continue
            if is_of_another_version(draft.received) and concerns_us(draft.received):
                yield Gap(fact, OTHER_VERSION, draft.reference)

    def received(self, reference: str) -> Mapping[str, Any] | None:
        """The JSON of a resource as the client sent it, a draft before a prefetched one."""
        for draft in self.drafts:
            if draft.reference == reference:
                return draft.received
        return self.prefetch.as_received(reference)

    def _ordering(self, today: date) -> Case | None:
        orders = self._orders()
        chart = self.chart
        if self.call.dispatched:
            sent = set(self._dispatched())
            orders = tuple(order for order in chart.orders if order.reference in sent)
            others = tuple(order for order in chart.orders if order.reference not in sent)
            chart = replace(chart, orders=others, gaps=tuple(dict.fromkeys((*chart.gaps, *self._not_delivered()))))
        if not any(order.work_rehab and order.selected for order in orders):
            return None
        starts = [order.schedule.start for order in orders if order.work_rehab and order.schedule.start is not None]
        return self._case(Moment.ORDER, min(starts, default=today), today, chart, orders=orders)

    def _orders(self, *, of_anybody: bool = False) -> tuple[Order, ...]:
        """The patient's orders among the drafts (or anybody's), with those marked that the call is about."""
        chosen = self.call.selections if self.call.hook == "order-select" else None
        patient = None if of_anybody else self.call.patient_id
        return orders_of(self.drafts, chosen, patient, calendar=self.calendar)

    def _unread(self) -> Iterator[Gap]:
        """Drafts the call is about that could not be read."""
        selected = frozenset(self.call.selections) | {"drafts"} if self.call.hook == "order-select" else None
        for draft in self.drafts:
            told = draft.gap is not None and draft.gap.fact in {Fact.ORDERS, Fact.APPOINTMENTS}
            if draft.gap is not None and told and (selected is None or draft.reference in selected):
                yield draft.gap

    def _dispatched(self) -> Iterator[str]:
        """The dispatched orders that can be for therapy: a MedicationRequest, say, is none."""
        names = (normal(one, self.prefetch.aliases) for one in self.call.dispatched)
        return (name for name in names if name.startswith(("ServiceRequest/", "urn:")))

    def _not_delivered(self) -> tuple[Gap, ...]:
        """Why dispatched orders are not in the chart; ones known to be about something else are not missing."""
        read = {order.reference for order in self.chart.orders}
        left_out = {gap.reference: gap for gap in self.chart.gaps if gap.fact is Fact.ORDERS}
        given = self.prefetch.of(ServiceRequestResource)
        why = self.chart.unavailable.get(Fact.ORDERS)
        otherwise = f"the dispatched order was not given: {why}" if why is not None else NOT_AMONG
        missing = Quarantine()
        for reference in self._dispatched():
            if reference in read:
                continue
            record = given.get(reference.rpartition("/")[2])
            if record is None:
                missing.add(left_out.get(reference) or Gap(Fact.ORDERS, otherwise, reference))
            elif is_order(record) and meaning(record.code).work_rehab:
                missing.add(left_out.get(reference) or Gap(Fact.ORDERS, OF_ANOTHER, reference))
        return missing.gaps

    def _booking(self, today: date) -> Case | None:
        appointments, gaps = booked(self.drafts, self.chart.orders, self.call.patient_id, calendar=self.calendar)
        if not appointments:
            return None
        first = min(one.date for one in appointments)
        chart = replace(self.chart, gaps=(*self.chart.gaps, *gaps)) if gaps else self.chart
        return self._case(Moment.BOOKING, first, today, chart, appointments=appointments)

    def _closing(self, today: date) -> Case | None:
        """The visit's date is that of its treatments; a treatment without encounter belongs to the day's visit.

        An encounter that goes on over several days, or has treatments on several, is a series: its visit is the newest
        day with a treatment, not after today.
        """
        reference = self._encounter()
        dates = {session.date for session in self.chart.sessions if session.encounter == reference}
        encounter = self._own_encounter()
        begun = encounter.date if encounter is not None else None
        if dates:
            one_day = encounter is not None and encounter.ended and encounter.last is None and begun in dates
            past = [day for day in dates if day <= today]
            day = begun if one_day and begun is not None else max(past) if past else min(dates)
        else:
            day = self._visit_date(today)
            if not any(one.date == day and one.encounter is None for one in self.chart.sessions):
                return None
        return self._case(Moment.VISIT_CLOSE, day, today, self.chart)

    def _under_way(self, moment: Moment, day: date, today: date) -> Case | None:
        """A program is under way when an episode goes on or an active plan names work rehabilitation.

        To the overview a plan counts in its period, and an episode while its last visit is recent: a patient whose
        program is over is no reason to speak of approvals and reassessments.
        """
        case = self._case(moment, day, today, self.chart)
        planned = any(
            plan.work_rehab and (moment is Moment.VISIT_START or _contains(plan, day)) for plan in case.active_plans
        )
        running = case.episode is not None and (
            moment is Moment.VISIT_START or (day - case.episode.last).days <= RECENT_DAYS
        )
        return case if planned or running else None

    def _encounter(self) -> str | None:
        return f"Encounter/{self.call.encounter_id}" if self.call.encounter_id is not None else None

    def _own_encounter(self) -> Encounter | None:
        reference = self._encounter()
        return next((visit for visit in self.chart.encounters if visit.reference == reference), None)

    def _visit_date(self, today: date) -> date:
        """The day of the encounter in question; of one that goes on over several the day of the call, if it is one."""
        encounter = self._own_encounter()
        if encounter is None or encounter.date is None:
            return today
        if encounter.last is not None:
            return min(max(encounter.date, today), encounter.last)
        return encounter.date

    def _case(
        self,
        moment: Moment,
        day: date,
        today: date,
        chart: Chart,
        *,
        orders: tuple[Order, ...] = (),
        appointments: tuple[Appointment, ...] = (),
    ) -> Case:
        return Case(
            moment=moment,
            date_of_service=day,
            today=today,
            chart=chart,
            orders=orders,
            appointments=appointments,
            encounter=self._encounter(),
        )
