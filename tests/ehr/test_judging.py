import json

import pytest

from cards.composition import compose
from cds_service.ehr.judging import problems
from tests.cards.card_examples import SETTINGS, actions_for, an_evaluation, charges

FINDING = charges()
CREATE = {"type": "create", "description": "Create it", "resource": {"resourceType": "Claim", "id": "new"}}
DELETE = {"type": "delete", "description": "Drop it", "resourceId": "ServiceRequest/old"}


def a_response():
    return json.loads(compose(an_evaluation(FINDING), actions_for(FINDING), SETTINGS).response.encoded)


def card(change):
    return lambda response: change(response["cards"][0])


def suggestion(change):
    return lambda response: change(response["cards"][0]["suggestions"][0])


def actions(*wanted):
    return suggestion(lambda proposal: proposal.update(actions=list(wanted)))


def created(**resource):
    return CREATE | {"resource": CREATE["resource"] | resource}


def updated(**resource):
    return CREATE | {"type": "update", "resource": resource}


BROKEN = {
    "cards missing": (lambda r: r.pop("cards"), "$.cards: missing (CH-S-01)"),
    "cards no array": (lambda r: r.update(cards={"a": 1}), "$.cards: not an array (CH-S-01)"),
    "card no object": (lambda r: r.update(cards=["x"]), "$.cards[0]: not an object (CH-S-01)"),
    "null": (card(lambda c: c.update(links=None)), "$.cards[0].links: null (CH-S-03)"),
    "blank text": (card(lambda c: c.update(detail=" ")), "$.cards[0].detail: empty text (CH-S-03)"),
    "empty object": (card(lambda c: c.update(extension={})), "$.cards[0].extension: empty (CH-S-03)"),
    "empty array": (lambda r: r.update(systemActions=[]), "$.systemActions: empty (CH-S-03)"),
    "uuid form": (card(lambda c: c.update(uuid="urn:uuid:x")), "$.cards[0].uuid: not an RFC 4122"),
    "suggestion uuid": (suggestion(lambda s: s.update(uuid=7)), "$.cards[0].suggestions[0].uuid: not an RFC 4122"),
    "uuid twice": (
        lambda r: r["cards"].append(r["cards"][0]),
        "$.cards[1].uuid: the same as $.cards[0].uuid (CH-S-04)",
    ),
    "summary missing": (card(lambda c: c.pop("summary")), "$.cards[0].summary: missing (CH-S-05)"),
    "summary of 140": (card(lambda c: c.update(summary="x" * 140)), "$.cards[0].summary: 140 characters"),
    "two lines": (card(lambda c: c.update(summary="a\nb")), "$.cards[0].summary: more than one line (CH-S-05)"),
    "detail no text": (card(lambda c: c.update(detail=["x"])), "$.cards[0].detail: not text (CH-S-06)"),
    "raw html": (card(lambda c: c.update(detail="a <b>c")), "$.cards[0].detail: raw HTML (CH-S-06)"),
    "html comment": (card(lambda c: c.update(detail="a <!-- x")), "$.cards[0].detail: raw HTML (CH-S-06)"),
    "indicator": (card(lambda c: c.update(indicator="hard-stop")), "$.cards[0].indicator: not one of"),
    "source": (card(lambda c: c.pop("source")), "$.cards[0].source.label: missing (CH-S-08)"),
    "source url": (card(lambda c: c["source"].update(url="/x")), "$.cards[0].source.url: not an absolute"),
    "source icon": (card(lambda c: c["source"].update(icon="x.png")), "$.cards[0].source.icon: not an absolute"),
    "no behavior": (card(lambda c: c.pop("selectionBehavior")), "$.cards[0].selectionBehavior: missing"),
    "behavior": (card(lambda c: c.update(selectionBehavior="all")), "$.cards[0].selectionBehavior: not one of"),
    "behavior alone": (card(lambda c: c.pop("suggestions")), "$.cards[0].selectionBehavior: without suggestions"),
    "two recommended": (
        card(lambda c: c["suggestions"].append(dict(c["suggestions"][0], uuid="5b0f3c57-6c0e-4f0a-9d43-0d2f6f1f7a55"))),
        "$.cards[0].suggestions: 2 recommended with at-most-one (CH-S-10)",
    ),
    "no label": (suggestion(lambda s: s.pop("label")), "$.cards[0].suggestions[0].label: missing (CH-S-11)"),
    "recommended as text": (suggestion(lambda s: s.update(isRecommended="yes")), "isRecommended: not true or false"),
    "no actions": (actions(), "$.cards[0].suggestions[0].actions: no action (CH-S-11)"),
    "actions no array": (suggestion(lambda s: s.update(actions="x")), "actions: not an array (CH-S-11)"),
    "suggestion no object": (card(lambda c: c["suggestions"].append("x")), "suggestions[1]: not an object (CH-S-11)"),
    "action type": (actions(CREATE | {"type": "replace"}), "actions[0].type: not one of create, update, delete"),
    "action description": (actions(CREATE | {"description": "\t"}), "actions[0].description: missing (CH-S-12)"),
    "create without resource": (actions(CREATE | {"resource": "Claim/1"}), "create needs the whole resource (CH-S-13)"),
    "create with resourceId": (actions(CREATE | {"resourceId": "Claim/1"}), "resourceId: only with delete (CH-S-13)"),
    "update without id": (actions(updated(resourceType="Claim")), "update needs the id of the resource (CH-S-13)"),
    "update without type": (actions(updated(id="a")), "resource.resourceType: missing (CH-S-23)"),
    "resource id": (actions(created(id="a/b")), "resource.id: not a FHIR id (CH-S-23)"),
    "delete without id": (actions({**DELETE, "resourceId": "old"}), "delete needs Type/id (CH-S-14)"),
    "delete with resource": (actions({**DELETE, "resource": "x"}), "resource: not with delete (CH-S-14)"),
    "reference to deleted": (
        actions(DELETE, created(basedOn={"reference": "ServiceRequest/old"})),
        "ServiceRequest/old is deleted by the same suggestion (CH-S-15)",
    ),
    "urn not there": (actions(created(basedOn=[{"reference": "urn:uuid:x"}])), "urn:uuid:x does not resolve (CH-S-15)"),
    "contained not there": (actions(created(basedOn={"reference": "#x"})), "#x does not resolve (CH-S-15)"),
    "action selection": (suggestion(lambda s: s.update(actionSelectionBehavior="all")), "(CH-S-16)"),
    "reason display": (card(lambda c: c["overrideReasons"][0].pop("display")), "overrideReasons[0].display: missing"),
    "reasons no array": (card(lambda c: c.update(overrideReasons="x")), "overrideReasons: not an array (CH-S-17)"),
    "link label": (card(lambda c: c["links"][0].pop("label")), "links[0].label: missing (CH-S-18)"),
    "link type": (card(lambda c: c["links"][0].update(type="web")), "links[0].type: not one of"),
    "app context": (card(lambda c: c["links"][0].update(appContext="x")), "links[0].appContext: only with smart"),
    "link address": (card(lambda c: c["links"][0].update(url="javascript:x")), "links[0].url: not an absolute"),
    "broken address": (card(lambda c: c["links"][0].update(url="http://[x")), "links[0].url: not an absolute"),
    "autolaunch": (card(lambda c: c["links"][0].update(autolaunchable=True)), "links[0].autolaunchable: not used"),
    "system action": (lambda r: r.update(systemActions=[{"type": "create"}]), "systemActions[0].description: missing"),
    "system actions": (lambda r: r.update(systemActions="x"), "$.systemActions: not an array (CH-S-20)"),
    "topic code": (card(lambda c: c["source"]["topic"].pop("code")), "source.topic.code: missing (CH-S-21)"),
    "topic text": (card(lambda c: c["source"].update(topic="x")), "source.topic: not a coding (CH-S-21)"),
    "reason system": (card(lambda c: c["overrideReasons"][0].pop("system")), "overrideReasons[0].system: missing"),
    "extension array": (card(lambda c: c.update(extension=[1])), "$.cards[0].extension: not an object (CH-S-22)"),
    "extension name": (lambda r: r["extension"].update(mine=1), "$.extension.mine: the name needs a dot"),
    "order": (
        lambda r: r["cards"].append({**r["cards"][0], "indicator": "critical"}),
        "$.cards: not in the order critical, warning, info (CH-S-24)",
    ),
}


