import io
import logging
import re
import subprocess
import sys

import orjson
import pytest

from cds_service.web.around.logs import JsonFormatter, configure_logging
from tests.web.talking import client_of, outcome_of

URL = "/cds-services/work-rehab-order"


def preflight(client, origin, url, method="POST"):
    return client.options(
        url,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )


@pytest.mark.parametrize("url", ["/cds-services", URL, f"{URL}/feedback"])
@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://127.0.0.1:3000", "https://ehr.example"])
def test_a_preflight_of_an_allowed_origin_needs_no_authentication(client, url, origin):
    headers = preflight(client, origin, url).headers
    assert origin == headers["Access-Control-Allow-Origin"]
    assert {"GET", "POST", "OPTIONS"} == set(headers["Access-Control-Allow-Methods"].split(", "))
    assert {"authorization", "content-type"} == set(headers["Access-Control-Allow-Headers"].lower().split(", "))
    assert "Origin" in headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize(
    "origin",
    ["https://other.example", "http://ehr.example", "https://ehr.example.evil", "http://localhost.evil:80", "null"],
)
@pytest.mark.parametrize("url", ["/cds-services", URL])
def test_a_foreign_origin_gets_no_permission(client, origin, url):
    assert "Access-Control-Allow-Origin" not in preflight(client, origin, url).headers
    assert "Access-Control-Allow-Origin" not in client.get("/cds-services", headers={"Origin": origin}).headers


def test_errors_are_readable_for_an_allowed_origin(client):
    response = client.post(URL, data=b"x", headers={"Origin": "https://ehr.example"})
    outcome_of(response, 400)
    assert response.headers["Access-Control-Allow-Origin"] == "https://ehr.example"


def test_without_configured_origins_there_is_no_cors():
    client = client_of(lambda _call: None)
    assert "Access-Control-Allow-Origin" not in preflight(client, "http://localhost:8080", URL).headers


def test_pages_are_not_for_other_origins(client):
    assert "Access-Control-Allow-Origin" not in client.get("/rules", headers={"Origin": "https://ehr.example"}).headers


def test_a_simple_request_id_is_kept(client):
    assert client.get("/cds-services", headers={"X-Request-Id": "abc-1.2"}).headers["X-Request-Id"] == "abc-1.2"


@pytest.mark.parametrize("sent", ["<b>", "a b", "x" * 65, ""])
def test_another_request_id_is_replaced(client, sent):
    used = client.get("/cds-services", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
    assert used != sent
    assert len(used) == 32


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_told_without_authentication(client, path):
    response = client.get(path)
    assert (response.status_code, response.json) == (200, {"status": "ok"})


def lines_of(caplog):
    return [orjson.loads(JsonFormatter().format(record)) for record in caplog.records]


def test_a_call_leaves_one_line_in_the_log(client, order_sign, caplog):
    order_sign["hookInstance"] = "not-a-uuid"
    with caplog.at_level(logging.INFO, "cds_service"):
        client.post(URL, json=order_sign, headers={"X-Request-Id": "r1"})
    (line,) = lines_of(caplog)
    assert {"time", "ms"} <= set(line)
    assert {key: value for key, value in line.items() if key not in {"time", "ms"}} == {
        "level": "info",
        "event": "request",
        "request": "r1",
        "method": "POST",
        "route": "/cds-services/<service_id>",
        "status": 200,
        "service": "work-rehab-order",
        "hook": "order-sign",
        "cards": 0,
        "tolerated": ["hookInstance"],
    }


def test_neither_patient_nor_token_nor_path_gets_into_the_log(client, order_sign, caplog):
    order_sign["context"]["patientId"] = "Patient/patient-4711"
    order_sign["fhirServer"] = "https://ehr.example/fhir"
    order_sign["fhirAuthorization"] = {"access_token": "secret-token", "token_type": "Bearer"}
    with caplog.at_level(logging.DEBUG, "cds_service"):
        client.post(URL, json=order_sign)
        client.post(f"{URL}?patient=patient-4711", data=b"patient-4711")
        client.get("/Patient/patient-4711")
    written = orjson.dumps(lines_of(caplog)).decode()
    assert len(caplog.records) == 3
    assert "4711" not in written
    assert "secret-token" not in written


def test_a_bug_is_logged_with_its_place_but_not_its_message(order_sign, caplog):
    def fail(_call):
        raise ValueError("about patient-4711")

    with caplog.at_level(logging.INFO, "cds_service"):
        client_of(fail).post(URL, json=order_sign, headers={"X-Request-Id": "r1"})
    fault, request = lines_of(caplog)
    assert ("fault", "error", "ValueError", "r1") == (fault["event"], fault["level"], fault["error"], fault["request"])
    assert fault["at"][-1].endswith(" fail")
    assert "4711" not in orjson.dumps(fault).decode()
    assert request["status"] == 500


def test_the_log_goes_to_stderr_once_however_often_it_is_configured(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("INFO")
    configure_logging("INFO")
    logging.getLogger("cds_service.example").info("hello", extra={"fields": {"a": 1, "b": None}})
    (line,) = stream.getvalue().splitlines()
    assert {"level": "info", "event": "hello", "a": 1}.items() <= orjson.loads(line).items()
    assert "b" not in orjson.loads(line)


def test_the_log_level_is_kept(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    client_of(lambda _call: None, log_level="warning").get("/cds-services")
    assert stream.getvalue() == ""


def test_a_person_who_takes_a_wrong_turn_gets_a_page_that_leads_home(client):
    response = client.get("/nowhere", headers={"Accept": "text/html"})

    assert (404, "text/html") == (response.status_code, response.mimetype)
    assert "no-store" == response.headers["Cache-Control"]
    assert response.headers["X-Request-Id"] in response.text
    assert 'href="/"' in response.text


def test_assets_are_named_by_their_content_and_kept_for_good(client):
    page = client.get("/", headers={"Accept": "text/html"}).text
    (address,) = re.findall(r'href="(/assets/site\.css\?v=[0-9a-f]{12})"', page)

    response = client.get(address)

    assert "text/css" == response.mimetype
    assert "immutable" in response.headers["Cache-Control"]
    assert client.get("/assets/..%2fpage.py").status_code == 404


def test_a_worker_that_answers_hook_calls_only_never_loads_the_pages():
    program = (
        "import sys; from cds_service.web.application import create_app; client = create_app().test_client(); "
        "client.get('/cds-services'); print('cds_service.web.pages' in sys.modules, "
        "[name for name in sys.modules if 'timeline' in name or 'drawing' in name or 'program_picture' in name])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "False []\n" == said.stdout


def test_home_shows_a_card_as_this_service_answers_today(client):
    page = client.get("/", headers={"Accept": "text/html"}).text

    assert "What a therapist sees at the end of a visit" in page
    assert "Charge 97545-WH-GP x1" in page
    assert "card" not in client.get("/", headers={"Accept": "application/json"}).json
