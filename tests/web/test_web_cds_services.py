import gzip

import orjson
import pytest

from cds_service.errors import DataNeeded
from cds_service.hooks.services import SERVICES, discovery, hooks_of
from tests.web.talking import client_of, outcome_of

URL = "/cds-services/work-rehab-order"
NOTHING = {"cards": []}


def post(client, body, url=URL, **headers):
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return client.post(url, data=data, headers={"Content-Type": "application/json", **headers})


def echo_nothing(_call):
    pass


def test_discovery_lists_every_service(client):
    response = client.get("/cds-services")
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.json == discovery()
    assert [(service.id, service.hook) for service in SERVICES] == [
        (service["id"], service["hook"]) for service in response.json["services"]
    ]


def test_discovery_is_the_same_every_time(client):
    assert client.get("/cds-services").data == client.get("/cds-services").data


def test_discovery_answers_head_without_body(client):
    response = client.head("/cds-services")
    assert (response.status_code, response.data) == (200, b"")


def test_discovery_answers_options(client):
    response = client.options("/cds-services")
    assert response.status_code == 200
    assert {"GET", "HEAD", "OPTIONS"} == set(response.headers["Allow"].split(", "))


def test_every_listed_service_can_be_called_under_its_id(client):
    for service in client.get("/cds-services").json["services"]:
        outcome_of(post(client, {}, f"/cds-services/{service['id']}"), 400)


def test_an_order_about_something_else_gets_no_cards(client, order_sign):
    response = post(client, order_sign)
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json["cards"] == []


def test_an_order_hook_needs_no_prefetch(client, order_sign):
    draft = {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "code": {"text": "work hardening"},
        "subject": {"reference": "Patient/p1"},
    }
    order_sign["context"]["draftOrders"]["entry"] = [{"resource": draft}]
    assert post(client, order_sign).status_code == 200


def test_the_same_call_twice_gets_the_same_answer(client, order_sign):
    assert post(client, order_sign).data == post(client, order_sign).data


def test_a_visit_that_closes_without_any_data_needs_it(client, discharge):
    issue = outcome_of(post(client, discharge, "/cds-services/work-rehab-visit"), 412)
    assert "procedures" in issue["details"]["text"]
    assert "procedures" in issue["diagnostics"]


def test_data_that_is_needed_is_named(order_sign):
    def needs_data(_call):
        raise DataNeeded(["encounter", "procedures"])

    issue = outcome_of(post(client_of(needs_data), order_sign), 412)
    assert issue["code"] == "required"
    assert "encounter, procedures" in issue["details"]["text"]


@pytest.mark.parametrize(
    ("body", "code"), [(b"", "structure"), (b"{", "structure"), (b"\xff", "structure"), (b"[]", "structure")]
)
def test_a_body_that_is_no_json_object_is_refused(client, body, code):
    assert code == outcome_of(post(client, body), 400)["code"]


@pytest.mark.parametrize("field", ["hook", "hookInstance", "context"])
def test_a_missing_field_is_named(client, order_sign, field):
    del order_sign[field]
    issue = outcome_of(post(client, order_sign), 400)
    assert issue["code"] == "required"
    assert f"{field} is required." == issue["details"]["text"]


def test_a_field_of_the_wrong_type_is_named_without_its_value(client, order_sign):
    order_sign["context"]["patientId"] = ["SSN 000-00-0000"]
    response = post(client, order_sign)
    assert outcome_of(response, 400)["details"]["text"] == "context.patientId must be a string."
    assert "000-00" not in response.text


def test_the_hook_of_another_service_is_refused(client, discharge):
    issue = outcome_of(post(client, discharge), 400)
    assert ", ".join(hooks_of("work-rehab-order")) in issue["diagnostics"]


def test_markup_in_a_hook_is_not_repeated(client, order_sign):
    order_sign["hook"] = "<img src=x onerror=alert(1)>"
    response = post(client, order_sign)
    outcome_of(response, 400)
    assert "<" not in response.text


def test_an_unknown_service_is_not_found(client, order_sign):
    assert outcome_of(post(client, order_sign, "/cds-services/<b>other"), 404)["details"]["text"] == (
        "There is no service '?b?other'."
    )


def test_deep_nesting_is_refused(client, order_sign):
    body = orjson.dumps(order_sign)[:-1] + b',"x":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"
    outcome_of(post(client, body), 400)


def test_nesting_too_deep_for_whoever_answers_is_refused(order_sign):
    def recurse(_call):
        raise RecursionError

    outcome_of(post(client_of(recurse), order_sign), 400)


