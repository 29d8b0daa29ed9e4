"""Values of a patient, planted in requests to a real server: none of them may appear in anything that it prints."""

import copy
import json
import re
import socket
import sys
from datetime import date
from urllib.parse import urlsplit

import pytest
import requests

from cds_service.stories import load
from tests import hosts
from tests.fhir_host import FhirHost
from tests.security.signing import ISSUER, Ehr, Signer, write_registry
from tests.serving import running, started, wait_until

pytestmark = pytest.mark.server

EHR = Ehr()
STRANGER = Ehr(Signer(name="second"), "https://zebulon-quist.example")
STORY = load("texas-hardening-pt-pta", date.today())  # noqa: DTZ011 - the local day is meant
PATIENT = "zq-patient-70391"
PLANTED = {
    "patient id": PATIENT,
    "family name": "Quistenbury",
    "given name": "Zebulon",
    "birth date": "1961-07-23",
    "claim number": "WC-88-417-zq",
    "access token": "zq-access-token-5566",
    "member id": "MEM-zq-9042",
    "comment": "told me about his divorce",
    "issuer of a stranger": "zebulon-quist",
}


def planted(url=None, **changed):
    """The story's request with the planted values in it; ``url`` is the FHIR server to ask."""
    text = json.dumps(STORY.request()).replace(STORY.patient_id, PATIENT)
    request = json.loads(text)
    request["prefetch"]["patient"] |= {
        "name": [{"family": PLANTED["family name"], "given": [PLANTED["given name"]]}],
        "birthDate": PLANTED["birth date"],
        "identifier": [{"value": PLANTED["member id"]}],
    }
    for entry in request["prefetch"]["coverage"]["entry"]:
        entry["resource"]["subscriberId"] = PLANTED["claim number"]
    if url is not None:
        granted = {"access_token": PLANTED["access token"], "token_type": "Bearer", "expires_in": 300}
        request |= {
            "fhirServer": url,
            "fhirAuthorization": granted | {"scope": "user/*.rs", "subject": ISSUER, "patient": PATIENT},
        }
    return request | changed


def text_of(request):
    return json.dumps(request).encode()


def found_in(said, tokens):
    """Which of the planted values somebody has printed; of a token already its payload or signature is too much."""
    low = said.lower()
    tokens_found = {"token" for token in tokens for part in token.split(".")[1:] if part.lower() in low}
    return tokens_found | {name for name, value in PLANTED.items() if value.lower() in low}


class Caller:
    """Sends requests to a running service, and keeps the tokens that it used."""

    def __init__(self, url):
        self.url = url
        self.tokens = []

    def post(self, path, data, ehr=EHR, headers=None, **claims):
        url = f"{self.url}{path}"
        sent = {"Content-Type": "application/json"}
        if ehr is not None:
            sent |= ehr.headers(url, **claims)
            self.tokens.append(sent["Authorization"].removeprefix("Bearer "))
        return requests.post(url, data=data, headers=sent | (headers or {}), timeout=30)

    def call(self, request, **how):
        data = request if isinstance(request, bytes) else text_of(request)
        return self.post(f"/cds-services/{STORY.service}", data, **how)


