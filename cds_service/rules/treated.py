"""Units of 97545 and 97546 by who treated: the discipline (M-1) and the assistant's share (M-2)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from cds_service.domain.assisted import Allotted, Shared, allot_hours, share_hours
from cds_service.domain.case import Case
from cds_service.domain.chart import Fact, Gap, Performer, Role, Session
from cds_service.domain.codes import ASSISTANT_BESIDE, FIRST_BLOCK, FURTHER_HOUR, Discipline
from cds_service.domain.findings import Evidence
from cds_service.domain.frozen import dataclass
from cds_service.domain.intervals import MINUTE
from cds_service.domain.treating import Roles, alone, only_assistants, roles_of, treating
from cds_service.domain.units import TimeRule, units
from cds_service.domain.values import PolicyValue
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView

Times: TypeAlias = Mapping[Roles, timedelta]
Divided: TypeAlias = dict[Discipline | None, dict[Roles, timedelta]]

NO_SINGLE_PLAN = "no single plan of care decides GP, GO or GN"
NOBODY = "nobody is recorded as having treated"


class Part(NamedTuple):
    """Units of one code that carry the same modifiers.

    ``alone`` and ``total`` are minutes of assistants alone and of everybody in the time the code is judged by,
    ``assistant`` the modifier the payer wants for these units, or None.
    """

    code: str
    units: int
    discipline: Discipline | None
    assistant: str | None
    alone: float
    total: float


@dataclass(frozen=True, slots=True)
class Division:
    """A visit's units by who gave them, what stays open, and the codes whose discipline does."""

    parts: tuple[Part, ...] = ()
    gaps: tuple[Gap, ...] = ()
    open_codes: tuple[str, ...] = ()


def divided(case: Case, visit: Visit, policy: PolicyView, rule: TimeRule) -> Division:
    """Divide the units among those who gave them.

    Under one plan of care every unit is of its discipline. Under plans of several, a unit is of the discipline that
    gave it: one that two of them gave is asked. The first block is one unit, and the assistant's when assistants alone
    gave more than the payer's percentage of it; further hours are judged unit by unit. Time that makes no unit has no
    line.
    """
    found = units(visit.minutes, rule)
    first, further = visit.blocks_by_roles(rule.full)
    block = _first_block(_by_discipline(case, first), policy) if found.first else Division()
    hours = Division()
    if found.further:
        hours = _further_hours(_by_discipline(case, further), found.further, policy, rule.additional)
    gaps = tuple(dict.fromkeys((*block.gaps, *hours.gaps)))
    required = policy.get(params.DISCIPLINE_REQUIRED)
    if required is None or not required.value:
        gaps = tuple(gap for gap in gaps if gap.fact is not Fact.DISCIPLINE)
    return Division((*block.parts, *hours.parts), gaps, (*block.open_codes, *hours.open_codes))


def _by_discipline(case: Case, times: Times) -> Divided:
    """The time by the discipline whose plan it is given under; None where nobody can tell."""
    if case.discipline is not None:
        return {case.discipline: dict(times)}
    planned = {found for found, _, _ in case.disciplines}
    by_discipline: Divided = {}
    for roles, time in times.items():
        present = {role.discipline for role in roles if role is not None}
        known = len(present) == 1 and None not in roles and present <= planned
        if time:
            by_discipline.setdefault(next(iter(present)) if known else None, {})[roles] = time
    return by_discipline or {None: dict(times)}


def _first_block(block: Divided, policy: PolicyView) -> Division:
    discipline = next(iter(block)) if len(block) == 1 else None
    times = _together(block)
    percent = policy.get(params.ASSISTANT_DE_MINIMIS)
    total, by_assistants = sum(times.values(), timedelta()), alone(times, assistants_of(discipline, policy))
    over = percent is not None and by_assistants * 100 > total * percent.value
    modifier = assistant_modifier(discipline, policy) if over else None
    part = Part(FIRST_BLOCK, 1, discipline, modifier, by_assistants / MINUTE, total / MINUTE)
    if discipline is not None:
        return Division((part,))
    return Division((part,), (_nobodys_alone(FIRST_BLOCK, block),), (FIRST_BLOCK,))


