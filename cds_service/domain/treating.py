"""Who gave which minutes of a visit: the licensed roles present at each moment (M-1, M-2)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TypeAlias

from cds_service.domain.care import Performer, PlanOfCare, Role, Service, Session
from cds_service.domain.codes import DISCIPLINE_OF_MODIFIER, Discipline
from cds_service.domain.intervals import Interval, elapsed

Treatment: TypeAlias = Session | Service
Roles: TypeAlias = frozenset[Role | None]
"""Roles present together; None stands for somebody whose profession is not known.

Empty where only people treated who are known to be neither therapist nor assistant.
"""

UNKNOWN: Roles = frozenset((None,))


def treating(treatment: Treatment) -> tuple[Performer, ...]:
    """Who gave a treatment, without those who only supervise."""
    for performer in treatment.performers:
        if performer.supervises:
            return tuple(performer for performer in treatment.performers if not performer.supervises)
    return treatment.performers


def roles_of(treatment: Treatment) -> Roles:
    """The roles that gave a treatment.

    Somebody known to be neither therapist nor assistant adds nothing: beside a therapist the time is the therapist's.
    Where only the encounter names several roles, nobody knows which of them gave this treatment.
    """
    people = treating(treatment)
    roles = frozenset(
        [performer.role for performer in people if performer.role is not None or performer.profession is None]
    )
    if not people or (treatment.performers_of_encounter and len(roles) > 1):
        return UNKNOWN
    return roles


def disciplines_of(
    plans: Sequence[PlanOfCare], sessions: Collection[Session]
) -> tuple[tuple[Discipline, str, str], ...]:
    """Disciplines that plans name, else the treating therapists, else modifiers: (discipline, read from, reference)."""
    planned = [(plan.discipline, plan.discipline_from or "plan", plan.reference) for plan in reversed(plans)]
    found = {
        discipline: (discipline, how, reference) for discipline, how, reference in planned if discipline is not None
    }
    if not found:
        found = {
            performer.role.discipline: (performer.role.discipline, "treating performer", session.reference)
            for session in sessions
            for performer in treating(session)
            if performer.role is not None
        }
    if not found:
        found = {
            discipline: (discipline, "modifier of the treatment", session.reference)
            for session in sessions
            for modifier in session.modifiers
            if (discipline := DISCIPLINE_OF_MODIFIER.get(modifier)) is not None
        }
    return tuple(found.values())


def time_by_roles(treatments: Collection[Treatment], within: Collection[Interval]) -> dict[Roles, timedelta]:
    """How long which roles were present inside disjoint intervals.

    Where all treatments have the same roles, all the time is theirs, whether the treatments have times or not.
    Treatments of different roles without times tell nothing of who gave which minutes.
    """
    present = [roles_of(treatment) for treatment in treatments]
    if len(set(present)) == 1:
        return {present[0]: elapsed(within)}
    timed = [
        (treatment.period, roles)
        for treatment, roles in zip(treatments, present, strict=True)
        if treatment.period is not None
    ]
    return _swept(timed, within) if timed else {UNKNOWN: elapsed(within)}


def alone(times: Mapping[Roles, timedelta], disciplines: Collection[Discipline]) -> timedelta:
    """Time in which only assistants of these disciplines were present; beside anybody else it is not theirs (M-2)."""
    return sum((time for roles, time in times.items() if of_assistants(roles, disciplines)), timedelta())


def only_assistants(treatments: Iterable[Treatment], disciplines: Collection[Discipline] = tuple(Discipline)) -> bool:
    """Whether all treatments name who gave them, and all are assistants of these disciplines."""
    return all(of_assistants(roles_of(treatment), disciplines) for treatment in treatments)


def of_assistants(roles: Roles, disciplines: Collection[Discipline] = tuple(Discipline)) -> bool:
    """Whether nobody but assistants of these disciplines is present."""
    return bool(roles) and all(role is not None and role.assistant and role.discipline in disciplines for role in roles)


def _swept(treated: Iterable[tuple[Interval, Roles]], within: Iterable[Interval]) -> dict[Roles, timedelta]:
    """The same by going through all beginnings and ends in order of time."""
    changes: list[tuple[datetime, int, Roles | None]] = []
    for period, roles_present in treated:
        changes += [(period.start, 1, roles_present), (period.end, -1, roles_present)]
    for span in within:
        changes += [(span.start, 1, None), (span.end, -1, None)]
    found: dict[Roles, timedelta] = {}
    present: dict[Roles, int] = {}
    inside, since = 0, None
    for moment, step, roles in sorted(changes, key=itemgetter(0)):
        if inside and since is not None and moment > since:
            now = Roles().union(*present)
            found[now] = found.get(now, timedelta()) + (moment - since)
        since = moment
        if roles is None:
            inside += step
        else:
            present[roles] = present.get(roles, 0) + step
            if not present[roles]:
                del present[roles]
    return found
