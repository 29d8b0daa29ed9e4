"""Rules where the policy or the chart leaves something open that the bundled policies and stories always tell."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cds_service.billing.bills import bill_of
from cds_service.domain.bill import NOTHING_BILLED
from cds_service.domain.care import Appointment, Encounter, PlanOfCare, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Unknown
from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.coverage_and_claims import Coverage, CoverageAssertion
from cds_service.policies.model import PolicyView
from cds_service.rules.authorization import check_authorization
from cds_service.rules.charges import check_visit_charges
from cds_service.rules.documentation import ELEMENTS, check_documentation
from cds_service.rules.duration import first_of_kind
from cds_service.rules.entry_criteria import check_entry
from cds_service.rules.intensity import check_one_program
from cds_service.rules.modifiers import check_assistant_modifier, check_program_modifier
from cds_service.rules.orders import check_order_units
from cds_service.rules.progress import check_no_progress
from cds_service.rules.reassessment import check_reassessment
from cds_service.rules.rule import Answer
from cds_service.rules.therapy_visits import check_count, check_visits_a_day, run_of_therapy, therapy_on
from tests.billing.bill_stories import DAY, case_of, policy_of

NO_TIME_RULE = policy_of({"time.first_unit_full_minutes": None})
WEEK = timedelta(days=7)
COMPENSATION = Coverage("Coverage/c", PayerClass.WORKERS_COMPENSATION)


def answers(results):
    return [result for result in results if isinstance(result, Answer)]


def test_an_order_under_a_policy_without_a_time_rule_is_not_judged():
    case = case_of({"orders": [{"codes": ["97545"], "quantity": 10, "sessions": 10, "minutes": 120}]})
    found = list(check_order_units(case, bill_of(case, NO_TIME_RULE), NO_TIME_RULE))
    assert ["no policy on file sets the time rule"] == [gap.why for gap in found if isinstance(gap, Unknown)]


def test_without_a_time_rule_no_line_takes_the_modifier_of_assistants():
    case = case_of({"treated": ["08:00-10:00 PTA"]})
    assert [] == list(check_assistant_modifier(case, bill_of(case, NO_TIME_RULE), NO_TIME_RULE))


def test_the_modifier_of_the_program_joins_the_question_which_code_an_order_has():
    policy = policy_of({"modifiers.program": {"conditioning": "WC", "hardening": "WH"}})
    case = case_of({"orders": [{"sessions": 10, "minutes": 60}]})
    (found,) = answers(check_program_modifier(case, bill_of(case, policy), policy))
    assert "program-code" == found.joins


def test_what_a_policy_does_not_set_is_not_checked():
    case = case_of({"treated": ["08:00-10:00 PT"]})
    nothing_set = policy_of({})
    for check in (check_documentation, check_no_progress, check_reassessment):
        assert ["NotApplicable"] == [type(result).__name__ for result in check(case, NOTHING_BILLED, nothing_set)]
    (gap,) = check_visit_charges(case, bill_of(case, NO_TIME_RULE), NO_TIME_RULE)
    assert "no policy on file sets the time rule" in gap.why


def test_goals_are_not_looked_for_at_an_order():
    case = case_of({"orders": [{"codes": ["97545"]}]})
    (found,) = check_entry(case, policy_of({"entry.criteria": {"conditioning": ["job-goal"]}}))
    assert "not checked for an order" in [evidence.value for evidence in found.evidence]


def test_where_the_payer_says_none_is_needed_its_guidelines_are_not_named():
    policy = policy_of({"authorization.required": "outside-guidelines"})
    case = case_of({"orders": [{"codes": ["97545"]}]})
    free = CoverageAssertion("ServiceRequest/o", approval="no-auth", codes=("97545", "97546"))
    asserted = replace(case, chart=replace(case.chart, assertions=(free,)))
    named = [
        any("guidelines" == answer.kind for answer in answers(check_authorization(asked, NOTHING_BILLED, policy)))
        for asked in (case, asserted)
    ]
    assert [True, False] == named


def test_without_any_therapy_nothing_is_counted_when_the_chart_is_only_looked_at():
    policy = policy_of({"authorization.required": "after-visits-or-days", "authorization.after_visits": 12})
    assert [] == list(check_count(Case(Moment.OVERVIEW, DAY, DAY, Chart("Patient/p")), policy, (DAY,)))


def test_a_program_of_which_all_days_are_plainly_of_the_other_kind_begins_on_the_day_asked_about():
    plan = PlanOfCare("CarePlan/p", "active", DAY, None, work_rehab=True, program=Program.CONDITIONING)
    hardening = Session("Procedure/s", DAY - WEEK, Program.HARDENING)
    case = Case(Moment.VISIT_START, DAY, DAY, Chart("Patient/p", plans=(plan,), sessions=(hardening,)))
    assert (Program.CONDITIONING, DAY) == (case.program, first_of_kind(case))


def test_what_is_wanted_of_one_kind_of_program_is_not_named_where_it_is_wanted_anyway():
    all_elements = policy_of({"documentation.required": list(ELEMENTS)})
    also = policy_of({"documentation.also_required": ["D-1"]})
    values = dict(all_elements._decided)  # noqa: SLF001 - laid over each other as a stack does
    of_hardening = replace(also._decided["documentation.also_required"], program=Program.HARDENING)  # noqa: SLF001
    policy = PolicyView(("p",), DAY, values, {}, None, Program.UNKNOWN, {of_hardening.parameter: (of_hardening,)})
    found = list(check_documentation(case_of({"treated": ["08:00-10:00 PT"]}), NOTHING_BILLED, policy))
    assert not any("also requires" in gap.why for gap in found if isinstance(gap, Unknown))
    assert ["open"] == [answer.kind for answer in answers(found)]


@pytest.mark.parametrize(
    ("earlier", "now", "found"),
    [
        (("Condition/a",), ("Condition/a",), ["earlier"]),
        (("Condition/a",), ("Condition/b",), []),
        (("Condition/a",), (), ["the visits or orders do not say which injury they are for"]),
        ((), ("Condition/a",), ["the visits or orders do not say which injury they are for"]),
    ],
)
def test_a_second_program_is_of_the_same_injury_only_where_both_say_which(earlier, now, found):
    first = Session("Procedure/1", DAY - timedelta(days=200), Program.CONDITIONING, conditions=earlier)
    second = Session("Procedure/2", DAY, Program.CONDITIONING, conditions=now)
    case = Case(Moment.VISIT_CLOSE, DAY, DAY, Chart("Patient/p", sessions=(first, second)))
    results = check_one_program(case, NOTHING_BILLED, policy_of({"program.per_injury": 1}))
    assert found == [getattr(result, "kind", None) or getattr(result, "why", "") for result in results]


def test_therapy_after_the_day_that_is_looked_at_is_not_counted():
    treated = tuple(Session(f"Procedure/{day}", DAY + timedelta(days=day), Program.CONDITIONING) for day in (-2, 0, 3))
    case = Case(Moment.OVERVIEW, DAY, DAY, Chart("Patient/p", sessions=treated))
    assert [(DAY - timedelta(days=2), 2)] == [(therapy.first, therapy.visits) for therapy in therapy_on(case, (DAY,))]


@pytest.mark.parametrize(("gap", "visits"), [(60, 3), (61, 1)])
def test_more_than_sixty_days_without_therapy_begin_a_new_run(gap, visits):
    last = DAY + timedelta(days=gap)
    assert visits == run_of_therapy([DAY - timedelta(days=1), DAY, last], last).visits


def test_which_injury_it_is_has_to_be_known_of_every_earlier_program():
    days, injuries = (-400, -200, 0), (("Condition/a",), (), ("Condition/b",))
    treated = tuple(
        Session(f"Procedure/{day}", DAY + timedelta(days=day), Program.CONDITIONING, conditions=injury)
        for day, injury in zip(days, injuries, strict=True)
    )
    case = Case(Moment.VISIT_CLOSE, DAY, DAY, Chart("Patient/p", sessions=treated))
    (gap,) = check_one_program(case, NOTHING_BILLED, policy_of({"program.per_injury": 1}))
    assert "the visits or orders do not say which injury they are for" == getattr(gap, "why", None)


@pytest.mark.parametrize(("day", "found"), [(DAY, ["second-visit"]), (DAY + timedelta(days=1), [])])
def test_a_second_encounter_of_the_date_in_question_counts_before_it_has_a_treatment(day, found):
    treated = (Session("Procedure/s", day, Program.CONDITIONING, encounter="Encounter/a"),)
    encounters = (Encounter("Encounter/a", day, work_rehab=True), Encounter("Encounter/b", day, work_rehab=True))
    case = Case(Moment.VISIT_CLOSE, DAY, DAY, Chart("Patient/p", sessions=treated, encounters=encounters))
    policy = policy_of({"authorization.visits_per_day": 1})
    assert found == [answer.kind for answer in check_visits_a_day(case, policy, (day,))]


@pytest.mark.parametrize(
    ("booked", "treated", "found"),
    [((0,), (), []), ((0, 0), (), [2]), ((0,), (0,), [2]), ((0, 1, 1), (), [2]), ((0, 1), (), [])],
)
def test_visits_booked_and_treated_on_one_date_count_together(booked, treated, found):
    appointments = tuple(
        Appointment(f"Appointment/{number}", DAY + timedelta(days=day)) for number, day in enumerate(booked)
    )
    sessions = tuple(Session("Procedure/s", DAY + timedelta(days=day), Program.CONDITIONING) for day in treated)
    case = Case(Moment.BOOKING, DAY, DAY, Chart("Patient/p", sessions=sessions), appointments=appointments)
    policy = policy_of({"authorization.visits_per_day": 1})
    days = sorted({appointment.date for appointment in appointments})
    assert found == [answer.facts["visits"] for answer in check_visits_a_day(case, policy, days)]
    assert [] == list(check_visits_a_day(replace(case, moment=Moment.ORDER), policy, days))
