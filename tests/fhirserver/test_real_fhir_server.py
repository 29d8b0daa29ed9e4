"""The stories on a FHIR server that is not ours, and the service called by an EHR that reads from there."""

import json
from datetime import date

import pytest
import requests
from click.testing import CliRunner

from cds_service.cli.main import main
from cds_service.ehr.calls import Ehr, call
from cds_service.ehr.loading import OF_A_PATIENT, load_story, resources_of
from cds_service.ehr.signing import ISSUER, KEY_FILE, make_client, read_signer, registry_entry
from cds_service.ehr.situation import Situation
from cds_service.ehr.trial_server import FhirServer, FhirServerError
from cds_service.stories import bundled, load
from tests.fhirserver.starting import TOKEN, fhir_server, missing
from tests.serving import running

pytestmark = [
    pytest.mark.fhirserver,
    pytest.mark.server,
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
]

TODAY = date.today()  # noqa: DTZ011 - the local day is meant
EVALUATION = "work-rehab-cds.evaluation"
CALLS = [(name, hook) for name in bundled() if name != "vendor-shaped-chart" for hook in load(name, TODAY).hooks]
"""Not of the story whose EHR never sends what this server has."""


@pytest.fixture(scope="module")
def fhir():
    """A FHIR server with all bundled stories."""
    with fhir_server() as url:
        server = FhirServer(url, TOKEN)
        for name in bundled():
            load_story(server, load(name, TODAY))
        yield server


@pytest.fixture(scope="module")
def demo():
    """The service without registry."""
    with running("demo") as started:
        yield started.url


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    make_client(folder, ISSUER, None)
    return folder


@pytest.fixture(scope="module")
def registered(fhir, keys):
    """What a service has in its environment that knows one client, and that client's FHIR server."""
    registry = keys / "clients.yaml"
    registry.write_text(registry_entry(keys, ISSUER, fhir.url))
    return {
        "CDS_CLIENTS": str(registry),
        "CDS_ALLOW_HTTP": "1",
        "CDS_FHIR_SECONDS": "30",
        "CDS_DATABASE_URL": f"sqlite:///{keys}/records.sqlite3",
    }


@pytest.fixture(scope="module")
def service(registered):
    with running("serve", "--workers", "2", **registered) as started:
        yield started.url


@pytest.fixture(scope="module")
def signer(keys):
    return read_signer(keys / KEY_FILE, ISSUER)


def situation(story, hook):
    drafts = story.appointments if hook == "appointment-book" else story.drafts
    return Situation(hook=hook, patient=story.patient_id, drafts=drafts if hook != "order-dispatch" else ())


def said(answer):
    """What an answer says, without the ids that differ from call to call."""
    rules = {rule["id"]: rule["outcome"] for rule in answer["extension"][EVALUATION]["rules"]}
    cards = [(card["summary"], card["indicator"], detail(card), suggested(card)) for card in answer["cards"]]
    return rules, cards


def detail(card):
    """The detail without what told the state: a search finds no Organization, so the patient's home tells it."""
    return [row for row in card["detail"].splitlines() if not row.startswith(("| state |", "| State"))]


def suggested(card):
    return [
        (suggestion["label"], [action["description"] for action in suggestion["actions"]])
        for suggestion in card.get("suggestions", [])
    ]


@pytest.mark.parametrize(("name", "hook"), CALLS)
def test_prefetch_by_search_gives_the_cards_of_the_storys_own_prefetch(fhir, demo, name, hook):
    story = load(name, TODAY)
    ehr = Ehr(fhir, demo, TOKEN)
    listed = ehr.listed(hook)
    request = ehr.request(listed, situation(story, hook))
    assert said(call(demo, listed.id, story.request(hook))) == said(call(demo, listed.id, request))


@pytest.mark.parametrize(("name", "hook"), CALLS)
def test_the_service_that_asks_for_itself_gives_the_same_cards(fhir, service, signer, name, hook):
    story = load(name, TODAY)
    ehr = Ehr(fhir, service, TOKEN, signer)
    listed = ehr.listed(hook)
    request = ehr.request(listed, situation(story, hook), prefetch=False)
    assert "prefetch" not in request
    assert said(call(service, listed.id, story.request(hook), signer)) == said(
        call(service, listed.id, request, signer)
    )


def test_a_long_chart_comes_in_pages_and_all_of_it_counts(fhir):
    story = load("past-six-weeks-without-approval", TODAY)
    query = f"Procedure?patient={story.patient_id}&_count=3"
    first = requests.get(f"{fhir.url}/{query}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30).json()
    expected = [resource["id"] for resource in story.resources if resource["resourceType"] == "Procedure"]
    assert (3, len(expected)) == (len(first["entry"]), first["total"])
    assert sorted(expected) == sorted(procedure["id"] for procedure in fhir.search(query))


def test_loading_on_another_day_leaves_nothing_of_the_old_one():
    with fhir_server() as url:
        server = FhirServer(url, TOKEN)
        for day in (date(2026, 3, 16), date(2026, 3, 18), date(2026, 3, 18)):
            story = load("colles-fracture", day)
            load_story(server, story)
        held = {
            f"{kind}/{resource['id']}"
            for kind in OF_A_PATIENT
            for resource in server.search(f"{kind}?patient={story.patient_id}")
        }
        expected = {f"{resource['resourceType']}/{resource['id']}" for resource in resources_of(story)}
        assert held == {reference for reference in expected if reference.partition("/")[0] in OF_A_PATIENT}


def test_a_resource_that_is_not_valid_is_named_with_the_servers_answer(fhir):
    with pytest.raises(
        FhirServerError, match=r"PUT Patient/p1: the server answered 400: .*birthdate.*Patient\.birthdate"
    ):
        fhir.put({"resourceType": "Patient", "id": "p1", "birthdate": "1980-01-01"})


def test_a_wrong_token_is_told(fhir):
    with pytest.raises(FhirServerError, match="the server answered 403"):
        FhirServer(fhir.url, "another").search("Patient?_count=1")


def command(*arguments, **environment):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)


def test_the_official_flow_from_keys_to_insights(fhir, keys, tmp_path, registered):
    settings = {**registered, "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/records.sqlite3"}
    loaded = command("sandbox", "load", "--fhir", fhir.url, "--token", TOKEN, "--story", "colles-fracture")
    assert 0 == loaded.exit_code, loaded.output
    with running("serve", "--workers", "2", **settings) as started:
        of_the_ehr = ("--fhir", fhir.url, "--token", TOKEN, "--patient", "colles-fracture", "--url", started.url)
        visit = ("invoke", *of_the_ehr, "--hook", "encounter-discharge", "--json")
        signed = ("--key", keys / KEY_FILE, "--issuer", ISSUER)
        accepted = command(*visit, *signed, "--accept", 1)
        assert 0 == accepted.exit_code, accepted.output
        assert "97545-GP x1, 97546-GP x1" in json.loads(accepted.stdout)["cards"][0]["summary"]
        overridden = command(*visit, *signed, "--no-prefetch", "--override", 1, "--reason", "other", "--comment", "no")
        assert 0 == overridden.exit_code, overridden.output
        unsigned = command(*visit)
        assert 1 == unsigned.exit_code
        assert "status 401" in unsigned.output
    counted = json.loads(command("insights", "--json", **settings).stdout)
    (rule,) = counted["counts"]
    assert ("visit-charges", 2, 1, 1) == (rule["key"], rule["shown"], rule["accepted"], rule["overridden"])
    assert (2, 2, 0) == tuple(counted["totals"][name] for name in ("calls", "feedback", "unmatched"))
