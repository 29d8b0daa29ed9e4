"""The payer's approval: there, in date, large enough, and there for the weeks beyond the usual maximum."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cds_service.domain.case import EPISODE_GAP_DAYS, Case, Moment
from cds_service.domain.chart import Authorization, AuthorizationState, Fact, Gap, Order
from cds_service.domain.findings import Evidence, FactValue, Severity, Topic
from cds_service.domain.intervals import minutes
from cds_service.domain.units import units
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.charging import TimeThresholds, payer_caveats, time_thresholds
from cds_service.rules.orders import work_rehab_orders
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule, values

EVERYWHERE = frozenset(Moment)
PACE_DAYS = 14
WEEK = 7
NO_PROGRAM = NotApplicable("no program under way")


def asked_dates(case: Case) -> tuple[date, ...]:
    """The dates in question: those booked, else the date of service."""
    if case.moment is Moment.BOOKING:
        return tuple(sorted({one.date for one in case.appointments}))
    return (case.date_of_service,)


def relevant(case: Case) -> tuple[Authorization, ...]:
    """Authorizations of this episode; those that ended or were decided before it belong to an earlier one."""
    first = case.episode.first if case.episode else case.date_of_service
    since = first - timedelta(days=EPISODE_GAP_DAYS)
    before = max((one.last for one in case.episodes if one.last < first), default=None)
    return tuple(one for one in case.chart.authorizations if _belongs(one, first, since, before))


def _belongs(one: Authorization, first: date, since: date, before: date | None) -> bool:
    """Whether an authorization is for visits from ``first`` on; ``before`` is the last visit of the episode before."""
    if one.end is not None and one.end >= first:
        return True
    begun = one.start or one.created
    if before is not None and begun is not None and begun <= before:
        return one.end is None and one.state is AuthorizationState.APPROVED
    last_known = one.end or (None if one.state is AuthorizationState.APPROVED else one.created)
    return last_known is None or last_known >= since


def newest_answer(on_file: Iterable[Authorization]) -> AuthorizationState | None:
    """State of the payer's last answer; a request without date counts as the last, an answer without as the first."""
    dated = [
        (one.created or (date.max if one.state is AuthorizationState.PENDING else date.min), one.state)
        for one in on_file
        if not one.weak
    ]
    return max(dated, key=lambda one: one[0], default=(None, None))[1]


def _evidence(one: Authorization) -> Evidence:
    period = f"{one.start or 'start unknown'} to {one.end or 'end unknown'}"
    number = f" {one.number}" if one.number else ""
    amount = f", {one.quantity:g} {one.unit or 'of unknown unit'}" if one.quantity is not None else ""
    return Evidence("authorization", f"{one.state.value}{number}, {period}{amount}", one.reference)


def is_required(case: Case, policy: PolicyView) -> bool:
    """Whether approval is needed before treatment, by policy or by the payer's own answer on an order."""
    required = policy.get(params.AUTHORIZATION_REQUIRED)
    answers = {answer for answer, _ in _answers(case)}
    always = required is not None and required.value == "always" and "no-auth" not in answers
    return always or bool(answers & {"auth-needed", "performpa"})


def _answers(case: Case) -> tuple[tuple[str, str], ...]:
    """The payer's own answers on work-rehab orders, each with its order."""
    return tuple(
        (order.payer_decision, order.reference)
        for order in (*work_rehab_orders(case), *case.chart.orders)
        if order.work_rehab and order.payer_decision is not None
    )


def card_on_duration(case: Case, policy: PolicyView) -> str:
    """The rule on whose card the weeks stand: authorization where approval is required or an answer is on file."""
    return "authorization" if relevant(case) or is_required(case, policy) else "program-duration"


