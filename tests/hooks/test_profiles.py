"""What a client's entry in the registry changes about its answers."""

import json
from datetime import date

from cards.validate import problems
from cds_service.fhir.judge import check
from cds_service.hooks.call import read_call
from cds_service.hooks.profile import Profile
from cds_service.sandbox import build, load
from cds_service.service import answerer_for
from cds_service.settings import Settings
from tests.playing import bundled_policies

TODAY = date(2026, 3, 16)


def answer(story, hook=None, **profile):
    hook = hook or story.hook
    call = read_call(json.dumps(story.request(hook)).encode(), story.service)
    return answerer_for(Settings(), bundled_policies()).answer(call, Profile(**profile))


def actions(response):
    cards = [card for card in response["cards"] if "suggestions" in card]
    return [action for card in cards for suggestion in card["suggestions"] for action in suggestion["actions"]]


def test_a_client_that_keeps_charge_items_gets_one_for_each_line():
    created = actions(answer(load("texas-hardening-pt-pta", TODAY), charges="chargeitem"))
    resources = [action["resource"] for action in created]
    assert ["97545 WH GP", "97546 WH GP CQ"] == [one["code"]["text"] for one in resources]
    assert [1, 2] == [one["quantity"]["value"] for one in resources]
    assert [None, None] == [check(one) for one in resources]


PAIR = {
    "patient": {"state": "TX"},
    "hook": "order-sign",
    "orders": [{"code": 97545, "id": "first"}, {"code": 97140, "text": "Manual therapy", "id": "second"}],
}


def test_a_client_of_version_one_gets_deletions_in_its_own_form():
    old = [one for one in actions(answer(build(PAIR, TODAY), cds_hooks="1.0")) if one["type"] == "delete"]
    new = [one for one in actions(answer(build(PAIR, TODAY), cds_hooks="2.0")) if one["type"] == "delete"]
    assert ["ServiceRequest/second"] == [one["resource"] for one in old]
    assert ["ServiceRequest/second"] == [one["resourceId"] for one in new]


def test_a_client_has_its_own_number_of_cards_name_and_state():
    story = load("past-six-weeks-without-approval", TODAY)
    response = answer(story, max_cards=1, source_label="North Clinic (invented)")
    assert ["North Clinic (invented)"] == [card["source"]["label"] for card in response["cards"]]
    assert [] == problems(response)
