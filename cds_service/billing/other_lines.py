"""Other therapy services of a work-rehab visit and the lines they make beside 97545 and 97546 (T-6, E-5, M-1, M-2)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from cds_service.billing.line_modifiers import assistant_modifier, assistants_of
from cds_service.billing.other_services import ServiceGroup, gaps_of_group, service_groups
from cds_service.domain.assisted import Shared, share_units
from cds_service.domain.bill import LeftOut, OtherServices
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import (
    COMPANIONS,
    EVALUATIONS,
    FIFTEEN_MINUTE,
    MODALITIES,
    ONCE_A_DATE,
    PERFORMANCE_TEST,
    REEVALUATIONS,
    SEPARATE_SERVICES,
    THERAPY,
    Discipline,
)
from cds_service.domain.findings import Amount, ChargeLine, Evidence
from cds_service.domain.intervals import MINUTE, overlap
from cds_service.domain.treating import alone, only_assistants, time_by_roles
from cds_service.domain.units import quarters_by_code, quarters_by_total
from cds_service.domain.values import PolicyValue, values
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.pair_edits import PairEdits, never_beside, pair_edits

BY_TOTAL = "cms-8"
BESIDE = "never paid beside"
INCLUDED = "this payer pays no modality beside the program"
_ASSESSING = EVALUATIONS | REEVALUATIONS


def other_services_of(case: Case, visit: Visit, policy: PolicyView, program_codes: Sequence[str]) -> OtherServices:
    """The lines of the visit's other services, beside lines with ``program_codes``.

    Units of 15-minute codes follow the payer's method: from the total time of a discipline, or code by code. Other
    codes are one unit a date. A minute that two services share counts for the one that began first. Units that an
    assistant gave stand on a line of their own. Services that the payer never pays beside the rest, and those that no
    line is proposed for, are left out, with the reason.
    """
    groups = service_groups(visit.services, case)
    edits = pair_edits(policy)
    never, units = _standing(groups, program_codes, policy, edits)
    paid = [group for group in groups if group.code not in never]
    lines: list[ChargeLine] = []
    undecided: list[Caveat] = []
    open_facts: dict[str, frozenset[Fact]] = {}
    for group in paid:
        count = units.get((group.code, group.discipline), 0)
        shared = _shared(group, count, policy)
        gaps = [*gaps_of_group(group, policy), *_contested(group, shared)]
        open_facts[group.code] = open_facts.get(group.code, frozenset()) | {gap.fact for gap in gaps}
        undecided += gaps
        lines += _lines(group, shared, visit, policy)
    lines = _merged(lines)
    left_out = [LeftOut(code, why, paired=why.startswith(BESIDE)) for code, why in never.items()]
    left_out += [
        LeftOut(group.code, _no_unit(group, policy)) for group in paid if units.get((group.code, group.discipline)) == 0
    ]
    left_out += [LeftOut(code, "add it yourself if it is billed") for code in _others(visit)]
    undecided += [
        Unknown(Fact.CHARGES, f"{code} is on record: check whether it is billed as well") for code in _others(visit)
    ]
    left_out += [
        LeftOut(code, INCLUDED, included=True) for code in dict.fromkeys(service.code for service in visit.included)
    ]
    undecided += _perhaps_included(visit, program_codes, policy)
    undecided += _paired(case, paid, program_codes, policy, edits)
    undecided += _inside_the_program(visit, never)
    return OtherServices(
        lines=tuple(lines),
        left_out=tuple(left_out),
        undecided=tuple(dict.fromkeys(undecided)),
        values=(
            *_values(lines, never, policy, edits),
            *values(policy.get(params.MODALITY_INCLUDED) if visit.included else None),
        ),
        evidence=tuple(_evidence(paid)),
        open=open_facts,
    )


def _perhaps_included(visit: Visit, program_codes: Sequence[str], policy: PolicyView) -> Iterator[Caveat]:
    """Modalities of which it is open whether they belong to the program."""
    for code in dict.fromkeys(service.code for service in visit.included if not program_codes):
        yield Unknown(Fact.CHARGES, f"check whether {code} is billed: no line of the program is")
    for value in policy.of_one_program(params.MODALITY_INCLUDED):
        for code in dict.fromkeys(service.code for service in visit.services if service.code in MODALITIES):
            yield Unknown(
                Fact.PROGRAM,
                f"beside work {value.program} this payer pays no modality ({code}): check which program it is",
            )


def _others(visit: Visit) -> tuple[str, ...]:
    """Codes of therapy that no line is proposed for: modalities without a time, and unlisted services."""
    return tuple(dict.fromkeys(service.code for service in visit.services if service.code in THERAPY - COMPANIONS))


def _standing(
    groups: Sequence[ServiceGroup], program_codes: Sequence[str], policy: PolicyView, edits: PairEdits | None
) -> tuple[dict[str, str], dict[tuple[str, object], int]]:
    """Codes that the payer is known never to pay on a date with the others and why, and the units of the rest.

    A code without a unit, or not paid itself, keeps no other one off (COV-3, E-4, E-5).
    """
    same_day = policy.get(params.SAME_DAY_EVALUATION)
    denied = _ASSESSING if program_codes and same_day is not None and same_day.value == "deny" else frozenset[str]()
    why = "this payer does not pay it on a date of work rehabilitation"
    refused = {group.code: why for group in groups if group.code in denied}
    removed: dict[str, str] = {}
    for _ in range(2 * len(groups) + 1 if edits is not None and edits.enforced else 0):
        beside = _beside(groups, {*refused, *removed}, program_codes, policy, edits)
        stale = next((code for code, first in removed.items() if first not in beside.earning), None)
        if stale is not None:
            del removed[stale]
        elif beside.first is not None:
            removed[beside.first[0]] = beside.first[1]
        else:
            break
    never = refused | {code: f"{BESIDE} {first}" for code, first in removed.items()}
    return never, _units([group for group in groups if group.code not in never], policy)


class _Beside(NamedTuple):
    """Codes that earn a unit, and the first of them that is not paid beside another one, with that one."""

    earning: frozenset[str]
    first: tuple[str, str] | None


def _beside(
    groups: Sequence[ServiceGroup],
    out: AbstractSet[str],
    program_codes: Sequence[str],
    policy: PolicyView,
    edits: PairEdits | None,
) -> _Beside:
    paid = [group for group in groups if group.code not in out]
    units = _units(paid, policy)
    earning = [code for (code, _), count in units.items() if count]
    earning += [group.code for group in paid if group.code in FIFTEEN_MINUTE and not group.timed]
    codes = [*program_codes, *dict.fromkeys(earning)]
    never = never_beside(codes, edits) if edits is not None else {}
    met = sorted(
        ((code, first) for code, first in never.items() if code not in program_codes),
        key=lambda pair: pair[1] not in program_codes,
    )
    return _Beside(frozenset(codes), met[0] if met else None)


def _units(groups: Iterable[ServiceGroup], policy: PolicyView) -> dict[tuple[str, object], int]:
    """Units by code and discipline; codes of 15 minutes without a time are not in it."""
    method = policy.get(params.FIFTEEN_MINUTE_METHOD)
    units: dict[tuple[str, object], int] = {}
    minutes: dict[object, dict[str, int]] = {}
    for group in groups:
        if group.code not in FIFTEEN_MINUTE:
            units[group.code, group.discipline] = 1
        elif group.timed and method is not None:
            units[group.code, group.discipline] = 0
            minutes.setdefault(group.discipline, {})[group.code] = group.minutes
    for discipline, of_discipline in minutes.items():
        by_total = method is not None and method.value == BY_TOTAL
        found = (quarters_by_total if by_total else quarters_by_code)(of_discipline)
        units |= {(code, discipline): count for code, count in found.items()}
    return units


def _shared(group: ServiceGroup, count: int, policy: PolicyView) -> Shared:
    """The units by who gave them (M-2)."""
    percent = policy.get(params.ASSISTANT_DE_MINIMIS)
    counted = assistants_of(group.discipline, policy) if group.code not in _ASSESSING else frozenset[Discipline]()
    if not count or percent is None or not counted:
        return Shared(count, 0)
    if only_assistants(group.services, counted):
        return Shared(0, count)
    by_assistants = alone(time_by_roles(group.services, group.time), counted) // MINUTE
    if group.code in FIFTEEN_MINUTE:
        return share_units(count, group.minutes - by_assistants, by_assistants, percent.value)
    return Shared(0, count) if by_assistants * 100 > group.minutes * percent.value else Shared(count, 0)


def _contested(group: ServiceGroup, shared: Shared) -> Iterator[Caveat]:
    if shared.contested:
        yield Unknown(
            Fact.PERFORMERS, f"therapist and assistant both gave the last unit of {group.code}: check whose it is"
        )


def _lines(group: ServiceGroup, shared: Shared, visit: Visit, policy: PolicyView) -> Iterator[ChargeLine]:
    """Lines with the payer's modifier of a performance test, discipline, assistant (M-1, M-2, M-6)."""
    of_test = policy.get(params.TEST_MODIFIER) if group.code == PERFORMANCE_TEST else None
    required, assistant = policy.get(params.DISCIPLINE_REQUIRED), assistant_modifier(group.discipline, policy)
    discipline = group.discipline.modifier if group.discipline is not None and required and required.value else None
    modifiers = tuple(filter(None, (of_test.value if of_test else None, discipline)))
    if shared.therapist:
        yield ChargeLine(group.code, modifiers, shared.therapist, visit.date)
    if shared.assistant and assistant is not None:
        yield ChargeLine(group.code, (*modifiers, assistant), shared.assistant, visit.date)


