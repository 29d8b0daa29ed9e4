"""What a question is about: the case of its moment, or none where it is not about work rehabilitation."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from cds_service.consultation.question import Question
from cds_service.domain.care import Appointment, Order, PlanOfCare
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Fact, Unknown
from cds_service.fhir.chart.patients_own import OF_ANOTHER
from cds_service.fhir.chart.service_requests import booked, is_order
from cds_service.fhir.reading.meanings import meaning
from cds_service.fhir.reading.quarantine import Quarantine
from cds_service.fhir.reading.references import normal
from cds_service.fhir.reading.request_resources import ServiceRequestResource

RECENT_DAYS: Final = 14
"""A program without an active plan for today is looked at in the overview for two weeks after its last visit."""
NOT_AMONG: Final = "the dispatched order is not among the orders given"


def case_of(question: Question, today: date) -> Case | None:
    """The case in question, or None when it is not about work rehabilitation."""
    match question.moment:
        case Moment.ORDER:
            return _ordering(question, today)
        case Moment.BOOKING:
            return _booking(question, today)
        case Moment.VISIT_CLOSE:
            return _closing(question, today)
        case Moment.VISIT_START:
            return under_way(question, Moment.VISIT_START, visit_date(question, today), today)
        case Moment.OVERVIEW:
            return under_way(question, Moment.OVERVIEW, today, today)


def bare_case(question: Question, today: date, unread: tuple[Unknown, ...]) -> Case:
    """The case of a question whose subject is missing; ``unread`` is what could not be read of it."""
    case = _case(question, question.moment, visit_date(question, today), today, question.chart)
    return replace(case, unread=unread)


def _ordering(question: Question, today: date) -> Case | None:
    orders = question.orders()
    chart = question.chart
    if question.dispatched:
        sent = set(_dispatched(question))
        orders = tuple(order for order in chart.orders if order.reference in sent)
        on_record = tuple(order for order in chart.orders if order.reference not in sent)
        chart = replace(chart, orders=on_record, gaps=tuple(dict.fromkeys((*chart.gaps, *not_delivered(question)))))
    if not any(order.work_rehab and order.selected for order in orders):
        return None
    starts = [order.schedule.start for order in orders if order.work_rehab and order.schedule.start is not None]
    return _case(question, Moment.ORDER, min(starts, default=today), today, chart, orders=orders)


def _dispatched(question: Question) -> Iterator[str]:
    """The dispatched orders that can be for therapy: a MedicationRequest, say, is none."""
    names = (normal(reference, question.record.aliases) for reference in question.dispatched)
    return (name for name in names if name.startswith(("ServiceRequest/", "urn:")))


def not_delivered(question: Question) -> tuple[Unknown, ...]:
    """Why dispatched orders are not in the chart; ones known to be about something else are not missing."""
    chart = question.chart
    read = {order.reference for order in chart.orders}
    left_out = {gap.reference: gap for gap in chart.gaps if gap.fact is Fact.ORDERS}
    sent = question.record.of(ServiceRequestResource)
    why = chart.unavailable.get(Fact.ORDERS)
    otherwise = f"the dispatched order was not given: {why}" if why is not None else NOT_AMONG
    missing = Quarantine()
    for reference in _dispatched(question):
        if reference in read:
            continue
        record = sent.get(reference.rpartition("/")[2])
        if record is None:
            missing.add(left_out.get(reference) or Unknown(Fact.ORDERS, otherwise, reference))
        elif is_order(record) and meaning(record.code).work_rehab:
            missing.add(left_out.get(reference) or Unknown(Fact.ORDERS, OF_ANOTHER, reference))
    return missing.gaps


def _booking(question: Question, today: date) -> Case | None:
    chart = question.chart
    appointments, gaps = booked(question.drafts, chart.orders, question.patient_id, calendar=question.calendar)
    if not appointments:
        return None
    first = min(appointment.date for appointment in appointments)
    chart = replace(chart, gaps=(*chart.gaps, *gaps)) if gaps else chart
    return _case(question, Moment.BOOKING, first, today, chart, appointments=appointments)


def _closing(question: Question, today: date) -> Case | None:
    """The visit's date is that of its treatments; a treatment without encounter belongs to the day's visit.

    An encounter that goes on over several days, or has treatments on several, is a series: its visit is the newest
    day with a treatment, not after today. So is one whose record gives no end, finished or not; and one still under
    way where treatments name no encounter.
    """
    sessions, encounter = question.chart.sessions, question.encounter
    dates = {session.date for session in sessions if session.encounter == encounter}
    visit = question.visit
    begun = visit.date if visit is not None else None
    if dates:
        one_day = visit is not None and visit.end_recorded and visit.last is None and begun in dates
        past = [day for day in dates if day <= today]
        day = begun if one_day and begun is not None else max(past) if past else min(dates)
    else:
        apart = {session.date for session in sessions if session.encounter is None}
        day = _newest_of_open_visit(question, apart, today) or visit_date(question, today)
        if day not in apart:
            return None
    return _case(question, Moment.VISIT_CLOSE, day, today, question.chart)


def _newest_of_open_visit(question: Question, days: Iterable[date], today: date) -> date | None:
    """The newest of the days up to today, since a visit without an end began, that has no other encounter."""
    visit = question.visit
    if visit is None or visit.ended or visit.date is None:
        return None
    other_days = {encounter.date for encounter in question.chart.encounters if encounter is not visit}
    return max((day for day in days if visit.date <= day <= today and day not in other_days), default=None)


def under_way(question: Question, moment: Moment, day: date, today: date) -> Case | None:
    """The case of a program under way: an episode goes on or an active plan names work rehabilitation.

    To the overview a plan counts in its period, and an episode while its last visit is recent: a patient whose
    program is over is no reason to speak of approvals and reassessments.
    """
    case = _case(question, moment, day, today, question.chart)
    planned = any(
        plan.work_rehab and (moment is Moment.VISIT_START or _contains(plan, day)) for plan in case.active_plans
    )
    running = case.episode is not None and (
        moment is Moment.VISIT_START or (day - case.episode.last).days <= RECENT_DAYS
    )
    return case if planned or running else None


def _contains(plan: PlanOfCare, day: date) -> bool:
    return (plan.start is None or plan.start <= day) and (plan.end is None or day <= plan.end)


def visit_date(question: Question, today: date) -> date:
    """The day of the encounter in question; of one that goes on over several the day of the call, if it is one."""
    visit = question.visit
    if visit is None or visit.date is None:
        return today
    if visit.last is not None:
        return min(max(visit.date, today), visit.last)
    return visit.date


def _case(
    question: Question,
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
        encounter=question.encounter,
    )
