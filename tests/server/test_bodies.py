"""Bodies as clients send them: behind a byte-order mark, in chunks without a length."""

import json
from datetime import UTC, datetime

import pytest
import requests

from cds_service.stories import load
from tests.serving import running

pytestmark = pytest.mark.server

STORY = load("texas-hardening-pt-pta", datetime.now(UTC).astimezone().date())
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def url():
    with running("demo") as service:
        yield f"{service.url}/cds-services/work-rehab-visit"


@pytest.fixture(scope="module")
def body():
    return json.dumps(STORY.request("encounter-discharge")).encode()


@pytest.fixture(scope="module")
def answer(url, body):
    reply = requests.post(url, data=body, headers=JSON, timeout=30)
    assert reply.json()["cards"]
    return reply.json()


def test_a_byte_order_mark_says_nothing(url, body, answer):
    reply = requests.post(url, data=b"\xef\xbb\xbf" + body, headers=JSON, timeout=30)
    assert (200, answer) == (reply.status_code, reply.json())


@pytest.mark.parametrize("size", [1_000, 64 * 1024])
def test_a_body_in_chunks_is_read_whole(url, body, answer, size):
    chunks = (body[start : start + size] for start in range(0, len(body), size))
    reply = requests.post(url, data=chunks, headers=JSON, timeout=30)
    assert "Content-Length" not in reply.request.headers
    assert (200, answer) == (reply.status_code, reply.json())


def test_a_large_body_in_chunks_is_read_whole(url, body, answer):
    padded = body[:-1] + b" " * (4 * 1024 * 1024) + body[-1:]
    chunks = (padded[start : start + 64 * 1024] for start in range(0, len(padded), 64 * 1024))
    reply = requests.post(url, data=chunks, headers=JSON, timeout=30)
    assert (200, answer) == (reply.status_code, reply.json())
