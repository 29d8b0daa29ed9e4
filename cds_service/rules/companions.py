"""Other therapy services of a work-rehab visit and the lines they make beside 97545 and 97546 (T-6, E-5, M-1, M-2)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, NamedTuple

from cds_service.domain.case import Case
from cds_service.domain.chart import Fact, Gap, Service
from cds_service.domain.codes import (
    COMPANIONS,
    DISCIPLINE_OF_EVALUATION,
    EVALUATIONS,
    FIFTEEN_MINUTE,
    PERFORMANCE_TEST,
    REEVALUATIONS,
    SEPARATE_SERVICES,
    Discipline,
)
from cds_service.domain.findings import ChargeLine, Evidence
from cds_service.domain.intervals import MINUTE, Interval, elapsed, subtract, union
from cds_service.domain.units import quarters_by_code, quarters_by_total
from cds_service.domain.values import PolicyValue
from cds_service.domain.visit import Visit, assistants_alone, only_assistants
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.national_edits import PairEdits, pair_edits
from cds_service.rules.rule import values

BY_TOTAL = "cms-8"


class LeftOut(NamedTuple):
    """A documented service that gets no line, and why."""

    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Companions:
    """Lines of the other services of a visit, what makes none, and what is open about them."""

    lines: tuple[ChargeLine, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    undecided: tuple[Gap, ...] = ()
    values: tuple[PolicyValue[Any], ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def codes(self) -> frozenset[str]:
        """Codes that have a line."""
        return frozenset(line.code for line in self.lines)


NONE = Companions()


class _Given(NamedTuple):
    """All services of one code: ``time`` is what only this code can count, each minute once."""

    code: str
    services: tuple[Service, ...]
    discipline: Discipline | None
    time: tuple[Interval, ...]

    @property
    def timed(self) -> bool:
        """Whether every service has start and stop."""
        return all(service.period is not None for service in self.services)


def companions_of(case: Case, visit: Visit, policy: PolicyView, program_codes: Sequence[str]) -> Companions:
    """The lines of the visit's other services, beside lines with ``program_codes``.

    Units of 15-minute codes follow the payer's method: from the total time of a discipline, or code by code. Other
    codes are one unit a date. A minute that two services share counts for the one that began first. Services that
    the payer never pays beside the rest are left out, with the reason.
    """
    services = [service for service in visit.services if service.code in COMPANIONS]
    if not services:
        return NONE
    given = _by_code(services, case.discipline)
    edits = pair_edits(policy)
    never = dict(_never_paid(given, program_codes, policy, edits))
    paid = [one for one in given if one.code not in never]
    units = _units(paid, policy)
    lines = tuple(
        ChargeLine(one.code, _modifiers(one, policy), units[one.code], visit.date)
        for one in paid
        if units.get(one.code)
    )
    left_out = [LeftOut(code, why) for code, why in never.items()]
    left_out += [LeftOut(one.code, _no_unit(one, policy)) for one in paid if units.get(one.code) == 0]
    timed = any(line.code in FIFTEEN_MINUTE for line in lines)
    test = any(line.code == PERFORMANCE_TEST for line in lines)
    return Companions(
        lines=lines,
        left_out=tuple(left_out),
        undecided=(*_undecided(paid, services, policy), *_paired(case, paid, program_codes, edits)),
        values=values(
            policy.get(params.FIFTEEN_MINUTE_METHOD) if timed else None,
            policy.get(params.TEST_MODIFIER) if test else None,
        ),
        evidence=tuple(_evidence(paid)),
    )


def _by_code(services: Iterable[Service], planned: Discipline | None) -> list[_Given]:
    """Services by code, in the order they began; those without times last."""
    begun = sorted(services, key=lambda one: (one.period is None, one.period or (), one.code))
    counted: list[Interval] = []
    own: dict[str, list[Interval]] = {}
    of_code: dict[str, list[Service]] = {}
    for service in begun:
        of_code.setdefault(service.code, []).append(service)
        if service.period is not None:
            own.setdefault(service.code, []).extend(subtract([service.period], counted))
            counted.append(service.period)
    return [
        _Given(code, tuple(found), _discipline(code, found, planned), union(own.get(code, ())))
        for code, found in of_code.items()
    ]


def _discipline(code: str, services: Iterable[Service], planned: Discipline | None) -> Discipline | None:
    """The plan a service is given under: that of its code, the visit's single one, else that of who treated."""
    if code in DISCIPLINE_OF_EVALUATION:
        return DISCIPLINE_OF_EVALUATION[code]
    if planned is not None:
        return planned
    treated = {who.role.discipline if who.role is not None else None for one in services for who in one.performers}
    return treated.pop() if len(treated) == 1 else None


