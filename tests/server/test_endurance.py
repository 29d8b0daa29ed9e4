"""What a long life does to the service: clients that hang up, many calls."""

import socket
from datetime import UTC, datetime
from urllib.parse import urlsplit

import orjson
import psutil
import pytest
import requests

from cds_service.stories import load
from tests.serving import running

pytestmark = [pytest.mark.server, pytest.mark.slow]

TODAY = datetime.now(UTC).astimezone().date()
MEGABYTE = 1_000_000
CALLS = 10_000


@pytest.fixture(scope="module")
def demo():
    with running("demo", CDS_LOG_LEVEL="ERROR") as started:
        yield started


def memory(demo):
    """MB that the processes of the service hold."""
    parent = psutil.Process(demo.process.pid)
    return sum(child.memory_info().rss for child in (parent, *parent.children(recursive=True))) / MEGABYTE


def test_a_client_that_hangs_up_leaves_the_service_as_it_was(demo):
    story = load("clean-program", TODAY)
    body = orjson.dumps(story.request())
    address = urlsplit(demo.url)
    expected = requests.post(f"{demo.url}/cds-services/{story.service}", data=body, timeout=30).json()
    for sent in (0, 100, len(body) // 2, len(body)):
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            head = f"POST /cds-services/{story.service} HTTP/1.1\r\nHost: cds\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:sent])
    assert expected == requests.post(f"{demo.url}/cds-services/{story.service}", data=body, timeout=30).json()


def test_ten_thousand_calls_leave_no_memory_behind(demo):
    body = orjson.dumps(load("colles-fracture", TODAY).request())
    with requests.Session() as client:

        def answered(count):
            for _ in range(count):
                reply = client.post(f"{demo.url}/cds-services/work-rehab-visit", data=body, timeout=30)
                assert 200 == reply.status_code

        answered(CALLS // 5)
        before = memory(demo)
        answered(CALLS - CALLS // 5)
    assert memory(demo) < before + 15
