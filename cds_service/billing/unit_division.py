"""Units of 97545 and 97546 by who treated: the discipline (M-1) and the assistant's share (M-2)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, TypeAlias

from cds_service.billing.line_modifiers import assistant_modifier, assistants_of
from cds_service.domain.assisted import Allotted, Shared, allot_hours, share_hours
from cds_service.domain.bill import UnitDivision, UnitShare
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Fact, Unknown
from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR, Discipline
from cds_service.domain.intervals import MINUTE
from cds_service.domain.treating import Roles, alone
from cds_service.domain.units import TimeRule, units
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView

RoleTimes: TypeAlias = Mapping[Roles, timedelta]
DisciplineTimes: TypeAlias = dict[Discipline | None, dict[Roles, timedelta]]

NO_SINGLE_PLAN: Final = "no single plan of care decides GP, GO or GN"


def divided(case: Case, visit: Visit, policy: PolicyView, rule: TimeRule) -> UnitDivision:
    """Divide the units among those who gave them.

    Under one plan of care every unit is of its discipline. Under plans of several, a unit is of the discipline that
    gave it: one that two of them gave is asked. The first block is one unit, and the assistant's when assistants alone
    gave more than the payer's percentage of it; further hours are judged unit by unit. Time that makes no unit has no
    line.
    """
    made = units(visit.minutes, rule)
    first, further = visit.blocks_by_roles(rule.full)
    block = _first_block(_by_discipline(case, first), policy) if made.first else UnitDivision()
    hours = UnitDivision()
    if made.further:
        hours = _further_hours(_by_discipline(case, further), made.further, policy, rule.additional)
    gaps = tuple(dict.fromkeys((*block.gaps, *hours.gaps)))
    required = policy.get(params.DISCIPLINE_REQUIRED)
    if required is None or not required.value:
        gaps = tuple(gap for gap in gaps if gap.fact is not Fact.DISCIPLINE)
    return UnitDivision((*block.shares, *hours.shares), gaps, (*block.open_codes, *hours.open_codes))


def _by_discipline(case: Case, times: RoleTimes) -> DisciplineTimes:
    """The time by the discipline whose plan it is given under; None where nobody can tell."""
    if case.discipline is not None:
        return {case.discipline: dict(times)}
    planned = {discipline for discipline, _, _ in case.disciplines}
    by_discipline: DisciplineTimes = {}
    for roles, time in times.items():
        present = {role.discipline for role in roles if role is not None}
        known = len(present) == 1 and None not in roles and present <= planned
        by_discipline.setdefault(next(iter(present)) if known else None, {})[roles] = time
    return by_discipline or {None: dict(times)}


def _first_block(block: DisciplineTimes, policy: PolicyView) -> UnitDivision:
    discipline = next(iter(block)) if len(block) == 1 else None
    times = _together(block)
    percent = policy.get(params.ASSISTANT_DE_MINIMIS)
    total, by_assistants = sum(times.values(), timedelta()), alone(times, assistants_of(discipline, policy))
    over = percent is not None and by_assistants * 100 > total * percent.value
    modifier = assistant_modifier(discipline, policy) if over else None
    share = UnitShare(FIRST_BLOCK, 1, discipline, modifier, by_assistants / MINUTE, total / MINUTE)
    if discipline is not None:
        return UnitDivision((share,))
    return UnitDivision((share,), (_nobodys_alone(FIRST_BLOCK, block),), (FIRST_BLOCK,))


def _further_hours(hours: DisciplineTimes, count: int, policy: PolicyView, least: int) -> UnitDivision:
    if None in hours:
        share = UnitShare(FURTHER_HOUR, count, None, None, 0.0, float(_minutes(_together(hours))))
        return UnitDivision((share,), (_nobodys_alone(FURTHER_HOUR, hours),), (FURTHER_HOUR,))
    known = {discipline: times for discipline, times in hours.items() if discipline is not None}
    if len(known) == 1:
        allotted = Allotted(dict.fromkeys(known, count))
    else:
        allotted = allot_hours(count, {discipline: _minutes(times) for discipline, times in known.items()}, least)
    shares: list[UnitShare] = []
    gaps = [_nobodys_alone(FURTHER_HOUR, hours)] if allotted.contested else []
    for discipline, times in known.items():
        of_discipline, contested = _shared_hours(allotted.units[discipline], times, discipline, policy, least)
        shares += of_discipline
        if contested:
            why = f"therapist and assistant both gave the last unit of {FURTHER_HOUR}: check whose it is"
            gaps.append(Unknown(Fact.PERFORMERS, why))
    return UnitDivision(tuple(shares), tuple(gaps), (FURTHER_HOUR,) if allotted.contested else ())


def _nobodys_alone(code: str, block: DisciplineTimes) -> Caveat:
    """The gap of a code whose time no single plan has."""
    named = sorted(discipline.value for discipline in block if discipline is not None)
    if len(named) > 1:
        return Unknown(
            Fact.DISCIPLINE, f"{' and '.join(named)} gave parts of {code}: check under which plan it was given"
        )
    return Unknown(Fact.DISCIPLINE, NO_SINGLE_PLAN)


def _together(block: DisciplineTimes) -> dict[Roles, timedelta]:
    return {roles: time for times in block.values() for roles, time in times.items()}


def _shared_hours(
    count: int, times: RoleTimes, discipline: Discipline, policy: PolicyView, least: int
) -> tuple[list[UnitShare], bool]:
    """Units of one discipline's further hours by therapist and assistant, and whether the last of them is contested."""
    modifier, percent = assistant_modifier(discipline, policy), policy.get(params.ASSISTANT_DE_MINIMIS)
    total = _minutes(times)
    by_assistants = min(alone(times, assistants_of(discipline, policy)) // MINUTE, total)
    shared = Shared(count, 0)
    if modifier is not None and percent is not None:
        shared = share_hours(count, total - by_assistants, by_assistants, percent.value, least)
    minutes = (float(by_assistants), float(total))
    shares = [
        UnitShare(FURTHER_HOUR, shared.therapist, discipline, None, *minutes),
        UnitShare(FURTHER_HOUR, shared.assistant, discipline, modifier, *minutes),
    ]
    return [share for share in shares if share.units], shared.contested


def _minutes(times: RoleTimes) -> int:
    return sum(times.values(), timedelta()) // MINUTE
