"""What visits use up of approvals: hours, visits, treatments, days or units, of the program or of one code (A-1)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Authorization
from cds_service.domain.codes import FURTHER_HOUR
from cds_service.domain.frozen import dataclass
from cds_service.domain.intervals import minutes
from cds_service.domain.time_thresholds import TimeThresholds
from cds_service.domain.units import units
from cds_service.policies.model import PolicyView
from cds_service.policies.time_rule import time_thresholds

PACE_DAYS: Final = 14
WEEK: Final = 7
BY_DATE: Final = frozenset({"visits", "treatments", "days"})


class Measure(NamedTuple):
    """What an amount counts: hours, visits, treatments, days or units, of one code or of the program as a whole."""

    unit: str
    code: str | None

    @property
    def shown_code(self) -> str:
        """The code to name with the unit; visits and days are those of the program."""
        return self.code if self.code is not None and self.unit not in BY_DATE else ""

    def amount(self, treated_minutes: int, thresholds: TimeThresholds | None) -> float | None:
        """What so many minutes use up; None when the time is not known and the measure needs it."""
        further = self.code == FURTHER_HOUR
        if self.unit in BY_DATE:
            counts = not further or not treated_minutes or thresholds is None
            return 1.0 if counts or units(treated_minutes, thresholds.rule).further else 0.0  # type: ignore[union-attr]
        if not treated_minutes or (thresholds is None and (self.unit == "units" or self.code is not None)):
            return None
        if thresholds is None or (self.unit == "hours" and self.code is None):
            return treated_minutes / 60
        if self.unit == "hours":
            first = min(treated_minutes, thresholds.rule.full)
            return (treated_minutes - first if further else first) / 60
        made = units(treated_minutes, thresholds.rule)
        return float(sum(made) if self.code is None else made.further if further else made.first)


@dataclass(frozen=True, slots=True)
class Budget:
    """Approvals of the same codes and measure in force on the days asked about, and those they share visits with."""

    approvals: tuple[Authorization, ...]
    sharing: tuple[Authorization, ...]
    measure: Measure

    @property
    def authorized(self) -> float:
        """Their amount in all."""
        return sum(one.quantity or 0.0 for one in self.approvals)


@dataclass(frozen=True, slots=True)
class Consumption:
    """Amounts in the budget's measure: used so far, asked for now, and the weekly pace."""

    used: float
    planned: float
    weekly: float


def consumption_of(case: Case, policy: PolicyView, budget: Budget, days: tuple[date, ...]) -> Consumption | None:
    """What was used and is planned; None where it needs a time that is not known."""
    thresholds, measure = time_thresholds(policy), budget.measure
    asked = tuple(day for day in days if any(one.covers(day) for one in budget.approvals))
    amounts = {day: measure.amount(visit.minutes, thresholds) for day, visit in case.visits.items()}
    first = case.episode.first if case.episode else asked[0]
    past = [day for day in sorted(amounts) if day <= asked[-1] and day not in asked]
    used = _allocated(budget, [(day, amounts[day]) for day in past], first)
    if used is None:
        return None
    planned = _planned(case, measure, thresholds, asked, amounts, _usual(budget, amounts, past, first))
    if planned is None:
        return None
    known = {day: amount for day, amount in amounts.items() if case.episode is None or case.episode.first <= day}
    return Consumption(used, planned, _pace(known, min(asked[-1], case.today)))


def _allocated(budget: Budget, treated: Iterable[tuple[date, float | None]], first: date) -> float | None:
    """What these visits use of the budget, each counted against one approval; None where one has no known amount."""
    pool = [*budget.sharing, *(one for one in budget.approvals if one not in budget.sharing)]
    if len(pool) == 1:
        only = pool[0]
        counted = [amount for day, amount in treated if only.covers(day) and (only.start is not None or day >= first)]
        return sum(amount or 0.0 for amount in counted) if None not in counted else None
    ours = [one in budget.approvals for one in pool]
    used = [0.0] * len(pool)
    for day, amount in treated:
        under = [at for at, one in enumerate(pool) if one.covers(day) and (one.start is not None or day >= first)]
        if not any(ours[at] for at in under):
            continue
        if amount is None:
            return None
        home = next((at for at in under if used[at] + amount <= (pool[at].quantity or 0.0)), under[-1])
        used[home] += amount
    return sum(amount for amount, counts in zip(used, ours, strict=True) if counts)


def _usual(budget: Budget, amounts: Mapping[date, float | None], past: Sequence[date], first: date) -> float | None:
    """What the last visit under these approvals used."""
    begun = min((one.start or first for one in budget.approvals), default=first)
    return next((amounts[day] for day in reversed(past) if day >= begun), None)


def _planned(
    case: Case,
    measure: Measure,
    thresholds: TimeThresholds | None,
    asked: tuple[date, ...],
    amounts: Mapping[date, float | None],
    usual: float | None,
) -> float | None:
    """What the days asked about use; None where the visit that closes has no known time."""
    if case.moment is Moment.OVERVIEW and not set(amounts) & set(asked):
        return 0.0
    planned = 0.0
    for day in asked:
        amount = amounts.get(day)
        booked = [one.period for one in case.appointments if one.date == day and one.period is not None]
        if amount is None and booked:
            amount = measure.amount(minutes(booked), thresholds)
        if amount is None and case.moment is Moment.VISIT_CLOSE:
            return None
        planned += amount if amount is not None else (usual or measure.amount(0, thresholds) or 0)
    return (_ordered(case, measure, thresholds) if case.moment is Moment.ORDER else 0.0) or planned


def _pace(amounts: Mapping[date, float | None], until: date) -> float:
    """Amount a week over the last two weeks, or over the days since the first visit in them, at least one week."""
    recent = {
        day: amount for day, amount in amounts.items() if amount is not None and 0 <= (until - day).days < PACE_DAYS
    }
    if not recent:
        return 0.0
    treated_days = (until - min(recent)).days + 1
    return sum(recent.values()) / max(treated_days, WEEK) * WEEK


def _ordered(case: Case, measure: Measure, thresholds: TimeThresholds | None) -> float:
    """What the drafts ask for: the sessions of the longest, as the two codes of a program share their sessions."""
    return max(
        (
            order.schedule.sessions * (measure.amount(order.schedule.session_minutes or 0, thresholds) or 0)
            for order in case.work_rehab_orders
            if order.schedule.sessions is not None
        ),
        default=0.0,
    )
