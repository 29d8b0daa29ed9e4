"""Weeks of a program, and the approval that is needed beyond the usual maximum."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from cds_service.domain.bill import Bill
from cds_service.domain.care import Order
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Doubt, Fact, Unknown
from cds_service.domain.codes import Program
from cds_service.domain.findings import Days, Evidence, Hold, Severity, Topic
from cds_service.domain.values import PolicyValue
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.answers import asked_dates, unnamed_approvals
from cds_service.rules.applies import NO_PROGRAM
from cds_service.rules.approvals import approval_evidence
from cds_service.rules.authorization import EVERYWHERE, card_on_duration
from cds_service.rules.request_drafts import with_draft
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule

PROGRAM_NOT_RECORDED = Unknown(
    Fact.PROGRAM, "conditioning or hardening is not recorded, so the payer's shortest limit is used"
)

BEYOND_THE_WEEKS: Final = frozenset({"over", "near", "order-runs-over"})
"""Findings after which a request is to be made."""
NOT_APPROVED = Doubt(Fact.AUTHORIZATIONS, "no approval is on record for a visit this late in the program")


def weeks_for(program: Program, listed: Mapping[Program, int]) -> int | None:
    """Weeks that the payer lists for the program; for one of unknown kind the shortest of those it lists."""
    if program is Program.UNKNOWN and program not in listed:
        return min(listed.values(), default=None)
    return listed.get(program)


class Limit(NamedTuple):
    """Weeks that a payer gives a program, the value that says so, and whether approval extends them by its text."""

    weeks: int
    value: PolicyValue[Mapping[Program, int]]
    extended: bool


def limit_of(program: Program, policy: PolicyView) -> Limit | None:
    """What limits the weeks of a program: those without approval, else the longest stay; None where nothing does."""
    weeks, longest = policy.get(params.MAX_WEEKS), policy.get(params.LENGTH_WEEKS)
    until_approval = weeks_for(program, weeks.value) if weeks is not None else None
    if weeks is not None and until_approval is not None:
        return Limit(until_approval, weeks, extended=True)
    if longest is not None and program in longest.value:
        return Limit(longest.value[program], longest, extended=False)
    return None


def counts_by_kind(policy: PolicyView) -> bool:
    """Whether the payer gives conditioning and hardening different weeks, so that each is counted by itself."""
    conditioning, hardening = (limit_of(program, policy) for program in (Program.CONDITIONING, Program.HARDENING))
    return conditioning is not None and hardening is not None and conditioning.weeks != hardening.weeks


def first_of_kind(case: Case) -> date:
    """The first day of the episode that is not plainly of another kind of program than the one in question.

    A day without a kind of its own has that of the plan it lies in. Without any such day it is the one asked about.
    """
    if case.episode is None or case.program is Program.UNKNOWN:
        return case.episode.first if case.episode is not None else case.date_of_service
    kinds: dict[date, set[Program]] = {}
    for session in case.chart.sessions:
        kinds.setdefault(session.date, set()).add(session.program)
    for day in case.episode.dates:
        of_day = kinds.get(day, set()) - {Program.UNKNOWN} or _planned_kinds(case, day)
        if not of_day or case.program in of_day:
            return day
    return min(asked_dates(case), default=case.date_of_service)


def _planned_kinds(case: Case, day: date) -> set[Program]:
    """Kinds of the plans with a start whose period holds the day."""
    return {
        plan.program
        for plan in case.chart.plans
        if plan.program is not Program.UNKNOWN
        and plan.start is not None
        and plan.start <= day
        and (plan.end is None or day <= plan.end)
    }


def first_counted(case: Case, policy: PolicyView) -> date:
    """The day from which weeks count: the first one of the kind where the payer counts each kind by itself."""
    if case.episode is None or not counts_by_kind(policy):
        return case.episode.first if case.episode is not None else case.date_of_service
    return first_of_kind(case)


def check_program_duration(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Six weeks is usually the maximum; beyond it the payer's written authorization is required (A-2).

    Weeks run from the first visit of the episode: with six weeks, day 42 is the last one inside and day 43 needs an
    approval in force; without one the charges of the visit are not recommended. The last seven days before are
    announced. An order that gives its length but no end is taken to begin on its start, or on the day it is written. A
    program whose kind is not told has the shortest of the limits that the payer lists for the two. What is to be done
    about it is told on the card about authorization where there is one.

    A payer that gives conditioning and hardening different weeks counts each from its own first visit. Where it does
    not, and the kind changed, whether weeks count anew is asked. A longest stay of which the payer's text does not say
    that approval extends it is told as that.
    """
    yield from with_draft(case, _weeks(case, policy), BEYOND_THE_WEEKS, policy)