def _further_hours(hours: Divided, count: int, policy: PolicyView, least: int) -> Division:
    if None in hours:
        part = Part(FURTHER_HOUR, count, None, None, 0.0, float(_minutes(_together(hours))))
        return Division((part,), (_nobodys_alone(FURTHER_HOUR, hours),), (FURTHER_HOUR,))
    known = {discipline: times for discipline, times in hours.items() if discipline is not None}
    if len(known) == 1:
        allotted = Allotted(dict.fromkeys(known, count))
    else:
        allotted = allot_hours(count, {one: _minutes(times) for one, times in known.items()}, least)
    parts: list[Part] = []
    gaps = [_nobodys_alone(FURTHER_HOUR, hours)] if allotted.contested else []
    for discipline, times in known.items():
        of_discipline, contested = _shared_hours(allotted.units[discipline], times, discipline, policy, least)
        parts += of_discipline
        if contested:
            why = f"therapist and assistant both gave the last unit of {FURTHER_HOUR}: check whose it is"
            gaps.append(Gap(Fact.PERFORMERS, why))
    return Division(tuple(parts), tuple(gaps), (FURTHER_HOUR,) if allotted.contested else ())


def _nobodys_alone(code: str, block: Divided) -> Gap:
    """The gap of a code whose time no single plan has."""
    named = sorted(one.value for one in block if one is not None)
    if len(named) > 1:
        return Gap(Fact.DISCIPLINE, f"{' and '.join(named)} gave parts of {code}: check under which plan it was given")
    return Gap(Fact.DISCIPLINE, NO_SINGLE_PLAN)


def _together(block: Divided) -> dict[Roles, timedelta]:
    return {roles: time for times in block.values() for roles, time in times.items()}