def misread(handler):
    """Answers with headers that cannot be parsed."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n no header at all\r\n: x\r\n\r\n{}")
    handler.close_connection = True


FHIR_FAULTS = {
    "Coverage": hosts.status(500),
    "CarePlan": misread,
    "Goal": hosts.half,
    "Condition": hosts.drop,
    "ClaimResponse": hosts.body(b"<html>not FHIR</html>", "text/html"),
    "Observation": hosts.redirect(f"https://elsewhere.example/?patient={PATIENT}"),
}


@pytest.fixture
def site(tmp_path):
    with FhirHost(faults=FHIR_FAULTS) as ehr:
        entry = EHR.entry(fhir_servers=[ehr.url], tenants=["north"])
        settings = {
            "CDS_CLIENTS": str(write_registry(tmp_path / "clients.yaml", entry)),
            "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/records.sqlite3",
            "CDS_LOG_LEVEL": "DEBUG",
            "CDS_ALLOW_HTTP": "1",
            "CDS_MAX_BODY_BYTES": str(1024 * 1024),
        }
        with running("serve", "--workers", "1", **settings) as service:
            yield service, ehr, tmp_path


def answer_well(caller):
    answer = caller.call(planted(), tenant="north")
    assert 200 == answer.status_code, answer.text
    card = answer.json()["cards"][0]["uuid"]
    entry = {
        "card": card,
        "outcome": "overridden",
        "outcomeTimestamp": "2026-03-16T10:00:00Z",
        "overrideReason": {"userComment": PLANTED["comment"]},
    }
    path = f"/cds-services/{STORY.service}/feedback"
    assert 200 == caller.post(path, text_of({"feedback": [entry]}), tenant="north").status_code
    entry |= {"outcome": PLANTED["comment"]}
    assert 400 == caller.post(path, text_of({"feedback": [entry]}), tenant="north").status_code


def ask_for_nothing_good(caller):
    """Requests with planted values that are refused, each in its way; the statuses they got."""
    name = PLANTED["family name"]
    good = planted()
    broken = copy.deepcopy(good)
    broken["prefetch"]["encounter"]["period"] = {"start": PLANTED["birth date"] + "T99:99"}
    broken["prefetch"]["procedures"]["entry"][0]["resource"]["status"] = {"text": name}
    north = {"tenant": "north"}
    replies = [
        caller.call(text_of(good)[:-1], **north),
        caller.call(text_of([good]), **north),
        caller.call(broken, **north),
        caller.call(planted(hook=name), **north),
        caller.call(planted(hookInstance=name), **north),
        caller.call(planted(context={"userId": name, "patientId": [PATIENT], "encounterId": "e"}), **north),
        caller.call(planted(prefetch={}), **north),
        caller.call(planted(fhirServer=f"https://{name}.example", fhirAuthorization=name), **north),
        caller.call(text_of(good) + b" " * 2_000_000, **north),
        caller.call(good, headers={"Content-Type": f"text/{name}"}, **north),
        caller.call(good, headers={"Content-Encoding": name}, **north),
        caller.call(
            good,
            headers={"X-Request-Id": f"{name} {PATIENT}", "Origin": f"https://{name}.example", "User-Agent": name,
                     "Referer": f"https://ehr.example/{PATIENT}", "Cookie": f"who={name}"},
            **north,
        ),
        caller.call(good, tenant=PLANTED["family name"]),
        caller.call(good, jti=PATIENT * 20, **north),
        caller.call(good, header={"kid": name}, **north),
        caller.call(good, ehr=STRANGER),
        caller.call(good, ehr=None),
        caller.call(good, ehr=None, headers={"Authorization": f"Bearer {name}.{PATIENT}.x"}),
        caller.call(good, ehr=None, headers={"Authorization": f"Basic {name}"}),
        caller.post(f"/cds-services/{name}", text_of(good), **north),
        caller.post(f"/cds-services/{STORY.service}?patient={PATIENT}&name={name}", text_of(good), **north),
        caller.post(f"/{name}/{PATIENT}", text_of(good), **north),
        requests.put(f"{caller.url}/rules/{name}", data=text_of(good), timeout=30),
        requests.get(f"{caller.url}/policies/{name}", headers={"Accept": f"text/{name}"}, timeout=30),
    ]  # fmt: skip
    return [reply.status_code for reply in replies]


def send_raw(url, content):
    """Bytes that are no HTTP, or end too early."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(content)


def test_a_server_prints_nothing_of_a_patient_whatever_it_is_sent(site):
    service, ehr, _ = site
    caller = Caller(service.url)
    answer_well(caller)
    statuses = ask_for_nothing_good(caller)
    assert {200, 400, 401, 403, 404, 405, 412, 413, 415} == set(statuses)
    fetched = planted(ehr.url)
    fetched["prefetch"] = {key: fetched["prefetch"][key] for key in ("encounter", "procedures")}
    assert 200 == caller.call(fetched, tenant="north").status_code
    assert {fault for fault in FHIR_FAULTS if any(query.startswith(fault) for query in ehr.queries)} == set(FHIR_FAULTS)
    send_raw(service.url, f"GET /{PATIENT} HTTP/9.9 {PLANTED['family name']}\r\n\r\n".encode())
    send_raw(
        service.url,
        f"POST /cds-services/{STORY.service} HTTP/1.1\r\nHost: cds\r\nContent-Length: 999\r\n\r\n{PATIENT}".encode(),
    )
    assert requests.get(f"{service.url}/health/ready", timeout=5).ok
    wait_until(lambda: service.said().count('"event":"request"') > len(statuses), service)
    assert set() == found_in(service.said(), caller.tokens)


def test_a_server_without_its_database_prints_nothing_of_a_patient(site):
    service, _, folder = site
    caller = Caller(service.url)
    answer_well(caller)
    for file in folder.glob("records.sqlite3*"):
        file.unlink()
    assert 200 == caller.call(planted(), tenant="north").status_code
    entry = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-03-16T10:00:00Z"}
    entry["overrideReason"] = {"userComment": PLANTED["comment"]}
    path = f"/cds-services/{STORY.service}/feedback"
    assert 503 == caller.post(path, text_of({"feedback": [entry]}), tenant="north").status_code
    wait_until(lambda: "records are waiting" in service.said(), service)
    assert set() == found_in(service.said(), caller.tokens)


def test_a_fault_that_quotes_the_request_prints_where_it_was_and_not_what():
    with started([sys.executable, "-m", "tests.web.faulty"], CDS_LOG_LEVEL="DEBUG") as service:
        caller = Caller(service.url)
        reply = caller.call(planted("https://ehr.example.org/r4"))
        said = service.said()
    assert (500, "OperationOutcome") == (reply.status_code, reply.json()["resourceType"])
    assert set() == found_in(said + reply.text, caller.tokens)
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    (fault,) = [event for event in events if event["event"] == "fault"]
    assert ("RuntimeError", reply.headers["X-Request-Id"]) == (fault["error"], fault["request"])
    assert re.search(r"tests\.web\.faulty:\d+ break_down", fault["at"][-1])


def test_the_search_finds_what_is_there():
    token = EHR.headers("https://cds.example")["Authorization"].removeprefix("Bearer ")
    assert {"family name", "token"} == found_in(f"Hello QUISTENBURY {token.split('.')[1]}", [token])
