"""What a client's entry in the registry changes about its answers."""

import json
from datetime import UTC, date, datetime

from cds_service.app.assembly import answerer_for
from cds_service.app.settings import Settings
from cds_service.ehr.judging import problems
from cds_service.fhir.judge import first_r4_error
from cds_service.hooks.call import read_call
from cds_service.security.clients import Caller
from cds_service.stories import build, load
from tests.playing import bundled_policies
from tests.security.signing import client

TODAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)


def answer(story, hook=None, **members):
    hook = hook or story.hook
    call = read_call(json.dumps(story.request(hook)).encode(), f"work-rehab-{hook}")
    return answerer_for(Settings(), bundled_policies(), lambda: NOW).answer(call, Caller(client(**members)))


def actions(response):
    cards = [card for card in response["cards"] if "suggestions" in card]
    return [action for card in cards for suggestion in card["suggestions"] for action in suggestion["actions"]]


def test_a_client_that_keeps_charge_items_gets_one_for_each_line():
    created = actions(answer(load("texas-hardening-pt-pta", TODAY), charges="chargeitem"))
    resources = [action["resource"] for action in created]
    assert ["97545 WH GP", "97546 WH GP CQ"] == [resource["code"]["text"] for resource in resources]
    assert [1, 2] == [resource["quantity"]["value"] for resource in resources]
    assert [None, None] == [first_r4_error(resource) for resource in resources]


PAIR = {
    "patient": {"state": "TX"},
    "hook": "order-sign",
    "orders": [{"code": 97545, "id": "first"}, {"code": 97140, "text": "Manual therapy", "id": "second"}],
}


def test_a_client_of_version_one_gets_deletions_in_its_own_form():
    old = [action for action in actions(answer(build(PAIR, TODAY), cds_hooks="1.0")) if action["type"] == "delete"]
    new = [action for action in actions(answer(build(PAIR, TODAY), cds_hooks="2.0")) if action["type"] == "delete"]
    assert ["ServiceRequest/second"] == [action["resource"] for action in old]
    assert ["ServiceRequest/second"] == [action["resourceId"] for action in new]


def test_a_client_has_its_own_number_of_cards_name_and_state():
    story = load("past-six-weeks-without-approval", TODAY)
    response = answer(story, max_cards=1, source_label="North Clinic (invented)")
    assert ["North Clinic (invented)"] == [card["source"]["label"] for card in response["cards"]]
    assert [] == problems(response)


def test_a_client_with_the_app_gets_a_link_to_it_on_each_card():
    story = load("past-six-weeks-without-approval", TODAY)
    app = {"fhir_servers": ["https://ehr.example.org/fhir"], "app": {"client_id": "work-rehab-cds"}}
    with_app, plain = answer(story, **app), answer(story)
    added = [card["links"].pop(0) for card in with_app["cards"]]
    of_packet = [link for card in with_app["cards"] for link in without_packet(card)]
    assert plain == with_app
    assert [("Open the authorization packet", "smart", "packet")] == [
        (link["label"], link["type"], link["appContext"]) for link in of_packet
    ]
    assert {("http://127.0.0.1:8000/app/launch", "smart")} == {(link["url"], link["type"]) for link in added}
    assert rules_of(plain) == [link["appContext"] for link in added]
    assert [] == problems(answer(story, **app))


def without_packet(card):
    """The links to the packet, which are taken off the card: only cards about approval have one."""
    found = [link for link in card["links"] if link.get("appContext") == "packet"]
    card["links"] = [link for link in card["links"] if link not in found]
    assert not found or card["source"]["topic"]["code"] == "authorization"
    return found


def rules_of(response):
    return [card["extension"]["work-rehab-cds.finding"]["rule"] for card in response["cards"]]


def topics_of(response):
    return {
        card["extension"]["work-rehab-cds.finding"]["rule"]: card["source"]["topic"]["code"]
        for card in response["cards"]
    }


UNCHECKED = {
    "hook": "order-sign",
    "patient": {"state": "TX"},
    "orders": [{"code": 97545}],
    "prefetch": {"carePlans": "absent"},
}


def test_the_quiet_cards_stand_last_and_have_a_topic():
    seen = answer(load("past-six-weeks-without-approval", TODAY), "patient-view")
    assert "program-state" == rules_of(seen)[-1] != rules_of(seen)[0]
    assert "authorization" == topics_of(seen)["program-state"]
    ordered = answer(build(UNCHECKED, TODAY))
    assert "not-checked" == rules_of(ordered)[-1] != rules_of(ordered)[0]
    assert "documentation" == topics_of(ordered)["not-checked"]


def test_a_quiet_card_never_takes_the_place_of_another():
    shown = len(answer(build(UNCHECKED, TODAY))["cards"]) - 1
    limited = answer(build(UNCHECKED, TODAY), max_cards=shown)
    assert shown == len(limited["cards"])
    assert "not-checked" not in rules_of(limited)
    assert {"not-checked"} == {
        withheld["rule"] for withheld in limited["extension"]["work-rehab-cds.evaluation"]["withheld"]
    }


def test_a_client_that_turned_a_quiet_card_off_leaves_no_trace_of_it():
    story = load("past-six-weeks-without-approval", TODAY)
    on, off = answer(story, "patient-view"), answer(story, "patient-view", program_state=False)
    assert rules_of(on) == [*rules_of(off), "program-state"]
    trace = [rule["id"] for rule in off["extension"]["work-rehab-cds.evaluation"]["rules"]]
    assert "program-state" not in trace


def test_listed_and_shared_ids_give_the_same_answer():
    story = build(UNCHECKED, TODAY)
    body = json.dumps(story.request("order-sign")).encode()
    answerer = answerer_for(Settings(), bundled_policies())
    listed, shared = (
        answerer.answer(read_call(body, service)) for service in ("work-rehab-order-sign", "work-rehab-order")
    )
    assert listed == shared


def test_what_the_ehr_never_sends_is_told_by_the_place_where_it_is_kept():
    story = build(UNCHECKED, TODAY)
    answered = answer(story, not_available={"carePlans": "the paper chart"})
    gaps = [gap["why"] for gap in answered["extension"]["work-rehab-cds.evaluation"]["gaps"]]
    assert "not sent by this EHR, kept in the paper chart" in gaps
    assert "See the paper chart for plan of care" == answered["cards"][-1]["summary"]
