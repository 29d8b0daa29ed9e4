"""What a case tells of its chart: claims of the date, the days of a series, and what a payer has said."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cds_service.domain.care import Assessment, AssessmentKind, Encounter, PlanOfCare, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Fact, Place
from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.coverage_and_claims import (
    Authorization,
    AuthorizationState,
    ChargedLine,
    Claim,
    Coverage,
    CoverageAssertion,
)
from cds_service.domain.intervals import Interval
from cds_service.domain.lazy import lazy
from cds_service.domain.payment import payer_caveats

DAY = date(2026, 3, 16)
EARLIER = date(2026, 3, 13)
BACK, WRIST = "Encounter/back", "Encounter/wrist"


def session(name: str, day: date = DAY, encounter: str = BACK, *conditions: str) -> Session:
    start = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    period = Interval(start, start.replace(hour=10))
    return Session(
        f"Procedure/{name}", day, Program.CONDITIONING, period=period, encounter=encounter, conditions=conditions
    )


def claim(name: str, *encounters: str) -> Claim:
    line = ChargedLine(1, 0, "97545", ("GP",), 1.0, DAY)
    return Claim(f"Claim/{name}", "draft", (line,), encounters)


def case_of(chart: Chart) -> Case:
    return Case(Moment.VISIT_CLOSE, DAY, DAY, chart, encounter=BACK)


def test_a_claim_for_the_encounter_of_another_injury_is_none_of_this_visit():
    chart = Chart(
        "Patient/p",
        encounters=(Encounter(BACK, DAY), Encounter(WRIST, DAY)),
        sessions=(session("back", DAY, BACK, "back"), session("wrist", DAY, WRIST, "wrist")),
        claims=(claim("back", BACK), claim("wrist", WRIST), claim("both", BACK, WRIST)),
    )
    assert ["Claim/back", "Claim/both"] == [found.reference for found, _ in case_of(chart).claims_of_date]


def test_earlier_days_of_a_series_are_not_called_uncharged_where_charges_were_not_all_read():
    series = Chart("Patient/p", sessions=(session("a", EARLIER), session("b")), encounters=(Encounter(BACK, EARLIER),))
    unread = replace(series, unavailable={Fact.CHARGES: "not sent"})
    assert (1, 0) == (case_of(series).uncharged_days, case_of(unread).uncharged_days)


def test_an_encounter_without_a_date_is_of_no_date():
    chart = Chart("Patient/p", encounters=(Encounter(WRIST, None), Encounter(BACK, DAY)), sessions=(session("a"),))
    assert [BACK] == [encounter.reference for encounter in case_of(chart).encounters_of_date]


def test_the_injuries_of_a_date_are_known_only_where_all_its_treatments_tell():
    earlier = (session("a", EARLIER, BACK, "back"), session("b", EARLIER, BACK, "wrist"))
    chart = Chart("Patient/p", sessions=(*earlier, session("c", DAY, BACK, "back"), session("d")))
    assert {EARLIER: {"back", "wrist"}, DAY: set()} == chart.history.injuries_by_date


def test_of_what_a_payer_says_of_a_code_the_newest_stands_whatever_comes_first():
    newer = CoverageAssertion("Claim/a", codes=("97545",), covered="covered", made=DAY)
    older = replace(newer, reference="Claim/b", covered="not-covered", made=EARLIER)
    undated = replace(newer, reference="Claim/c", made=None)
    for said in ((newer, older, undated), (undated, older, newer)):
        assert (newer,) == case_of(Chart("Patient/p", assertions=said)).assertions


def test_accidents_in_two_states_are_a_doubt_about_the_law():
    chart = Chart(
        "Patient/p",
        coverages=(Coverage("Coverage/c", PayerClass.WORKERS_COMPENSATION),),
        place=Place("US-TX", "the accident", "Claim/a", other_states=("US-OK",)),
    )
    (doubt,) = payer_caveats(case_of(chart))
    assert (Fact.PATIENT, "Claim/a") == (doubt.fact, doubt.reference)
    assert "claims on record name accidents in Texas and Oklahoma: check which state's law applies" == doubt.why


def test_what_is_worked_out_once_is_a_property_of_the_class():
    assert isinstance(Case.visit, lazy)
    assert Case.visit.__doc__ is not None


def plan(name: str, status: str = "active", **more: object) -> PlanOfCare:
    known: dict[str, object] = {"start": None, "end": None, "work_rehab": True, "program": Program.CONDITIONING} | more
    return PlanOfCare(f"CarePlan/{name}", status, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plans", "unread"),
    [
        ([plan("a", content=False)], "CarePlan/a"),
        ([plan("a", "completed", content=False)], None),
        ([plan("a", content=False), plan("b")], None),
        ([plan("a", content=False), plan("b", "completed")], "CarePlan/a"),
        ([plan("a")], None),
        ([], None),
    ],
)
def test_a_plan_that_cannot_be_read_is_told_where_no_other_is_active(plans, unread):
    gap = case_of(Chart("Patient/p", plans=tuple(plans))).unread_plan
    assert unread == (gap.reference if gap is not None else None)


@pytest.mark.parametrize(
    ("plans", "active"),
    [
        ([plan("a"), plan("b", "completed")], ["a"]),
        ([plan("a", end=EARLIER), plan("b")], ["b"]),
        ([plan("a", end=EARLIER)], ["a"]),
        ([plan("a", end=DAY), plan("b")], ["a", "b"]),
        ([plan("a", conditions=("wrist",)), plan("b", conditions=("back",))], ["b"]),
        ([plan("a", conditions=("wrist",))], ["a"]),
        ([plan("a", conditions=("wrist",)), plan("b")], ["b"]),
        ([plan("a", work_rehab=False), plan("b")], ["b"]),
        ([plan("a", work_rehab=False), plan("b", work_rehab=False)], ["a", "b"]),
    ],
)
def test_of_several_plans_those_for_work_rehabilitation_this_injury_and_this_day_stand(plans, active):
    chart = Chart("Patient/p", plans=tuple(plans), sessions=(session("s", DAY, BACK, "back"),))
    assert active == [found.reference.removeprefix("CarePlan/") for found in case_of(chart).active_plans]


@pytest.mark.parametrize(("state", "relayed"), [(AuthorizationState.APPROVED, 0), (AuthorizationState.DENIED, 1)])
def test_what_the_payer_says_is_approved_adds_nothing_to_an_approval_of_its_number(state, relayed):
    on_file = Authorization("ClaimResponse/a", state, "W-1", created=EARLIER)
    said = CoverageAssertion("Claim/a", approval="satisfied", number="w1", made=DAY)
    found = case_of(Chart("Patient/p", authorizations=(on_file,), assertions=(said,))).authorizations
    assert relayed == len([approval for approval in found if approval.relayed])


def test_of_approvals_in_force_the_one_that_names_the_service_and_ends_first_is_used_up_first():
    later, sooner, unnamed = (
        Authorization("ClaimResponse/a", AuthorizationState.APPROVED, "A", end=date(2026, 6, 1)),
        Authorization("ClaimResponse/b", AuthorizationState.APPROVED, "B", end=date(2026, 5, 1)),
        Authorization("ClaimResponse/c", AuthorizationState.APPROVED, "C", end=date(2026, 4, 1), names_service=False),
    )
    case = case_of(Chart("Patient/p", authorizations=(unnamed, later, sooner)))
    assert (sooner, later, unnamed) == case.approvals_on(DAY)
    assert later == case.authorization_on(DAY)
    assert ((), None) == (case.approvals_on(date(2026, 7, 1)), case.authorization_on(date(2026, 7, 1)))


def test_what_is_said_for_a_coverage_that_is_not_on_record_is_told_where_there_is_a_payer():
    said = CoverageAssertion("Claim/a", coverage="Coverage/other", approval="no-auth")
    here = replace(said, coverage="Coverage/c")
    payer = (Coverage("Coverage/c", PayerClass.WORKERS_COMPENSATION),)
    for coverages, unplaced in ((payer, (said,)), ((), ())):
        chart = Chart("Patient/p", coverages=coverages, assertions=(said, here))
        assert unplaced == case_of(chart).unplaced_assertions


def test_assessments_after_the_last_of_two_earlier_programs_are_of_this_one():
    sessions = (session("a", date(2025, 6, 2)), session("b", date(2025, 10, 1)), session("c"))
    tests = tuple(
        Assessment(f"Observation/{day}", day, AssessmentKind.MEASUREMENT)
        for day in (date(2025, 6, 3), date(2025, 9, 30), date(2026, 2, 1), date(2026, 3, 20))
    )
    case = case_of(Chart("Patient/p", sessions=sessions, assessments=tests))
    assert [date(2026, 2, 1)] == [assessment.date for assessment in case.assessments_of_episode]
    of_second = Authorization(
        "ClaimResponse/a", AuthorizationState.APPROVED, start=date(2025, 9, 1), end=date(2026, 2, 1)
    )
    assert () == replace(case, chart=replace(case.chart, authorizations=(of_second,))).answers_of_episode
