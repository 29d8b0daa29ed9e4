"""The metrics: everything that happens is counted, nothing of a patient is told, and all workers tell the same."""

import os
import re
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import psutil
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from cds_service.app.assembly import answerer_for
from cds_service.app.metrics import METRICS
from cds_service.app.settings import Settings
from cds_service.hooks.feedback import CardFeedback
from cds_service.hooks.services import SERVICES
from cds_service.records.keeping import NothingKept
from cds_service.rules.catalog import RULES
from cds_service.security.gate import Gate
from cds_service.security.replay import MemoryReplay
from cds_service.stories import load
from cds_service.web.application import create_app
from tests import hosts
from tests.fhir_host import TOKEN, FhirHost
from tests.security.signing import ISSUER, PUBLIC_URL, Ehr, client, registry, write_registry
from tests.serving import running, wait_until
from tests.web.talking import AnswersWith

TODAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
TEXAS = load("texas-hardening-pt-pta", TODAY)
OVERDUE = load("reassessment-overdue", TODAY)
EHR = Ehr()
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text()


class Keeping(NothingKept):
    """Takes feedback while it works."""

    def __init__(self):
        super().__init__()
        self.works = True

    def feedback(self, *arguments):
        if not self.works:
            super().feedback(*arguments)


@pytest.fixture
def keeping():
    return Keeping()


@pytest.fixture
def web_of(policies, keeping):
    """A client of an application with these registered clients, or of one that lets anybody in."""

    def make(*clients, answers=None, **settings):
        site = Settings(public_url=PUBLIC_URL, **settings)
        gate = Gate(lambda: registry(*clients), MemoryReplay()) if clients else None
        answers = answers or answerer_for(site, policies, lambda: NOW)
        return create_app(site, answers, policies, gate, keeping).test_client()

    return make


@pytest.fixture
def web(web_of):
    return web_of()


def samples(text):
    """Every sample of what was read."""
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def counted(web, name):
    """The samples of one metric that are not 0, by label values."""
    metric = next(metric for metric in METRICS if name.startswith(metric.name))
    return {
        tuple(sample.labels[label] for label in metric.labels): sample.value
        for sample in samples(web.get("/metrics").text)
        if sample.name == name and sample.value
    }


def sampled(text, name, /, **labels):
    """The number of one sample; None when there is none."""
    return next((sample.value for sample in samples(text) if (sample.name, sample.labels) == (name, labels)), None)


def call(web, story, **headers):
    return web.post(f"/cds-services/{story.service}", json=story.request(), headers=headers)


def test_calls_are_counted_by_service_hook_and_status(web):
    for _ in range(3):
        assert 200 == call(web, TEXAS).status_code
    assert 400 == web.post("/cds-services/work-rehab-visit", data=b"{").status_code
    assert 404 == web.post("/cds-services/Erika-Example", json=TEXAS.request()).status_code
    expected = {
        ("work-rehab-visit", "encounter-discharge", "200"): 3,
        ("work-rehab-visit", "none", "400"): 1,
        ("none", "none", "404"): 1,
    }
    assert expected == counted(web, "cds_calls_total")


def test_time_is_counted_for_calls_that_were_read(web):
    call(web, TEXAS)
    web.post("/cds-services/work-rehab-visit", data=b"{")
    assert {("work-rehab-visit", "encounter-discharge"): 1} == counted(web, "cds_call_seconds_count")
    (seconds,) = counted(web, "cds_call_seconds_sum").values()
    assert 0 < seconds


def test_every_request_is_counted_by_route_and_status(web):
    for path in ("/cds-services", "/health/live", "/rules/visit-charges", "/rules/nothing", "/erika-example"):
        web.get(path)
    expected = {
        ("/cds-services", "200"): 1,
        ("/health/live", "200"): 1,
        ("/rules/<rule_id>", "200"): 1,
        ("/rules/<rule_id>", "404"): 1,
        ("none", "404"): 1,
    }
    assert expected == counted(web, "cds_requests_total")


def test_cards_are_counted_by_rule_and_indicator(web):
    answer = call(web, OVERDUE).json
    shown = Counter(
        (card["extension"]["work-rehab-cds.finding"]["rule"], card["indicator"], "shown") for card in answer["cards"]
    )
    assert {("reassessment", "warning", "shown"): 1}.items() <= shown.items()
    assert shown == counted(web, "cds_cards_total")


def test_cards_over_the_limit_are_counted_as_withheld(web_of):
    web = web_of(max_cards=1)
    answer = call(web, OVERDUE).json
    states = Counter(labels[2] for labels in counted(web, "cds_cards_total"))
    assert (1, 1) == (states["shown"], states["withheld"])
    assert 1 == len(answer["cards"])


