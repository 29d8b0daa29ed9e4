import pytest

from cds_service.fhir.server.scopes import covers, shows_a_part


@pytest.mark.parametrize(
    ("scope", "resource_type", "right", "expected"),
    [
        ("user/Patient.read", "Patient", "r", True),
        ("user/Patient.read", "Patient", "s", True),
        ("user/Patient.read", "Coverage", "s", False),
        ("patient/*.read", "Coverage", "s", True),
        ("patient/*.*", "Coverage", "s", True),
        ("system/*.*", "Practitioner", "r", True),
        ("user/Patient.write", "Patient", "r", False),
        ("user/Patient.rs", "Patient", "r", True),
        ("user/Patient.r", "Patient", "s", False),
        ("user/Patient.s", "Patient", "r", False),
        ("user/Patient.cruds", "Patient", "s", True),
        ("user/Patient.cud", "Patient", "r", False),
        ("user/*.rs", "Goal", "s", True),
        ("patient/Observation.rs?category=http://terminology.hl7.org/x|survey", "Observation", "s", True),
        ("patient/Observation.rs?category=survey", "Goal", "s", False),
        ("launch openid fhirUser user/Patient.read user/Goal.rs", "Goal", "s", True),
        ("launch openid fhirUser user/Patient.read user/Goal.rs", "Claim", "s", False),
        ("user/Procedures.read", "Procedure", "s", False),
    ],
)
def test_a_scope_covers_what_it_names(scope, resource_type, right, expected):
    assert expected == covers(scope, resource_type, right)


@pytest.mark.parametrize(
    "scope", ["", "  ", "openid launch", "user/Patient.sr", "user/Patient", "everything", "practitioner/Patient.read"]
)
def test_a_scope_that_tells_nothing_of_resources_leaves_it_to_the_server(scope):
    assert covers(scope, "Claim", "s")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("patient/Observation.rs?category=survey", True),
        ("patient/Observation.rs?category=survey patient/Observation.rs?category=exam", True),
        ("patient/Observation.rs?category=survey user/*.rs", False),
        ("patient/Observation.rs", False),
        ("patient/Goal.rs?lifecycle-status=active", False),
        ("", False),
    ],
)
def test_a_type_is_shown_in_part_when_all_its_grants_are_filtered(scope, expected):
    assert expected == shows_a_part(scope, "Observation", "s")
