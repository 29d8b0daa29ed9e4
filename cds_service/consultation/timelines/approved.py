"""What the payer approved, what is left of it, how long that lasts, and by when more has to be asked for (A-1, A-2)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from cds_service.domain.case import Case
from cds_service.domain.chart import Fact
from cds_service.domain.coverage_and_claims import AuthorizationState
from cds_service.domain.program_timeline import AmountLeft, AskBy, LastWeek, Until
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.answers import is_required, payer_wants_none
from cds_service.rules.approvals import Counted, counted_on
from cds_service.rules.duration import first_counted, limit_of
from cds_service.rules.program_state import is_unsure
from cds_service.rules.rule import Answer
from cds_service.rules.therapy_visits import allowed_without_approval, check_count, therapy_on

SATURDAY: Final = 5


def last_week(case: Case, policy: PolicyView) -> LastWeek | None:
    """What limits the weeks of the program; None where nothing does."""
    limit = limit_of(case.program, policy)
    if limit is None:
        return None
    end = first_counted(case, policy) + timedelta(weeks=limit.weeks, days=-1)
    return LastWeek(limit.weeks, end, limit.extended)


def amounts_left(case: Case, policy: PolicyView) -> tuple[AmountLeft, ...]:
    """What is left of the approvals in force on the day, as the rule about authorization counts it."""
    day = case.date_of_service
    return tuple(amount for counted in counted_on(case, policy, day) for amount in _left(counted, day))


def _left(counted: Counted, day: date) -> Iterator[AmountLeft]:
    budget, consumption = counted
    if consumption is None:
        return
    ends = [approval.end for approval in budget.approvals if approval.end is not None]
    used = consumption.used + consumption.planned
    runs_out = counted.used_up(day) if used <= budget.authorized else None
    lasts = len(ends) == len(budget.approvals) and runs_out is not None and runs_out > max(ends)
    yield AmountLeft(
        code=budget.measure.shown_code,
        unit=budget.measure.unit,
        used=used,
        approved=budget.authorized,
        runs_out=None if lasts else runs_out,
        references=tuple(approval.reference for approval in budget.approvals),
    )


def approved_until(case: Case, day: date) -> date | None:
    """The last day of the approvals that follow each other from this day on; None without one, or without an end."""
    approval = case.authorization_on(day)
    if approval is None or approval.end is None:
        return None
    last = approval.end
    approved = [answer for answer in case.authorizations if answer.state is AuthorizationState.APPROVED]
    for following in sorted(approved, key=lambda answer: answer.start or date.min):
        if following.covers(last) or (last < date.max and following.covers(last + timedelta(days=1))):
            if following.end is None:
                return None
            last = max(last, following.end)
    return last


def ask_by(case: Case, policy: PolicyView, amounts: tuple[AmountLeft, ...], limit: LastWeek | None) -> AskBy | None:
    """The last safe day to ask for more: before the approval ends, its amount runs out, or the free time is over.

    So long before as the policy warns, or as the payer takes to answer where that is longer. Where approval is needed
    already it is the day itself. None where nothing ends, or no time to ask in is on file.
    """
    day = case.date_of_service
    if any(not amount.left for amount in amounts):
        return AskBy(day, Until.USED_UP, day, 0)
    ends: list[tuple[date, Until]] = [(amount.runs_out, Until.AMOUNT) for amount in amounts if amount.runs_out]
    if case.authorization_on(day) is not None:
        until = approved_until(case, day)
        ends += [(until, Until.APPROVAL)] if until is not None else []
    elif _is_needed(case, policy):
        return AskBy(day, Until.MISSING, day, 0)
    else:
        ends += _without_approval(case, policy, limit)
    warned = policy.get(params.AUTHORIZATION_WARN_DAYS)
    if not ends or warned is None:
        return None
    end, why = min(ends)
    lead = max(warned.value, _days_to_answer(policy, end))
    return AskBy(end - timedelta(days=lead), why, end, lead)


def _is_needed(case: Case, policy: PolicyView) -> bool:
    """Whether the payer requires approval already, by its policy or beyond a number of visits or days."""
    counted = check_count(case, policy, (case.date_of_service,)) if not payer_wants_none(case) else ()
    beyond = any(isinstance(result, Answer) and result.kind == "beyond-count" for result in counted)
    return beyond or is_required(case, policy)


def _without_approval(case: Case, policy: PolicyView, limit: LastWeek | None) -> Iterator[tuple[date, Until]]:
    """The last days that need no approval: of the weeks of the program, and of the days of therapy."""
    if limit is not None and limit.extended and case.authorization_on(limit.last_day + timedelta(days=1)) is None:
        yield limit.last_day, Until.WEEKS
    allowed = allowed_without_approval(policy)
    if allowed is None or allowed.days is None or payer_wants_none(case) or is_unsure(case, Fact.SESSIONS):
        return
    for therapy in therapy_on(case, (case.date_of_service,)):
        yield therapy.first + timedelta(days=allowed.days.value - 1), Until.COUNT


def visits_without_approval(case: Case, policy: PolicyView) -> tuple[int, int] | None:
    """Visits of therapy so far and how many need no approval, where the payer counts them and none is in force."""
    allowed = allowed_without_approval(policy)
    if allowed is None or allowed.visits is None or case.authorization_on(case.date_of_service) is not None:
        return None
    so_far = therapy_on(case, (case.date_of_service,))
    return (so_far[-1].visits if so_far else 0), allowed.visits.value


def _days_to_answer(policy: PolicyView, end: date) -> int:
    """Calendar days that the payer takes to answer before ``end``, or is asked ahead; 0 where it does not say."""
    request = policy.get(params.AUTHORIZATION_REQUEST)
    if request is None:
        return 0
    return max(request.value.ahead_days or 0, _calendar_days(request.value.days or 0, end))


def _calendar_days(business_days: int, end: date) -> int:
    """So many business days counted back from a day, in calendar days; holidays are not known here."""
    day = end
    while business_days:
        day -= timedelta(days=1)
        business_days -= day.weekday() < SATURDAY
    return (end - day).days
