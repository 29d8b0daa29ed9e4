"""What visits use up of approvals: hours, visits, treatments, days or units, of the program or of one code (A-1)."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from cds_service.domain.case import Case, Moment
from cds_service.domain.codes import FURTHER_HOUR
from cds_service.domain.coverage_and_claims import Authorization
from cds_service.domain.episodes import Episode
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
        return sum(approval.quantity or 0.0 for approval in self.approvals)


@dataclass(frozen=True, slots=True)
class Consumption:
    """Amounts in the budget's measure: used so far, asked for now, and the weekly pace."""

    used: float
    planned: float
    weekly: float


class UsedByVisits(NamedTuple):
    """Visits in the order of their dates, and what each used of a measure; None where its time is not known."""

    dates: Sequence[date]
    amounts: Sequence[float | None]

    def on(self, day: date) -> float | None:
        """What the visit of a day used; None without one."""
        place = bisect_left(self.dates, day)
        return self.amounts[place] if place < len(self.dates) and self.dates[place] == day else None

    def places(self, first: date | None, last: date | None) -> range:
        """Places of the visits from one day to another, both included; None where an end is open."""
        begin = bisect_left(self.dates, first) if first is not None else 0
        return range(begin, bisect_right(self.dates, last) if last is not None else len(self.dates))

    def before(self, days: Collection[date]) -> "UsedByVisits":
        """Visits up to the last of these days without those on them."""
        end = bisect_right(self.dates, max(days))
        dates, amounts = list(self.dates[:end]), list(self.amounts[:end])
        for day in days:
            place = bisect_left(dates, day)
            if place < len(dates) and dates[place] == day:
                del dates[place], amounts[place]
        return UsedByVisits(dates, amounts)


def consumption_of(case: Case, policy: PolicyView, budget: Budget, days: tuple[date, ...]) -> Consumption | None:
    """What was used and is planned; None where it needs a time that is not known."""
    thresholds, measure = time_thresholds(policy), budget.measure
    asked = tuple(day for day in days if any(approval.covers(day) for approval in budget.approvals))
    by_length = {length: measure.amount(length, thresholds) for length in case.treated.lengths}
    visits = UsedByVisits(case.treated.dates, [by_length[length] for length in case.treated.minutes])
    first = case.episode.first if case.episode else asked[0]
    past = visits.before(asked)
    used = _allocated(budget, past, first)
    if used is None:
        return None
    planned = _planned(case, measure, thresholds, asked, visits, _usual(budget, past, first))
    if planned is None:
        return None
    return Consumption(used, planned, _pace(visits, case.episode, min(asked[-1], case.today)))


def _allocated(budget: Budget, past: UsedByVisits, first: date) -> float | None:
    """What these visits use of the budget, each counted against one approval; None where one has no known amount.

    A visit under an approval that is no longer in force uses that one up for the visits it shares with the budget.
    An approval without a start is for visits of the episode, from ``first`` on.
    """
    pool = [*budget.sharing, *(approval for approval in budget.approvals if approval not in budget.sharing)]
    covered = [_covered(approval, past, first) for approval in pool]
    if len(pool) == 1:
        amounts = [past.amounts[place] for place in covered[0]]
        return sum(amount or 0.0 for amount in amounts) if None not in amounts else None
    counts = [approval in budget.approvals for approval in pool]
    used = [0.0] * len(pool)
    for place in _together(covered, counts):
        amount = past.amounts[place]
        if amount is None:
            return None
        under = [index for index, places in enumerate(covered) if place in places]
        home = next((index for index in under if used[index] + amount <= (pool[index].quantity or 0.0)), under[-1])
        used[home] += amount
    return sum(amount for amount, counted in zip(used, counts, strict=True) if counted)


def _covered(approval: Authorization, past: UsedByVisits, first: date) -> range:
    """Places of the visits that an approval covers."""
    return past.places(approval.start if approval.start is not None else first, approval.end)


def _together(covered: Sequence[range], counts: Sequence[bool]) -> range:
    """Places of all visits that an approval which counts may share with others, directly or through a third.

    Approvals that count are in force on the days asked about, after all these visits: the longest has those of all.
    """
    shared = max((places for places, counted in zip(covered, counts, strict=True) if counted), key=len)
    first = shared.start
    for _ in covered:
        first = min((places.start for places in covered if first < places.stop), default=first)
    return range(first, shared.stop)


def _usual(budget: Budget, past: UsedByVisits, first: date) -> float | None:
    """What the last visit under these approvals used."""
    begun = min((approval.start or first for approval in budget.approvals), default=first)
    return past.amounts[-1] if past.dates and past.dates[-1] >= begun else None


def _planned(
    case: Case,
    measure: Measure,
    thresholds: TimeThresholds | None,
    asked: tuple[date, ...],
    visits: UsedByVisits,
    usual: float | None,
) -> float | None:
    """What the days asked about use; None where the visit that closes has no known time."""
    if case.moment is Moment.OVERVIEW and not any(day in case.visits for day in asked):
        return 0.0
    planned = 0.0
    for day in asked:
        amount = visits.on(day)
        booked = [visit.period for visit in case.appointments if visit.date == day and visit.period is not None]
        if amount is None and booked:
            amount = measure.amount(minutes(booked), thresholds)
        if amount is None and case.moment is Moment.VISIT_CLOSE:
            return None
        planned += amount if amount is not None else (usual or measure.amount(0, thresholds) or 0)
    return (_ordered(case, measure, thresholds) if case.moment is Moment.ORDER else 0.0) or planned


def _pace(visits: UsedByVisits, episode: Episode | None, until: date) -> float:
    """Amount a week over the last two weeks, or over the days since the first visit in them, at least one week."""
    begin = until - timedelta(days=PACE_DAYS - 1)
    places = visits.places(max(begin, episode.first) if episode is not None else begin, until)
    recent = [(visits.dates[place], amount) for place in places if (amount := visits.amounts[place]) is not None]
    if not recent:
        return 0.0
    treated_days = (until - recent[0][0]).days + 1
    return sum(amount for _, amount in recent) / max(treated_days, WEEK) * WEEK


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
