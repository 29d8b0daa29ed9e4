"""What an approval on file covers: its amount and its end, against what was treated and what is planned."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from cds_service.domain.care import LONGEST_PLAN_DAYS
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState
from cds_service.domain.findings import Amount, Evidence, FactValue, Severity
from cds_service.domain.units import units
from cds_service.domain.values import values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.time_rule import time_thresholds
from cds_service.rules.consumption import BY_DATE, WEEK, Budget, Consumption, Measure, consumption_of
from cds_service.rules.rule import Answer, Result

COUNTED: Final = BY_DATE | {"hours", "units"}
READINGS: Final = ("visits", "hours", "units")
"""What an amount without unit may count, where the payer's policy does not say."""


def approval_evidence(approval: Authorization) -> Evidence:
    """A payer's answer: state, number, period, amount and codes."""
    return Evidence("authorization", approval, approval.reference)


def check_amounts(case: Case, policy: PolicyView, days: tuple[date, ...]) -> Iterator[Result]:
    """What is approved against what was used and is planned on these days, and when the pace uses it up (A-1).

    Amounts given code by code are counted code by code. A visit counts against one approval: of those in force on its
    day the one that ends first and still has room. What is used up already is told before what soon will be.
    """
    subjects: set[str] = set()
    for result in sorted(_amounts(case, policy, days), key=_urgency):
        if not isinstance(result, Answer) or result.subject not in subjects:
            yield result
        subjects |= {result.subject} if isinstance(result, Answer) else set()


def _urgency(result: Result) -> bool:
    return not (isinstance(result, Answer) and result.severity is Severity.WARNING)


def _amounts(case: Case, policy: PolicyView, days: tuple[date, ...]) -> Iterator[Result]:
    for together in _days_of_approvals(case, days):
        in_force = _by_codes(case.approvals_on(together[0]))
        for approvals in in_force.values():
            unknown = not_counted(approvals)
            if unknown is not None:
                why = f"ask the payer what the approved {unknown.quantity:g} {unknown.unit} count"
                yield Unknown(Fact.AUTHORIZATIONS, why, unknown.reference)
        for budget in _budgets(case, policy, in_force):
            yield from (_check if budget.measure.unit else _unit_asked)(case, policy, budget, together)
        yield from _other_code(case, policy, in_force, together)


class Used(NamedTuple):
    """How much of an approved amount was used, in its unit; ``code`` is the one it is limited to."""

    amount: float
    approved: float
    unit: str
    code: str


class Counted(NamedTuple):
    """Approvals in force and what visits use of them; ``consumption`` is None where unit or times are not known."""

    budget: Budget
    consumption: Consumption | None

    def used_up(self, day: date) -> date | None:
        """The day on which the pace uses up what is left after ``day``; None without a pace, or beyond all planning."""
        left = _days_left(self.budget, self.consumption) if self.consumption is not None else None
        return _day_used_up(left, day) if left is not None and left <= LONGEST_PLAN_DAYS else None


def counted_on(case: Case, policy: PolicyView, day: date) -> Iterator[Counted]:
    """The approvals in force on a day whose amount is known, each with what the visits to this day use of it."""
    for budget in _budgets(case, policy, _by_codes(case.approvals_on(day))):
        yield Counted(budget, consumption_of(case, policy, budget, (day,)) if budget.measure.unit else None)


def used_on(case: Case, policy: PolicyView, day: date) -> Iterator[Used]:
    """What the visits to this day used of the approvals in force on it, where amount, unit and times are known."""
    for budget, consumption in counted_on(case, policy, day):
        if consumption is not None:
            total = consumption.used + consumption.planned
            yield Used(total, budget.authorized, budget.measure.unit, budget.measure.shown_code)


def _budgets(
    case: Case, policy: PolicyView, in_force: Mapping[tuple[str, ...], tuple[Authorization, ...]]
) -> Iterator[Budget]:
    default = policy.get(params.AUTHORIZATION_UNIT)
    for codes, approvals in in_force.items():
        units_told = {approval.unit or (default.value if default is not None else None) for approval in approvals}
        if any(approval.quantity is None for approval in approvals) or not_counted(approvals) is not None:
            continue
        if len(units_told) == 1:
            yield _budget(case, codes, approvals, units_told.pop(), alone=len(in_force) == 1)


