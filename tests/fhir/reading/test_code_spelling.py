"""Status and other codes of FHIR in the spelling of the system that wrote them."""

import pytest

from cds_service.domain.chart import Fact
from cds_service.fhir.reading.code_spelling import plain_code
from tests.fhir.resources import PATIENT, bundle, care_plan, chart_of, claim_response, condition, observation, procedure


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("completed", "completed"),
        ("Completed", "completed"),
        ("COMPLETED", "completed"),
        (" completed ", "completed"),
        ("in_progress", "in-progress"),
        ("InProgress", "in-progress"),
        ("EnteredInError", "entered-in-error"),
        ("canceled", "cancelled"),
        ("NoShow", "noshow"),
        ("no-show", "no-show"),
        ("noshow", "noshow"),
        ("signed off", "signed off"),
        ("", ""),
    ],
)
def test_a_code_of_fhir_is_known_in_any_spelling_and_other_words_stay(written, code):
    assert code == plain_code(written)


@pytest.mark.parametrize("status", ["Completed", "COMPLETED", "completed ", "IN_PROGRESS", "InProgress"])
def test_a_treatment_counts_however_its_status_is_spelled(status):
    assert len(chart_of(procedures=bundle(procedure(status=status))).sessions) == 1


@pytest.mark.parametrize("status", ["EnteredInError", "ENTERED_IN_ERROR", "Not-Done", "Preparation"])
def test_a_treatment_that_did_not_take_place_does_not_count_however_that_is_spelled(status):
    chart = chart_of(procedures=bundle(procedure(status=status)))
    assert ((), ()) == (chart.sessions, tuple(gap for gap in chart.gaps if gap.fact is Fact.SESSIONS))


def test_plan_measurement_approval_and_injury_count_in_capitals():
    chart = chart_of(
        carePlans=bundle(care_plan(status="Active")),
        observations=bundle(observation(status="FINAL")),
        authorizations=bundle(claim_response(status="Active", use="Preauthorization", outcome="Complete")),
        conditions=bundle(condition(clinicalStatus={"text": "Active"})),
    )
    assert (["active"], 1, 1, 1) == (
        [plan.status for plan in chart.plans], len(chart.assessments), len(chart.authorizations), len(chart.deficits),
    )  # fmt: skip


def test_an_activity_that_was_cancelled_names_no_program_however_that_is_spelled():
    activity = {"detail": {"status": "Cancelled", "code": {"text": "Work hardening"}}}
    plan = {"resourceType": "CarePlan", "id": "p", "status": "active", "intent": "plan", "subject": PATIENT}
    plans = chart_of(carePlans=bundle(plan | {"title": "Physical therapy", "activity": [activity]})).plans
    assert [False] == [plan.work_rehab for plan in plans]
