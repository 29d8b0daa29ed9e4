"""The last safe day to ask: before an approval ends, its amount runs out, or the time without approval is over."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cds_service.consultation.timelines.program_timelines import timeline_of
from cds_service.domain.care import Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Fact, InPart
from cds_service.domain.codes import Program
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState
from cds_service.domain.intervals import Interval
from cds_service.domain.program_timeline import Until
from tests.billing.bill_stories import policy_of

FIRST = date(2026, 3, 2)
DAY = date(2026, 3, 16)
WEEKS = {"program.max_weeks": {"conditioning": 6, "hardening": 6}, "authorization.warn_days": 7}


def on(day):
    return FIRST + timedelta(days=day)


def session(day):
    start = datetime.combine(on(day), datetime.min.time(), UTC) + timedelta(hours=14)
    period = Interval(start, start + timedelta(hours=2))
    return Session(f"Procedure/{day}", on(day), Program.CONDITIONING, period=period)


def approval(first, last, quantity=None, number="A-1", **more):
    unit = "visits" if quantity is not None else None
    return Authorization(
        f"ClaimResponse/{number}", AuthorizationState.APPROVED, number, on(first), on(last), quantity, unit, **more
    )


def timeline(*answers, policy=(), **chart):
    sessions = tuple(session(day) for day in (0, 2, 4, 7, 9, 11, 14))
    case = Case(
        Moment.OVERVIEW, DAY, DAY, Chart("Patient/p", sessions=sessions, authorizations=tuple(answers), **chart)
    )
    return timeline_of(case, policy_of(WEEKS | dict(policy)))


def asked(found):
    return found.ask_by and (found.ask_by.date, found.ask_by.why, found.ask_by.ends)


def test_the_weeks_that_need_no_approval_end_first():
    assert (on(34), Until.WEEKS, on(41)) == asked(timeline())


def test_an_approval_that_ends():
    assert (on(23), Until.APPROVAL, on(30)) == asked(timeline(approval(0, 30)))


def test_an_approval_that_another_one_follows():
    found = timeline(approval(0, 20), approval(21, 60, number="A-2"))
    assert (on(53), Until.APPROVAL, on(60)) == asked(found)
    assert on(20) == found.approved_to


def test_an_approval_without_an_end_needs_no_asking():
    assert asked(timeline(Authorization("ClaimResponse/o", AuthorizationState.APPROVED, "O-1", on(0)))) is None


def test_an_amount_that_runs_out_before_the_approval_ends():
    found = timeline(approval(0, 90, 12))
    (amount,) = found.amounts
    assert (7, 12, 5) == (amount.used, amount.approved, amount.left)
    assert (amount.runs_out - timedelta(days=7), Until.AMOUNT, amount.runs_out) == asked(found)
    assert DAY < amount.runs_out < on(90)


@pytest.mark.parametrize("quantity", [6, 7])
def test_an_amount_that_is_used_up(quantity):
    assert (DAY, Until.USED_UP, DAY) == asked(timeline(approval(0, 90, quantity)))


def test_an_approval_that_is_required_and_missing():
    assert (DAY, Until.MISSING, DAY) == asked(timeline(policy={"authorization.required": "always"}))


def test_more_visits_than_are_allowed_without_approval():
    count = {"authorization.required": "after-visits-or-days", "authorization.after_visits": 6}
    assert (DAY, Until.MISSING, DAY) == asked(timeline(policy=count))


def test_days_that_are_allowed_without_approval():
    count = {"authorization.required": "after-visits-or-days", "authorization.after_days": 30}
    assert (on(22), Until.COUNT, on(29)) == asked(timeline(policy=count))


@pytest.mark.parametrize(("request_", "lead"), [({"days": 3}, 7), ({"days": 10}, 14), ({"ahead_days": 21}, 21)])
def test_the_payer_may_take_longer_to_answer_than_the_warning(request_, lead):
    found = timeline(approval(0, 30), policy={"authorization.request": request_})
    assert lead == found.ask_by.lead
    assert on(30) - timedelta(days=lead) == found.ask_by.date


def test_where_not_all_answers_of_the_payer_were_sent_no_day_is_told():
    found = timeline(approval(0, 30), in_part={Fact.AUTHORIZATIONS: InPart((), cut=True)})
    assert asked(found) is None
    assert Fact.AUTHORIZATIONS in found.unsure


def test_where_not_all_visits_were_sent_no_week_is_counted():
    found = timeline(in_part={Fact.SESSIONS: InPart((), cut=True)})
    assert {None} == {week.number for week in found.weeks}
    assert (None, None, ()) == (found.limit, asked(found), found.amounts)
    assert 7 == len(found.treated)