def not_counted(approvals: Iterable[Authorization]) -> Authorization | None:
    """The first whose amount is in what is not counted here, such as weeks."""
    for approval in approvals:
        if approval.quantity is not None and approval.unit is not None and approval.unit not in COUNTED:
            return approval
    return None


def _days_of_approvals(case: Case, days: Iterable[date]) -> list[tuple[date, ...]]:
    """The days that have approvals in force, those of the same approvals together."""
    found: dict[tuple[Authorization, ...], list[date]] = {}
    for day in days:
        if approvals := case.approvals_on(day):
            found.setdefault(approvals, []).append(day)
    return [tuple(together) for together in found.values()]


def _by_codes(in_force: Iterable[Authorization]) -> dict[tuple[str, ...], tuple[Authorization, ...]]:
    """Approvals by the one code they are limited to; those of the program as a whole count where a code has none."""
    found: dict[tuple[str, ...], list[Authorization]] = {}
    for approval in in_force:
        found.setdefault(_limited_to(approval), []).append(approval)
    if (FIRST_BLOCK,) in found and (FURTHER_HOUR,) in found:
        found.pop((), None)
    return {codes: _best(tuple(approvals)) for codes, approvals in found.items()}


def _limited_to(approval: Authorization) -> tuple[str, ...]:
    return approval.codes if len(approval.codes) == 1 else ()


def _best(approvals: tuple[Authorization, ...]) -> tuple[Authorization, ...]:
    """An answer that names the service comes before one that does not, an answer on file before one only told of."""
    for better in (lambda answer: answer.names_service, lambda answer: not answer.relayed):
        approvals = tuple(filter(better, approvals)) or approvals
    return approvals


def _budget(
    case: Case, codes: tuple[str, ...], approvals: tuple[Authorization, ...], unit: str | None, *, alone: bool
) -> Budget:
    """The budget of these approvals. Hours given for one code ``alone`` are those of the program."""
    code = codes[0] if codes and not (alone and unit == "hours") else None
    sharing = [
        approval
        for approval in case.authorizations
        if approval.state is AuthorizationState.APPROVED
        and not (approval.weak or approval.relayed or approval.quantity is None)
        and _limited_to(approval) == codes
    ]
    ordered = sorted(sharing, key=lambda approval: approval.end or date.max)
    return Budget(approvals, tuple(ordered), Measure(unit or "", code))


def _check(case: Case, policy: PolicyView, budget: Budget, days: tuple[date, ...]) -> Iterator[Result]:
    approval, measure = budget.approvals[0], budget.measure
    default = policy.get(params.AUTHORIZATION_UNIT)
    assumed = default if approval.unit is None else None
    consumption = consumption_of(case, policy, budget, days)
    if consumption is None:
        yield Unknown(Fact.SESSION_TIME, "a visit under this approval has no recorded time", approval.reference)
        return
    total = consumption.used + consumption.planned
    warn_days = policy.get(params.AUTHORIZATION_WARN_DAYS)
    left = _days_left(budget, consumption)
    warned = warn_days if warn_days is not None and left is not None and left < warn_days.value else None
    if total <= budget.authorized and warned is None:
        return
    evidence = (
        *map(approval_evidence, budget.approvals),
        Evidence("used", Amount(consumption.used, measure.unit)),
        Evidence("asked for now", Amount(consumption.planned, measure.unit)),
        *(
            (Evidence("unit not given by the payer", f"counted in {measure.unit}", approval.reference),)
            if assumed
            else ()
        ),
    )
    facts: dict[str, FactValue] = {
        "used": consumption.used,
        "planned": consumption.planned,
        "authorized": budget.authorized,
        "unit": measure.unit,
        "code": measure.shown_code,
        "over": total - budget.authorized,
        "remaining": budget.authorized - total,
    }
    subject = " ".join(filter(None, (approval.reference, measure.code)))
    if total > budget.authorized:
        used = values(assumed, policy.get(params.AUTHORIZATION_REQUIRED))
        yield Answer("exhausted", Severity.WARNING, subject, facts, used, evidence, absent=(Fact.AUTHORIZATIONS,))
        return
    runs_out = _day_used_up(left or 0, days[-1])
    if any(approval.end is None or runs_out <= approval.end for approval in budget.approvals):
        facts |= {"date": runs_out}
        absent = (Fact.AUTHORIZATIONS, Fact.SESSIONS)
        yield Answer("runs-out", Severity.INFO, subject, facts, values(warned, assumed), evidence, absent=absent)