def check_authorization(case: Case, policy: PolicyView) -> Iterator[Result]:
    """Where the payer wants approval first, it has to be there, in date and large enough (A-1).

    Required by policy, or by the payer's own answer on the order. An approval that exists is watched even where none
    is required: the payer who gave one will hold the clinic to it. Used amounts count what was treated, not what
    was planned; the projection goes by the pace of the last two weeks. Of several booked dates the first one without
    approval is told, and those that are covered are counted against the approval.
    """
    days = asked_dates(case)
    if not days:
        yield NotApplicable("no work-rehab appointment among those booked")
        return
    yield from payer_caveats(case)
    on_file = relevant(case)
    approved = [one for one in on_file if one.state is AuthorizationState.APPROVED and not one.weak]
    uncovered = next((day for day in days if not any(one.covers(day) for one in approved)), None)
    told = list(_not_in_force(case, policy, uncovered, on_file, approved)) if uncovered is not None else []
    yield from told
    watched = next((one for day in reversed(days) if (one := case.authorization_on(day)) is not None), None)
    if watched is None:
        return
    covered = tuple(day for day in days if watched.covers(day))
    for result in _amount(case, policy, watched, covered):
        yield replace(result, joins="authorization") if told and isinstance(result, Answer) else result
        told += [result] if isinstance(result, Answer) else []
    if days[-1] in covered:
        yield from _ending(policy, watched, days[-1], joins="authorization" if told else None)


def _not_in_force(
    case: Case, policy: PolicyView, day: date, on_file: tuple[Authorization, ...], approved: list[Authorization]
) -> Iterator[Result]:
    required = is_required(case, policy)
    evidence = (
        Evidence("date asked about", day),
        *(_evidence(one) for one in on_file),
        *(Evidence("payer's answer on the order", answer, order) for answer, order in _answers(case)),
    )
    severity = Severity.WARNING
    facts: dict[str, FactValue] = {}
    over = [one for one in approved if one.end is not None and one.end < day]
    ahead = [one for one in approved if one.start is not None and one.start > day]
    newest = newest_answer(on_file)
    weak = [one for one in on_file if one.weak]
    if newest is AuthorizationState.PENDING:
        kind = "pending"
        severity = Severity.WARNING if required else Severity.INFO
    elif newest is AuthorizationState.DENIED:
        kind = "denied"
    elif over:
        last = max(one.end for one in over if one.end is not None)
        kind, facts = "expired", {"end": last, "days": (day - last).days}
    elif ahead:
        kind, facts = "not-started", {"start": min(one.start for one in ahead if one.start is not None)}
    elif weak:
        kind, facts, severity = "weak", {"number": weak[0].number or "unknown"}, Severity.INFO
    elif newest is AuthorizationState.UNCLEAR:
        kind = "unclear"
    elif required:
        kind = "missing"
    else:
        return
    yield Answer(
        kind=kind,
        severity=severity,
        subject=case.date_of_service.isoformat(),
        facts={**facts, "day": day, "booked": case.moment is Moment.BOOKING},
        values=values(policy.get(params.AUTHORIZATION_REQUIRED)),
        evidence=evidence,
    )


@dataclass(frozen=True, slots=True)
class Consumption:
    """Amounts in the authorization's unit: used so far, asked for now, and the weekly pace."""

    used: float
    planned: float
    weekly: float


def _amount(case: Case, policy: PolicyView, approval: Authorization, days: tuple[date, ...]) -> Iterator[Result]:
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
        _evidence(approval),
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


def _ending(policy: PolicyView, approval: Authorization, day: date, joins: str | None) -> Iterator[Result]:
    warn_days = policy.get(params.AUTHORIZATION_WARN_DAYS)
    if approval.end is None or warn_days is None:
        return
    left = (approval.end - day).days
    if left <= warn_days.value:
        facts = {"end": approval.end, "days": left}
        evidence = (_evidence(approval),)
        yield Answer("expires", Severity.INFO, approval.reference, facts, (warn_days,), evidence, joins=joins)


