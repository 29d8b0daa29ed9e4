"""The EHR for trials: what it asks the FHIR server for, what it sends, and how it answers cards."""

import json
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from cds_service.cli.main import main
from cds_service.ehr.calls import CdsServiceError, Ehr
from cds_service.ehr.card_feedback import Decision, feedback_on
from cds_service.ehr.situation import NotInContextError, Situation, context_of, find_user, newest_encounter
from cds_service.ehr.templates import prefetch_of, query_of
from cds_service.ehr.trial_server import FhirServer, FhirServerError
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.hooks.services import discovery
from cds_service.stories import load
from tests.fhir_host import FhirHost, outcome
from tests.hosts import ScriptedHost, replies

AT = datetime(2026, 3, 16, 12, 30, tzinfo=UTC)
PATIENT = {"resourceType": "Patient", "id": "p"}
ROLE = {"resourceType": "PractitionerRole", "id": "r"}
ORDER = {"resourceType": "ServiceRequest", "id": "o", "status": "draft", "subject": {"reference": "Patient/p"}}
TODAY = date.today()  # noqa: DTZ011 - the local day is meant
SUGGESTIONS = [
    {"uuid": "s1", "label": "a", "actions": []},
    {"uuid": "s2", "label": "b", "isRecommended": True, "actions": []},
]
REASON = {"code": "other", "system": "https://cds.example/CodeSystem/override-reason", "display": "Other"}
CARD = {
    "uuid": "c1",
    "summary": "Charge 97545 x1",
    "indicator": "info",
    "source": {"label": "x"},
    "suggestions": SUGGESTIONS,
    "selectionBehavior": "at-most-one",
    "overrideReasons": [REASON],
}


def visit(identifier, start):
    return {
        "resourceType": "Encounter",
        "id": identifier,
        "subject": {"reference": "Patient/p"},
        "period": {"start": start} if start else {},
    }


@pytest.fixture
def host():
    with FhirHost([PATIENT, ROLE], paged=2) as host:
        yield host


@pytest.fixture
def server(host):
    return FhirServer(host.url)


def cds(method, path):
    if method == "GET":
        return 200, discovery()
    return 200, {"status": "ok"} if path.endswith("/feedback") else {"cards": [CARD]}


@pytest.fixture
def service():
    with ScriptedHost(cds) as service:
        yield service


CONTEXT = {"patientId": "p/1", "encounterId": "e", "userId": "Practitioner/u", "draftOrders": {}}


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("Patient/{{context.patientId}}", "Patient/p%2F1"),
        (
            "Procedure?patient={{ context.patientId }}&encounter={{context.encounterId}}",
            "Procedure?patient=p%2F1&encounter=e",
        ),
        ("Practitioner/{{userPractitionerId}}", "Practitioner/u"),
        ("PractitionerRole/{{userPractitionerRoleId}}", None),
        ("Location/{{context.locationId}}", None),
        ("Bundle/{{context.draftOrders}}", None),
    ],
)
def test_a_template_is_filled_from_the_context_or_left_out(template, query):
    assert query == query_of(template, CONTEXT)


def test_prefetch_follows_pages_and_says_null_for_nothing(host, server):
    visits = [visit(f"e{number}", "2026-03-16") for number in range(5)]
    host.resources += visits
    templates = {key: PREFETCH_KEYS[key].template for key in ("patient", "encounter", "encounters", "goals")}
    filled = prefetch_of(server, templates, {"patientId": "p", "encounterId": "gone"})
    assert (PATIENT, None, None) == (filled["patient"], filled["encounter"], filled["goals"])
    assert visits == [entry["resource"] for entry in filled["encounters"]["entry"]]


