"""Weeks of a program, and the approval that is needed beyond the usual maximum."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Gap, Order
from cds_service.domain.codes import Program
from cds_service.domain.findings import Evidence, Severity, Topic
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.approvals import approval_evidence
from cds_service.rules.authorization import EVERYWHERE, asked_dates, card_on_duration, relevant
from cds_service.rules.orders import work_rehab_orders
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule

NO_PROGRAM = NotApplicable("no program under way")
WHICH_PROGRAM = Gap(Fact.PROGRAM, "whether it is conditioning or hardening; the shortest limit of this payer is used")


def weeks_for(program: Program, listed: Mapping[Program, int]) -> int | None:
    """Weeks that the payer lists for the program; for one of unknown kind the shortest of those it lists."""
    if program is Program.UNKNOWN and program not in listed:
        return min(listed.values(), default=None)
    return listed.get(program)


def check_program_duration(case: Case, policy: PolicyView) -> Iterator[Result]:
    """Six weeks is usually the most; beyond it the payer's written authorization is needed (A-2).

    Weeks run from the first visit of the episode: with six weeks, day 42 is the last one inside and day 43 needs an
    approval in force. The last seven days before are announced. An order that gives its length but no end is taken to
    begin on its start, or on the day it is written. A program whose kind is not told has the shortest of the limits
    that the payer lists for the two. What is to be done about it is told on the card about authorization where there
    is one.
    """
    weeks = policy.get(params.MAX_WEEKS)
    days = asked_dates(case)
    order_start = [order.schedule.start for order in work_rehab_orders(case) if order.schedule.start]
    first = case.episode.first if case.episode else min((*order_start, *days), default=None)
    if first is None or (case.episode is None and case.moment not in {Moment.ORDER, Moment.BOOKING}):
        yield NO_PROGRAM
        return
    length = weeks_for(case.program, weeks.value) if weeks is not None else None
    if weeks is None or length is None:
        yield NotApplicable("the payer's policy sets no number of weeks")
        return
    caveats = (WHICH_PROGRAM,) if case.program not in weeks.value else ()
    beyond = first + timedelta(weeks=length)
    late = next((day for day in days if day >= beyond and case.authorization_on(day) is None), None)
    if late is None and (case.authorization_on(beyond) is not None or days[-1] >= beyond):
        return
    evidence = (
        Evidence("first visit" if case.episode else "planned start", first),
        *map(approval_evidence, relevant(case)),
    )
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
        yield Answer(kind, severity, subject, facts, (weeks,), evidence, joins=joins, caveats=caveats)
        return
    ends = [(end, order) for order in work_rehab_orders(case) if (end := order.schedule.last_day(case.date_of_service))]
    end, longest = max(ends, key=lambda one: one[0], default=(None, None))
    if end is not None and longest is not None and end >= beyond:
        facts |= {"end": end, "counted": longest.schedule.end is None}
        evidence = (*evidence, _length(longest))
        yield Answer("order-runs-over", Severity.INFO, subject, facts, (weeks,), evidence, joins=joins, caveats=caveats)
    elif case.episode is not None and days[-1] >= beyond - timedelta(days=7):
        facts |= {"days_left": (beyond - days[-1]).days - 1}
        yield Answer("near", Severity.INFO, subject, facts, (weeks,), evidence, joins=joins, caveats=caveats)


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
        parameters=(params.MAX_WEEKS, params.AUTHORIZATION_REQUIRED),
        sources=("A-2",),
        check=check_program_duration,
    ),
)
