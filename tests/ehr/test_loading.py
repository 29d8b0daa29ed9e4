"""Stories put on a FHIR server: a strict one that refuses references to what it does not have."""

from datetime import date

import pytest
from click.testing import CliRunner

from cds_service.cli.main import main
from cds_service.ehr.loading import in_order, load_story, resources_of
from cds_service.ehr.trial_server import FhirServer, FhirServerError
from cds_service.stories import bundled, load
from tests.fhir_host import FhirHost, outcome
from tests.hosts import replies

MONDAY = date(2026, 3, 16)
TUESDAY = date(2026, 3, 17)


@pytest.fixture
def host():
    with FhirHost(paged=5) as host:
        yield host


def put_of(host):
    return [request.query for request in host.seen if request.method == "PUT"]


def deleted(host):
    return [request.query for request in host.seen if request.method == "DELETE"]


def references_of(story):
    return {f"{resource['resourceType']}/{resource['id']}" for resource in resources_of(story)}


@pytest.mark.parametrize("name", bundled())
def test_every_story_is_put_so_that_what_is_referred_to_comes_first(host, name):
    story = load(name, MONDAY)
    loaded = load_story(FhirServer(host.url), story)
    assert references_of(story) == host.held
    assert (len(host.held), 0) == (loaded.put, loaded.removed)


def test_no_two_stories_share_a_resource():
    references = [reference for name in bundled() for reference in references_of(load(name, MONDAY))]
    assert sorted(set(references)) == sorted(references)


def test_loading_again_changes_nothing(host):
    story = load("colles-fracture", MONDAY)
    load_story(FhirServer(host.url), story)
    held = list(host.resources)
    assert 0 == load_story(FhirServer(host.url), story).removed
    assert held == host.resources


def test_on_another_day_what_the_story_no_longer_holds_is_removed(host):
    load_story(FhirServer(host.url), load("colles-fracture", MONDAY))
    story = load("colles-fracture", TUESDAY)
    removed = load_story(FhirServer(host.url), story).removed
    assert references_of(story) == host.held
    assert removed == len(deleted(host)) > 0


def test_what_others_put_about_the_same_patient_stays(host):
    load_story(FhirServer(host.url), load("colles-fracture", MONDAY))
    foreign = {"resourceType": "Goal", "id": "theirs", "subject": {"reference": "Patient/colles-fracture"}}
    host.resources.append(foreign)
    load_story(FhirServer(host.url), load("colles-fracture", TUESDAY))
    assert foreign in host.resources


def test_everything_put_is_marked_as_test_data_of_its_story(host):
    load_story(FhirServer(host.url), load("colles-fracture", MONDAY))
    marks = {
        (resource["meta"]["security"][0]["code"], resource["meta"]["tag"][0]["code"]) for resource in host.resources
    }
    assert {("HTEST", "colles-fracture")} == marks


def test_an_order_to_be_sent_out_is_on_the_server_and_other_drafts_are_not(host):
    for name in ("order-without-code", "food-delivery-driver"):
        load_story(FhirServer(host.url), load(name, MONDAY))
    orders = {reference for reference in host.held if reference.startswith("ServiceRequest/")}
    assert {f"ServiceRequest/{draft['id']}" for draft in load("order-without-code", MONDAY).drafts} == orders


def test_resources_that_refer_in_a_circle_keep_their_order():
    encounter = {"resourceType": "Encounter", "id": "e", "diagnosis": [{"condition": {"reference": "Condition/c"}}]}
    condition = {"resourceType": "Condition", "id": "c", "encounter": {"reference": "Encounter/e"}}
    assert [encounter, condition] == in_order([encounter, condition])


def test_a_refusal_names_the_resource_and_what_the_server_says(host):
    host.faults["PUT CarePlan"] = replies(422, outcome("no such category"))
    with pytest.raises(FhirServerError, match=r"PUT CarePlan/\S+: the server answered 422: no such category"):
        load_story(FhirServer(host.url), load("colles-fracture", MONDAY))


def test_a_server_that_takes_a_resource_without_answering_it_is_fine(host):
    host.faults["PUT"] = replies(201, b"")
    FhirServer(host.url).put({"resourceType": "Patient", "id": "p"})
    assert ["Patient/p"] == put_of(host)


def test_the_token_goes_with_every_request(host):
    load_story(FhirServer(host.url, "opens-the-sandbox"), load("order-without-code", MONDAY))
    assert {"Bearer opens-the-sandbox"} == {request.headers["authorization"] for request in host.seen}


def load_by_command(*arguments):
    return CliRunner().invoke(main, ["sandbox", "load", *arguments])


def test_the_command_loads_the_stories_named_on_the_day_given(host):
    done = load_by_command("--fhir", host.url, "--story", "medicare", "--today", "2026-03-16")
    assert 0 == done.exit_code, done.output
    assert references_of(load("medicare", MONDAY)) == host.held
    assert "medicare" in done.output


def test_the_command_loads_all_stories_when_none_is_named(host):
    assert 0 == load_by_command("--fhir", host.url, "--today", "2026-03-16").exit_code
    assert {f"Patient/{load(name, MONDAY).patient_id}" for name in bundled()} <= host.held


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fhir", "http://127.0.0.1:1"), "http://127.0.0.1:1 could not be reached"),
        (("--fhir", "http://127.0.0.1:1", "--story", "nobody"), "there is none called 'nobody'"),
        ((), "Missing option '--fhir'"),
    ],
)
def test_what_stands_in_the_way_is_told_in_a_line(arguments, message):
    done = load_by_command(*arguments)
    assert 0 != done.exit_code
    assert message in done.output
    assert "Traceback" not in done.output
