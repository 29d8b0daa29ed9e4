"""Items of a drafted claim that a suggestion changes, and those that it has to leave alone."""

from datetime import date

from cds_service.stories import build
from tests.playing import play

TODAY = date(2026, 3, 16)
MEDICARE = {"class": "medicare", "payer": "Medicare"}
EXERCISE = {"code": "97110", "from": "12:00", "to": "12:30"}
FOUR_HOURS = {"day": "today", "from": "08:00", "to": "12:00"}
HERE, ELSEWHERE = {"reference": "Encounter/story-visit-2026-03-16"}, {"reference": "Encounter/other"}


def item(sequence, code, units, **more):
    return {
        "sequence": sequence,
        "productOrService": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": code}]},
        "quantity": {"value": units},
        **more,
    }


def claim(*items):
    return {
        "resourceType": "Claim",
        "id": "drafted",
        "status": "draft",
        "use": "claim",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": "professional"}]},
        "patient": {"reference": "Patient/story"},
        "created": "2026-03-16",
        "provider": {"display": "North Clinic (invented)"},
        "priority": {"coding": [{"code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/story-coverage"}}],
        "item": list(items),
    }


def suggested(words, label):
    """Items, as (code, units), of the claim of the first suggestion whose label begins so; its card."""
    patient = {"patient": {"id": "story", "state": "OH"}, **words}
    cards = play(build(patient, TODAY), "encounter-discharge").cards
    found = [
        (action["resource"]["item"], suggestion)
        for card in cards
        for suggestion in card.get("suggestions", [])
        if suggestion["label"].startswith(label)
        for action in suggestion["actions"]
    ]
    items, suggestion = found[0]
    return items, suggestion


def units(items):
    return [(item["productOrService"]["coding"][0]["code"], item["quantity"]["value"]) for item in items]


def test_both_lines_of_a_code_that_is_never_paid_beside_the_program_go_together():
    charges = {"lines": ["97545 x1 GP", "97140 x1 GP", "97140 x1 GP CQ"]}
    visit = {**FOUR_HOURS, "to": "10:00"}
    items, _ = suggested({"coverage": MEDICARE, "visits": [visit], "charges": charges}, "Drop 97140")
    assert [("97545", 1)] == units(items)


def test_an_undated_line_of_another_encounter_stays_as_it_is():
    second = item(2, "97110", 4, encounter=[ELSEWHERE])
    drafted = claim(item(1, "97545", 1, servicedDate="2026-03-16", encounter=[HERE]), second)
    items, _ = suggested({"visits": [{**FOUR_HOURS, "services": [EXERCISE]}], "resources": [drafted]}, "Change")
    assert second in items
    assert [("97545", 1), ("97110", 4), ("97546", 2), ("97110", 2)] == units(items)


def test_lines_with_a_partial_date_are_those_of_the_visit():
    drafted = claim(item(1, "97545", 1, servicedDate="2026-03", encounter=[HERE]))
    items, _ = suggested({"visits": [FOUR_HOURS], "resources": [drafted]}, "Change")
    assert [("97545", 1), ("97546", 2)] == units(items)


def test_a_line_over_several_days_is_left_alone_and_keeps_the_draft_from_being_recommended():
    week = {"start": "2026-03-16", "end": "2026-03-20"}
    drafted = claim(item(1, "97545", 5, servicedPeriod=week, encounter=[HERE]))
    _, suggestion = suggested({"visits": [FOUR_HOURS], "resources": [drafted]}, "Draft")
    assert not suggestion.get("isRecommended")


def test_an_item_that_becomes_two_lines_gives_its_element_ids_once():
    services = [EXERCISE, {"code": "97110", "from": "12:30", "to": "12:45", "by": "PTA"}]
    old = item(2, "97110", 3, servicedDate="2026-03-16", encounter=[HERE], id="line-2")
    old["productOrService"]["id"] = "code-2"
    drafted = claim(item(1, "97545", 1, servicedDate="2026-03-16", encounter=[HERE]), old)
    items, _ = suggested({"visits": [{**FOUR_HOURS, "services": services}], "resources": [drafted]}, "Change")
    assert [2, 1] == [
        item["quantity"]["value"] for item in items if item["productOrService"]["coding"][0]["code"] == "97110"
    ]
    assert ["line-2"] == [item["id"] for item in items if "id" in item]
    assert ["code-2"] == [item["productOrService"]["id"] for item in items if "id" in item["productOrService"]]
