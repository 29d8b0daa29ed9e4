"""What on record says that a visit, booking or order of work rehabilitation is by telehealth."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from cds_service.domain.care import Encounter
from cds_service.domain.case import Case, Moment
from cds_service.domain.codes import TELEHEALTH_MODIFIERS, TELEHEALTH_PLACES, WORK_REHAB

_AHEAD: Final = frozenset({Moment.BOOKING, Moment.ORDER})


class Telehealth(NamedTuple):
    """One sign of it: what it says, where, and whether by code; words may be left over from another plan."""

    said: str
    reference: str
    coded: bool = True


def telehealth_on_record(case: Case) -> tuple[Telehealth, ...]:
    """All signs about what is asked, each once."""
    if case.moment is Moment.BOOKING:
        signs = _of_appointments(case)
    elif case.moment is Moment.ORDER:
        signs = _of_orders(case)
    else:
        signs = _of_visit(case)
    return tuple(dict.fromkeys(signs))


def contrary_place(case: Case) -> str | None:
    """A place of service on record that is none of telehealth, like 11; None where there is none."""
    facility = case.chart.facility
    code = facility.place_of_service if facility is not None and case.moment not in _AHEAD else None
    return code if code is not None and code not in TELEHEALTH_PLACES else None


def _of_appointments(case: Case) -> Iterator[Telehealth]:
    for appointment in case.appointments:
        if appointment.telehealth is not None:
            yield Telehealth(appointment.telehealth.said, appointment.reference, appointment.telehealth.coded)


def _of_orders(case: Case) -> Iterator[Telehealth]:
    for order in case.work_rehab_orders:
        for modifier in TELEHEALTH_MODIFIERS.intersection(order.modifiers):
            yield Telehealth(f"modifier {modifier}", order.reference)


def _of_visit(case: Case) -> Iterator[Telehealth]:
    for encounter in _encounters(case):
        if encounter.telehealth is not None:
            yield Telehealth(encounter.telehealth.said, encounter.reference, encounter.telehealth.coded)
    for session in case.visit.sessions if case.visit is not None else ():
        for modifier in TELEHEALTH_MODIFIERS.intersection(session.modifiers):
            yield Telehealth(f"modifier {modifier}", session.reference)
    facility = case.chart.facility
    if facility is not None and facility.place_of_service in TELEHEALTH_PLACES:
        yield Telehealth(f"place of service {facility.place_of_service}", facility.reference)
    if facility is not None and facility.telehealth is not None:
        yield Telehealth(facility.telehealth.said, facility.reference, facility.telehealth.coded)
    yield from _of_claims(case)


def _of_claims(case: Case) -> Iterator[Telehealth]:
    """What lines of the program on claims of the date say."""
    for claim, places in case.claims_of_date:
        for line in (claim.lines[place] for place in places):
            if line.code not in WORK_REHAB:
                continue
            for modifier in TELEHEALTH_MODIFIERS.intersection(line.modifiers):
                yield Telehealth(f"modifier {modifier}", claim.reference)
            if line.place_of_service in TELEHEALTH_PLACES:
                yield Telehealth(f"place of service {line.place_of_service}", claim.reference)


def _encounters(case: Case) -> tuple[Encounter, ...]:
    """Those in which the program was given, else the one asked about."""
    of_visit = case.visit.encounters if case.visit is not None else ()
    return of_visit or tuple(encounter for encounter in case.chart.encounters if encounter.reference == case.encounter)
