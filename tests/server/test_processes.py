"""Processes of a service that are killed or told to stop: a real main process and its workers."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import psutil
import pytest
import requests

from cds_service.stories import load
from tests.security.signing import Ehr, write_registry
from tests.serving import COMMAND, Running, free_port, refused, running, wait_until

pytestmark = pytest.mark.server

STORY = load("clean-program", datetime.now(UTC).astimezone().date())
BODY = json.dumps(STORY.request()).encode()
EHR = Ehr()


@pytest.fixture
def site(tmp_path):
    return {
        "CDS_CLIENTS": str(write_registry(tmp_path / "clients.yaml", EHR.entry())),
        "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/records.sqlite3",
    }


def workers(service: Running) -> list[psutil.Process]:
    return psutil.Process(service.process.pid).children()


def call(url: str) -> requests.Response:
    target = f"{url}/cds-services/{STORY.service}"
    return requests.post(target, data=BODY, headers=EHR.headers(target), timeout=30)


def test_workers_end_with_the_main_process_and_the_port_is_free_again(site):
    with running("serve", "--workers", "2", **site) as service:
        orphans = workers(service)
        assert 2 == len(orphans)
        service.process.kill()
        _, left = psutil.wait_procs(orphans, timeout=30)
        assert [] == left
    port = service.url.rpartition(":")[2]
    with running("serve", "--workers", "1", port=port, **site) as again:
        assert 200 == call(again.url).status_code


def test_orphans_finish_a_call_and_hold_the_port_until_then(site):
    with running("serve", "--workers", "1", **site) as service:
        (orphan,) = workers(service)
        orphan.suspend()
        service.process.kill()
        service.process.wait(timeout=30)
        port = service.url.rpartition(":")[2]
        second = refused("serve", "--workers", "1", "--port", port, **site)
        orphan.resume()
        psutil.wait_procs([orphan], timeout=30)
    assert 1 == second.returncode
    assert second.stderr.startswith(f"Error: Port {port} on 127.0.0.1 is in use by another program")
    assert 1 == second.stderr.count("\n")


def test_a_worker_that_dies_is_replaced(site):
    with running("serve", "--workers", "2", **site) as service:
        before = {worker.pid for worker in workers(service)}
        workers(service)[0].kill()
        wait_until(lambda: len({worker.pid for worker in workers(service)} - before) == 1, service)
        wait_until(lambda: [200] * 16 == [_status(service.url) for _ in range(16)], service)


def _status(url: str) -> int:
    try:
        return call(url).status_code
    except requests.ConnectionError:
        return 0


def test_all_calls_in_flight_are_answered_when_the_service_stops(site):
    """Every call whose answer has begun is whole; a connection that no worker has taken yet is refused as a whole."""
    with running("serve", "--workers", "2", **site) as service, ThreadPoolExecutor(8) as pool:
        stopped, answers, cut = Event(), [], []

        def go_on() -> None:
            target = f"{service.url}/cds-services/{STORY.service}"
            while True:
                headers = EHR.headers(target)
                in_time = not stopped.is_set()
                try:
                    reply = requests.post(target, data=BODY, headers=headers, timeout=30)
                except requests.ConnectionError:
                    if in_time and not stopped.is_set():
                        cut.append("before the stop")
                    return
                except requests.RequestException as error:
                    cut.append(type(error).__name__)
                    return
                answers.append(reply.status_code)

        clients = [pool.submit(go_on) for _ in range(8)]
        wait_until(lambda: len(answers) > 40, service)
        stopped.set()
        service.process.send_signal(signal.SIGTERM)
        for client in clients:
            client.result(timeout=60)
        assert 0 == service.process.wait(timeout=60)
    assert ([], {200}) == (cut, set(answers))


def test_a_service_that_is_told_to_stop_while_it_starts_stops_at_once(site):
    for pause in (0.2, 0.8, 1.2, 1.6):
        port = free_port()
        process = psutil.Popen([*COMMAND, "serve", "--workers", "2", "--port", str(port)], env=_environment(site, port))
        time.sleep(pause)
        process.terminate()
        assert process.wait(timeout=15) in {0, -signal.SIGTERM}


def _environment(site: dict[str, str], port: int) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "CDS_PUBLIC_URL": f"http://127.0.0.1:{port}", **site}
