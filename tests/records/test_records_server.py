"""What is kept by a real server: nothing is lost when it stops, and its workers agree."""

import json
import signal
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

import pytest
import requests

from cds_service.stories import load
from tests.records.keeping import overridden
from tests.security.signing import Ehr, write_registry
from tests.serving import free_port, refused, running

pytestmark = pytest.mark.server
STORY = load("texas-hardening-pt-pta", datetime.now().astimezone().date())
EHR = Ehr()


def site(tmp_path, url):
    return {"CDS_CLIENTS": str(write_registry(tmp_path / "clients.yaml", EHR.entry())), "CDS_DATABASE_URL": url}


@contextmanager
def serving(tmp_path, url, workers):
    with running("serve", "--workers", str(workers), **site(tmp_path, url)) as service:
        yield service.process, service.url


def post(address, path, body, token=None):
    headers = token or EHR.headers(f"{address}{path}")
    return requests.post(f"{address}{path}", json=body, headers=headers, timeout=30)


def call(address, number=0):
    body = STORY.request() | {"hookInstance": f"00000000-0000-4000-8000-{number:012}"}
    return post(address, f"/cds-services/{STORY.service}", body)


def count(tmp_path, table):
    connection = sqlite3.connect(tmp_path / "records.sqlite3")
    found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - the tests' own words
    connection.close()
    return found


def test_no_record_is_lost_when_the_service_stops_right_after_its_calls(tmp_path, sqlite_url):
    with serving(tmp_path, sqlite_url, workers=2) as (process, address):
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda number: call(address, number).status_code, range(120)))
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(timeout=60)
    assert [200] * 120 == statuses
    assert (120, 120) == (count(tmp_path, "decision"), count(tmp_path, "card"))


def test_the_record_of_a_call_in_flight_is_kept_when_the_service_stops(tmp_path, sqlite_url):
    with serving(tmp_path, sqlite_url, workers=1) as (process, address):
        assert 200 == call(address, 1).status_code
        path = f"/cds-services/{STORY.service}"
        body = json.dumps(STORY.request()).encode()
        place = urlsplit(address)
        with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
            head = f"POST {path} HTTP/1.1\r\nHost: cds\r\nContent-Type: application/json\r\nConnection: close\r\n"
            token = EHR.headers(f"{address}{path}")["Authorization"]
            head += f"Authorization: {token}\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:-1])
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            connection.sendall(body[-1:])
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        assert received.startswith(b"HTTP/1.1 200")
        assert 0 == process.wait(timeout=60)
    assert 2 == count(tmp_path, "decision")


def test_two_workers_take_a_token_once_and_count_one_feedback_once(tmp_path, sqlite_url):
    with serving(tmp_path, sqlite_url, workers=2) as (_, address):
        card = call(address).json()["cards"][0]
        path = f"/cds-services/{STORY.service}/feedback"
        body = {"feedback": [overridden(card)]}
        token = EHR.headers(f"{address}{path}")
        with ThreadPoolExecutor(8) as pool:
            raced = list(pool.map(lambda _: post(address, path, body, token).status_code, range(16)))
            fresh = list(pool.map(lambda _: post(address, path, body).status_code, range(16)))
    assert [200] + [401] * 15 == sorted(raced)
    assert [200] * 16 == fresh
    assert 1 == count(tmp_path, "feedback")


def test_many_writers_on_one_sqlite_file_lose_nothing(tmp_path, sqlite_url):
    calls = 200
    with serving(tmp_path, sqlite_url, workers=2) as (_, address):
        path = f"/cds-services/{STORY.service}/feedback"

        def call_and_override(_):
            answered = call(address)
            entry = overridden(answered.json()["cards"][0])
            return answered.status_code, post(address, path, {"feedback": [entry]}).status_code

        with ThreadPoolExecutor(24) as pool:
            answers = list(pool.map(call_and_override, range(calls)))
    assert [(200, 200)] * calls == answers
    assert calls == count(tmp_path, "decision")


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/records.sqlite3", "postgresql://cds:hidden-word@127.0.0.1:9/cds"]
)
def test_a_database_that_is_not_there_stops_the_start_with_one_clear_line(tmp_path, url):
    stopped = refused("serve", "--port", str(free_port()), **site(tmp_path, url))
    assert 1 == stopped.returncode
    assert stopped.stderr.startswith("Error: CDS_DATABASE_URL: the database cannot be used")
    assert 1 == stopped.stderr.count("\n")
    assert "hidden-word" not in stopped.stderr


def test_the_demo_keeps_its_records_only_while_it_runs(tmp_path):
    with running("demo", cwd=tmp_path, TMPDIR=str(tmp_path)) as service:
        assert [True] == [folder.is_dir() for folder in tmp_path.glob("work-rehab-cds-*")]
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(timeout=60)
    assert [] == list(tmp_path.iterdir())
