"""What a real server keeps when it is killed, told to stop, or loses its database."""

import json
import os
import signal
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.records.conftest import SERVER
from tests.records.keeping import overridden
from tests.records.servers import postgres_server
from tests.records.test_faults import eventually
from tests.records.test_records_server import EHR, STORY, call, count, post, site
from tests.serving import running

pytestmark = pytest.mark.server
FEEDBACK = f"/cds-services/{STORY.service}/feedback"


def kill(process):
    """End the server and all it has started at once, as a machine that fails does."""
    everybody = [process, *psutil.Process(process.pid).children(recursive=True)]
    for member in everybody:
        member.kill()
    process.wait(timeout=30)


def test_no_feedback_that_was_acknowledged_is_lost_when_the_service_is_killed(tmp_path, sqlite_url):
    acknowledged = []

    def send(address, prefix):
        number = 0
        while True:
            card = f"{prefix}-{number}"
            try:
                reply = post(address, FEEDBACK, {"feedback": [overridden({"uuid": card})]})
            except requests.RequestException:
                return
            if reply.status_code == 200:
                acknowledged.append(card)
            number += 1

    for kills in range(3):
        wanted = len(acknowledged) + 30
        with running("serve", "--workers", "2", **site(tmp_path, sqlite_url), TMPDIR=str(tmp_path)) as service:
            senders = [threading.Thread(target=send, args=(service.url, f"{kills}-{number}")) for number in range(3)]
            for sender in senders:
                sender.start()
            eventually(lambda: len(acknowledged) >= wanted)  # noqa: B023 - it is called within the loop
            kill(service.process)
            for sender in senders:
                sender.join()
    connection = sqlite3.connect(tmp_path / "records.sqlite3")
    kept = {card for (card,) in connection.execute("SELECT card FROM feedback")}
    connection.close()
    assert set() == set(acknowledged) - kept


def test_all_calls_in_flight_are_answered_and_recorded_when_the_service_is_told_to_stop(tmp_path, sqlite_url):
    body = json.dumps(STORY.request()).encode()
    with running("serve", "--workers", "2", **site(tmp_path, sqlite_url)) as service:
        place = urlsplit(service.url)
        path = f"/cds-services/{STORY.service}"
        connections = [socket.create_connection((place.hostname, place.port), timeout=60) for _ in range(8)]
        for connection in connections:
            token = EHR.headers(f"{service.url}{path}")["Authorization"]
            head = f"POST {path} HTTP/1.1\r\nHost: cds\r\nContent-Type: application/json\r\nConnection: close\r\n"
            head += f"Authorization: {token}\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:-1])
        time.sleep(0.5)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        for connection in connections:
            connection.sendall(body[-1:])
        answers = [b"".join(iter(lambda: connection.recv(65536), b"")) for connection in connections]  # noqa: B023
        assert 0 == service.process.wait(timeout=60)
    for connection in connections:
        connection.close()
    assert [b"HTTP/1.1 200"] * 8 == [answer[:12] for answer in answers]
    assert 8 == count(tmp_path, "decision")


@pytest.mark.postgres
@pytest.mark.skipif(not os.environ.get(SERVER), reason=f"{SERVER} is not set")
@pytest.mark.parametrize("hindrance", ["stopped", "standing still"])
def test_while_postgresql_is_gone_all_calls_are_answered_and_afterwards_nothing_is_missing(tmp_path, hindrance):
    with (
        postgres_server() as server,
        running("serve", "--workers", "2", **site(tmp_path, server.url)) as service,
        ThreadPoolExecutor(4) as pool,
    ):

        def calls(first):
            return [reply.status_code for reply in pool.map(lambda number: call(service.url, number), first)]

        def feedback():
            return post(service.url, FEEDBACK, {"feedback": [overridden({"uuid": "card"})]}).status_code

        def ready():
            return requests.get(f"{service.url}/health/ready", timeout=30).status_code

        assert [200] * 20 == calls(range(20))
        (server.stop if hindrance == "stopped" else server.freeze)()
        assert [200] * 40 == calls(range(20, 60))
        assert [503] * 4 == [feedback() for _ in range(4)]
        assert [503] * 4 == [ready() for _ in range(4)]
        assert not server.gave_up
        (server.start_again if hindrance == "stopped" else server.thaw)()
        eventually(lambda: feedback() == 200)
        assert [200] * 20 == calls(range(60, 80))
        engine = create_engine(make_url(server.url).set(drivername="postgresql+psycopg"))

        def recorded():
            with engine.connect() as connection:
                return connection.execute(text("SELECT count(*) FROM decision")).scalar()

        eventually(lambda: recorded() == 80)
        engine.dispose()