def test_cards_in_shadow_are_counted_as_such(web_of):
    web = web_of(client(EHR.signer, mode="shadow"))
    address = f"{PUBLIC_URL}/cds-services/{OVERDUE.service}"
    assert [] == call(web, OVERDUE, **EHR.headers(address)).json["cards"]
    assert {"shadow"} == {labels[2] for labels in counted(web, "cds_cards_total")}


def test_rule_outcomes_and_gaps_are_counted_as_the_answer_tells_them(web):
    evaluation = call(web, TEXAS).json["extension"]["work-rehab-cds.evaluation"]
    assert evaluation["gaps"]
    assert Counter((rule["id"], rule["outcome"]) for rule in evaluation["rules"]) == counted(
        web, "cds_rule_outcomes_total"
    )
    assert Counter((gap["fact"],) for gap in evaluation["gaps"]) == counted(web, "cds_gaps_total")


def test_refusals_are_counted_by_reason(web_of):
    web = web_of(client(EHR.signer, services=["work-rehab-order"]))
    address = f"{PUBLIC_URL}/cds-services/{TEXAS.service}"
    token = EHR.headers(address)
    statuses = [
        call(web, TEXAS, **headers).status_code
        for headers in ({}, EHR.headers(address, exp=1), Ehr(issuer="https://erika.example").headers(address), token)
    ]
    assert [401, 401, 401, 403] == statuses
    expected = {("no-token",): 1, ("exp",): 1, ("unknown-issuer",): 1, ("service",): 1}
    assert expected == counted(web, "cds_refusals_total")
    assert {("work-rehab-visit", "none", "401"): 3, ("work-rehab-visit", "none", "403"): 1} == counted(
        web, "cds_calls_total"
    )


def test_feedback_is_counted_once_it_is_kept(web, keeping):
    at = datetime(2026, 3, 16, tzinfo=UTC)
    entries = [CardFeedback("a", "overridden", at), CardFeedback("b", "overridden", at)]
    body = {
        "feedback": [
            {"card": entry.card, "outcome": entry.outcome, "outcomeTimestamp": at.isoformat()} for entry in entries
        ]
    }
    path = "/cds-services/work-rehab-visit/feedback"
    assert 200 == web.post(path, json=body).status_code
    keeping.works = False
    assert 503 == web.post(path, json=body).status_code
    assert {("overridden",): 2} == counted(web, "cds_feedback_total")
    assert 1 == counted(web, "cds_requests_total")["/cds-services/<service_id>/feedback", "503"]


def test_a_fault_is_counted(web_of):
    def break_down(_call):
        raise ZeroDivisionError

    web = web_of(answers=AnswersWith(break_down))
    assert 500 == call(web, TEXAS).status_code
    assert {("work-rehab-visit", "encounter-discharge", "500"): 1} == counted(web, "cds_calls_total")


def test_counts_that_alerts_need_are_there_from_the_start(web):
    text = web.get("/metrics").text
    assert 0 == sampled(text, "cds_records_total", outcome="dropped")
    assert 0 == sampled(text, "cds_fhir_query_seconds_count", outcome="failed")
    assert 0 == sampled(text, "cds_records_waiting")


def test_with_a_token_set_only_its_holder_reads_the_metrics(web_of):
    web = web_of(metrics_token="a-token-of-the-monitoring")  # noqa: S106 - invented
    for headers in ({}, {"Authorization": "Bearer another"}, {"Authorization": "a-token-of-the-monitoring"}):
        reply = web.get("/metrics", headers=headers)
        assert (401, "OperationOutcome") == (reply.status_code, reply.json["resourceType"])
    reply = web.get("/metrics", headers={"Authorization": "Bearer a-token-of-the-monitoring"})
    assert (200, 3) == (reply.status_code, sampled(reply.text, "cds_refusals_total", reason="metrics-token"))


def test_labels_take_values_of_our_own_only(web):
    for story in (TEXAS, OVERDUE):
        call(web, story)
    web.post("/cds-services/Erika-Example", json=TEXAS.request())
    web.post("/cds-services/work-rehab-visit", json=TEXAS.request() | {"hook": "Erika-Example"})
    web.get("/Erika-Example")
    text = web.get("/metrics").text
    assert 40 < len(text.splitlines())
    assert "Erika" not in text
    assert TEXAS.patient_id not in text
    known_ids = {rule.id for rule in RULES} | {service.shared_id for service in SERVICES}
    labels = {value for name, value in re.findall(r'(rule|service)="([^"]*)"', text)}
    assert labels <= known_ids | {"none"}


