"""Treatments and encounters as visits of the chart."""

from datetime import date

import pytest

from cds_service.domain.care import AssessmentKind, Service
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import Program
from cds_service.domain.intervals import minutes
from tests.fhir.resources import (
    CPT,
    bundle,
    care_plan,
    chart_of,
    chart_of_procedures,
    coded,
    condition,
    encounter,
    period,
    procedure,
)

DAY = date(2026, 3, 2)


def test_a_completed_work_rehab_procedure_is_a_session():
    (session,) = chart_of_procedures(
        procedure(code=coded(CPT, "97545", "Work hardening"), encounter={"reference": "Encounter/e/_history/2"})
    ).sessions
    assert ("Procedure/a", DAY, Program.HARDENING, ("97545",), "Encounter/e") == (
        session.reference, session.date, session.program, session.codes, session.encounter,
    )  # fmt: skip
    assert session.period is not None
    assert minutes([session.period]) == 120


def test_the_notes_tell_the_program_when_the_code_does_not():
    (session,) = chart_of_procedures(procedure(note=[{"text": "Simulated work tasks on the ladder"}])).sessions
    assert (Program.HARDENING, True) == (session.program, session.described)


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "preparation", "on-hold", "unknown"])
def test_a_procedure_that_did_not_take_place_is_left_out_silently(status):
    chart = chart_of_procedures(procedure(status=status))
    assert ((), ()) == (chart.sessions, chart.gaps)


@pytest.mark.parametrize("change", [{"status": "done"}, {"status": None}])
def test_a_procedure_without_a_fhir_status_is_a_gap(change):
    chart = chart_of_procedures(procedure(**change))
    assert ((), (Unknown(Fact.SESSIONS, "has no FHIR status", "Procedure/a"),)) == (chart.sessions, chart.gaps)


def test_a_procedure_without_date_takes_that_of_its_encounter():
    record = procedure(performedPeriod=None, encounter={"reference": "Encounter/e"})
    (session,) = chart_of_procedures(record, encounters=bundle(encounter())).sessions
    assert (DAY, None, "no date is recorded") == (session.date, session.period, session.time_problem)


def test_a_procedure_without_any_date_is_a_gap():
    chart = chart_of_procedures(procedure(performedPeriod=None))
    assert chart.gaps == (Unknown(Fact.SESSIONS, "no date is recorded", "Procedure/a"),)


def test_another_coded_procedure_is_a_service():
    record = procedure(code=coded(CPT, "97110"), encounter={"reference": "Encounter/e"})
    (service,) = chart_of_procedures(record).services
    assert Service("Procedure/a", DAY, "97110", service.period, "Encounter/e") == service
    assert service.period is not None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("97161", AssessmentKind.EVALUATION),
        ("97164", AssessmentKind.REEVALUATION),
        ("97750", AssessmentKind.PERFORMANCE_TEST),
    ],
)
def test_a_completed_evaluation_is_an_assessment_and_a_service(code, kind):
    chart = chart_of_procedures(procedure(code=coded(CPT, code)))
    assert [(assessment.kind, assessment.date) for assessment in chart.assessments] == [(kind, DAY)]
    assert [service.code for service in chart.services] == [code]


def test_an_uncoded_evaluation_is_an_assessment():
    chart = chart_of_procedures(procedure(code={"text": "Initial evaluation for work hardening"}))
    assert ([AssessmentKind.EVALUATION], (), ()) == (
        [assessment.kind for assessment in chart.assessments], chart.services, chart.sessions,
    )  # fmt: skip


def test_a_time_without_offset_is_time_of_the_place_beside_others_that_have_one():
    zoneless = procedure("b", performedPeriod=period("2026-03-02T09:30:00", "2026-03-02T11:30:00"))
    sessions = chart_of_procedures(procedure(), zoneless).sessions
    assert minutes(session.period for session in sessions) == 150


def test_a_treatment_that_goes_on_after_midnight_belongs_to_the_day_its_visit_began():
    visit = {"encounter": {"reference": "Encounter/e"}}
    evening = procedure("a", performedPeriod=period("2026-03-02T22:00:00-06:00", "2026-03-03T00:00:00-06:00"), **visit)
    night = procedure("b", performedPeriod=period("2026-03-03T00:00:00-06:00", "2026-03-03T01:00:00-06:00"), **visit)
    late = procedure("c", performedPeriod=period("2026-03-03T01:30:00-06:00", "2026-03-03T02:30:00-06:00"), **visit)
    assert {date(2026, 3, 2)} == {session.date for session in chart_of_procedures(evening, night, late).sessions}


