"""A visit looked back at has the answer that a hook call at its end would have given, on what was known by then."""

from datetime import UTC, datetime, time

import pytest

from cds_service.hooks.library import evaluate
from cds_service.stories import bundled, load
from tests.audit.exports import looked_back
from tests.playing import TODAY, bundled_policies

CLOCKS = {
    "CarePlan": "created",
    "Claim": "created",
    "ClaimResponse": "created",
    "Condition": "recordedDate",
    "Encounter": "period",
    "ExplanationOfBenefit": "created",
    "Observation": "issued",
    "Procedure": "performedPeriod",
    "QuestionnaireResponse": "authored",
    "ServiceRequest": "authoredOn",
}
"""Where resources of stories say when they came on record, as far as they do."""


def known_by(resources, day):
    """The resources that were on record by a day, in which no bill that was sent counts."""
    return [resource for resource in resources if _day_of(resource) <= day.isoformat() and not _is_bill(resource)]


def _day_of(resource):
    kind = resource["resourceType"]
    when = resource.get(CLOCKS.get(kind, ""))
    for name in (
        "effectiveDateTime",
        "performedDateTime",
        "period",
        "preAuthPeriod",
        "occurrencePeriod",
        "onsetDateTime",
    ):
        when = when or resource.get(name)
    when = when.get("start") if isinstance(when, dict) else when
    return when[:10] if isinstance(when, str) else ""


def _is_bill(resource):
    return resource["resourceType"] in {"Claim", "ChargeItem", "ExplanationOfBenefit"} and (
        resource["resourceType"] != "Claim" or resource.get("status") != "draft"
    )


def answer_of_the_hook(resources, on, encounter, zone):
    now = datetime.combine(on, time(23, 59), tzinfo=zone)
    record = [resource for resource in known_by(resources, on) if resource["resourceType"] != "DocumentReference"]
    return evaluate("encounter-discharge", record, bundled_policies(), now=now, encounter=encounter)


@pytest.mark.parametrize("name", bundled())
def test_each_visit_of_a_bundled_story_has_the_answer_of_its_discharge(name):
    story = load(name, TODAY)
    patient = looked_back(story.resources, story.patient_id)
    visits = [visit for visit in patient.visits() if visit.consultation is not None]
    for visit in visits:
        encounter = visit.encounter.rpartition("/")[2] if visit.encounter else None
        zone = visit.consultation.case.chart.zone or UTC
        assert answer_of_the_hook(story.resources, visit.date, encounter, zone) == visit.consultation.evaluation
    assert visits or not patient.chart.sessions
