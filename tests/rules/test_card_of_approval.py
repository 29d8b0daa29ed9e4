"""On which card the weeks stand, whether visits are counted, and what a plan that is not active is called."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.care import Order, PlanOfCare, Schedule, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Unknown
from cds_service.domain.codes import Program
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState, CoverageAssertion
from cds_service.rules.approvals import used_on
from cds_service.rules.authorization import card_on_duration, check_authorization
from cds_service.rules.duration import check_program_duration
from cds_service.rules.plan_of_care import check_plan_of_care
from cds_service.rules.rule import Answer
from tests.billing.bill_stories import DAY, policy_of

APPROVAL = Authorization("ClaimResponse/a", AuthorizationState.APPROVED, "A", end=DAY + timedelta(days=9))
TREATED = tuple(Session(f"Procedure/{day}", DAY - timedelta(days=day), Program.CONDITIONING) for day in (9, 5, 0))
CASE = Case(Moment.VISIT_CLOSE, DAY, DAY, Chart("Patient/p", sessions=TREATED))
AFTER_TWO = {"authorization.required": "after-visits-or-days", "authorization.after_visits": 2}


def charted(**changes):
    return replace(CASE, chart=replace(CASE.chart, **changes))


@pytest.mark.parametrize(
    ("policy", "case", "card"),
    [
        ({"authorization.required": "always"}, CASE, "authorization"),
        (AFTER_TWO, CASE, "authorization"),
        ({"authorization.required": "never"}, CASE, "program-duration"),
        ({}, CASE, "program-duration"),
        ({"authorization.required": "never"}, charted(authorizations=(APPROVAL,)), "authorization"),
    ],
)
def test_the_weeks_stand_on_the_card_about_approval_where_there_is_one(policy, case, card):
    assert card == card_on_duration(case, policy_of(policy))


@pytest.mark.parametrize(("said", "kinds"), [("covered", ["beyond-count"]), ("no-auth", [])])
def test_visits_are_not_counted_where_the_payer_says_that_it_wants_no_approval(said, kinds):
    assertion = CoverageAssertion("Claim/a", approval=said)
    found = check_authorization(charted(assertions=(assertion,)), NOTHING_BILLED, policy_of(AFTER_TWO))
    assert kinds == [answer.kind for answer in found if isinstance(answer, Answer)]


@pytest.mark.parametrize(("weeks", "asked"), [(1, True), (6, False)])
def test_the_service_of_an_approval_is_asked_for_only_where_it_reaches_beyond_the_weeks(weeks, asked):
    case = charted(authorizations=(replace(APPROVAL, names_service=False),))
    policy = policy_of({"program.max_weeks": dict.fromkeys(("conditioning", "hardening", "unknown"), weeks)})
    found = check_program_duration(case, NOTHING_BILLED, policy)
    assert asked == any(isinstance(result, Unknown) for result in found)


def test_an_order_plans_the_sessions_of_the_longest_draft():
    drafts = tuple(
        Order(f"ServiceRequest/{code}", work_rehab=True, program=Program.CONDITIONING, codes=(code,), schedule=schedule)
        for code, schedule in {"97545": Schedule(10, 120), "97546": Schedule(8, 120), "97110": Schedule()}.items()
    )
    visits = replace(APPROVAL, quantity=99, unit="visits")
    case = Case(Moment.ORDER, DAY, DAY, Chart("Patient/p", authorizations=(visits,)), orders=drafts)
    assert [10] == [used.amount for used in used_on(case, policy_of({}), DAY)]


@pytest.mark.parametrize(
    ("plans", "kind", "status"),
    [
        ([("completed", True), ("revoked", False)], "not-active", "completed"),
        ([("completed", False), ("revoked", False)], "not-active", "revoked"),
        ([("completed", True), ("revoked", True)], "not-active", "revoked"),
        ([], "missing", None),
    ],
)
def test_the_last_plan_of_work_rehabilitation_is_named_where_none_is_active(plans, kind, status):
    on_record = tuple(
        PlanOfCare(f"CarePlan/{number}", state, None, None, work_rehab, Program.CONDITIONING)
        for number, (state, work_rehab) in enumerate(plans)
    )
    (found,) = check_plan_of_care(charted(plans=on_record), NOTHING_BILLED, policy_of({}))
    assert isinstance(found, Answer)
    assert (kind, status) == (found.kind, found.facts.get("status"))
