"""Proposals that change a draft order: what was there stays, what is empty goes, what is invalid is not proposed."""

from datetime import date

from cds_service.domain.findings import AddOrder, ChangeOrder, Proposal
from cds_service.fhir.writing.proposed_actions import Writing, actions

HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
ORDER = {
    "resourceType": "ServiceRequest",
    "id": "again",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/invented"},
    "code": {"text": "Re-evaluation"},
    "orderDetail": [{"coding": [{"system": HCPCS, "code": "GP"}]}, {"text": "Morning"}],
}


def written(change, **elements):
    order = {**ORDER, **elements}
    writing = Writing("invented", date(2026, 3, 18), "call", {"ServiceRequest/again": order}.get)
    return [action.resource for action in actions(Proposal("any", (change,)), writing)]


def test_the_modifier_of_a_separate_service_stands_beside_those_that_are_there():
    (order,) = written(ChangeOrder("ServiceRequest/again", modifiers=("59",)))
    expected = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "59"}]}
    assert [*ORDER["orderDetail"], expected] == order["orderDetail"]


def test_another_discipline_replaces_the_one_that_is_there():
    (order,) = written(ChangeOrder("ServiceRequest/again", modifiers=("GO",)))
    assert [{"text": "Morning"}, {"coding": [{"system": HCPCS, "code": "GO"}]}] == order["orderDetail"]


def test_no_null_goes_out_with_a_changed_or_an_added_order():
    empty = {"encounter": None, "requester": None, "note": [None], "reasonCode": [{"text": None}]}
    for change in (ChangeOrder("ServiceRequest/again", units=3), AddOrder("ServiceRequest/again", "97546")):
        (order,) = written(change, **empty)
        assert set() == set(empty) & set(order)


def test_an_order_of_nobody_is_not_proposed():
    changed = written(ChangeOrder("ServiceRequest/again", units=3), subject=None)
    added = written(AddOrder("ServiceRequest/again", "97546"), subject=None)
    assert ([], []) == (changed, added)


def test_a_null_that_holds_the_place_of_an_extension_stays():
    extension = {"extension": [{"url": "https://ehr.example.org/invented", "valueString": "x"}]}
    uris = {"instantiatesUri": ["https://ehr.example.org/a", None], "_instantiatesUri": [None, extension]}
    (order,) = written(ChangeOrder("ServiceRequest/again", units=3), encounter=None, **uris)
    assert uris == {name: order[name] for name in uris}
    assert "encounter" not in order