def _merged(lines: Iterable[ChargeLine]) -> list[ChargeLine]:
    """Lines that are alike in code and modifiers as one: units of time add up, other codes are one a date."""
    found: dict[tuple[str, tuple[str, ...]], ChargeLine] = {}
    for line in lines:
        before = found.get((line.code, line.modifiers))
        if before is None:
            found[line.code, line.modifiers] = line
        elif line.code in FIFTEEN_MINUTE:
            found[line.code, line.modifiers] = line._replace(units=line.units + before.units)
    return list(found.values())


def _no_unit(group: ServiceGroup, policy: PolicyView) -> str:
    method = policy.get(params.FIFTEEN_MINUTE_METHOD)
    if method is not None and method.value == BY_TOTAL:
        return f"the total time of the date makes no unit for its {group.minutes} min"
    return f"{group.minutes} min make no unit"


def _paired(
    case: Case,
    groups: Sequence[ServiceGroup],
    program_codes: Sequence[str],
    policy: PolicyView,
    edits: PairEdits | None,
) -> Iterator[Caveat]:
    """Codes of which nobody attested that they are separate: the rules on pairs and evaluations tell what to do."""
    drafted = [claim.lines[index] for claim, indexes in case.claims_of_date for index in indexes]
    plain = {line.code for line in drafted if SEPARATE_SERVICES.isdisjoint(line.modifiers)}
    attested = {line.code for line in drafted} - plain
    codes = [*program_codes, *dict.fromkeys(group.code for group in groups)]
    for column1 in codes if edits is not None else ():
        for column2 in codes:
            pair = edits.by_codes.get((column1, column2)) if edits is not None else None
            if pair is not None and not (pair.indicator and column2 in attested):
                yield Doubt(Fact.POLICY, f"check whether {column2} is paid beside {column1}")
    same_day = policy.get(params.SAME_DAY_EVALUATION)
    if program_codes and same_day is not None and same_day.value == "modifier-59":
        for code in codes:
            if code in _ASSESSING and code not in attested:
                yield Doubt(Fact.POLICY, f"this payer requires 59 on {code}: check that it was separate")


