"""Orders and appointments: drafts of the hook's context and ServiceRequests on record."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from cds_service.domain.care import Appointment, Order, Role, Schedule, TelehealthSign
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import DISCIPLINE_OF_MODIFIER, Program
from cds_service.fhir.chart.coverage_information import BILLING_OPTIONS
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.code_modifiers import modifiers_of
from cds_service.fhir.reading.disciplines import disciplines_in_concepts
from cds_service.fhir.reading.drafts import Draft, aliases_of
from cds_service.fhir.reading.elements import CodeableConcept, Period, Quantity, Ref, Repeat, Timing
from cds_service.fhir.reading.meanings import meaning, program_of, program_of_modifiers
from cds_service.fhir.reading.mentions import names_work_rehab
from cds_service.fhir.reading.procedure_codes import procedure_codes
from cds_service.fhir.reading.professions import profession_of
from cds_service.fhir.reading.references import References, normal
from cds_service.fhir.reading.request_resources import AppointmentResource, OrderedService, ServiceRequestResource
from cds_service.fhir.reading.telehealth_words import telehealth_in, telehealth_of
from cds_service.fhir.reading.units_of_time import unit_of_time

NO_START: Final = "has no start, and no period in which it is asked for"
BY_REQUESTED_PERIOD: Final = "has no start yet: checked for {}, the first day of the period asked for"

_NO_ORDERS: Final = frozenset({"revoked", "entered-in-error"})
_NO_APPOINTMENTS: Final = frozenset({"cancelled", "noshow", "entered-in-error"})
_MOST: Final = 10_000
_DAYS: Final = {"d": 1.0, "wk": 7.0, "mo": 365.25 / 12, "a": 365.25, "h": 1 / 24, "min": 1 / 1440, "s": 1 / 86400}
_MINUTES: Final = {"min": 1.0, "h": 60.0, "s": 1 / 60, "d": 1440.0}


def orders_of(
    source: Iterable[Draft | ServiceRequestResource],
    selections: Collection[str] | None = None,
    patient_id: str | None = None,
    *,
    calendar: Calendar,
) -> tuple[Order, ...]:
    """Orders among drafts or ServiceRequests, in the order given.

    Args:
        source: Drafts as read, or records.
        selections: References the user has selected (order-select); None means that every order is meant.
        patient_id: When given, orders that name another patient as subject are left out.
        calendar: Reads dates and times at the place of treatment.
    """
    source = tuple(source)
    aliases = aliases_of(draft for draft in source if isinstance(draft, Draft))
    chosen = None if selections is None else {normal(selection, aliases) for selection in selections}
    orders = []
    for position, item in enumerate(source, start=1):
        if isinstance(item, Draft):
            record, reference = item.record, item.reference
        else:
            record = item
            reference = f"ServiceRequest/{item.id}" if item.id is not None else f"ServiceRequest (no id {position})"
        if not isinstance(record, ServiceRequestResource) or not is_order(record):
            continue
        if patient_id is not None and not may_be_of(record.subject, patient_id, aliases):
            continue
        selected = chosen is None or reference in chosen or f"ServiceRequest/{record.id}" in chosen
        orders.append(order_of(record, reference, References(aliases), calendar, selected=selected))
    return tuple(orders)


def appointments_of(
    drafts: Iterable[Draft | AppointmentResource],
    orders: Iterable[Order] = (),
    patient_id: str | None = None,
    *,
    calendar: Calendar,
) -> tuple[Appointment, ...]:
    """Work-rehab appointments among drafts, by date; see ``booked``."""
    return booked(drafts, orders, patient_id, calendar=calendar).appointments


class Booked(NamedTuple):
    """Work-rehab appointments by date, and what is not known of them."""

    appointments: tuple[Appointment, ...]
    gaps: tuple[Unknown, ...]


def booked(
    drafts: Iterable[Draft | AppointmentResource],
    orders: Iterable[Order] = (),
    patient_id: str | None = None,
    *,
    calendar: Calendar,
) -> Booked:
    """Work-rehab appointments among drafts.

    An appointment is one when its service type, appointment type, reason or description says so, or when it is based
    on a work-rehab order. One that names another patient is left out. One without a start has the first day of the
    period that is asked for, and that is told; one without either has no date, and is told only.
    """
    drafts = tuple(drafts)
    aliases = aliases_of(draft for draft in drafts if isinstance(draft, Draft))
    ordered = {order.reference for order in orders if order.work_rehab}
    appointments, gaps = [], []
    for position, item in enumerate(drafts, start=1):
        if isinstance(item, Draft):
            record, reference = item.record, item.reference
        else:
            record = item
            reference = f"Appointment/{item.id}" if item.id is not None else f"Appointment (no id {position})"
        if not isinstance(record, AppointmentResource) or record.status in _NO_APPOINTMENTS:
            continue
        if patient_id is not None and not of_patient(record, patient_id, aliases):
            continue
        if not is_work_rehab_appointment(record, ordered, aliases):
            continue
        span = calendar.span(Period(record.start, record.end), record.start)
        day = span.date or _requested(record, calendar)
        if day is None:
            gaps.append(Unknown(Fact.APPOINTMENTS, NO_START if record.start is None else f"{span.problem}", reference))
            continue
        if span.date is None:
            gaps.append(Unknown(Fact.APPOINTMENTS, BY_REQUESTED_PERIOD.format(f"{day:%b} {day.day}"), reference))
        appointments.append(Appointment(reference, day, span.period, _telehealth(record)))
    return Booked(
        tuple(sorted(appointments, key=lambda appointment: (appointment.date, appointment.reference))), tuple(gaps)
    )


def _telehealth(record: AppointmentResource) -> TelehealthSign | None:
    found = telehealth_of((*record.service_type, record.appointment_type))
    return found or (telehealth_in(record.description) if record.description else None)


def _requested(record: AppointmentResource, calendar: Calendar) -> date | None:
    """The first day of the periods in which an appointment without a start is asked for."""
    periods = record.requested_period if record.start is None else ()
    days = [calendar.first_day(period.start) or calendar.last_day(period.end) for period in periods]
    return min((day for day in days if day is not None), default=None)


def is_order(record: ServiceRequestResource) -> bool:
    """Whether it asks for something: not revoked, not entered in error, not an order to refrain."""
    return record.status not in _NO_ORDERS and record.do_not_perform is not True


def may_be_of(subject: Ref | None, patient_id: str, aliases: Mapping[str, str]) -> bool:
    """Whether a draft may be the patient's: it names the patient or nobody."""
    if subject is None or subject.reference is None:
        return True
    return normal(subject.reference, aliases) == f"Patient/{patient_id}"


