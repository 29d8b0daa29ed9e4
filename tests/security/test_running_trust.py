"""Client trust as an operator meets it: a real server process."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
import requests

from cds_service.stories import load
from tests.security.signing import Ehr, Signer, write_registry
from tests.serving import free_port, refused, running, wait_until

pytestmark = pytest.mark.server

OLD = Ehr()
NEW = Ehr(Signer("RS384", kid="key-2"))
STORY = "colles-fracture"


@pytest.fixture
def site(tmp_path):
    """The settings of a site with one registered client."""
    path = write_registry(tmp_path / "clients.yaml", OLD.entry())
    return {"CDS_CLIENTS": str(path), "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/records.sqlite3"}


def status(started, ehr, **claims):
    story = load(STORY, date.today())  # noqa: DTZ011 - the local day is meant
    url = f"{started.url}/cds-services/{story.service}"
    headers = ehr.headers(url, **claims) if ehr is not None else {}
    return requests.post(url, json=story.request(), headers=headers, timeout=30).status_code


def events(started):
    """What the log tells, line by line."""
    return [json.loads(line)["event"] for line in started.said().splitlines() if line.startswith("{")]


def test_a_signed_call_is_answered_and_an_unsigned_one_is_not(site):
    with running("serve", "--workers", "1", **site) as started:
        assert [200, 401] == [status(started, OLD), status(started, None)]
        assert requests.get(f"{started.url}/cds-services", timeout=5).ok


def test_of_many_calls_with_one_token_a_single_one_is_answered_by_all_workers_together(site):
    with running("serve", "--workers", "2", **site) as started, ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(lambda _: status(started, OLD, jti="one-and-only"), range(16)))
    assert (1, 15) == (answers.count(200), answers.count(401))


def test_keys_are_exchanged_by_a_signal_without_a_stop(site):
    with running("serve", "--workers", "2", **site) as started:
        assert [200, 401] == [status(started, OLD), status(started, NEW)]
        write_registry(Path(site["CDS_CLIENTS"]), NEW.entry())
        started.process.send_signal(signal.SIGHUP)
        wait_until(lambda: 2 == events(started).count("clients-reloaded"), started)
        assert [{401}, {200}] == [{status(started, ehr) for _ in range(8)} for ehr in (OLD, NEW)]
        assert started.process.poll() is None


def test_a_mistake_in_the_registry_leaves_the_service_as_it_was(site):
    with running("serve", "--workers", "2", **site) as started:
        write_registry(Path(site["CDS_CLIENTS"]), NEW.entry(mode="silent"))
        started.process.send_signal(signal.SIGHUP)
        wait_until(lambda: 2 == events(started).count("clients-not-reloaded"), started)
        assert [{200}, {401}] == [{status(started, ehr) for _ in range(8)} for ehr in (OLD, NEW)]
        assert "clients.yaml: client https://ehr.example.org: mode: " in started.said()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "CDS_CLIENTS is not set, so nobody may call"),
        ({"clients": []}, "clients: must be a list with at least one client"),
        ({"clients": [OLD.entry(services=["work-rehab-ordr"])]}, "services: there is no service work-rehab-ordr"),
    ],
)
def test_the_service_does_not_start_without_clients(tmp_path, content, reason):
    environment = {"CDS_DATABASE_URL": f"sqlite:///{tmp_path}/records.sqlite3"}
    if content is not None:
        path = tmp_path / "clients.yaml"
        path.write_text(json.dumps(content))
        environment["CDS_CLIENTS"] = str(path)
    stopped = refused("serve", "--port", str(free_port()), **environment)
    assert 1 == stopped.returncode
    assert reason in stopped.stderr
    assert "Traceback" not in stopped.stderr
