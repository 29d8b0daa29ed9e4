"""Bodies as clients send them: behind a byte-order mark, in chunks; and of a length that two readers may tell apart."""

import json
import socket
from datetime import UTC, datetime
from urllib.parse import urlsplit

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


def sent_raw(url, length_headers, body):
    """All that comes back until the server closes the connection, which it has to do."""
    to = urlsplit(url)
    head = f"POST {to.path} HTTP/1.1\r\nHost: {to.netloc}\r\nContent-Type: application/json\r\n{length_headers}\r\n"
    with socket.create_connection((to.hostname, to.port), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("length", [5, 1_000_000])
def test_beside_chunks_a_length_does_not_count_and_nothing_follows(url, body, answer, length):
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    smuggled = b"GET /health/live HTTP/1.1\r\nHost: smuggled\r\n\r\n"
    headers = f"Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"
    replies = sent_raw(url, headers, chunks + smuggled)
    head, _, content = replies.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert answer == json.loads(content), "one answer, and none to a second request"


@pytest.mark.parametrize("second", ["Content-Length: 3", "Transfer-Encoding: xchunked"])
def test_two_lengths_or_an_unknown_encoding_are_refused(url, body, second):
    replies = sent_raw(url, f"Content-Length: {len(body)}\r\n{second}\r\n", body)
    assert replies.startswith(b"HTTP/1.1 400 ")
    assert 1 == replies.count(b"HTTP/1.1 ")
