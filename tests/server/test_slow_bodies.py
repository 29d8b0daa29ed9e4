"""One client behaves badly, and the others notice nothing: real server processes, slow bodies with valid tokens."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests

from cds_service.stories import load
from tests.security.signing import Ehr, Signer, write_registry
from tests.serving import COMMAND, running, started

pytestmark = pytest.mark.server

STORY = load("clean-program", datetime.now(UTC).astimezone().date())
BODY = json.dumps(STORY.request()).encode()
GOOD = Ehr()
BAD = Ehr(Signer(name="second"), issuer="https://bad.example.org")
OFTEN = range(8)
SHORT_BODY = [COMMAND[0], "-m", "tests.server.impatient"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    return {
        "CDS_CLIENTS": str(write_registry(folder / "clients.yaml", GOOD.entry(), BAD.entry())),
        "CDS_DATABASE_URL": f"sqlite:///{folder}/records.sqlite3",
    }


@pytest.fixture(scope="module")
def service(site):
    with running("serve", "--workers", "2", **site) as started_service:
        yield started_service.url


def head(url: str, ehr: Ehr, length: int, path: str = "") -> bytes:
    lines = [f"POST {path or f'/cds-services/{STORY.service}'} HTTP/1.1", "Host: cds", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in ehr.headers(f"{url}/cds-services/{STORY.service}").items()]
    return "\r\n".join([*lines, "Content-Type: application/json", "", ""]).encode()


@contextmanager
def slow_bodies(url: str, count: int) -> Iterator[list[socket.socket]]:
    """So many calls of the bad client, whose bodies stop before their last byte."""
    address = urlsplit(url)
    with ExitStack() as held:
        connections = []
        for _ in range(count):
            connection = held.enter_context(socket.create_connection((address.hostname, address.port), timeout=30))
            connection.sendall(head(url, BAD, len(BODY)) + BODY[:-1])
            connections.append(connection)
        yield connections


def call(url: str) -> requests.Response:
    target = f"{url}/cds-services/{STORY.service}"
    return requests.post(target, data=BODY, headers={**GOOD.headers(target)}, timeout=20)


def test_slow_bodies_of_a_client_keep_no_call_of_another_waiting(service):
    with slow_bodies(service, 16) as connections:
        replies = [call(service) for _ in OFTEN]
        assert [200] * len(OFTEN) == [reply.status_code for reply in replies]
        for connection in connections:
            connection.sendall(BODY[-1:])
        assert [b"HTTP/1.1 200"] * len(connections) == [connection.recv(65536)[:12] for connection in connections]


def test_hundreds_of_slow_bodies_silence_neither_health_nor_calls(service):
    with slow_bodies(service, 300):
        live = [requests.get(f"{service}/health/live", timeout=20).status_code for _ in OFTEN]
        ready = [requests.get(f"{service}/health/ready", timeout=20).status_code for _ in OFTEN]
        calls = [call(service).status_code for _ in OFTEN]
    assert ([200] * len(OFTEN),) * 3 == (live, ready, calls)


def test_a_body_that_does_not_come_in_time_gets_408_and_its_connection_ends():
    with started(SHORT_BODY) as impatient:
        address = urlsplit(impatient.url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(head(impatient.url, BAD, len(BODY)) + BODY[:-1])
            received = b"".join(iter(lambda: connection.recv(65536), b""))
    status, _, rest = received.partition(b"\r\n")
    assert b"HTTP/1.1 408 Request Timeout" == status
    outcome = json.loads(rest.partition(b"\r\n\r\n")[2])
    assert "timeout" == outcome["issue"][0]["code"]


def test_a_client_that_sends_a_byte_at_a_time_has_no_more_time():
    with started(SHORT_BODY) as impatient:
        address = urlsplit(impatient.url)
        with socket.create_connection((address.hostname, address.port), timeout=0.2) as connection:
            connection.sendall(head(impatient.url, BAD, len(BODY)))
            received = b""
            for start in range(len(BODY)):
                try:
                    connection.sendall(BODY[start : start + 1])
                    received += connection.recv(65536)
                except TimeoutError:
                    continue
                except OSError:
                    break
                break
    assert received.startswith(b"HTTP/1.1 408")
