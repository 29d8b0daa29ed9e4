import pytest

from cds_service.domain.care import Performer, Role
from cds_service.domain.codes import Discipline
from tests.fhir.resources import bundle, chart_of_procedures, coded, encounter, procedure

ASSISTANT = Role(Discipline.PT, assistant=True)
THERAPIST = Role(Discipline.PT, assistant=False)


def performers(performer, *people, contained=()):
    record = procedure(performer=[performer], contained=list(contained))
    return chart_of_procedures(record, *people).sessions[0].performers


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
    roles = [session.performers[0].role for session in chart_of_procedures(first, second).sessions]
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


def named(**more):
    return {"resourceType": "Practitioner", "id": "x"} | more


@pytest.mark.parametrize(
    "person",
    [
        named(name=[{"family": "Example", "suffix": ["PTA"]}]),
        named(name=[{"text": "Jane Example, PTA"}]),
        named(qualification=[{"code": {"text": "License"}, "identifier": [{"value": "PTA-0421"}]}]),
        named(qualification=[{"code": {"text": "Licensed Physical Therapist Assistant"}}]),
    ],
    ids=["suffix", "name", "license number", "license in words"],
)
def test_a_person_without_a_role_is_known_by_license_and_title(person):
    assert performers({"actor": {"reference": "Practitioner/x"}}, person)[0].role == ASSISTANT


def test_two_roles_of_one_person_that_differ_are_disputed_unless_one_is_no_longer_in_force():
    link = {"practitioner": {"reference": "Practitioner/x"}}
    actor = {"actor": {"reference": "Practitioner/x"}}
    former = role_resource("q", "225100000X", **link)
    assert performers(actor, role_resource(**link), former)[0].disputed == "PT assistant and PT therapist"
    assert performers(actor, role_resource(**link), former | {"active": False})[0].role == ASSISTANT


def test_a_name_that_says_something_else_than_the_role_is_disputed():
    actor = {"actor": {"reference": "PractitionerRole/r", "display": "Jane Example, PT"}}
    assert performers(actor, role_resource())[0].disputed == "PT assistant and PT therapist"


@pytest.mark.parametrize("kind", ["Organization", "Device", "Patient", "CareTeam", "RelatedPerson"])
def test_what_is_no_person_has_no_profession_whatever_it_is_called(kind):
    (only,) = performers({"actor": {"reference": f"{kind}/o", "display": "Example Rehab, PT"}})
    assert (only.role, only.profession, only.disputed) == (None, None, None)


def test_the_clinic_beside_a_person_is_left_out_and_a_team_is_not():
    people = [{"actor": {"reference": "PractitionerRole/r"}}, {"actor": {"reference": "Organization/o"}}]
    record = procedure(performer=[*people, {"actor": {"reference": "CareTeam/t"}}])
    found = chart_of_procedures(record, role_resource()).sessions[0].performers
    assert [person.reference for person in found] == ["PractitionerRole/r", "CareTeam/t"]


@pytest.mark.parametrize("function", ["Supervising therapist", "Supervisor", "Attending"])
def test_who_supervises_or_attends_beside_others_is_marked(function):
    people = [
        {"actor": {"reference": "Practitioner/a", "display": "A. Example, PTA"}},
        {"actor": {"reference": "Practitioner/b", "display": "B. Example, PT"}, "function": {"text": function}},
    ]
    found = chart_of_procedures(procedure(performer=people)).sessions[0].performers
    assert [(person.role, person.supervises) for person in found] == [(ASSISTANT, False), (THERAPIST, True)]


def test_the_attending_person_alone_treated():
    actor = {"reference": "Practitioner/b", "display": "B. Example, PT"}
    assert not performers({"actor": actor, "function": {"text": "Attending"}})[0].supervises


def participant(name, display, kind=None):
    coding = [{"coding": [{"code": kind}]}] if kind else []
    return {"individual": {"reference": f"Practitioner/{name}", "display": display}, "type": coding}


def session_in_encounter(*participants, **more):
    record = procedure(encounter={"reference": "Encounter/e"}, **more)
    return chart_of_procedures(record, encounters=bundle(encounter(participant=list(participants)))).sessions[0]


def test_the_encounter_names_who_treated_where_the_treatment_names_nobody():
    found = session_in_encounter(participant("a", "A. Example, PTA", "PPRF"))
    assert (found.performers[0].role, found.performers_of_encounter) == (ASSISTANT, True)


def test_a_treatment_that_names_somebody_is_not_asked_of_its_encounter():
    found = session_in_encounter(
        participant("a", "A. Example, PTA"), performer=[{"actor": {"display": "B. Example, PT"}}]
    )
    assert (found.performers[0].role, found.performers_of_encounter) == (THERAPIST, False)


def test_who_refers_and_who_is_no_professional_is_none_of_the_treating():
    found = session_in_encounter(
        participant("m", "M. Example, MD", "REF"),
        participant("p", "P. Example, PT", "PPRF"),
        {"individual": {"reference": "RelatedPerson/r", "display": "R. Example"}},
    )
    assert [person.role for person in found.performers] == [THERAPIST]


def test_the_attending_participant_supervises_where_somebody_else_treats():
    found = session_in_encounter(
        participant("b", "B. Example, PT", "ATND"), participant("a", "A. Example, PTA", "PPRF")
    )
    assert [(person.role, person.supervises) for person in found.performers] == [(THERAPIST, True), (ASSISTANT, False)]
