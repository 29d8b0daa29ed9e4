import re
from datetime import date, timedelta

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds_service.hooks.services import SERVICES
from cds_service.stories import StoryError, bundled, load
from tests.playing import play

TODAY = date(2026, 3, 10)
PREFETCH = {service.hook: service.prefetch for service in SERVICES}
MONDAY, SUNDAY, LEAP_DAY = date(2026, 3, 9), date(2026, 6, 14), date(2028, 2, 29)
CARDS = {
    "booking-past-authorization": {"appointment-book": ["authorization"], "patient-view": ["authorization"]},
    "clean-program": {"encounter-discharge": [], "encounter-start": [], "patient-view": []},
    "colles-fracture": {
        "encounter-discharge": ["visit-charges"],
        "patient-view": [],
        "order-sign": ["order-units"],
    },
    "commercial-exclusion": {
        "order-sign": ["payer-coverage"],
        "order-select": ["payer-coverage"],
        "encounter-discharge": ["payer-coverage", "visit-charges"],
    },
    "food-delivery-driver": {
        "encounter-discharge": ["first-unit"],
        "order-sign": ["order-units", "program-duration"],
        "order-select": ["order-units", "program-duration"],
        "patient-view": [],
    },
    "medicare": {
        "encounter-discharge": ["payer-coverage", "visit-charges"],
        "order-sign": ["payer-coverage"],
        "patient-view": [],
    },
    "order-without-code": {
        "order-sign": ["program-code"],
        "order-select": ["program-code"],
        "order-dispatch": ["program-code"],
    },
    "past-six-weeks-with-approval": {
        "encounter-discharge": ["visit-charges"],
        "encounter-start": [],
        "patient-view": [],
    },
    "past-six-weeks-without-approval": {
        "encounter-discharge": ["program-duration", "visit-charges"],
        "encounter-start": ["program-duration"],
        "patient-view": ["program-duration"],
    },
    "reassessment-overdue": {
        "encounter-discharge": ["reassessment", "visit-charges"],
        "encounter-start": ["reassessment"],
        "patient-view": ["reassessment"],
    },
    "texas-hardening-pt-pta": {"encounter-discharge": ["visit-charges"], "encounter-start": [], "patient-view": []},
    "vendor-shaped-chart": {
        "encounter-discharge": ["visit-charges"],
        "encounter-start": [],
        "patient-view": [],
        "order-sign": ["order-units"],
    },
}
NEVER_SENT = {"vendor-shaped-chart": {"authorizations", "charges", "questionnaireResponses"}}
each_story = pytest.mark.parametrize("name", bundled())


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def minutes_of(resource):
    clock = [re.search(r"T(\d\d):(\d\d)", resource["performedPeriod"][end]).groups() for end in ("start", "end")]
    start, stop = (int(hours) * 60 + int(minutes) for hours, minutes in clock)
    return stop - start


def test_the_stories_that_are_promised_are_bundled():
    assert set(CARDS) == set(bundled())


@each_story
def test_every_resource_of_a_bundled_story_is_valid_r4(name):
    story = load(name, TODAY)
    resources = (*story.resources, *story.drafts, *story.appointments)
    assert len(resources) > 5
    for resource in resources:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


@pytest.mark.parametrize("today", [MONDAY, TODAY, SUNDAY, LEAP_DAY], ids=date.isoformat)
@each_story
def test_a_bundled_story_gets_its_cards_on_each_of_its_hooks_whatever_the_day(name, today):
    story = load(name, today)
    played = {hook: play(story, hook) for hook in story.hooks}
    shown = {hook: answer.shown for hook, answer in played.items()}
    assert CARDS[name] == shown
    assert all(answer.evaluation for answer in played.values())


@each_story
def test_a_bundled_story_says_what_it_tells_and_what_a_biller_expects(name):
    story = load(name, TODAY)
    assert name == story.name
    assert story.title
    assert story.about


@each_story
def test_references_of_a_bundled_story_lead_to_a_resource_of_it(name):
    story = load(name, TODAY)
    resources = (*story.resources, *story.drafts, *story.appointments)
    known = {f"{resource['resourceType']}/{resource['id']}" for resource in resources}
    assert len(known) == len(resources)
    for resource in resources:
        inside = {f"#{contained['id']}" for contained in resource.get("contained", ())}
        assert set(references(resource)) <= known | inside


