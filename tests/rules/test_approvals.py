"""Approvals as no story can tell them: amounts nobody counts, units that differ, visits without times."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.care import Appointment, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Unknown
from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState, Coverage
from cds_service.domain.intervals import Interval
from cds_service.rules.answers import NAMES_NO_SERVICE, unnamed_approvals
from cds_service.rules.approvals import check_amounts, check_end, counted_on, used_on
from cds_service.rules.authorization import approval_doubts, check_authorization
from cds_service.rules.rule import Answer
from tests.billing.bill_stories import DAY, policy_of

APPROVED, PENDING, DENIED = AuthorizationState.APPROVED, AuthorizationState.PENDING, AuthorizationState.DENIED
POLICY = policy_of({"authorization.warn_days": 10, "authorization.required": "always"})


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def approval(
    name: str, quantity: float | None = None, unit: str | None = None, first: int = -20, last: int = 60, **more: object
) -> Authorization:
    known: dict[str, object] = {"state": APPROVED, "number": name, "quantity": quantity, "unit": unit} | more
    return Authorization(f"ClaimResponse/{name}", start=on(first), end=on(last), **known)  # type: ignore[arg-type]


def session(day: int, *, timed: bool = True) -> Session:
    start = datetime(on(day).year, on(day).month, on(day).day, 8, tzinfo=UTC)
    period = Interval(start, start + timedelta(hours=4)) if timed else None
    return Session(f"Procedure/{day}", on(day), Program.CONDITIONING, period=period)


def case_of(
    *approvals: Authorization,
    treated: Iterable[Session] = (session(-2), session(0)),
    moment: Moment = Moment.VISIT_CLOSE,
    booked: Iterable[int] = (),
) -> Case:
    chart = Chart(
        "Patient/p",
        coverages=(Coverage("Coverage/c", PayerClass.WORKERS_COMPENSATION),),
        sessions=tuple(treated),
        authorizations=approvals,
    )
    appointments = tuple(Appointment(f"Appointment/{day}", on(day)) for day in booked)
    return Case(moment, DAY, DAY, chart, appointments=appointments)


def kinds(case: Case, *days: int) -> list[str]:
    return [
        found.kind for found in check_amounts(case, POLICY, tuple(map(on, days or (0,)))) if isinstance(found, Answer)
    ]


def unknowns(results: Iterable[object]) -> list[str]:
    return [found.why for found in results if isinstance(found, Unknown)]


def test_an_amount_in_a_unit_that_nobody_counts_is_asked_about():
    case = case_of(approval("a", 6, "weeks"))
    assert ["ask the payer what the approved 6 weeks count"] == unknowns(check_amounts(case, POLICY, (DAY,)))
    assert "what the approved 6 weeks count" in unknowns(approval_doubts(case, POLICY))
    assert [] == list(used_on(case, POLICY, DAY))


def test_approvals_in_different_units_are_not_added_up():
    case = case_of(approval("a", 1, "visits"), approval("b", 1, "hours"))
    assert ([], []) == (kinds(case), list(used_on(case, POLICY, DAY)))


def test_a_visit_without_times_leaves_approved_hours_uncounted():
    case = case_of(approval("a", 10, "hours"), treated=(session(-2, timed=False), session(0)))
    assert [] == list(used_on(case, POLICY, DAY))
    assert [(8, 10, "hours")] == [
        (used.amount, used.approved, used.unit) for used in used_on(case_of(approval("a", 10, "hours")), POLICY, DAY)
    ]


def test_the_visit_that_closes_without_times_leaves_approved_hours_uncounted():
    case = case_of(approval("a", 10, "hours"), treated=(session(-2), session(0, timed=False)))
    assert [] == list(used_on(case, POLICY, DAY))


def test_an_approval_that_is_used_up_is_told_once_for_all_days_booked():
    first = approval("a", 1, "visits", codes=("97545",))
    later = approval("b", 90, "visits", 2, codes=("97546",))
    case = case_of(first, later, treated=(session(-2),), moment=Moment.BOOKING, booked=(1, 3))
    assert ["exhausted"] == kinds(case, 1, 3)


def test_an_amount_without_a_unit_is_counted_by_every_reading_that_has_its_times():
    untimed = (session(-2, timed=False), session(0))
    assert ["unit-question"] == kinds(case_of(approval("a", 1), treated=untimed))
    assert ["unit-question"] == kinds(case_of(approval("a", 3)))
    assert [] == kinds(case_of(approval("a", 500), treated=untimed))


def test_without_a_number_of_days_to_warn_at_only_what_is_used_up_is_told():
    silent = policy_of({"authorization.warn_days": None})
    assert [] == list(check_amounts(case_of(approval("a", 3, "visits")), silent, (DAY,)))
    (exhausted,) = check_amounts(case_of(approval("a", 1, "visits")), silent, (DAY,))
    assert isinstance(exhausted, Answer)
    assert "exhausted" == exhausted.kind


def test_visits_under_an_earlier_approval_alone_use_nothing_of_the_later():
    treated = (session(-8), session(-4), session(0))
    earlier, later = approval("a", 2, "visits", -9, -3), approval("b", 2, "visits", -5)
    (used,) = used_on(case_of(earlier, later, treated=treated), POLICY, DAY)
    assert (1, 2) == (used.amount, used.approved)


def test_visits_under_an_earlier_approval_alone_use_it_up_for_the_shared_ones():
    treated = (session(-8), session(-4), session(0))
    earlier, later = approval("a", 1, "visits", -9, -3), approval("b", 2, "visits", -5)
    (used,) = used_on(case_of(earlier, later, treated=treated), POLICY, DAY)
    assert (2, 2) == (used.amount, used.approved)


def test_what_an_earlier_approval_has_left_for_shared_visits_is_not_known_where_its_own_have_no_times():
    treated = (session(-8, timed=False), session(-4), session(0))
    earlier, later = approval("a", 4, "hours", -9, -3), approval("b", 10, "hours", -5)
    assert [] == list(used_on(case_of(earlier, later, treated=treated), POLICY, DAY))


def test_a_pending_request_that_names_no_service_may_be_about_another():
    pending = approval("b", state=PENDING, names_service=False)
    found = unknowns(check_authorization(case_of(approval("a", 90, "visits"), pending), NOTHING_BILLED, POLICY))
    assert "a pending request names no service" in found


def test_a_denied_further_hour_is_told_before_a_visit_whose_length_nobody_knows():
    denied = approval("b", state=DENIED, codes=("97546",))
    first = approval("a", 90, "visits", codes=("97545",))
    case = case_of(first, denied, treated=(session(-2),), moment=Moment.VISIT_START)
    found = [found.kind for found in check_authorization(case, NOTHING_BILLED, POLICY) if isinstance(found, Answer)]
    assert "denied" in found


def test_a_visit_without_times_leaves_the_hours_of_two_approvals_uncounted():
    untimed = (session(-4), session(-2, timed=False), session(0))
    case = case_of(approval("a", 10, "hours", -9, -1), approval("b", 10, "hours", -5), treated=untimed)
    assert [] == list(used_on(case, POLICY, DAY))


def test_consent_is_not_asked_where_the_payer_answered_something():
    consent = policy_of({"authorization.required": "never", "authorization.consent_over_dollars": 500})
    unnamed = approval("a", state=AuthorizationState.NOT_REQUIRED, names_service=False)
    kinds_by_chart = [
        [found.kind for found in check_authorization(case, NOTHING_BILLED, consent) if isinstance(found, Answer)]
        for case in (case_of(moment=Moment.VISIT_START), case_of(unnamed, moment=Moment.VISIT_START))
    ]
    assert [["consent"], []] == kinds_by_chart


def test_a_booking_without_times_plans_no_approved_hours():
    booked = case_of(approval("a", 0.5, "hours"), treated=(), moment=Moment.BOOKING, booked=(0,))
    assert [] == kinds(booked)
    assert [(0, 0.5, "hours")] == [(used.amount, used.approved, used.unit) for used in used_on(booked, POLICY, DAY)]


def test_approvals_run_out_where_one_of_them_still_lasts_then():
    ends_first = approval("a", 2, "visits", last=1)
    treated = (session(-2), session(0))
    assert ["runs-out"] == kinds(case_of(ends_first, approval("b", 2, "visits"), treated=treated))
    assert [] == kinds(case_of(ends_first, approval("b", 2, "visits", last=2), treated=treated))


def test_the_pace_is_that_of_the_last_two_weeks_of_a_longer_program():
    treated = [*(session(day) for day in (-40, -39, -38, -37, -36)), session(-7), session(0)]
    (counted,) = counted_on(case_of(approval("a", 90, "visits", -50), treated=treated), POLICY, DAY)
    assert counted.consumption is not None
    assert (6, 1, 1.75) == (counted.consumption.used, counted.consumption.planned, counted.consumption.weekly)


def test_an_amount_is_used_up_on_no_day_without_a_pace_or_beyond_all_planning():
    (unstarted,) = counted_on(case_of(approval("a", 9, "visits"), treated=(), moment=Moment.OVERVIEW), POLICY, DAY)
    (endless,) = counted_on(case_of(approval("a", 99_999, "visits")), POLICY, DAY)
    (soon,) = counted_on(case_of(approval("a", 4, "visits")), POLICY, DAY)
    assert [None, None, on(7)] == [counted.used_up(DAY) for counted in (unstarted, endless, soon)]


def test_an_answer_that_does_not_say_whether_it_approves_is_unclear_also_after_its_last_day():
    unclear = approval("a", state=AuthorizationState.UNCLEAR, last=-1)
    found = [
        found.kind
        for found in check_authorization(case_of(unclear), NOTHING_BILLED, POLICY)
        if isinstance(found, Answer)
    ]
    assert ["unclear"] == found


def test_a_number_is_asked_for_only_where_no_approval_of_the_day_has_one():
    relayed = approval("a", 90, "visits", relayed=True, number=None)
    numbered = approval("b", 90, "visits", relayed=True)
    why = "the payer says that approval is satisfied but gives no number"
    asked = [
        why in unknowns(unnamed_approvals(case_of(*approvals), (DAY,)))
        for approvals in ((relayed,), (relayed, numbered))
    ]
    assert [True, False] == asked


def test_the_service_is_asked_for_only_where_no_approval_of_the_day_names_one():
    unnamed, named = approval("a", 90, "visits", names_service=False), approval("b", 90, "visits")
    assert [NAMES_NO_SERVICE] == unknowns(unnamed_approvals(case_of(unnamed), (DAY,)))
    assert [] == unknowns(unnamed_approvals(case_of(unnamed, named), (DAY,)))


def test_the_pace_of_a_booking_ahead_is_that_of_today():
    booked = case_of(approval("a", 90, "visits"), moment=Moment.BOOKING, booked=(30,))
    (counted,) = counted_on(booked, POLICY, on(30))
    assert counted.consumption is not None
    assert 2 == counted.consumption.weekly


def test_an_earlier_approval_that_one_shares_visits_with_may_share_others_with_a_third():
    treated = (session(-12), session(-8), session(-4), session(0))
    oldest = approval("a", 1, "visits", -13, -7)
    middle = approval("b", 2, "visits", -9, -3)
    (used,) = used_on(case_of(oldest, middle, approval("c", 9, "visits", -5), treated=treated), POLICY, DAY)
    assert (1, 9) == (used.amount, used.approved)
    (used,) = used_on(
        case_of(oldest, replace(middle, quantity=1), approval("c", 9, "visits", -5), treated=treated), POLICY, DAY
    )
    assert (2, 9) == (used.amount, used.approved)


@pytest.mark.parametrize(
    ("approvals", "hours", "asked"),
    [
        ([approval("a", 9, "units", codes=("97545",))], 4, True),
        ([approval("a", 9, "units", codes=("97545",))], 2, False),
        ([approval("a", 9, "visits", codes=("97545",))], 4, False),
        ([approval("a", 9, "units", codes=("97545",)), approval("b", 9, "units", codes=("97546",))], 4, False),
        ([approval("a", 9, "units")], 4, False),
    ],
)
def test_further_hours_under_an_approval_of_the_first_block_alone_are_asked_about(approvals, hours, asked):
    start = datetime(2026, 3, 16, 8, tzinfo=UTC)
    treated = session(0)._replace(period=Interval(start, start + timedelta(hours=hours)))
    found = check_amounts(case_of(*approvals, treated=(session(-2), treated)), POLICY, (DAY,))
    assert asked == any("ask whether 97546 is approved" in getattr(result, "why", "") for result in found)


def test_further_hours_of_one_of_several_booked_days_are_asked_about():
    start = datetime(2026, 3, 16, 8, tzinfo=UTC)
    short = session(-1)._replace(period=Interval(start, start + timedelta(hours=2)))
    only = approval("a", 9, "units", codes=("97545",))
    found = list(check_amounts(case_of(only, treated=(short, session(0))), POLICY, (on(-1), DAY, on(1))))
    assert any("ask whether 97546 is approved" in getattr(result, "why", "") for result in found)


def test_of_several_approvals_that_have_ended_the_last_end_is_told():
    case = case_of(approval("a", last=-9), approval("b", last=-4))
    (found,) = (found for found in check_authorization(case, NOTHING_BILLED, POLICY) if isinstance(found, Answer))
    assert ("expired", on(-4), 4) == (found.kind, found.facts["end"], found.facts["days"])


def test_of_several_approvals_to_come_the_first_start_is_told():
    case = case_of(approval("a", first=9), approval("b", first=4))
    (found,) = (found for found in check_authorization(case, NOTHING_BILLED, POLICY) if isinstance(found, Answer))
    assert ("not-started", on(4)) == (found.kind, found.facts["start"])


@pytest.mark.parametrize(
    ("made", "kinds_found"), [(on(-9), []), (on(-5), ["later-refusal"]), (None, ["later-refusal"])]
)
def test_a_refusal_of_another_request_is_told_where_it_is_not_older_than_the_approvals(made, kinds_found):
    refused = approval("r", state=DENIED, created=made, names_service=False)
    approved = approval("a", 90, "visits", created=on(-5)), approval("b", 90, "visits", created=None)
    found = check_authorization(case_of(*approved, refused), NOTHING_BILLED, POLICY)
    assert kinds_found == [answer.kind for answer in found if isinstance(answer, Answer)]


@pytest.mark.parametrize(
    ("quantity", "warned", "found"),
    [(3, 10, ["runs-out"]), (3, 3, []), (2, 10, ["runs-out"]), (1, 10, ["exhausted"])],
)
def test_an_amount_is_warned_of_in_the_days_before_the_pace_uses_it_up(quantity, warned, found):
    policy = policy_of({"authorization.warn_days": warned})
    case = case_of(approval("a", quantity, "visits"))
    assert found == [result.kind for result in check_amounts(case, policy, (DAY,)) if isinstance(result, Answer)]


@pytest.mark.parametrize(("last", "found"), [(11, []), (10, [10]), (0, [0])])
def test_the_end_of_an_approval_is_warned_of_from_so_many_days_before(last, found):
    ends = approval("a", last=last)
    assert found == [answer.facts["days"] for answer in check_end(POLICY, ends, DAY)]
    assert [] == list(check_end(policy_of({"authorization.warn_days": None}), ends, DAY))
    assert [] == list(check_end(POLICY, replace(ends, end=None), DAY))


def test_the_first_of_the_approvals_of_the_first_day_is_named_that_lacks_number_or_service():
    sooner, later = (
        approval(name, 9, "visits", last=last, relayed=True, number=None) for name, last in (("a", 9), ("b", 20))
    )
    case = case_of(later, sooner, moment=Moment.BOOKING, booked=(1, 15))
    (gap,) = unnamed_approvals(case, (on(1), on(15)))
    assert sooner.reference == getattr(gap, "reference", None)


def test_a_refused_code_is_told_for_the_first_of_the_booked_days():
    first = approval("a", 90, "visits", codes=("97545",))
    denied = approval("b", state=DENIED, codes=("97546",))
    case = case_of(first, denied, moment=Moment.BOOKING, booked=(1, 3))
    found = [found for found in check_authorization(case, NOTHING_BILLED, POLICY) if isinstance(found, Answer)]
    assert [on(1)] == [answer.facts["day"] for answer in found if answer.kind == "denied"]
