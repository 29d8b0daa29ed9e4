"""The weeks of a program and the visits in them."""

from collections.abc import Iterator
from datetime import date, timedelta

from cds_service.domain.care import DAYS_OF_A_WEEK, Appointment
from cds_service.domain.case import Case
from cds_service.domain.intervals import MINUTE, minutes
from cds_service.domain.program_timeline import TimeBy, TreatedBy, VisitInTime, WeekOfProgram
from cds_service.domain.time_thresholds import TimeThresholds
from cds_service.domain.treating import Roles, of_assistants
from cds_service.domain.units import units
from cds_service.domain.visit import Visit
from cds_service.policies.model import PolicyView
from cds_service.policies.time_rule import time_thresholds


def visits_in_time(case: Case, policy: PolicyView, booked: tuple[Appointment, ...]) -> tuple[VisitInTime, ...]:
    """The visits of the program to the day of the case, and those booked on other days, by date."""
    thresholds = time_thresholds(policy)
    days = case.episode.dates if case.episode is not None else ()
    treated = [_treated(case.visits[day], thresholds) for day in days]
    known = set(days)
    to_come = {appointment.date: appointment for appointment in booked if appointment.date not in known}
    return tuple(sorted((*treated, *map(_booked, to_come.values())), key=lambda visit: visit.date))


def weeks_of(
    visits: tuple[VisitInTime, ...], counted_from: date | None, first: date, last: date
) -> tuple[WeekOfProgram, ...]:
    """Weeks from the one of the first day to the one of the last, each with its visits; no day is in none or in two.

    Week 1 begins on the day from which the payer counts. Weeks before it have no number, and none has where that day is
    not known.
    """
    begin = counted_from or first
    held: dict[int, list[VisitInTime]] = {}
    for visit in visits:
        held.setdefault(_place(visit.date, begin), []).append(visit)
    places = range(_place(first, begin), _place(last, begin) + 1)
    return tuple(
        WeekOfProgram(
            number=place + 1 if place >= 0 and counted_from is not None else None,
            first=begin + timedelta(days=place * DAYS_OF_A_WEEK),
            visits=tuple(held.get(place, ())),
        )
        for place in places
    )


def _place(day: date, counted_from: date) -> int:
    return (day - counted_from).days // DAYS_OF_A_WEEK


def _treated(visit: Visit, thresholds: TimeThresholds | None) -> VisitInTime:
    known = visit.minutes or None
    return VisitInTime(
        date=visit.date,
        minutes=known,
        units=units(known, thresholds.rule) if known is not None and thresholds is not None else None,
        times=tuple(_times(visit)) if known is not None else (),
        from_encounter=known is not None and visit.from_encounter,
    )


def _booked(appointment: Appointment) -> VisitInTime:
    planned = minutes([appointment.period]) if appointment.period is not None else None
    return VisitInTime(date=appointment.date, minutes=planned, booked=True)


def _times(visit: Visit) -> Iterator[TimeBy]:
    """The visit's minutes by who gave them, therapists first."""
    held: dict[TreatedBy, tuple[timedelta, dict[str, None]]] = {}
    for roles, time in visit.time_by_roles.items():
        by = treated_by(roles)
        before, titles = held.get(by, (timedelta(), {}))
        named = sorted(role.title for role in roles if role is not None)
        held[by] = before + time, {**titles, **dict.fromkeys(named)}
    for by in TreatedBy:
        time, titles = held.get(by, (timedelta(), {}))
        if time >= MINUTE:
            yield TimeBy(by, time // MINUTE, tuple(titles))


def treated_by(roles: Roles) -> TreatedBy:
    """Who gave time in which these roles were present; beside a therapist it is the therapist's (M-2)."""
    if any(role is not None and not role.assistant for role in roles):
        return TreatedBy.THERAPIST
    if not roles:
        return TreatedBy.NEITHER
    return TreatedBy.ASSISTANT if of_assistants(roles) else TreatedBy.UNKNOWN
