"""A usual hook call is answered in every respect as the framework answers it.

The same request with an origin that no client has goes through the framework, and no header is for that origin.
"""

import logging
from datetime import UTC, datetime

import pytest

from cds_service.app.assembly import answerer_for
from cds_service.app.metrics import Metrics
from cds_service.app.settings import Settings
from cds_service.records.keeping import NothingKept
from cds_service.security.gate import Gate
from cds_service.security.replay import MemoryReplay
from cds_service.stories import load
from cds_service.web.application import create_app
from cds_service.web.usual_calls import AFTER_REPLY
from tests.security.signing import PUBLIC_URL, Ehr, client, registry
from tests.web.talking import AnswersWith

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
STORY = load("texas-hardening-pt-pta", NOW.date())
EHR = Ehr()
PATH = f"/cds-services/{STORY.service}"
JSON = {"Content-Type": "application/json"}


def fault(_call):
    raise RuntimeError("planted")


@pytest.fixture
def answered_both_ways(policies, caplog):
    """Status, headers, body, log lines and counts of a request, by the usual way and by the framework."""

    def ask(path=PATH, *, answers=None, ehr=EHR, claims=None, terms=None, headers=JSON, **request):
        site = Settings(public_url=PUBLIC_URL)
        ways = []
        for origin in ({}, {"Origin": "https://stranger.example"}):
            metrics = Metrics()
            gate = Gate(lambda: registry(client(**(terms or {}))), MemoryReplay())
            app = create_app(
                site, answers or answerer_for(site, policies, lambda: NOW), policies, gate, NothingKept(), metrics
            )
            dispatched = []
            app.before_request(lambda seen=dispatched: seen.append(True))
            token = (
                ehr.headers(PUBLIC_URL + path.replace("//", "/").rstrip("/"), **(claims or {}))
                if ehr is not None
                else {}
            )
            caplog.clear()
            with caplog.at_level(logging.INFO, "cds_service"):
                reply = app.test_client().post(
                    path, headers={"X-Request-Id": "r1", **token, **(headers or {}), **origin}, **request
                )
            lines = [(record.getMessage(), _told(record)) for record in caplog.records]
            counted = [line for line in metrics.text().decode().splitlines() if "seconds" not in line]
            ways.append((reply.status_code, sorted(reply.headers), reply.data, lines, counted))
            assert bool(origin) == bool(dispatched)
        return ways

    return ask


def _told(record):
    return {name: value for name, value in getattr(record, "fields", {}).items() if name != "ms"}


@pytest.mark.parametrize(
    ("status", "request_parts"),
    [
        (200, {"json": STORY.request()}),
        (200, {"json": STORY.request(), "headers": None}),
        (200, {"json": STORY.request(), "terms": {"mode": "shadow"}}),
        (200, {"json": STORY.request(), "path": "/cds-services//work-rehab-visit/"}),
        (400, {"data": b"{"}),
        (400, {"data": b" "}),
        (400, {"json": STORY.request("patient-view") | {"hook": "order-sign"}}),
        (401, {"json": STORY.request(), "ehr": None}),
        (401, {"json": STORY.request(), "claims": {"exp": 1}}),
        (403, {"json": STORY.request(), "terms": {"services": ["work-rehab-order"]}}),
        (404, {"json": STORY.request(), "path": "/cds-services/work-rehab-other"}),
        (412, {"json": STORY.request() | {"prefetch": {}}}),
        (415, {"data": b"{}", "headers": {"Content-Type": "text/plain"}}),
        (415, {"data": b"{}", "headers": JSON | {"Content-Encoding": "gzip"}}),
        (500, {"json": STORY.request(), "answers": AnswersWith(fault)}),
    ],
)
def test_a_usual_call_is_answered_as_by_the_framework(answered_both_ways, status, request_parts):
    usual, framework = answered_both_ways(**request_parts)
    assert status == usual[0], usual[2]
    assert framework == usual


def test_a_body_that_is_shorter_than_its_head_says_is_refused(answered_both_ways):
    usual, framework = answered_both_ways(data=b"{}", headers=JSON | {"Content-Length": "5"})
    assert (400, framework) == (usual[0], usual)


class Keeping(NothingKept):
    def __init__(self):
        self.kept = []

    def answered(self, _call, answered, _caller, **_):
        self.kept.append(answered)


def test_a_server_that_can_sends_the_answer_before_its_record_is_kept(policies):
    records, after_reply = Keeping(), []
    site = Settings(public_url=PUBLIC_URL)
    app = create_app(site, answerer_for(site, policies, lambda: NOW), policies, records=records)
    reply = app.test_client().post(PATH, json=STORY.request(), environ_overrides={AFTER_REPLY: after_reply})
    assert reply.json["cards"]
    assert [] == records.kept
    (tell,) = after_reply
    tell()
    (answered,) = records.kept
    assert reply.data == answered.body


def test_a_server_that_cannot_has_the_record_before_the_answer(policies):
    records = Keeping()
    site = Settings(public_url=PUBLIC_URL)
    app = create_app(site, answerer_for(site, policies, lambda: NOW), policies, records=records)
    assert app.test_client().post(PATH, json=STORY.request()).json["cards"]
    assert 1 == len(records.kept)
