"""Resources that others name, people and requests, are asked for in turn."""

import json
import threading

from cds_service.hooks.fetching import MOST_REFERENCES
from tests.fhir_host import FhirHost
from tests.hooks.fetching.fetching_calls import STORY, VISIT_KEYS, evaluation, in_ehr, without_prefetch


def test_roles_of_their_own_tell_what_contained_ones_tell(ask, ehr):
    """Names without credentials, so that only the role tells who is an assistant."""
    request = in_ehr(STORY, ehr, "encounter-discharge")
    ehr.resources = json.loads(json.dumps(ehr.resources).replace(", PTA", "").replace(", PT", ""))
    contained = ask(without_prefetch(request, ehr))
    assert not any(query.startswith("Practitioner") for query in ehr.queries)
    ehr.resources = referred_roles(ehr.resources)
    referred = ask(without_prefetch(request, ehr))
    assert {"PractitionerRole/pt", "PractitionerRole/pta"} <= set(ehr.queries)
    assert shown(contained) == shown(referred)
    assert "CQ" in json.dumps(referred["cards"])


def referred_roles(resources):
    """The same resources with the contained roles as resources of their own."""
    moved = {}
    for resource in resources:
        for role in resource.pop("contained", ()):
            moved[role["id"]] = role
        for performer in resource.get("performer", ()):
            name = performer["actor"]["reference"]
            if name.startswith("#"):
                performer["actor"]["reference"] = f"PractitionerRole/{name[1:]}"
        if resource.get("author", {}).get("reference", "").startswith("#"):
            resource["author"]["reference"] = f"PractitionerRole/{resource['author']['reference'][1:]}"
    return [*resources, *moved.values()]


def shown(answer):
    return [card["summary"] for card in answer["cards"]]


def test_referred_resources_are_asked_for_at_the_same_time(ask, ehr, discharge):
    people = [f"Practitioner/someone-{number}" for number in range(3)]
    treatment = next(resource for resource in ehr.resources if resource["resourceType"] == "Procedure")
    treatment["performer"] = [{"actor": {"reference": name}} for name in people]
    ehr.resources.extend(
        {"resourceType": "Practitioner", "id": name.partition("/")[2], "qualification": [{"code": {"text": "PT"}}]}
        for name in people
    )
    together = threading.Barrier(len(people))
    ehr.faults["Practitioner/someone"] = lambda handler: (
        together.wait(5),
        handler.reply(200, ehr.answer(handler.path.removeprefix(f"{FhirHost.base}/"))),
    )
    ask(without_prefetch(discharge, ehr))
    assert not together.broken
    assert set(people) <= set(ehr.queries)


def test_so_many_referred_resources_are_read_and_no_more(ask, ehr, discharge):
    treatment = next(resource for resource in ehr.resources if resource["resourceType"] == "Procedure")
    treatment["performer"] = [{"actor": {"reference": f"Practitioner/p{number}"}} for number in range(100)]
    ask(without_prefetch(discharge, ehr))
    assert len(ehr.queries) == len(VISIT_KEYS) + MOST_REFERENCES


def test_references_to_other_servers_are_not_asked_for_here(ask, ehr, discharge):
    treatment = next(resource for resource in ehr.resources if resource["resourceType"] == "Procedure")
    treatment["performer"] = [
        {"actor": {"reference": "https://other.example/Practitioner/p1"}},
        {"actor": {"reference": f"{ehr.url}/Practitioner/p2"}},
        {"actor": {"reference": "Practitioner/../../p3"}},
    ]
    ask(without_prefetch(discharge, ehr))
    assert ["Practitioner/p2"] == [query for query in ehr.queries if query.startswith("Practitioner")]


def test_the_request_of_an_answer_that_names_no_service_is_read(ask, ehr, discharge):
    answered = next(resource for resource in ehr.resources if resource["resourceType"] == "ClaimResponse")
    answered["request"] = {"reference": "Claim/asked"}
    for item in answered["item"]:
        item["extension"] = [
            extension for extension in item["extension"] if not extension["url"].endswith("itemAuthorizedDetail")
        ]
    asked = {"resourceType": "Claim", "id": "asked", "use": "preauthorization", "patient": answered["patient"]}
    ehr.resources.append(asked | {"item": [{"sequence": 1, "productOrService": {"text": "MRI of the knee"}}]})
    answer = ask(without_prefetch(discharge, ehr))
    assert "Claim/asked" in ehr.queries
    assert any("none on record" in card["summary"] for card in answer["cards"])


def test_a_person_without_qualification_is_known_by_the_roles_held(ask, ehr, discharge):
    treatments = [resource for resource in ehr.resources if resource["resourceType"] == "Procedure"]
    for treatment in treatments:
        treatment["performer"] = [{"actor": {"reference": "Practitioner/somebody"}}]
    code = {"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": "225200000X"}]}
    ehr.resources += [
        {"resourceType": "Practitioner", "id": "somebody"},
        {
            "resourceType": "PractitionerRole",
            "id": "r",
            "practitioner": {"reference": "Practitioner/somebody"},
            "code": [code],
        },
    ]
    answer = ask(without_prefetch(discharge, ehr))
    assert "PractitionerRole?practitioner=somebody" in ehr.queries
    assert "CQ" in json.dumps(answer["cards"])


def test_a_role_without_code_leads_to_the_person(ask, ehr, discharge):
    for resource in ehr.resources:
        if resource["resourceType"] == "Procedure":
            resource["performer"] = [{"actor": {"reference": "PractitionerRole/r"}}]
    ehr.resources += [
        {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/somebody"}},
        {
            "resourceType": "Practitioner",
            "id": "somebody",
            "qualification": [{"code": {"text": "Physical Therapist Assistant"}}],
        },
    ]
    answer = ask(without_prefetch(discharge, ehr))
    assert "Practitioner/somebody" in ehr.queries
    assert "CQ" in json.dumps(answer["cards"])


def test_a_referred_person_who_cannot_be_read_is_a_gap_when_nothing_else_tells(ask, ehr, discharge):
    for resource in ehr.resources:
        if resource["resourceType"] == "Procedure":
            resource["performer"] = [
                {"actor": {"reference": "Practitioner/unknown"}},
                {"actor": {"reference": "Practitioner/named", "display": "Assi Mockwell, PTA"}},
            ]
    found = evaluation(ask(without_prefetch(discharge, ehr)))["gaps"]
    why = "could not be read: the EHR's FHIR server does not have it (404)"
    assert ["Practitioner/unknown"] == [gap["reference"] for gap in found if gap["why"] == why]