def _weeks(case: Case, policy: PolicyView) -> Iterator[Result]:
    """What is found of the weeks, without a draft of the request that some of it calls for."""
    days = asked_dates(case)
    order_start = [order.schedule.start for order in case.work_rehab_orders if order.schedule.start]
    first = first_counted(case, policy) if case.episode else min((*order_start, *days), default=None)
    if first is None or (case.episode is None and case.moment not in {Moment.ORDER, Moment.BOOKING}):
        yield NO_PROGRAM
        return
    limit = limit_of(case.program, policy)
    if limit is None:
        yield NotApplicable("the payer's policy sets no number of weeks")
        return
    caveats = (PROGRAM_NOT_RECORDED,) if case.program not in limit.value.value else ()
    beyond = first + timedelta(weeks=limit.weeks)
    late = next((day for day in days if day >= beyond and case.authorization_on(day) is None), None)
    yield from unnamed_approvals(case, (day for day in (*days, beyond) if day >= beyond))
    if late is None and (case.authorization_on(beyond) is not None or days[-1] >= beyond):
        return
    evidence = (
        Evidence("first visit" if case.episode else "planned start", first),
        *_which(case),
        *map(approval_evidence, case.answers_of_episode),
    )
    facts: dict[str, object] = {
        "weeks": limit.weeks,
        "first": first,
        "limit_day": beyond,
        "last_day": beyond - timedelta(days=1),
        "program": case.program,
        "extended": limit.extended,
    }
    absent = (Fact.AUTHORIZATIONS,) if late is not None else (Fact.AUTHORIZATIONS, Fact.SESSIONS)
    card = card_on_duration(case, policy)
    joins = card if card == "authorization" else None
    subject, used = first.isoformat(), (limit.value,)
    if late is not None:
        weak = next((approval for approval in case.answers_of_episode if approval.weak), None)
        kind, severity = ("over-weak", Severity.INFO) if weak else ("over", Severity.WARNING)
        anew = first_of_kind(case)
        if case.episode is not None and first < anew and late < anew + timedelta(weeks=limit.weeks):
            kind, severity = "over-anew", Severity.INFO
            facts |= {"anew": anew}
            evidence = (*evidence, Evidence(f"first visit of work {case.program}", anew))
        facts |= {
            "day": (late - first).days + 1,
            "date": late,
            "number": (weak.number if weak else None) or "",
        }
        evidence = (*evidence, Evidence(f"day {facts['day']}", late))
        missing = kind == "over" and not case.chart.not_whole(Fact.AUTHORIZATIONS)
        holds = (Hold("visit-charges", NOT_APPROVED),) if missing else ()
        yield Answer(
            kind, severity, subject, facts, used, evidence, joins=joins, caveats=caveats, absent=absent, holds=holds
        )
        return
    ends = [(end, order) for order in case.work_rehab_orders if (end := order.schedule.last_day(case.date_of_service))]
    end, longest = max(ends, key=lambda approval: approval[0], default=(None, None))
    if end is not None and longest is not None and end >= beyond:
        facts |= {"end": end, "counted": longest.schedule.end is None}
        evidence = (*evidence, _length(longest))
        yield Answer(
            "order-runs-over",
            Severity.INFO,
            subject,
            facts,
            used,
            evidence,
            joins=joins,
            caveats=caveats,
            absent=absent,
        )
    elif case.episode is not None and days[-1] >= beyond - timedelta(days=7):
        facts |= {"days_left": (beyond - days[-1]).days - 1}
        yield Answer("near", Severity.INFO, subject, facts, used, evidence, joins=joins, caveats=caveats, absent=absent)


def _which(case: Case) -> tuple[Evidence, ...]:
    """Of which program it is spoken, where there is more than one on record."""
    if case.episode is None or len(case.episodes) == 1:
        return ()
    names = [case.chart.condition_names.get(condition, condition) for condition in case.episode.conditions]
    which = f"program for {', '.join(names)}" if names else "program"
    return (Evidence(which, Days(case.episode.first, case.episode.last)),)


def _length(order: Order) -> Evidence:
    schedule = order.schedule
    if schedule.end is not None:
        return Evidence("order ends", schedule.end, order.reference)
    return Evidence("order", f"{schedule.sessions} sessions, {schedule.days_per_week:g} a week", order.reference)


RULES = (
    Rule(
        id="program-duration",
        topic=Topic.AUTHORIZATION,
        title="Weeks of the program",
        moments=EVERYWHERE,
        facts=(Fact.SESSIONS, Fact.AUTHORIZATIONS),
        parameters=(
            params.MAX_WEEKS,
            params.LENGTH_WEEKS,
            params.AUTHORIZATION_REQUIRED,
            params.AUTHORIZATION_AFTER_VISITS,
            params.AUTHORIZATION_AFTER_DAYS,
            params.FIRST_UNIT_FULL,
            params.FIRST_UNIT_MINIMUM,
            params.ADDITIONAL_UNIT_MINIMUM,
        ),
        sources=("A-2",),
        check=check_program_duration,
        able_without=frozenset({Fact.AUTHORIZATIONS}),
        holds=("visit-charges",),
    ),
)