def _inside_the_program(visit: Visit, never: Mapping[str, str]) -> Iterator[Caveat]:
    """Minutes taken from the program although their service is not billed, or not taken for want of a time (T-5)."""
    spans = [session.period for session in visit.timed if session.period is not None]
    for service in visit.services:
        billed = service.code in COMPANIONS and service.code not in never
        if service.period is None and service.code in ONCE_A_DATE and billed and visit.minutes:
            why = f"{service.code} has no recorded time: check whether it was inside the program"
            yield Unknown(Fact.SESSION_TIME, why, service.reference)
        elif service.period is not None and not billed and overlap([service.period], spans):
            yield Unknown(
                Fact.SESSION_TIME,
                f"check whether the minutes of {service.code} inside the program count for the program",
            )


def _values(
    lines: Iterable[ChargeLine], never: Mapping[str, str], policy: PolicyView, edits: PairEdits | None
) -> tuple[PolicyValue[Any], ...]:
    """The policy values that made the lines and left others out."""
    made = tuple(lines)
    assistant = policy.get(params.ASSISTANT_MODIFIERS)
    assisted = assistant is not None and any(set(assistant.value.values()) & set(line.modifiers) for line in made)
    paired = edits.values if edits is not None and any(why.startswith(BESIDE) for why in never.values()) else ()
    return (
        *values(
            policy.get(params.FIFTEEN_MINUTE_METHOD) if any(line.code in FIFTEEN_MINUTE for line in made) else None,
            policy.get(params.TEST_MODIFIER) if any(line.code == PERFORMANCE_TEST for line in made) else None,
            assistant if assisted else None,
            policy.get(params.ASSISTANT_DE_MINIMIS) if assisted else None,
            policy.get(params.SAME_DAY_EVALUATION) if _ASSESSING & never.keys() else None,
        ),
        *paired,
    )


def _evidence(groups: Iterable[ServiceGroup]) -> Iterator[Evidence]:
    for group in groups:
        amount = Amount(group.minutes, "minutes") if group.timed and group.time else "on this date"
        yield Evidence(group.code, amount, group.services[0].reference)
