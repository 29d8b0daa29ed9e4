"""Questions that make no case: whether what was left out is, or may be, what they are about."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from cds_service.consultation.question import Question
from cds_service.consultation.subject import not_delivered, under_way, visit_date
from cds_service.domain.case import Moment
from cds_service.domain.chart import Fact, Unknown
from cds_service.fhir.chart.another_patient import of_another_patient
from cds_service.fhir.chart.patients_own import OF_ANOTHER
from cds_service.fhir.chart.service_requests import appointments_of, booked
from cds_service.fhir.reading.prefetch import State
from cds_service.fhir.reading.prefetch_keys import fact_of, needed_at
from cds_service.fhir.reading.references import normal
from cds_service.fhir.reading.set_aside import (
    OTHER_VERSION,
    concerns_us,
    encounter_concerns_us,
    is_of_another_version,
    set_aside,
)

NO_TREATMENT: Final = "no treatment of this visit was sent, so it is not known whether it is work rehabilitation"
NOTHING_READABLE: Final = "neither a treatment nor a date of this visit can be read"
_SHOW_A_PROGRAM: Final[Mapping[str, Fact]] = {key: fact_of(key) for key in needed_at(Moment.OVERVIEW)}
_UNAVAILABLE: Final = frozenset({State.ABSENT, State.FAILED})


class Missing(NamedTuple):
    """Why nothing can be said of what a question is about.

    ``unread`` is what could not be read of a visit or booking of work rehabilitation: a card tells it.
    """

    gap: Unknown
    unread: tuple[Unknown, ...] = ()


def keys_needed(question: Question) -> tuple[str, ...]:
    """The prefetch keys without any of which nothing can be said; empty where there is something to go on.

    What came under a key and could not be read is something: it is told.
    """
    keys = needed_at(question.moment)
    record = question.record
    if any(record.slots[key].state not in _UNAVAILABLE for key in keys):
        return ()
    facts = {fact_of(key) for key in keys}
    return () if any(gap.reference is not None and gap.fact in facts for gap in record.gaps) else keys


def is_about_something_else(question: Question) -> bool:
    """Whether the drafts alone show that an order or a booking is none of work rehabilitation, whatever is on record.

    Most orders of a clinic are for drugs and tests: they are answered before the record is read.
    """
    if question.moment not in {Moment.ORDER, Moment.BOOKING} or question.dispatched:
        return False
    if not question.drafts:
        return True
    if question.may_be_work_rehab:
        return False
    return (_missing_order(question) if question.moment is Moment.ORDER else _missing_booking(question)) is None


def missing_of(question: Question, today: date) -> Missing | None:
    """Why a question that makes no case may be about work rehabilitation all the same: its subject was left out."""
    match question.moment:
        case Moment.ORDER:
            gap = _missing_order(question)
            return Missing(gap) if gap is not None else None
        case Moment.BOOKING:
            return _missing_booking(question)
        case Moment.OVERVIEW:
            missing = _missing_program(question)
        case _:
            missing = _missing_visit(question, today)
    if missing is not None and missing.unread:
        return missing
    foreign = of_another_patient(question.patient_id, question.record, question.calendar, question.server)
    gap = foreign or (missing.gap if missing is not None else next(_faults(question), None))
    return Missing(gap) if gap is not None else None


def _faults(question: Question) -> Iterator[Unknown]:
    """What could not be had of treatments and plans, which might have shown a program."""
    for key, fact in _SHOW_A_PROGRAM.items():
        slot = question.record.slots.get(key)
        if slot is not None and slot.state is State.FAILED:
            yield Unknown(fact, slot.reason or f"{key} could not be had")
    yield from (gap for gap in question.record.gaps if gap.fact in _SHOW_A_PROGRAM.values())


def _missing_order(question: Question) -> Unknown | None:
    if question.dispatched:
        return next(iter(not_delivered(question)), None)
    drafted = (order.reference for order in question.orders(of_anybody=True) if order.work_rehab and order.selected)
    reference = next(drafted, None)
    if reference is not None:
        return Unknown(Fact.ORDERS, OF_ANOTHER, reference)
    return next(_unread_drafts(question), None) or next(_of_another_version(question, Fact.ORDERS), None)


def _missing_booking(question: Question) -> Missing | None:
    orders = question.chart.orders
    undated = booked(question.drafts, orders, question.patient_id, calendar=question.calendar).gaps
    if undated:
        return Missing(undated[0], undated)
    foreign = appointments_of(question.drafts, orders, calendar=question.calendar)
    if foreign:
        return Missing(Unknown(Fact.APPOINTMENTS, OF_ANOTHER, foreign[0].reference))
    unread = (*_unread_drafts(question), *_of_another_version(question, Fact.APPOINTMENTS))
    work_rehab = tuple(gap for gap in unread if gap.reference and concerns_us(question.received(gap.reference) or {}))
    return Missing(unread[0], work_rehab) if unread else None


def _unread_drafts(question: Question) -> Iterator[Unknown]:
    """Drafts in question that could not be read; drafts that are no readable JSON at all may be any."""
    for draft in question.drafts:
        gap = draft.gap
        if gap is None or gap.fact not in {Fact.ORDERS, Fact.APPOINTMENTS}:
            continue
        if question.is_meant(draft) or draft.reference == "drafts":
            yield gap


def _of_another_version(question: Question, fact: Fact) -> Iterator[Unknown]:
    """Drafts that are about work rehabilitation in the shape of another FHIR version."""
    for draft in filter(question.is_meant, question.drafts):
        if is_of_another_version(draft.received) and concerns_us(draft.received):
            yield Unknown(fact, OTHER_VERSION, draft.reference)


def _missing_visit(question: Question, today: date) -> Missing | None:
    """What is missing of a visit without one readable treatment.

    None for the visit of another specialty, unless a treatment that was set aside names it.
    """
    encounter = question.encounter
    visit_is_work_rehab = encounter_concerns_us(_received(question))
    of_visit = [
        resource
        for resource in set_aside(question.chart, question.record)
        if resource.encounter == encounter or (resource.encounter is None and visit_is_work_rehab is not False)
    ]
    unread = tuple(
        resource.gap for resource in of_visit if resource.work_rehab or (visit_is_work_rehab and resource.gap.reference)
    )
    if visit_is_work_rehab and not unread:
        unread = (Unknown(Fact.SESSIONS, NOTHING_READABLE, encounter),)
    if unread:
        return Missing(unread[0], unread)
    if visit_is_work_rehab is False:
        return None
    if of_visit:
        return Missing(of_visit[0].gap)
    return Missing(Unknown(Fact.SESSIONS, NO_TREATMENT, encounter)) if _in_program(question, today) else None


def _in_program(question: Question, today: date) -> bool:
    """Whether the patient is in a program on the day of a visit that closes."""
    if question.moment is not Moment.VISIT_CLOSE:
        return False
    return under_way(question, Moment.OVERVIEW, visit_date(question, today), today) is not None


def _received(question: Question) -> Mapping[str, Any] | None:
    """The encounter in question as it came, unless it names another patient."""
    record, encounter = question.record, question.encounter
    received = record.received({encounter}).get(encounter) if encounter is not None else None
    subject = received.get("subject") if received is not None else None
    named = subject.get("reference") if isinstance(subject, dict) else None
    foreign = isinstance(named, str) and named != "" and normal(named, record.aliases) != question.chart.patient
    return None if foreign else received


def _missing_program(question: Question) -> Missing | None:
    """What was set aside where no program is seen; what is plainly about work rehabilitation first."""
    left_out = sorted(set_aside(question.chart, question.record), key=lambda resource: resource.work_rehab is None)
    return Missing(left_out[0].gap) if left_out else None
