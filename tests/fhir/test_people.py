import pytest

from cds_service.domain.chart import Performer, Role
from cds_service.domain.codes import Discipline
from tests.fhir.resources import bundle, chart_of_procedures, coded, procedure

ASSISTANT = Role(Discipline.PT, assistant=True)
THERAPIST = Role(Discipline.PT, assistant=False)


def performers(performer, *others, contained=()):
    record = procedure(performer=[performer], contained=list(contained))
    return chart_of_procedures(record, *others).sessions[0].performers


def role_resource(name="r", code="225200000X", **more):
    return {"resourceType": "PractitionerRole", "id": name, "code": [coded(None, code)]} | more


def test_the_role_comes_from_a_practitioner_role_in_any_bundle():
    actor = {"actor": {"reference": "PractitionerRole/r"}}
    assert (Performer("PractitionerRole/r", ASSISTANT),) == performers(actor, role_resource())


def test_the_role_comes_from_a_contained_practitioner_role():
    actor = {"actor": {"reference": "#r"}}
    assert (Performer("#r", ASSISTANT),) == performers(actor, contained=[role_resource()])


def test_the_same_local_name_in_two_resources_is_two_people():
    actor = [{"actor": {"reference": "#r"}}]
    first = procedure("a", performer=actor, contained=[role_resource()])
    second = procedure("b", performer=actor, contained=[role_resource(code="225100000X")])
    roles = [one.performers[0].role for one in chart_of_procedures(first, second).sessions]
    assert [ASSISTANT, THERAPIST] == roles


def test_the_role_comes_from_the_qualification_of_a_practitioner():
    person = {"resourceType": "Practitioner", "id": "x", "qualification": [{"code": coded(None, "225100000X")}]}
    assert performers({"actor": {"reference": "Practitioner/x"}}, person)[0].role == THERAPIST


def test_the_role_of_a_practitioner_comes_from_the_only_role_given():
    link = {"practitioner": {"reference": "Practitioner/x"}}
    actor = {"actor": {"reference": "Practitioner/x"}}
    assert performers(actor, role_resource(**link))[0].role == ASSISTANT
    assert performers(actor, role_resource(**link), role_resource("q", "225100000X", **link))[0].role is None


@pytest.mark.parametrize(
    ("performer", "role"),
    [
        ({"function": coded(None, "225200000X"), "actor": {"reference": "Practitioner/x"}}, ASSISTANT),
        ({"actor": {"reference": "Practitioner/x", "display": "A. Example, PTA"}}, ASSISTANT),
        ({"actor": {"reference": "Practitioner/x", "display": "P. T. Example"}}, None),
        ({"actor": {"reference": "Organization/o"}}, None),
    ],
    ids=["function", "credentials", "no credentials", "organization"],
)
def test_function_and_credentials_decide_when_nothing_else_tells(performer, role):
    assert performers(performer)[0].role == role


def test_people_in_other_bundles_resolve():
    record = procedure(performer=[{"actor": {"reference": "PractitionerRole/r"}}])
    chart = chart_of_procedures(record, encounters=bundle(role_resource()))
    assert chart.sessions[0].performers[0].role == ASSISTANT


def test_a_contained_role_goes_by_the_reference_of_its_practitioner():
    inside = role_resource(practitioner={"reference": "Practitioner/x"})
    assert (Performer("Practitioner/x", ASSISTANT),) == performers({"actor": {"reference": "#r"}}, contained=[inside])


def test_a_contained_practitioner_is_not_taken_for_one_on_the_server_of_the_same_id():
    inside = {"resourceType": "Practitioner", "id": "x"}
    known = role_resource(practitioner={"reference": "Practitioner/x"})
    assert performers({"actor": {"reference": "#x"}}, known, contained=[inside])[0].role is None