def _days_left(budget: Budget, consumption: Consumption) -> float | None:
    """Days until the pace uses up what is left; None without a pace."""
    left = budget.authorized - consumption.used - consumption.planned
    return left / consumption.weekly * WEEK if consumption.weekly else None


def _day_used_up(left: float, day: date) -> date:
    """The last day that so many days of the pace reach to."""
    return day + timedelta(days=int(left))


def _unit_asked(case: Case, policy: PolicyView, budget: Budget, days: tuple[date, ...]) -> Iterator[Result]:
    """An amount without unit, where no policy says what it counts: asked where one of the readings uses it up."""
    approval = budget.approvals[0]
    used_up: list[str] = []
    near: list[str] = []
    counts: list[str] = []
    warn_days = policy.get(params.AUTHORIZATION_WARN_DAYS)
    for unit in READINGS:
        reading = Budget(budget.approvals, budget.sharing, budget.measure._replace(unit=unit))
        consumption = consumption_of(case, policy, reading, days)
        if consumption is None:
            continue
        total, left = consumption.used + consumption.planned, _days_left(reading, consumption)
        counts.append(f"{total:g} {unit}")
        if total > budget.authorized:
            used_up.append(unit)
        elif warn_days is not None and left is not None and left < warn_days.value:
            near.append(unit)
    if not used_up and not near:
        yield Unknown(Fact.AUTHORIZATIONS, "the approved amount has no unit", approval.reference)
        return
    yield Answer(
        kind="unit-question",
        severity=Severity.WARNING if len(used_up) == len(counts) else Severity.INFO,
        subject=approval.reference,
        facts={"authorized": budget.authorized, "counts": tuple(counts), "used_up": tuple(used_up)},
        evidence=(*map(approval_evidence, budget.approvals), Evidence("used with this visit", ", ".join(counts))),
    )


def _other_code(
    case: Case, policy: PolicyView, in_force: Mapping[tuple[str, ...], tuple[Authorization, ...]], days: Iterable[date]
) -> Iterator[Caveat]:
    """Further hours under an approval of units that names the first block only."""
    only = in_force.get((FIRST_BLOCK,), ()) if len(in_force) == 1 else ()
    thresholds = time_thresholds(policy)
    if not any(approval.unit == "units" for approval in only) or thresholds is None:
        return
    treated = [visit.minutes for day in days if (visit := case.visits.get(day)) is not None]
    if any(units(time, thresholds.rule).further for time in treated):
        why = f"the approval names {FIRST_BLOCK} only; ask whether {FURTHER_HOUR} is approved"
        yield Doubt(Fact.AUTHORIZATIONS, why, only[0].reference)


def check_end(policy: PolicyView, approval: Authorization, day: date) -> Iterator[Answer]:
    """An approval that ends soon after the day (A-1)."""
    warn_days = policy.get(params.AUTHORIZATION_WARN_DAYS)
    if approval.end is None or warn_days is None:
        return
    left = (approval.end - day).days
    if left <= warn_days.value:
        facts: dict[str, FactValue] = {"end": approval.end, "days": left, "day": day}
        evidence = (approval_evidence(approval),)
        absent = (Fact.AUTHORIZATIONS,)
        yield Answer("expires", Severity.INFO, approval.reference, facts, (warn_days,), evidence, absent=absent)