@each_story
def test_a_bundled_story_makes_a_whole_request_for_each_of_its_hooks(name):
    story = load(name, TODAY)
    for hook in story.hooks:
        request = story.request(hook)
        assert hook == request["hook"]
        assert story.patient_id == request["context"]["patientId"]
        assert set(PREFETCH[hook]) - NEVER_SENT.get(name, set()) == set(request["prefetch"])
        assert story.patient_id == request["prefetch"]["patient"]["id"]


@each_story
def test_the_same_story_on_the_same_day_makes_the_same_request(name):
    first, again = load(name, TODAY), load(name, TODAY)
    assert first.request() == again.request()


@each_story
def test_a_bundled_story_has_the_same_visits_whatever_the_weekday(name):
    def days_before(today):
        encounters = [resource for resource in load(name, today).resources if resource["resourceType"] == "Encounter"]
        return [(today - date.fromisoformat(encounter["period"]["start"][:10])).days for encounter in encounters]

    on_sunday = date(2026, 6, 14)
    for later in range(1, 7):
        assert days_before(on_sunday) == days_before(on_sunday + timedelta(days=later))


def test_at_most_three_bundled_stories_are_of_a_state_without_a_policy():
    played = {name: play(load(name, TODAY), load(name, TODAY).hook) for name in bundled()}
    without = [name for name, answer in played.items() if any("policy" == gap["fact"] for gap in gaps(answer))]
    assert len(without) <= 3, without


def gaps(played):
    return played.evaluation.get("gaps", [])


def test_the_bundled_stories_play_in_more_than_one_time_zone():
    assert len({offset(load(name, TODAY)) for name in bundled() if name != "vendor-shaped-chart"}) >= 2


def offset(story):
    """How far from UTC the clocks of a story's visits are; None for a story without timed visits."""
    times = (resource["performedPeriod"]["start"] for resource in story.resources if "performedPeriod" in resource)
    return next((time[-6:] for time in times), None)


def test_one_bundled_story_keeps_all_visits_in_one_open_encounter():
    (series,) = (
        resource for resource in load("colles-fracture", TODAY).resources if "Encounter" == resource["resourceType"]
    )
    assert "in-progress" == series["status"]
    assert "end" not in series["period"]


def test_one_bundled_story_is_sent_as_a_large_vendors_ehr_would():
    story = load("vendor-shaped-chart", TODAY)
    kinds = {resource["resourceType"] for resource in story.resources}
    plan = next(resource for resource in story.resources if "CarePlan" == resource["resourceType"])
    assert not kinds & {"Claim", "ClaimResponse", "QuestionnaireResponse"}
    assert "activity" not in plan
    assert plan["category"]
    assert "+00:00" == offset(story)
    asked = {gap["fact"] for gap in gaps(play(story, "encounter-discharge"))}
    assert {"authorizations", "charges"} <= asked


def test_no_two_bundled_stories_share_a_resource():
    known = [
        f"{resource['resourceType']}/{resource['id']}" for name in bundled() for resource in load(name, TODAY).resources
    ]
    assert len(set(known)) == len(known)


def test_the_food_delivery_driver_is_treated_one_hour_at_a_time():
    sessions = [resource for resource in load("food-delivery-driver", TODAY).resources if "performedPeriod" in resource]
    assert {60} == {minutes_of(session) for session in sessions}


def test_the_sessions_of_the_colles_fracture_grow():
    sessions = [resource for resource in load("colles-fracture", TODAY).resources if "performedPeriod" in resource]
    assert [120] * 5 + [150] * 5 + [180] == [minutes_of(session) for session in sessions]


def test_a_story_nobody_bundled_is_refused_with_the_names_there_are():
    with pytest.raises(StoryError, match=r"none called 'nobody'.*colles-fracture"):
        load("nobody", TODAY)


def test_a_story_names_its_main_hook_and_the_service_that_answers_it():
    story = load("order-without-code", TODAY)
    assert ("order-sign", "work-rehab-order-sign") == (story.hook, story.service)
