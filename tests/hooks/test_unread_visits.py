"""A visit or booking of which nothing could be read is told; another specialty's is not."""

import json

import pytest

from tests.hooks.test_answer_gaps import played, told

RULE = "unread-visit"


def rules(answer):
    return [card["extension"]["work-rehab-cds.finding"]["rule"] for card in answer["cards"]]


def entries(request, key):
    return [entry["resource"] for entry in request["prefetch"][key]["entry"]]


def of_visit(request):
    asked = request["context"]["encounterId"]
    treatments = [
        resource
        for resource in entries(request, "procedures")
        if asked in resource.get("encounter", {}).get("reference", "")
    ]
    visits = [resource for resource in entries(request, "encounters") if resource["id"] == asked]
    return treatments, [*visits, request["prefetch"]["encounter"]]


def without(name):
    def change(request):
        treatments, visits = of_visit(request)
        for treatment in treatments:
            treatment.pop(name)
        for visit in visits:
            visit["type"] = [{"text": "Therapy visit"}]

    return change


@pytest.mark.parametrize("name", ["status", "subject"])
def test_treatments_of_a_visit_without_status_or_patient_are_a_card_and_named_gaps(name):
    answer = played("clean-program", "encounter-discharge", without(name))
    assert [RULE] == rules(answer)
    assert {reference for fact, _, reference in told(answer) if fact == "sessions" and reference} != set()


def test_a_visit_in_the_shape_of_r5_names_the_version():
    def change(request):
        treatments, visits = of_visit(request)
        for treatment in treatments:
            treatment["occurrencePeriod"] = treatment.pop("performedPeriod")
        for visit in visits:
            visit.update(
                {
                    "status": "completed",
                    "class": [{"coding": [visit["class"]]}],
                    "actualPeriod": visit.pop("period"),
                }
            )

    answer = played("clean-program", "encounter-discharge", change)
    assert [RULE] == rules(answer)
    assert {why for _, why, reference in told(answer) if reference} == {"is written in another FHIR version than R4"}


def test_treatments_that_cannot_be_read_at_all_are_told_instead_of_refused():
    def change(request):
        for resource in entries(request, "procedures"):
            resource["performedPeriod"] = "this morning"

    answer = played("clean-program", "encounter-discharge", change)
    assert RULE in rules(answer) or told(answer)


def test_the_visit_of_another_specialty_stays_an_empty_answer():
    def change(request):
        treatments, visits = of_visit(request)
        for treatment in treatments:
            treatment["code"] = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "93000"}]}
        for visit in visits:
            visit["type"] = [{"text": "Cardiology follow-up"}]

    assert {"cards": []} == played("clean-program", "encounter-discharge", change)


def test_no_id_of_another_patient_stands_in_an_answer():
    def change(request):
        for key in ("procedures", "encounters", "observations", "conditions"):
            value = request["prefetch"][key]
            strangers = json.loads(json.dumps(value["entry"]))
            for number, entry in enumerate(strangers):
                entry["resource"] |= {"id": f"stranger-{number}", "subject": {"reference": "Patient/somebody-else"}}
            value["entry"] += strangers
            value.pop("total", None)

    answer = played("clean-program", "encounter-discharge", change)
    assert "stranger" not in json.dumps(answer)
    whys = {why for _, why, _ in told(answer) if "other patients" in why}
    assert len(whys) == 1
    for card in answer["cards"]:
        assert card["detail"].count("other patients") <= 1