def test_a_body_over_the_limit_is_refused_by_its_announced_length(order_sign):
    client = client_of(echo_nothing, max_body_bytes=1024)
    issue = outcome_of(post(client, orjson.dumps(order_sign) + b" " * 1024), 413)
    assert "1024 bytes" in issue["diagnostics"]


def test_a_body_over_the_limit_is_refused_without_announced_length(order_sign):
    client = client_of(echo_nothing, max_body_bytes=1024)
    endless = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    response = client.post(
        URL, data=orjson.dumps(order_sign) + b" " * 1024, content_type="application/json", environ_overrides=endless
    )
    outcome_of(response, 413)


def test_fifty_megabytes_are_over_the_default_limit():
    outcome_of(post(client_of(echo_nothing), b" " * 50_000_000), 413)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "Application/FHIR+JSON; fhirVersion=4.0",
        "application/json+fhir",
        "",
    ],
)
def test_json_is_accepted_under_each_of_its_names(order_sign, content_type):
    assert post(client_of(echo_nothing), order_sign, **{"Content-Type": content_type}).json == NOTHING


def test_a_body_without_content_type_is_taken_for_json(order_sign):
    assert client_of(echo_nothing).post(URL, data=orjson.dumps(order_sign)).json == NOTHING


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json; charset=latin-1"],
)
def test_another_media_type_is_refused(client, order_sign, content_type):
    outcome_of(post(client, order_sign, **{"Content-Type": content_type}), 415)


def test_a_compressed_body_is_refused_in_plain_words(client, order_sign):
    response = post(client, gzip.compress(orjson.dumps(order_sign)), **{"Content-Encoding": "gzip"})
    assert outcome_of(response, 415)["details"]["text"] == "Compressed bodies are not accepted."


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("POST", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("GET", URL, {"POST", "OPTIONS"}),
        ("PUT", URL, {"POST", "OPTIONS"}),
        ("GET", f"{URL}/feedback", {"POST", "OPTIONS"}),
    ],
)
def test_another_method_is_refused_with_those_that_are_allowed(client, method, url, allowed):
    response = client.open(url, method=method)
    outcome_of(response, 405)
    assert allowed == set(response.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ["/nothing", "/cds-services/a/b", "/cds-services/work-rehab-order/feedback/more"])
def test_an_unknown_path_is_not_found(client, path):
    assert outcome_of(client.get(path), 404)["code"] == "not-found"


@pytest.mark.parametrize(
    "path",
    [
        "/cds-services//work-rehab-order",
        f"{URL}/",
        "//cds-services/work-rehab-order",
        "/cds-services///work-rehab-order//",
    ],
)
def test_doubled_and_trailing_slashes_reach_the_same_service(order_sign, path):
    response = client_of(echo_nothing).post(
        "/", data=orjson.dumps(order_sign), content_type="application/json", environ_overrides={"PATH_INFO": path}
    )
    assert (response.status_code, response.json) == (200, NOTHING)


@pytest.mark.parametrize("path", ["/cds-services/", "//cds-services", "/cds-services//"])
def test_discovery_tolerates_slashes_without_redirect(client, path):
    assert client.get("/", environ_overrides={"PATH_INFO": path}).json == discovery()


def test_a_bug_is_a_fault_without_its_details(order_sign):
    def fail(call):
        raise ValueError(f"cannot read {call.patient_id} of Ms Example")

    response = post(client_of(fail), order_sign)
    issue = outcome_of(response, 500)
    assert (issue["severity"], issue["code"]) == ("fatal", "exception")
    assert "Example" not in response.text
    assert "Traceback" not in response.text


FEEDBACK = {
    "feedback": [
        {
            "card": "9368d37b-283f-44a0-93ea-547cebab93ed",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-03-14T15:00:00Z",
        }
    ]
}


def test_valid_feedback_that_nobody_keeps_is_refused(client):
    issue = outcome_of(post(client, FEEDBACK, f"{URL}/feedback"), 503)
    assert issue["code"] == "transient"
    assert "could not be stored" in issue["details"]["text"]


def test_invalid_feedback_is_refused(client):
    issue = outcome_of(post(client, {"feedback": [{}]}, f"{URL}/feedback"), 400)
    assert issue["details"]["text"] == "feedback[0].card is required."


def test_feedback_to_an_unknown_service_is_not_found(client):
    outcome_of(post(client, FEEDBACK, "/cds-services/other/feedback"), 404)


def test_feedback_must_be_json(client):
    outcome_of(post(client, FEEDBACK, f"{URL}/feedback", **{"Content-Type": "text/plain"}), 415)