def test_the_page_lists_every_metric_with_its_labels():
    documented = {
        name: tuple(re.findall(r"`([a-z]+)`", labels))
        for name, labels in re.findall(r"^\| `(cds_[a-z_]+)` \| ([^|]*) \|", PAGE, re.MULTILINE)
    }
    assert {metric.name: metric.labels for metric in METRICS} == documented


def settings_of(tmp_path, **members):
    folder = tmp_path / "temporary"
    folder.mkdir()
    return {
        "CDS_CLIENTS": str(write_registry(tmp_path / "clients.yaml", EHR.entry(**members))),
        "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/records.sqlite3",
        "CDS_LOG_LEVEL": "WARNING",
        "TMPDIR": str(folder),
    }


def call_signed(service, story=None, **changed):
    story = story or load("texas-hardening-pt-pta", datetime.now().astimezone().date())
    url = f"{service.url}/cds-services/{story.service}"
    body = {name: value for name, value in (story.request() | changed).items() if value is not None}
    return requests.post(url, json=body, headers=EHR.headers(url), timeout=30)


def reading(running_service, name, /, **labels):
    return sampled(requests.get(f"{running_service.url}/metrics", timeout=5).text, name, **labels)


def answered_by(service, number):
    """Wait until every worker tells that so many calls were answered: many readings, each with its own connection."""
    labels = {"service": "work-rehab-visit", "hook": "encounter-discharge", "status": "200"}
    wait_until(lambda: {number} == {reading(service, "cds_calls_total", **labels) for _ in range(12)}, service)


@pytest.mark.server
def test_two_workers_tell_the_same_sum(tmp_path):
    with running("serve", "--workers", "2", **settings_of(tmp_path)) as service:
        with ThreadPoolExecutor(8) as pool:
            assert {200} == set(pool.map(lambda _: call_signed(service).status_code, range(40)))
        files = list((tmp_path / "temporary").glob("cds-metrics-*/counter_*.db"))
        assert 2 == len(files)
        answered_by(service, 40)
        wait_until(lambda: 40 == reading(service, "cds_records_total", outcome="written"), service)
        wait_until(lambda: 0 == reading(service, "cds_records_waiting"), service)


@pytest.mark.server
def test_what_a_dead_worker_counted_is_not_lost_and_its_place_is_taken(tmp_path):
    with running("serve", "--workers", "2", **settings_of(tmp_path)) as service:
        for _ in range(20):
            assert 200 == call_signed(service).status_code
        answered_by(service, 20)
        main = psutil.Process(service.process.pid)
        victims = workers_of(main)
        os.kill(victims[0].pid, signal.SIGKILL)
        wait_until(lambda: 2 == len(workers_of(main)) and workers_of(main) != victims, service)
        for _ in range(20):
            assert 200 == call_signed(service).status_code
        answered_by(service, 40)
        assert 2 == len(list((tmp_path / "temporary").glob("cds-metrics-*/counter_*.db")))


def workers_of(main):
    return [worker for worker in main.children() if psutil.STATUS_ZOMBIE != worker.status()]


@pytest.mark.server
def test_the_folder_of_the_counts_goes_with_the_service(tmp_path):
    with running("serve", "--workers", "1", **settings_of(tmp_path)) as service:
        assert 1 == len(list((tmp_path / "temporary").glob("cds-metrics-*")))
        service.process.send_signal(signal.SIGTERM)
        assert 0 == service.process.wait(timeout=60)
    assert [] == list((tmp_path / "temporary").iterdir())


@pytest.mark.server
def test_queries_to_a_fhir_server_are_counted_by_outcome(tmp_path):
    with FhirHost(faults={"Coverage": hosts.status(500)}) as ehr:
        story = load("texas-hardening-pt-pta", datetime.now().astimezone().date())
        ehr.resources.extend(story.resources)
        settings = settings_of(tmp_path, fhir_servers=[ehr.url]) | {"CDS_ALLOW_HTTP": "1"}
        granted = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs"}
        granted["subject"] = ISSUER
        with running("serve", "--workers", "1", **settings) as service:
            reply = call_signed(service, story, prefetch=None, fhirServer=ehr.url, fhirAuthorization=granted)
            assert 200 == reply.status_code, reply.text
            failed, found = (
                reading(service, "cds_fhir_query_seconds_count", outcome=outcome) for outcome in ("failed", "found")
            )
    assert 1 == failed
    assert len({query for query in ehr.queries if not query.startswith("Coverage")}) == found
