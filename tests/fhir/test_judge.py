import pytest

from cds_service.fhir import judge
from tests.fhir.resources import PATIENT, procedure


def test_a_valid_resource_has_no_error():
    assert judge.check(procedure()) is None


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
    told = judge.check({key: value for key, value in (procedure() | change).items() if value is not None})
    assert told is not None
    assert told.startswith(error)
    assert "Pat" not in told


@pytest.mark.parametrize("resource", [{}, {"resourceType": 5}, {"resourceType": "../x"}])
def test_a_resource_without_type_is_no_resource(resource):
    assert judge.check(resource) == "resourceType is missing"


def test_a_type_outside_r4_is_named_so():
    assert judge.check({"resourceType": "Transport"}) == "resourceType is not a resource of FHIR R4"


def test_models_can_be_loaded_before_they_are_needed():
    judge.warm(["Claim", "Unheard"])
    assert judge.check({"resourceType": "Claim", "patient": PATIENT}) is not None