def test_a_failed_query_is_sent_as_its_operation_outcome(host, server):
    host.faults["Goal"] = replies(500, outcome("out of order"))
    host.faults["CarePlan"] = replies(502, b"<html>")
    filled = prefetch_of(
        server, {key: PREFETCH_KEYS[key].template for key in ("goals", "carePlans")}, {"patientId": "p"}
    )
    assert outcome("out of order") == filled["goals"]
    assert "OperationOutcome" == filled["carePlans"]["resourceType"]
    assert "the server answered 502" in filled["carePlans"]["issue"][0]["diagnostics"]


def test_a_half_answered_search_is_a_failure_and_no_short_chart(host, server):
    host.resources += [visit(f"e{number}", "2026-03-16") for number in range(5)]
    host.faults["Encounter?patient=p&_sort=-date&_count=100&page=2"] = replies(500, outcome("gone"))
    filled = prefetch_of(server, {"encounters": PREFETCH_KEYS["encounters"].template}, {"patientId": "p"})
    assert outcome("gone") == filled["encounters"]


@pytest.mark.parametrize(
    ("following", "message"),
    [("http://elsewhere.example/Goal?page=2", "on another server"), ("Goal?patient=p", "without end")],
)
def test_a_next_link_to_another_server_or_in_a_circle_is_not_followed(host, server, following, message):
    link = [{"relation": "next", "url": following}]
    host.faults["Goal"] = replies(200, {"resourceType": "Bundle", "type": "searchset", "link": link})
    with pytest.raises(FhirServerError, match=message):
        server.search("Goal?patient=p")


def test_the_newest_encounter_is_the_one_that_began_last_in_any_offset(host, server):
    begun = {"a": "2026-03-16T23:00:00-06:00", "b": "2026-03-17T04:30:00+00:00", "c": "2026-03-16", "d": ""}
    host.resources += [visit(key, start) for key, start in begun.items()]
    assert "a" == newest_encounter(server, "p")


def test_the_user_is_a_role_before_a_practitioner_and_has_to_be_somebody(host, server):
    host.resources.append({"resourceType": "Practitioner", "id": "x"})
    assert "PractitionerRole/r" == find_user(server)
    host.delete("PractitionerRole/r")
    assert "Practitioner/x" == find_user(server)
    host.delete("Practitioner/x")
    with pytest.raises(NotInContextError, match="--user"):
        find_user(server)


def test_the_context_has_what_each_hook_needs(host, server):
    host.resources.append(visit("e", "2026-03-16"))
    host.resources.append({**ORDER, "performer": [{"reference": "Organization/clinic"}]})
    drafts = (ORDER,)
    seen = {
        hook: context_of(server, Situation(hook=hook, patient="p", drafts=drafts if "order-s" in hook else ()))
        for hook in ("patient-view", "encounter-discharge", "order-select", "order-sign", "order-dispatch")
    }
    base = {"userId": "PractitionerRole/r", "patientId": "p"}
    bundle = seen["order-sign"]["draftOrders"]
    assert [ORDER] == [entry["resource"] for entry in bundle["entry"]]
    assert {
        "patient-view": base,
        "encounter-discharge": base | {"encounterId": "e"},
        "order-select": base | {"draftOrders": bundle, "selections": ["ServiceRequest/o"]},
        "order-sign": base | {"draftOrders": bundle},
        "order-dispatch": {
            "patientId": "p",
            "dispatchedOrders": ["ServiceRequest/o"],
            "performer": "Organization/clinic",
        },
    } == seen


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ("encounter-start", "the patient has none: give --encounter"),
        ("order-sign", "is about drafts: give --draft FILE"),
        ("appointment-book", "is about drafts: give --draft FILE"),
        ("order-dispatch", "the patient has none: give --draft FILE"),
    ],
)
def test_what_a_hook_lacks_is_named_with_the_option_that_gives_it(server, hook, message):
    with pytest.raises(NotInContextError, match=message):
        context_of(server, Situation(hook=hook, patient="p"))


