import pytest

from cds_service.fhir import judge
from tests.fhir.resources import PATIENT, procedure


def test_a_valid_resource_has_no_error():
    assert judge.first_r4_error(procedure()) is None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"status": {"x": "Pat"}}, "status: Input should be a valid string"),
        ({"subject": None}, "subject: Field required"),
        ({"performedDateTime": "Pat Example"}, "performedDateTime: "),
        ({"Pat Example": 1}, "(unknown element): "),
    ],
)
def test_the_first_error_is_told_with_its_place_and_without_values(change, error):
    problem = judge.first_r4_error({key: value for key, value in (procedure() | change).items() if value is not None})
    assert problem is not None
    assert problem.startswith(error)
    assert "Pat" not in problem


@pytest.mark.parametrize("resource", [{}, {"resourceType": 5}, {"resourceType": "../x"}])
def test_a_resource_without_type_is_no_resource(resource):
    assert judge.first_r4_error(resource) == "resourceType is missing"


def test_a_type_outside_r4_is_named_so():
    assert judge.first_r4_error({"resourceType": "Transport"}) == "resourceType is not a resource of FHIR R4"


def test_models_can_be_loaded_before_they_are_needed():
    judge.warm(["Claim", "Unheard"])
    assert judge.first_r4_error({"resourceType": "Claim", "patient": PATIENT}) is not None


def claim(**change):
    return {
        "resourceType": "Claim",
        "id": "claim-1",
        "status": "draft",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": "professional"}]},
        "use": "claim",
        "patient": {"reference": "Patient/pat-1"},
        "created": "2026-03-16",
        "provider": {"display": "provider not recorded"},
        "priority": {"coding": [{"code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/1"}, "preAuthRef": ["A-1"]}],
        "item": [
            {
                "sequence": 1,
                "productOrService": {"coding": [{"code": "97545"}], "text": "work rehab"},
                "servicedDate": "2026-03-16",
                "quantity": {"value": 1},
            }
        ],
    } | change


@pytest.mark.parametrize(
    "change",
    [
        {"id": "claim_1"},
        {"created": "2026-02-30"},
        {"created": "2026-13-01"},
        {"created": "0000-01-01"},
        {"created": "16.3.2026"},
        {"status": ""},
        {"status": 5},
        {"patient": {"reference": ["Patient/pat-2"]}},
        {"patient": {"reference": "Patient/pat-2", "name": "Pat"}},
        {"provider": {"display": {"text": "provider"}}},
        {"insurance": [{"sequence": "first", "focal": True, "coverage": {"reference": "Coverage/1"}}]},
        {"insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/1"}, "preAuthRef": "A-1"}]},
        {"item": [{"sequence": 1}]},
    ],
)
def test_a_resource_is_judged_anew_where_it_differs_from_a_valid_one(change):
    assert judge.first_r4_error(claim()) is None
    assert judge.first_r4_error(claim(**change)) is not None
    assert judge.first_r4_error(claim()) is None


@pytest.mark.parametrize(
    "change",
    [
        {"id": "claim-2", "patient": {"reference": "Patient/pat-2"}},
        {"created": "2024-02-29"},
        {"created": "2026-12-31"},
        {"created": "2026-03-16T09:00:00-06:00"},
        {"patient": {"reference": "https://ehr.example.org/Patient/1"}},
        {"patient": {"display": "P\u00e9ter  P\u00e9lda"}},
        {"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Claim</div>'}},
    ],
)
def test_what_is_of_one_patient_does_not_make_a_resource_invalid(change):
    assert judge.first_r4_error(claim()) is None
    assert judge.first_r4_error(claim(**change)) is None