def check_program_duration(case: Case, policy: PolicyView) -> Iterator[Result]:
    """Six weeks is usually the most; beyond it the payer's written authorization is needed (A-2).

    Weeks run from the first visit of the episode: with six weeks, day 42 is the last one inside and day 43 needs an
    approval in force. The last seven days before are announced. An order that gives its length but no end is taken to
    begin on its start, or on the day it is written. What is to be done about it is told on the card about
    authorization where there is one.
    """
    weeks = policy.get(params.MAX_WEEKS)
    days = asked_dates(case)
    order_start = [order.schedule.start for order in work_rehab_orders(case) if order.schedule.start]
    first = case.episode.first if case.episode else min((*order_start, *days), default=None)
    if first is None or (case.episode is None and case.moment not in {Moment.ORDER, Moment.BOOKING}):
        yield NO_PROGRAM
        return
    if weeks is None or case.program not in weeks.value:
        yield NotApplicable("the payer's policy sets no number of weeks")
        return
    length = weeks.value[case.program]
    beyond = first + timedelta(weeks=length)
    late = next((day for day in days if day >= beyond and case.authorization_on(day) is None), None)
    if late is None and (case.authorization_on(beyond) is not None or days[-1] >= beyond):
        return
    evidence = (Evidence("first visit" if case.episode else "planned start", first), *map(_evidence, relevant(case)))
    facts = {"weeks": length, "first": first, "limit_day": beyond, "last_day": beyond - timedelta(days=1)}
    card = card_on_duration(case, policy)
    joins = card if card == "authorization" else None
    subject = first.isoformat()
    if late is not None:
        nth = (late - first).days + 1
        weak = next((one for one in relevant(case) if one.weak), None)
        kind, severity = ("over-weak", Severity.INFO) if weak else ("over", Severity.WARNING)
        facts |= {"day": nth, "date": late, "number": (weak.number if weak else None) or "unknown"}
        evidence = (*evidence, Evidence(f"day {nth}", late))
        yield Answer(kind, severity, subject, facts, (weeks,), evidence, joins=joins)
        return
    ends = [(end, order) for order in work_rehab_orders(case) if (end := _last_day(order, case.date_of_service))]
    end, longest = max(ends, key=lambda one: one[0], default=(None, None))
    if end is not None and longest is not None and end >= beyond:
        facts |= {"end": end, "counted": longest.schedule.end is None}
        evidence = (*evidence, _length(longest))
        yield Answer("order-runs-over", Severity.INFO, subject, facts, (weeks,), evidence, joins=joins)
    elif case.episode is not None and days[-1] >= beyond - timedelta(days=7):
        facts |= {"days_left": (beyond - days[-1]).days - 1}
        yield Answer("near", Severity.INFO, subject, facts, (weeks,), evidence, joins=joins)


def _last_day(order: Order, today: date) -> date | None:
    """Last day of an order; without one in it the day of its last session, counted from its start or else today."""
    schedule = order.schedule
    if schedule.end is not None or schedule.sessions is None or not schedule.days_per_week:
        return schedule.end
    return (schedule.start or today) + timedelta(days=int((schedule.sessions - 1) / schedule.days_per_week * WEEK))


def _length(order: Order) -> Evidence:
    schedule = order.schedule
    if schedule.end is not None:
        return Evidence("order ends", schedule.end, order.reference)
    return Evidence("order", f"{schedule.sessions} sessions, {schedule.days_per_week:g} a week", order.reference)


RULES = (
    Rule(
        id="authorization",
        topic=Topic.AUTHORIZATION,
        title="Prior authorization",
        moments=EVERYWHERE,
        facts=(Fact.AUTHORIZATIONS, Fact.COVERAGE),
        parameters=(
            params.AUTHORIZATION_REQUIRED,
            params.AUTHORIZATION_UNIT,
            params.AUTHORIZATION_WARN_DAYS,
            params.FIRST_UNIT_FULL,
            params.FIRST_UNIT_MINIMUM,
            params.ADDITIONAL_UNIT_MINIMUM,
        ),
        sources=("A-1",),
        check=check_authorization,
    ),
    Rule(
        id="program-duration",
        topic=Topic.AUTHORIZATION,
        title="Weeks of the program",
        moments=EVERYWHERE,
        facts=(Fact.SESSIONS, Fact.AUTHORIZATIONS),
        parameters=(params.MAX_WEEKS, params.AUTHORIZATION_REQUIRED),
        sources=("A-2",),
        check=check_program_duration,
    ),
)