def test_without_prefetch_the_request_has_access_to_the_fhir_server_only(server, service):
    ehr = Ehr(server, service.url, token="opens")  # noqa: S106 - invented
    request = ehr.request(ehr.listed("patient-view"), Situation(hook="patient-view", patient="p"), prefetch=False)
    assert "prefetch" not in request
    assert (server.url, "opens") == (request["fhirServer"], request["fhirAuthorization"]["access_token"])


def test_a_service_that_does_not_list_the_hook_is_told(server, service):
    with pytest.raises(CdsServiceError, match="no service for medication-refill; there are services for appo"):
        Ehr(server, service.url).listed("medication-refill")


@pytest.mark.parametrize(
    ("change", "chosen"),
    [
        ({}, ["s2"]),
        ({"selectionBehavior": "any"}, ["s1", "s2"]),
        ({"suggestions": SUGGESTIONS[:1]}, ["s1"]),
    ],
)
def test_an_accepted_card_names_its_suggestions(change, chosen):
    entry = feedback_on({"cards": [CARD | change]}, Decision(card=1, outcome="accepted"), AT)
    assert {
        "card": "c1",
        "outcome": "accepted",
        "outcomeTimestamp": "2026-03-16T12:30:00+00:00",
        "acceptedSuggestions": [{"id": suggestion} for suggestion in chosen],
    } == entry


@pytest.mark.parametrize(
    ("decided", "sent"),
    [
        ({}, {}),
        ({"reason": "other"}, {"overrideReason": {"reason": REASON}}),
        ({"comment": "not now"}, {"overrideReason": {"userComment": "not now"}}),
    ],
)
def test_an_overridden_card_tells_its_reason_as_the_card_offered_it(decided, sent):
    entry = feedback_on({"cards": [CARD]}, Decision(card=1, outcome="overridden", **decided), AT)
    assert {"card": "c1", "outcome": "overridden", "outcomeTimestamp": AT.isoformat()} | sent == entry


@pytest.mark.parametrize(
    ("card", "decision", "message"),
    [
        (CARD, Decision(card=2, outcome="accepted"), "there is no card 2: the answer has 1"),
        (CARD, Decision(card=0, outcome="accepted"), "there is no card 0"),
        ({"uuid": "c"}, Decision(card=1, outcome="accepted"), "no suggestion to accept"),
        (
            CARD,
            Decision(card=1, outcome="overridden", reason="tired"),
            "does not offer the reason tired: it offers other",
        ),
    ],
)
def test_a_decision_that_the_answer_does_not_allow_is_refused(card, decision, message):
    with pytest.raises(NotInContextError, match=message):
        feedback_on({"cards": [card]}, decision, AT)


def invoke(*arguments):
    return CliRunner().invoke(main, ["invoke", *map(str, arguments)])


def test_the_command_calls_with_prefetch_and_sends_feedback(host, service):
    done = invoke(
        "--fhir", host.url, "--patient", "p", "--hook", "patient-view", "--url", service.url, "--accept", 1, "--json"
    )  # fmt: skip
    assert 0 == done.exit_code, done.output
    assert [CARD] == json.loads(done.stdout)["cards"]
    _, call, feedback = service.seen
    assert ("POST", "cds-services/work-rehab-patient-view") == (call.method, call.query)
    assert PATIENT == call.body["prefetch"]["patient"]
    assert ("POST", "cds-services/work-rehab-patient-view/feedback") == (feedback.method, feedback.query)
    assert [{"id": "s2"}] == feedback.body["feedback"][0]["acceptedSuggestions"]


def test_a_patient_who_is_not_on_the_server_is_named_and_not_called_about(host, service):
    done = invoke("--fhir", host.url, "--patient", "nobody", "--hook", "patient-view", "--url", service.url)
    assert 1 == done.exit_code
    assert "the FHIR server has no Patient/nobody: give another --patient" in done.output
    assert [] == [request for request in service.seen if request.method == "POST"]


