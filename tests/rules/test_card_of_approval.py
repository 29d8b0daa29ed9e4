"""On which card the weeks stand, whether visits are counted, and what a plan that is not active is called."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.care import Assessment, AssessmentKind, Order, PlanOfCare, Schedule, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Unknown
from cds_service.domain.codes import Program
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState, CoverageAssertion
from cds_service.rules.approvals import used_on
from cds_service.rules.authorization import card_on_duration, check_authorization
from cds_service.rules.duration import check_program_duration
from cds_service.rules.plan_of_care import check_plan_of_care
from cds_service.rules.program_state import check_program_state
from cds_service.rules.reassessment import check_reassessment
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


def test_of_several_drafts_the_one_that_ends_last_runs_beyond_the_weeks():
    schedules = (Schedule(start=DAY, end=DAY + timedelta(weeks=7)), Schedule(start=DAY, end=DAY + timedelta(weeks=9)))
    drafts = tuple(
        Order(f"ServiceRequest/{place}", work_rehab=True, program=Program.CONDITIONING, schedule=schedule)
        for place, schedule in enumerate((*schedules, schedules[0]))
    )
    policy = policy_of({"program.max_weeks": dict.fromkeys(("conditioning", "hardening", "unknown"), 6)})
    case = Case(Moment.ORDER, DAY, DAY, Chart("Patient/p"), orders=drafts)
    (found,) = (found for found in check_program_duration(case, NOTHING_BILLED, policy) if isinstance(found, Answer))
    assert ("order-runs-over", schedules[1].end) == (found.kind, found.facts["end"])


@pytest.mark.parametrize(("interval", "overdue"), [(9, False), (8, True), (10, False)])
def test_a_reassessment_is_overdue_from_the_day_after_it_was_due(interval, overdue):
    case = replace(CASE, moment=Moment.OVERVIEW)
    (state,) = check_program_state(case, NOTHING_BILLED, policy_of({"reassessment.interval_days": interval}))
    assert isinstance(state, Answer)
    assert overdue == state.facts["overdue"]


def test_pain_is_spoken_of_only_where_it_was_recorded_after_the_last_measurement():
    pain_tool = {"pain": {"kind": "pain", "words": ["Pain score"]}}
    policy = policy_of({"reassessment.interval_days": 3, "reassessment.tools": pain_tool})

    def recorded(name: str, days: int, kind: AssessmentKind) -> Assessment:
        return Assessment(f"Observation/{name}", DAY - timedelta(days=days), kind, words="Pain score", result=True)

    last = Assessment("Procedure/e", DAY - timedelta(days=6), AssessmentKind.EVALUATION)
    for days, spoken_of in ((7, ""), (6, ""), (5, DAY - timedelta(days=5))):
        scored = recorded("pain", days, AssessmentKind.MEASUREMENT)
        (found,) = check_reassessment(charted(assessments=(scored, last)), NOTHING_BILLED, policy)
        assert isinstance(found, Answer)
        assert spoken_of == found.facts["pain"]
