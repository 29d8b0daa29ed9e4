"""What an approval on file covers: its amount and its end, against what was treated and what is planned."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Authorization, Fact, Gap
from cds_service.domain.findings import Evidence, FactValue, Severity
from cds_service.domain.intervals import minutes
from cds_service.domain.units import units
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.charging import TimeThresholds, time_thresholds
from cds_service.rules.orders import work_rehab_orders
from cds_service.rules.rule import Answer, Result, values

PACE_DAYS = 14
WEEK = 7


def approval_evidence(one: Authorization) -> Evidence:
    """State, number, period and amount of a payer's answer."""
    period = f"{one.start or 'start unknown'} to {one.end or 'end unknown'}"
    number = f" {one.number}" if one.number else ""
    amount = f", {one.quantity:g} {one.unit or 'of unknown unit'}" if one.quantity is not None else ""
    return Evidence("authorization", f"{one.state.value}{number}, {period}{amount}", one.reference)


@dataclass(frozen=True, slots=True)
class Consumption:
    """Amounts in the authorization's unit: used so far, asked for now, and the weekly pace."""

    used: float
    planned: float
    weekly: float


def check_amount(case: Case, policy: PolicyView, approval: Authorization, days: tuple[date, ...]) -> Iterator[Result]:
    """What is approved against what was used and is planned on these days, and when the pace uses it up (A-1)."""
    if approval.quantity is None:
        return
    default = policy.get(params.AUTHORIZATION_UNIT)
    assumed = default if approval.unit is None else None
    unit = approval.unit or (assumed.value if assumed is not None else None)
    thresholds = time_thresholds(policy)
    if unit is None:
        yield Gap(Fact.AUTHORIZATIONS, "the approved amount has no unit", approval.reference)
        return
    consumption = _consumption(case, approval, days, unit, thresholds)
    if consumption is None:
        yield Gap(Fact.SESSION_TIME, "a visit under this approval has no recorded time", approval.reference)
        return
    total = consumption.used + consumption.planned
    warn_days = policy.get(params.AUTHORIZATION_WARN_DAYS)
    days_left = int((approval.quantity - total) / consumption.weekly * 7) if consumption.weekly else None
    soon = warn_days is not None and days_left is not None and days_left <= warn_days.value
    if total <= approval.quantity and not soon:
        return
    evidence = (
        approval_evidence(approval),
        Evidence("used", f"{consumption.used:g} {unit}"),
        Evidence("asked for now", f"{consumption.planned:g} {unit}"),
        *((Evidence("unit not told by the payer", f"counted in {unit}", approval.reference),) if assumed else ()),
    )
    facts: dict[str, FactValue] = {
        "used": f"{consumption.used:g}",
        "planned": f"{consumption.planned:g}",
        "authorized": f"{approval.quantity:g}",
        "unit": unit,
        "over": f"{total - approval.quantity:g}",
        "remaining": f"{approval.quantity - total:g}",
    }
    if total > approval.quantity:
        used = values(assumed, policy.get(params.AUTHORIZATION_REQUIRED))
        yield Answer("exhausted", Severity.WARNING, approval.reference, facts, used, evidence)
    elif warn_days is not None and days_left is not None:
        runs_out = days[-1] + timedelta(days=days_left)
        if approval.end is None or runs_out <= approval.end:
            facts |= {"date": runs_out}
            yield Answer("runs-out", Severity.INFO, approval.reference, facts, values(warn_days, assumed), evidence)


def _consumption(
    case: Case,
    approval: Authorization,
    days: tuple[date, ...],
    unit: str,
    thresholds: TimeThresholds | None,
) -> Consumption | None:
    def treated(visit: Visit) -> float | None:
        return _amount_of(visit.minutes, unit, thresholds)

    since = approval.start or (case.episode.first if case.episode else days[0])
    under = {day: treated(visit) for day, visit in case.visits.items() if since <= day <= days[-1]}
    now = set(days)
    amounts = [amount for day, amount in under.items() if day not in now]
    if None in amounts:
        return None
    used = sum(amount for amount in amounts if amount is not None)
    usual = next((under[day] for day in sorted(under, reverse=True) if day not in now), None)
    planned = 0.0
    for day in days:
        amount = under.get(day)
        booked = [one.period for one in case.appointments if one.date == day and one.period is not None]
        if amount is None and booked:
            amount = _amount_of(minutes(booked), unit, thresholds)
        if amount is None and case.moment is Moment.VISIT_CLOSE:
            return None
        planned += amount if amount is not None else (usual or _amount_of(0, unit, thresholds) or 0)
    if case.moment is Moment.OVERVIEW and not set(under) & now:
        planned = 0.0
    if case.moment is Moment.ORDER:
        planned = _ordered(case, unit, thresholds) or planned
    known = {
        day: treated(visit) for day, visit in case.visits.items() if case.episode is None or case.episode.first <= day
    }
    return Consumption(used, planned, _pace(known, min(days[-1], case.today)))


def _pace(amounts: Mapping[date, float | None], until: date) -> float:
    """Amount a week over the last two weeks, or over the days since the first visit in them, at least one week."""
    recent = {
        day: amount for day, amount in amounts.items() if amount is not None and 0 <= (until - day).days < PACE_DAYS
    }
    if not recent:
        return 0.0
    treated_days = (until - min(recent)).days + 1
    return sum(recent.values()) / max(treated_days, WEEK) * WEEK


def _ordered(case: Case, unit: str, thresholds: TimeThresholds | None) -> float:
    """What the drafts ask for: the sessions of the longest, as the two codes of a program share their sessions."""
    return max(
        (
            order.schedule.sessions * (_amount_of(order.schedule.session_minutes or 0, unit, thresholds) or 0)
            for order in work_rehab_orders(case)
            if order.schedule.sessions is not None
        ),
        default=0.0,
    )


def _amount_of(treated_minutes: int, unit: str, thresholds: TimeThresholds | None) -> float | None:
    """What so many minutes use up; None when the time is not known and the unit needs it."""
    if unit == "visits":
        return 1
    if not treated_minutes or (unit == "units" and thresholds is None):
        return None
    if unit == "hours":
        return treated_minutes / 60
    return float(sum(units(treated_minutes, thresholds.rule))) if thresholds is not None else None


def check_end(policy: PolicyView, approval: Authorization, day: date, joins: str | None) -> Iterator[Result]:
    """An approval that ends soon after the day (A-1)."""
    warn_days = policy.get(params.AUTHORIZATION_WARN_DAYS)
    if approval.end is None or warn_days is None:
        return
    left = (approval.end - day).days
    if left <= warn_days.value:
        facts = {"end": approval.end, "days": left}
        evidence = (approval_evidence(approval),)
        yield Answer("expires", Severity.INFO, approval.reference, facts, (warn_days,), evidence, joins=joins)