def test_our_own_answer_has_no_problem():
    assert [] == problems(a_response())


@pytest.mark.parametrize(("damage", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_damaged_answer_is_told_with_path_and_requirement(damage, message):
    response = a_response()
    damage(response)

    found = problems(response)

    assert any(message in problem for problem in found), found
    assert all("(CH-" in problem for problem in found)


def test_a_response_that_is_no_object_is_refused():
    assert ["$: the response is not an object (CH-S-01)"] == problems([])


def test_an_empty_list_of_cards_is_an_answer():
    assert [] == problems({"cards": []})


def test_a_summary_of_139_characters_fits():
    response = a_response()
    response["cards"][0]["summary"] = "x" * 139

    assert [] == problems(response)


def test_zero_and_false_are_values():
    response = a_response()
    response["extension"]["work-rehab-cds.evaluation"] = {"zero": 0, "false": False}

    assert [] == problems(response)


def test_escaped_angle_brackets_are_no_html():
    response = a_response()
    response["cards"][0]["detail"] = r"5 < 6, \<b>, &lt;b&gt;"

    assert [] == problems(response)


@pytest.mark.parametrize("link_hosts", [{"elsewhere.example.org"}])
def test_links_and_sources_stay_on_the_allowed_hosts(link_hosts):
    found = problems(a_response(), link_hosts=link_hosts)

    assert [
        "$.cards[0].source.url: host rehab.example.org is not allowed (CH-X-18)",
        "$.cards[0].links[0].url: host rehab.example.org is not allowed (CH-X-18)",
        "$.cards[0].links[1].url: host rehab.example.org is not allowed (CH-X-18)",
    ] == found


def test_more_cards_than_agreed_are_told():
    assert ["$.cards: 1 cards, at most 0 (CH-S-24)"] == problems(a_response(), max_cards=0)


def test_references_to_known_created_contained_and_logical_resources_resolve():
    response = a_response()
    resource = {
        "contained": [{"resourceType": "Organization", "id": "payer"}],
        "insurer": {"reference": "#payer"},
        "patient": {"reference": "Patient/example"},
        "related": {"reference": "Claim/new"},
        "provider": {"reference": "https://ehr.example.org/fhir/Practitioner/1"},
    }
    actions(created(**resource))(response)

    assert [] == problems(response, known_references={"Patient/example"})


def test_a_reference_the_client_does_not_know_is_told():
    [found] = problems(a_response(), known_references={"Patient/other"})

    assert found.endswith("resource.patient.reference: Patient/example does not resolve (CH-S-15)")


def test_the_selection_any_came_with_version_two():
    response = a_response()
    response["cards"][0]["selectionBehavior"] = "any"

    assert [] == problems(response, version="2.0")
    assert ["$.cards[0].selectionBehavior: not one of at-most-one (CH-S-09)"] == problems(response, version="1.0")


def test_system_actions_came_with_version_two():
    response = a_response() | {"systemActions": [CREATE]}

    assert [] == problems(response, version="2.0")
    assert ["$.systemActions: not before version 2.0 (CH-S-20)"] == problems(response, version="1.0")


def test_version_one_deletes_with_resource():
    response = a_response()
    actions({"type": "delete", "description": "Drop it", "resource": "ServiceRequest/old"})(response)

    assert [] == problems(response, version="1.0")