def _units(given: Iterable[_Given], policy: PolicyView) -> dict[str, int]:
    """Units by code; codes of 15 minutes without a time are not in it."""
    method = policy.get(params.FIFTEEN_MINUTE_METHOD)
    units: dict[str, int] = {}
    minutes: dict[Discipline | None, dict[str, int]] = {}
    for one in given:
        if one.code not in FIFTEEN_MINUTE:
            units[one.code] = 1
        elif one.timed and method is not None:
            minutes.setdefault(one.discipline, {})[one.code] = elapsed(one.time) // MINUTE
    for of_discipline in minutes.values():
        by_total = method is not None and method.value == BY_TOTAL
        units |= (quarters_by_total if by_total else quarters_by_code)(of_discipline)
    return {one.code: units[one.code] for one in given if one.code in units}


def _no_unit(one: _Given, policy: PolicyView) -> str:
    minutes = elapsed(one.time) // MINUTE
    method = policy.get(params.FIFTEEN_MINUTE_METHOD)
    if method is not None and method.value == BY_TOTAL:
        return f"the total time of the date makes no unit for its {minutes} min"
    return f"{minutes} min make no unit"


def _modifiers(one: _Given, policy: PolicyView) -> tuple[str, ...]:
    """Payer's modifier of a performance test, discipline, assistant (M-1, M-2, M-6)."""
    of_test = policy.get(params.TEST_MODIFIER) if one.code == PERFORMANCE_TEST else None
    required = policy.get(params.DISCIPLINE_REQUIRED)
    discipline = one.discipline.modifier if one.discipline is not None and required and required.value else None
    return tuple(filter(None, (of_test.value if of_test else None, discipline, _assistant(one, policy))))


def _assistant(one: _Given, policy: PolicyView) -> str | None:
    """The assistant's modifier where assistants alone gave more than the de minimis share of the service (M-2)."""
    wanted, percent = policy.get(params.ASSISTANT_MODIFIERS), policy.get(params.ASSISTANT_DE_MINIMIS)
    if wanted is None or percent is None or one.discipline is None or one.code in EVALUATIONS | REEVALUATIONS:
        return None
    total, alone = elapsed(one.time), elapsed(assistants_alone(one.services, one.time))
    over = alone * 100 > total * percent.value or only_assistants(one.services)
    return wanted.value.get(one.discipline) if over else None


def _never_paid(
    given: Iterable[_Given], program_codes: Sequence[str], policy: PolicyView, edits: PairEdits | None
) -> Iterator[tuple[str, str]]:
    """Codes that the payer is known never to pay on a date with the others, and why (COV-3, E-4, E-5)."""
    same_day = policy.get(params.SAME_DAY_EVALUATION)
    denied = EVALUATIONS | REEVALUATIONS if same_day is not None and same_day.value == "deny" else frozenset()
    never: Mapping[tuple[str, str], object] = {}
    if edits is not None and edits.enforced:
        never = {codes: pair for codes, pair in edits.by_codes.items() if not pair.indicator}
    codes = [*program_codes, *(one.code for one in given)]
    for one in given:
        if program_codes and one.code in denied:
            yield one.code, "this payer does not pay it on a date of work rehabilitation"
            continue
        first = next((code for code in codes if (code, one.code) in never), None)
        if first is not None:
            yield one.code, f"never paid beside {first}"


def _paired(
    case: Case, given: Sequence[_Given], program_codes: Sequence[str], edits: PairEdits | None
) -> Iterator[Gap]:
    """Codes that an edit pairs and that nobody attested to be separate; the rule on code pairs tells what to do."""
    if edits is None:
        return
    codes = [*program_codes, *(one.code for one in given)]
    attested = {
        line.code
        for claim, indexes in case.claims_of_date
        for line in (claim.lines[index] for index in indexes)
        if SEPARATE_SERVICES.intersection(line.modifiers)
    }
    for column1, column2 in permutations(codes, 2):
        pair = edits.by_codes.get((column1, column2))
        if pair is not None and not (pair.indicator and column2 in attested):
            yield Gap(Fact.POLICY, f"whether {column2} is paid beside {column1}")


def _undecided(given: Iterable[_Given], services: Sequence[Service], policy: PolicyView) -> Iterator[Gap]:
    """What keeps a line from being certain."""
    assistant = policy.get(params.ASSISTANT_MODIFIERS)
    for one in given:
        if one.code in FIFTEEN_MINUTE and not one.timed:
            untimed = next(service for service in one.services if service.period is None)
            yield Gap(Fact.SESSION_TIME, f"units of {one.code}: start and stop are not recorded", untimed.reference)
        elif assistant is None or not assistant.value or one.code in EVALUATIONS | REEVALUATIONS:
            continue
        elif any(not service.performers for service in one.services):
            yield Gap(Fact.PERFORMERS, f"who gave {one.code}", one.services[0].reference)
    timed = [service.period for service in services if service.period is not None]
    if sum((end - start for start, end in timed), elapsed(())) > elapsed(union(timed)):
        yield Gap(Fact.SESSION_TIME, "to which service the time belongs that two of them share; it is counted once")


def _evidence(given: Iterable[_Given]) -> Iterator[Evidence]:
    for one in given:
        amount = f"{elapsed(one.time) // MINUTE} min" if one.timed and one.time else "on this date"
        yield Evidence(one.code, amount, one.services[0].reference)
