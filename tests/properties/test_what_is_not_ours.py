"""A resource that is not about work rehabilitation, or of somebody else, silences and changes nothing."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.stories import build
from tests.playing import play

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 16)
ME, SOMEBODY = {"reference": "Patient/worker"}, {"reference": "Patient/somebody"}
ELSEWHERE = {"reference": "https://elsewhere.example.org/fhir/Patient/somebody"}
PERIOD = {"start": "2026-03-16T09:00:00-04:00", "end": "2026-03-16T15:00:00-04:00"}


def coded(code, text=None):
    return {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": code}]} | ({"text": text} if text else {})


def treatment(code, subject):
    return {
        "resourceType": "Procedure",
        "status": "completed",
        "code": code,
        "subject": subject,
        "performedPeriod": PERIOD,
    }


def plan(subject, **more):
    return {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": subject, **more}


NOT_OURS = (
    plan(ME, title="Diabetes: diet and exercise"),
    plan(ME, title="Cardiac rehabilitation"),
    plan(ME, description="Chemotherapy, six cycles"),
    plan(ME, activity=[{"detail": {"status": "in-progress", "code": {"text": "Insulin teaching"}}}]),
    treatment({"text": "Dressing change"}, ME),
    treatment({"text": "Work hardening was discussed; declined"}, ME),
    treatment({"coding": [{"system": "http://loinc.org", "code": "97545"}]}, ME),
    {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [{"text": "Diabetes clinic"}],
        "subject": ME,
        "period": PERIOD,
    },
    {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": ME,
        "code": {"text": "MRI of the knee"},
    },
)
ANOTHERS = (
    plan(SOMEBODY, title="Work hardening"),
    plan(ELSEWHERE, title="Work hardening"),
    treatment(coded("97545", "Work hardening"), SOMEBODY),
    treatment(coded("97545", "Work hardening"), ELSEWHERE),
)
STORIES = {
    "a visit": {"visits": [{"day": "today", "from": "08:00", "to": "12:00"}]},
    "a visit without a plan": {"plan": "none", "visits": [{"day": "today", "from": "08:00", "to": "12:00"}]},
    "the ninth week": {
        "course": [{"first": date(2026, 1, 12), "last": TODAY, "from": "08:00", "minutes": 120}],
        "evaluations": [{"day": date(2026, 1, 12)}],
    },
}
HOOKS = ("encounter-discharge", "patient-view")


def cards_of(story, hook, *resources):
    numbered = [{"id": f"other-{number}", **resource} for number, resource in enumerate(resources)]
    built = build({"patient": {"id": "worker", "state": "OH"}, "resources": numbered, **STORIES[story]}, TODAY)
    return [
        (
            card["summary"],
            [(suggestion["label"], suggestion.get("isRecommended")) for suggestion in card.get("suggestions", [])],
        )
        for card in play(built, hook).cards
    ]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(STORIES)), st.sampled_from(HOOKS), st.lists(st.sampled_from(NOT_OURS), max_size=4))
def test_what_is_not_work_rehabilitation_changes_no_card(story, hook, resources):
    assert cards_of(story, hook) == cards_of(story, hook, *resources)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(STORIES)), st.sampled_from(HOOKS), st.lists(st.sampled_from(ANOTHERS), max_size=3))
def test_what_is_of_somebody_else_silences_no_card(story, hook, resources):
    assert [summary for summary, _ in cards_of(story, hook)] == [
        summary for summary, _ in cards_of(story, hook, *resources)
    ]
