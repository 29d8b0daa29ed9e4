"""The service as an EHR meets it: a real server process on a real port."""

import json
import re
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests

from cds_service.hooks.answer import Answerer
from cds_service.hooks.call import read_call
from cds_service.stories import bundled, load
from tests.playing import bundled_policies
from tests.security.signing import Ehr, write_registry
from tests.serving import free_port, refused, running, wait_until

pytestmark = pytest.mark.server

TODAY = datetime.now(UTC).astimezone().date()
EHR = Ehr()


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """What a server for the one registered client needs in its environment."""
    folder = tmp_path_factory.mktemp("site")
    return {
        "CDS_CLIENTS": str(write_registry(folder / "clients.yaml", EHR.entry())),
        "CDS_DATABASE_URL": f"sqlite:///{folder}/records.sqlite3",
    }


@pytest.fixture(scope="module")
def service(registered):
    with running("serve", "--workers", "2", **registered) as started:
        yield started.url


def post(url, timeout=5, **body):
    return requests.post(url, headers=EHR.headers(url), timeout=timeout, **body)


def call(url, story):
    return post(f"{url}/cds-services/{story.service}", timeout=30, json=story.request())


def in_process(story):
    """The answer of the same pipeline without a server, ids and addresses aside."""
    answerer = Answerer(
        policies=bundled_policies(),
        clock=lambda: datetime.now(UTC).astimezone(),
        public_url="http://127.0.0.1",
        source_label="Work Rehab CDS",
    )
    return answerer.answer(read_call(json.dumps(story.request()).encode(), story.service))


def comparable(answer):
    """The answer with the one thing that a server's port changes made the same."""
    return json.loads(re.sub(r"http://127\.0\.0\.1(:\d+)?", "http://here", json.dumps(answer)))


@pytest.mark.parametrize("name", bundled())
def test_every_bundled_story_is_answered_over_http(service, name):
    reply = call(service, load(name, TODAY))
    assert 200 == reply.status_code, reply.text
    assert comparable(in_process(load(name, TODAY))) == comparable(reply.json())


def test_the_same_call_twice_gives_the_same_answer(service):
    story = load("colles-fracture", TODAY)
    assert call(service, story).json() == call(service, story).json()


def test_two_hundred_concurrent_calls_share_nothing(service):
    stories = [load(name, TODAY) for name in bundled()]
    alone = {story.name: call(service, story).json() for story in stories}
    mixed = [stories[number % len(stories)] for number in range(200)]
    with ThreadPoolExecutor(max_workers=40) as pool:
        answers = list(pool.map(lambda story: call(service, story).json(), mixed))
    assert [alone[story.name] for story in mixed] == answers


def test_what_discovery_lists_can_be_called(service):
    for entry in requests.get(f"{service}/cds-services", timeout=5).json()["services"]:
        reply = post(f"{service}/cds-services/{entry['id']}", json={"hook": entry["hook"]})
        assert 400 == reply.status_code
        assert "OperationOutcome" == reply.json()["resourceType"]


def test_a_body_of_fifty_megabytes_is_refused_and_the_service_lives_on(service):
    reply = post(f"{service}/cds-services/work-rehab-visit", timeout=60, data=b"[" + b" " * 50_000_000)
    assert 413 == reply.status_code
    assert requests.get(f"{service}/health/live", timeout=5).ok


def test_nested_arrays_without_end_are_refused(service):
    body = b'{"hook": "encounter-discharge", "prefetch": ' + b"[" * 1_000_000
    reply = post(f"{service}/cds-services/work-rehab-visit", timeout=60, data=body)
    assert 400 == reply.status_code


def test_a_call_in_flight_is_finished_when_the_service_stops(registered):
    with running("serve", "--workers", "1", **registered) as started:
        story = load("clean-program", TODAY)
        expected = call(started.url, story).json()
        body = json.dumps(story.request()).encode()
        host, port = re.fullmatch(r"http://(.*):(\d+)", started.url).groups()
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            head = f"POST /cds-services/{story.service} HTTP/1.1\r\nHost: cds\r\nContent-Type: application/json\r\n"
            for name, value in EHR.headers(f"{started.url}/cds-services/{story.service}").items():
                head += f"{name}: {value}\r\n"
            head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode() + body[:-1])
            time.sleep(0.2)
            started.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            connection.sendall(body[-1:])
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        assert expected == json.loads(received.partition(b"\r\n\r\n")[2])
        assert 0 == started.process.wait(timeout=60)


def test_the_demo_answers_a_story_by_itself_and_says_what_to_try():
    with running("demo") as started:
        wait_until(lambda: "cds-service invoke" in started.said(), started)
        said = started.said()
    assert "no client registry" in said
    assert "97545" in said


def test_a_wrong_setting_stops_the_start_and_names_the_variable():
    stopped = refused("serve", "--port", str(free_port()), CDS_MAX_CARDS="many")
    assert 0 != stopped.returncode
    assert "CDS_MAX_CARDS" in stopped.stderr