def of_patient(record: AppointmentResource, patient_id: str, aliases: Mapping[str, str]) -> bool:
    """Whether no patient but this one takes part in the appointment."""
    actors = [
        participant.actor.reference
        for participant in record.participant
        if participant.actor is not None and participant.actor.reference
    ]
    patients = {name for actor in actors if (name := normal(actor, aliases)).startswith(("Patient/", "urn:"))}
    return not patients or f"Patient/{patient_id}" in patients


def is_work_rehab_appointment(
    record: AppointmentResource, ordered: Collection[str], aliases: Mapping[str, str]
) -> bool:
    """Whether it says so in any element, or is based on one of the work-rehab orders."""
    concepts = (*record.service_type, record.appointment_type, *record.reason_code)
    meanings = [meaning(concept) for concept in concepts if concept is not None]
    return (
        any(meaning.work_rehab for meaning in meanings)
        or (
            not any(meaning.codes or meaning.evaluation for meaning in meanings)
            and names_work_rehab(record.description)
        )
        or any(basis.reference is not None and normal(basis.reference, aliases) in ordered for basis in record.based_on)
    )


def order_of(
    record: ServiceRequestResource,
    reference: str,
    references: References,
    calendar: Calendar,
    *,
    selected: bool = True,
) -> Order:
    """One order as the rules need it."""
    ordered = meaning(record.code)
    options = billing_options(record.code) if ordered.work_rehab and not ordered.codes else ()
    modifiers = tuple(dict.fromkeys((*ordered.modifiers, *modifiers_of(record.order_detail))))
    disciplines = disciplines_in_concepts((record.performer_type, *record.category), ())
    if not disciplines and record.performer_type is not None:
        role = profession_of((record.performer_type,))
        disciplines = {role.discipline} if isinstance(role, Role) else set()
    if not disciplines:
        disciplines = {DISCIPLINE_OF_MODIFIER[modifier] for modifier in modifiers if modifier in DISCIPLINE_OF_MODIFIER}
    return Order(
        reference=reference,
        work_rehab=ordered.work_rehab,
        program=_program(record, modifiers) if ordered.work_rehab else Program.UNKNOWN,
        codes=ordered.codes or options,
        modifiers=modifiers,
        quantity=record.quantity_quantity.value if record.quantity_quantity is not None else None,
        schedule=schedule_of(record, calendar),
        discipline=disciplines.pop() if len(disciplines) == 1 else None,
        selected=selected,
        editable=record.id is not None,
        conditions=tuple(
            name
            for reason in record.reason_reference
            if reason.reference is not None and (name := references[reason.reference]).startswith("Condition/")
        ),
        doubts=ordered.doubts,
    )