def _shared_hours(
    count: int, times: Times, discipline: Discipline, policy: PolicyView, least: int
) -> tuple[list[Part], bool]:
    """Units of one discipline's further hours by therapist and assistant, and whether the last of them is contested."""
    modifier, percent = assistant_modifier(discipline, policy), policy.get(params.ASSISTANT_DE_MINIMIS)
    total = _minutes(times)
    by_assistants = min(alone(times, assistants_of(discipline, policy)) // MINUTE, total)
    shared = Shared(count, 0)
    if modifier is not None and percent is not None:
        shared = share_hours(count, total - by_assistants, by_assistants, percent.value, least)
    minutes = (float(by_assistants), float(total))
    parts = [
        Part(FURTHER_HOUR, shared.therapist, discipline, None, *minutes),
        Part(FURTHER_HOUR, shared.assistant, discipline, modifier, *minutes),
    ]
    return [part for part in parts if part.units], shared.contested


def _minutes(times: Times) -> int:
    return sum(times.values(), timedelta()) // MINUTE


def assistant_modifier(discipline: Discipline | None, policy: PolicyView) -> str | None:
    """The payer's modifier for assistants on a line of this discipline; CQ stands only with GP, CO only with GO."""
    wanted = policy.get(params.ASSISTANT_MODIFIERS)
    if wanted is None or discipline is None:
        return None
    return _assistants(discipline, wanted, policy.get(params.DISCIPLINE_REQUIRED))[0]


def assistants_of(discipline: Discipline | None, policy: PolicyView) -> frozenset[Discipline]:
    """The disciplines whose assistants the modifier of this discipline's lines is for: one, or all that share M3."""
    wanted = policy.get(params.ASSISTANT_MODIFIERS)
    if wanted is None or discipline is None:
        return frozenset()
    return _assistants(discipline, wanted, policy.get(params.DISCIPLINE_REQUIRED))[1]


@lru_cache(maxsize=256)
def _assistants(
    discipline: Discipline,
    wanted: PolicyValue[Mapping[Discipline, str]],
    required: PolicyValue[bool] | None,
) -> tuple[str | None, frozenset[Discipline]]:
    """The modifier of assistants on lines of a discipline, and the disciplines that share it."""
    modifier = wanted.value.get(discipline)
    on_line = discipline.modifier if required is not None and required.value else None
    if modifier is None or ASSISTANT_BESIDE.get(modifier, on_line) != on_line:
        return None, frozenset()
    return modifier, frozenset(one for one, of_one in wanted.value.items() if of_one == modifier)


def treating_gaps(case: Case, visit: Visit, policy: PolicyView) -> Iterator[Gap]:
    """What is not known of who treated: nobody named, professions, minutes of an assistant, another discipline."""
    people = [(session, who) for session in visit.sessions for who in treating(session)]
    unnamed = next((session for session in visit.sessions if not treating(session)), None)
    if unnamed is not None:
        why = "check who treated: only a supervising person is recorded" if unnamed.performers else NOBODY
        yield Gap(Fact.PERFORMERS, why, None if not people else unnamed.reference)
    yield from _professions(who for _, who in people)
    others = {who.other for _, who in people if who.other is not None}
    if others and visit.time_by_roles.get(frozenset()):
        named = ", ".join(sorted(others))
        yield Gap(Fact.PERFORMERS, f"who treated is not a therapist or assistant by profession (recorded as {named})")
    several = next((one for one in visit.sessions if one.performers_of_encounter and _several(one)), None)
    if several is not None:
        why = "the record does not say which minutes each person of the encounter gave"
        yield Gap(Fact.PERFORMERS, why, several.encounter)
    elif _minutes_open(visit, policy):
        yield Gap(Fact.PERFORMERS, "the minutes of the assistant alone are not recorded")
    yield from _standing_alone(visit, policy)
    for role in other_disciplines(case, visit):
        planned = " and ".join(found.value for found, _, _ in case.disciplines)
        yield Gap(Fact.DISCIPLINE, f"check under which plan the {role.title} treated: the plan of care is {planned}")


def _standing_alone(visit: Visit, policy: PolicyView) -> Iterator[Gap]:
    """An assistant's modifier that stands only beside a discipline's, which this payer does not want."""
    wanted, required = policy.get(params.ASSISTANT_MODIFIERS), policy.get(params.DISCIPLINE_REQUIRED)
    if wanted is None or (required is not None and required.value):
        return
    roles = (role for one in visit.sessions for role in roles_of(one) if role is not None and role.assistant)
    modifier = next((found for role in roles if (found := wanted.value.get(role.discipline)) in ASSISTANT_BESIDE), None)
    if modifier is not None:
        beside = ASSISTANT_BESIDE[modifier]
        why = f"{modifier} stands only with {beside}, which this payer does not require: ask about {modifier}"
        yield Gap(Fact.POLICY, why)


def _professions(people: Iterator[Performer]) -> Iterator[Gap]:
    known = dict.fromkeys(people)
    unknown = next((who for who in known if who.role is None and not (who.other or who.disputed)), None)
    if unknown is not None:
        yield Gap(Fact.PERFORMERS, "the profession of a treating person is not known", unknown.reference)
    disputed = next((who for who in known if who.disputed is not None), None)
    if disputed is not None:
        why = f"the profession of a treating person is not clear (recorded as {disputed.disputed})"
        yield Gap(Fact.PERFORMERS, why, disputed.reference)


def _several(session: Session) -> bool:
    return len({who.role for who in treating(session)}) > 1


def _minutes_open(visit: Visit, policy: PolicyView) -> bool:
    """Whether an assistant treated without times beside others, and the payer wants to know."""
    wanted = policy.get(params.ASSISTANT_MODIFIERS)
    if wanted is None or not wanted.value or policy.get(params.ASSISTANT_DE_MINIMIS) is None:
        return False
    untimed = any(role is not None and role.assistant for one in visit.untimed for role in roles_of(one))
    return untimed and not only_assistants(visit.sessions)


def minutes_of_assistants_open(visit: Visit, policy: PolicyView) -> bool:
    """Whether it is not recorded which minutes an assistant gave alone."""
    by_encounter = any(
        one.performers_of_encounter and _several(one) and any(who.role and who.role.assistant for who in treating(one))
        for one in visit.sessions
    )
    return by_encounter or _minutes_open(visit, policy)


def other_disciplines(case: Case, visit: Visit) -> tuple[Role, ...]:
    """Roles that treated although no plan of care is of their discipline, each once."""
    planned = {found for found, _, _ in case.disciplines}
    roles = dict.fromkeys(who.role for session in visit.sessions for who in treating(session))
    return tuple(role for role in roles if role is not None and planned and role.discipline not in planned)


def people_evidence(visit: Visit) -> Iterator[Evidence]:
    """What a reader has to know of the people: those that only the encounter names, those who only supervise."""
    for session in visit.sessions:
        for who in session.performers:
            title = who.role.title if who.role is not None else who.other or who.disputed or "profession not known"
            if who.supervises:
                yield Evidence("supervising, not counted as treating", title, session.reference)
            elif session.performers_of_encounter:
                yield Evidence("treated by, as the encounter says", title, session.encounter)