def test_a_treatment_of_the_next_day_is_not_taken_for_the_rest_of_a_night():
    visit = {"encounter": {"reference": "Encounter/e"}}
    evening = procedure("a", performedPeriod=period("2026-03-02T20:00:00-06:00", "2026-03-02T22:00:00-06:00"), **visit)
    morning = procedure("b", performedPeriod=period("2026-03-03T08:00:00-06:00", "2026-03-03T10:00:00-06:00"), **visit)
    assert len({session.date for session in chart_of_procedures(evening, morning).sessions}) == 2


def test_dates_on_which_no_time_has_an_offset_are_reckoned_with():
    zoneless = period("2026-03-02T09:00:00", "2026-03-02T11:00:00")
    (session,) = chart_of_procedures(procedure(performedPeriod=zoneless)).sessions
    assert session.period is not None
    assert (120, None) == (minutes([session.period]), session.time_problem)


def test_a_work_rehab_encounter_without_procedures_is_a_session_without_time():
    kind = [{"text": "Work conditioning"}]
    chart = chart_of(encounters=bundle(encounter(type=kind)), procedures=bundle())
    (session,) = chart.sessions
    assert ("Encounter/e", DAY, None, "no Procedure with start and stop", Program.CONDITIONING) == (
        session.reference, session.date, session.period, session.time_problem, session.program,
    )  # fmt: skip
    with_procedure = chart_of(encounters=bundle(encounter(type=kind)), procedures=bundle(procedure()))
    assert [session.reference for session in with_procedure.sessions] == ["Procedure/a"]


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_an_encounter_that_did_not_take_place_is_left_out(status):
    assert chart_of(encounters=bundle(encounter(status=status))).encounters == ()


def test_an_encounter_knows_conditions_diagnoses_and_whether_it_ended():
    record = encounter(
        diagnosis=[{"condition": {"reference": "Condition/k"}}],
        status="in-progress",
        period={"start": "2026-03-02T09:00:00Z"},
    )
    (visit,) = chart_of(encounters=bundle(record), conditions=bundle(condition())).encounters
    assert (("Condition/k",), ("M54.50",), False, DAY, None) == (
        visit.conditions, visit.diagnoses, visit.ended, visit.date, visit.period,
    )  # fmt: skip


def test_conditions_of_a_session_come_from_reason_then_encounter_then_plan():
    seen = {"reference": "Encounter/e"}
    reason = procedure(
        "a", reasonReference=[{"reference": "Condition/r"}, {"reference": "Observation/x"}], encounter=seen
    )
    visit = encounter(diagnosis=[{"condition": {"reference": "Condition/d"}}])
    plan = care_plan(addresses=[{"reference": "Condition/p"}])
    chart = chart_of_procedures(
        reason, procedure("b", encounter=seen), procedure("c"), encounters=bundle(visit), carePlans=bundle(plan)
    )
    assert [("Condition/r",), ("Condition/d",), ("Condition/p",)] == [session.conditions for session in chart.sessions]


def test_two_work_rehab_plans_do_not_decide_the_condition():
    plans = bundle(*(care_plan(name, addresses=[{"reference": f"Condition/{name}"}]) for name in "xy"))
    assert chart_of_procedures(procedure(), carePlans=plans).sessions[0].conditions == ()


def test_sessions_are_sorted_by_time():
    later = period("2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z")
    chart = chart_of_procedures(procedure("z", performedPeriod=later), procedure("a"))
    assert [session.reference for session in chart.sessions] == ["Procedure/a", "Procedure/z"]


def test_a_treatment_without_a_date_in_an_encounter_of_several_days_is_left_out():
    series = encounter(period=period("2026-03-02T09:00:00-06:00", "2026-03-20T11:00:00-06:00"))
    undated = procedure(performedPeriod=None, encounter={"reference": "Encounter/e"})
    chart = chart_of_procedures(undated, encounters=bundle(series))
    assert ((), ["no date is recorded"]) == (chart.sessions, [gap.why for gap in chart.gaps])


def test_an_encounter_without_offset_does_not_disturb_the_sessions():
    visit = encounter(period=period("2026-03-02T09:00:00", "2026-03-02T11:00:00"))
    chart = chart_of_procedures(procedure(), encounters=bundle(visit))
    assert [session.time_problem for session in chart.sessions] == [None]


def test_a_code_written_as_a_number_is_its_digits():
    (session,) = chart_of_procedures(procedure(code={"coding": [{"system": CPT, "code": 97545}]})).sessions
    assert session.codes == ("97545",)
