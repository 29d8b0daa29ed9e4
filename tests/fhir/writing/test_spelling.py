"""Drafts that are almost R4 become R4, and nothing empty leaves."""

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.fhir.judge import first_r4_error
from cds_service.fhir.writing.repair import valid
from tests.properties.test_any_json_of_a_call import empty_places, places

CLAIM = {
    "resourceType": "Claim",
    "id": "c",
    "status": "draft",
    "use": "claim",
    "type": {"coding": [{"code": "professional"}]},
    "patient": {"reference": "Patient/p1"},
    "created": "2026-03-16",
    "provider": {"display": "North Clinic"},
    "priority": {"coding": [{"code": "normal"}]},
    "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/c"}}],
    "careTeam": [{"sequence": 1, "provider": {"reference": "Practitioner/p"}}],
    "item": [
        {
            "sequence": 1,
            "productOrService": {"coding": [{"code": "97545"}], "text": "work rehab"},
            "modifier": [{"coding": [{"code": "GP"}]}, {"coding": [{"code": "59"}]}],
            "servicedDate": "2026-03-16",
            "quantity": {"value": 1},
        }
    ],
}
PLACES = [path for path in places(CLAIM) if path and path != ("resourceType",)]


def at(value, path):
    for key in path:
        value = value[key]
    return value


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from([None, "", [], {}, [None], [{}], {"text": ""}]))))
def test_nothing_empty_is_in_what_can_leave_whatever_emptiness_came(spoilt):
    claim = deepcopy(CLAIM)
    for path, value in spoilt:
        there = at(CLAIM, path)
        try:
            if isinstance(there, list):
                at(claim, path).append(value)
            elif isinstance(there, dict):
                at(claim, path)["extension"] = value
            else:
                at(claim, path[:-1])[path[-1]] = value
        except (KeyError, IndexError, TypeError, AttributeError):
            continue
    repaired = valid(claim)
    assert first_r4_error(repaired) is not None or [] == list(empty_places(repaired))


def test_lines_without_a_number_get_a_free_one():
    unnumbered = {name: value for name, value in CLAIM["item"][0].items() if name != "sequence"}
    repaired = valid({**CLAIM, "item": [unnumbered, {**unnumbered, "sequence": 1}, unnumbered]})
    assert [2, 1, 3] == [item["sequence"] for item in repaired["item"]]
    assert first_r4_error(repaired) is None


def test_a_lone_number_is_the_value_of_a_quantity():
    item = {**CLAIM["item"][0], "quantity": 2}
    assert {"value": 2} == valid({**CLAIM, "item": item})["item"][0]["quantity"]