def test_drafts_come_from_a_file_as_resource_list_or_bundle(host, service, tmp_path):
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": ORDER}]}
    for content in (ORDER, [ORDER], bundle):
        file = tmp_path / "draft.json"
        file.write_text(json.dumps(content))
        done = invoke(
            "--fhir", host.url, "--patient", "p", "--hook", "order-sign", "--url", service.url, "--draft", file
        )  # fmt: skip
        assert 0 == done.exit_code, done.output
    bundles = [request.body["context"]["draftOrders"] for request in service.seen if request.method == "POST"]
    assert [ORDER] * 3 == [bundle["entry"][0]["resource"] for bundle in bundles]


def test_a_story_brings_patient_drafts_and_user_while_its_chart_is_on_the_server(service):
    story = load("food-delivery-driver", TODAY)
    with FhirHost(story.resources) as host:
        done = invoke("--fhir", host.url, "--story", story.name, "--hook", "order-sign", "--url", service.url)
    assert 0 == done.exit_code, done.output
    sent = service.seen[1].body
    assert story.request("order-sign")["context"] == sent["context"]
    assert sorted(resource["id"] for resource in story.resources if resource["resourceType"] == "Procedure") == sorted(
        entry["resource"]["id"] for entry in sent["prefetch"]["procedures"]["entry"]
    )


def test_a_story_without_url_is_answered_here_and_a_request_from_a_file_by_the_service(service, tmp_path):
    answered = invoke("--story", "colles-fracture", "--json")
    assert "97545-GP x1, 97546-GP x1" in json.loads(answered.stdout)["cards"][0]["summary"]
    assert [] == service.seen
    file = tmp_path / "request.json"
    file.write_text(json.dumps(load("colles-fracture", TODAY).request()))
    assert [CARD] == json.loads(invoke("--file", file, "--url", service.url, "--json").stdout)["cards"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give one of --story NAME"),
        (("--story", "medicare", "--patient", "p"), "give one of --story NAME"),
        (("--patient", "p"), "--patient needs --fhir URL and --hook"),
        (("--story", "medicare", "--issuer", "x"), "--key and --issuer go together"),
        (("--story", "medicare", "--accept", 1, "--override", 1), "exclude each other"),
        (("--story", "medicare", "--reason", "other"), "--reason and --comment go with --override"),
        (("--story", "medicare", "--hook", "order-dispatch"), "has no order-dispatch"),
        (("--story", "medicare", "--timeline", "program.pdf"), "name the file program.svg"),
        (("--story", "medicare", "--url", "http://127.0.0.1:1"), "the service could not be reached"),
        (("--fhir", "http://127.0.0.1:1", "--patient", "p", "--hook", "patient-view", "--url", "http://127.0.0.1:1"),
         "the service could not be reached"),
    ],
)  # fmt: skip
def test_what_does_not_go_is_told_in_a_line(arguments, message):
    done = invoke(*arguments)
    assert 1 == done.exit_code
    assert message in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "not JSON"), ("[]", "a hook request is a JSON object"), ("{}", "--hook is needed")],
)
def test_a_file_that_is_no_request_is_told(tmp_path, content, message):
    file = tmp_path / "request.json"
    file.write_text(content)
    assert message in invoke("--file", file).output


def test_a_file_without_drafts_is_told(host, service, tmp_path):
    file = tmp_path / "draft.json"
    file.write_text('{"resourceType": "Bundle", "type": "collection"}')
    done = invoke("--fhir", host.url, "--patient", "p", "--hook", "order-sign", "--url", service.url, "--draft", file)
    assert "drafts are a resource, a list of them or a Bundle" in done.output


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((412, outcome("prefetch is missing")), "status 412: prefetch is missing"),
        ((401, {}), "status 401: no reason given (sign the call with --key and --issuer)"),
        ((200, b"<html>"), "status 200, and the body is no JSON object"),
    ],
)
def test_an_answer_that_is_none_is_message_with_its_status(service, answer, message):
    service.faults["POST"] = replies(*answer)
    assert message in invoke("--story", "medicare", "--url", service.url).output