def billing_options(service: OrderedService | None) -> tuple[str, ...]:
    """Procedure codes that an order without one of its own may be billed with (CRD)."""
    if service is None:
        return ()
    options = [extension for extension in service.extension if extension.url == BILLING_OPTIONS]
    codings = [option.value_coding for option in options if option.value_coding is not None]
    concepts = (*(option.value_codeable_concept for option in options), CodeableConcept(coding=tuple(codings)))
    return tuple(dict.fromkeys(code for concept in concepts for code in procedure_codes(concept)))


def schedule_of(record: ServiceRequestResource, calendar: Calendar) -> Schedule:
    """Sessions in all, minutes of each, days per week and dates of an order, as far as it says."""
    timing = record.occurrence_timing
    repeat = (timing.repeat if timing is not None else None) or Repeat()
    period = record.occurrence_period or repeat.bounds_period or Period()
    start, end = calendar.first_day(period.start), calendar.last_day(period.end)
    if start is None and end is None and record.occurrence_date_time is not None:
        start = end = calendar.day(record.occurrence_date_time)
    events = [
        day for moment in (timing.event if timing is not None else ()) if (day := calendar.day(moment)) is not None
    ]
    if start is None and end is None and events:
        start, end = min(events), max(events)
    days = _days_per_week(repeat)
    return Schedule(
        sessions=_sessions(repeat, timing, days, start, end),
        session_minutes=_minutes(repeat),
        days_per_week=days,
        start=start,
        end=end,
    )


def _program(record: ServiceRequestResource, modifiers: Iterable[str]) -> Program:
    written = program_of((record.code, *record.order_detail), tuple(note.text for note in record.note))
    return written if written is not Program.UNKNOWN else program_of_modifiers(modifiers)


def _days_per_week(repeat: Repeat) -> float | None:
    if repeat.day_of_week:
        return float(len(set(repeat.day_of_week)))
    unit = unit_of_time(repeat.period_unit)
    if repeat.period and repeat.period > 0 and unit is not None:
        days = repeat.period * _DAYS[unit]
        per_week = (repeat.frequency or 1) * 7.0 / days if days else 0.0
        return per_week if 0 < per_week <= _MOST else None
    return None


def _minutes(repeat: Repeat) -> int | None:
    factor = _MINUTES.get(unit_of_time(repeat.duration_unit) or "")
    length = repeat.duration_max or repeat.duration
    return _whole(length * factor) if factor is not None and length is not None else None


def _sessions(
    repeat: Repeat, timing: Timing | None, per_week: float | None, start: date | None, end: date | None
) -> int | None:
    """Sessions in all: a count, listed events, or so many a week for the time the order spans."""
    if repeat.count is not None:
        return _whole(repeat.count)
    if timing is not None and timing.event:
        return len(timing.event)
    bounds = repeat.bounds_range
    weeks = _weeks(
        repeat.bounds_duration or (bounds.high if bounds is not None and bounds.low == bounds.high else None)
    )
    if weeks is None and start is not None and end is not None and end >= start:
        weeks = ((end - start).days + 1) / 7
    return _whole(weeks * per_week) if weeks is not None and per_week is not None else None


def _whole(number: float) -> int | None:
    """A whole positive number, or None where it is beyond all measure."""
    return round(number) if 0 < number <= _MOST else None


def _weeks(duration: Quantity | None) -> float | None:
    if duration is None or duration.value is None:
        return None
    unit = unit_of_time(duration.code) or unit_of_time(duration.unit)
    return duration.value * _DAYS[unit] / 7 if unit is not None else None
