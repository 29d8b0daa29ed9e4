"""Policies that a running service reads again, as an operator meets it: a real server process and its signal."""

import json
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from cds_service.stories import load
from tests.app.test_reloading import RULE, SITE
from tests.security.signing import Ehr, Signer, write_registry
from tests.serving import free_port, refused, running, wait_until

pytestmark = pytest.mark.server

EHR = Ehr()
STRANGER = Ehr(Signer("RS384", kid="key-2"))
OVERDUE = load("reassessment-overdue", datetime.now(UTC).astimezone().date())
OFTEN = range(8)


@pytest.fixture
def folder(tmp_path):
    """The site's policies."""
    made = tmp_path / "policies"
    made.mkdir()
    return made


@pytest.fixture
def site(tmp_path, folder):
    """The settings of a site with one client and a folder of policies."""
    says(folder, 7)
    return {
        "CDS_CLIENTS": str(write_registry(tmp_path / "clients.yaml", EHR.entry())),
        "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/records.sqlite3",
        "CDS_POLICY_DIRS": str(folder),
        "CDS_LOG_LEVEL": "INFO",
    }


def says(folder, days):
    (folder / "site-north.yaml").write_text(SITE.format(days=days))


def hang_up(service, event, workers=2):
    """Send SIGHUP, and wait until every worker has told that this came of it."""
    before = logged(service).count(event)
    service.process.send_signal(signal.SIGHUP)
    wait_until(lambda: before + workers == logged(service).count(event), service)


def logged(service):
    return [json.loads(line)["event"] for line in service.said().splitlines() if line.startswith("{")]


def post(service, ehr=EHR):
    url = f"{service.url}/cds-services/{OVERDUE.service}"
    return requests.post(url, json=OVERDUE.request(), headers=ehr.headers(url), timeout=30)


def often(ask):
    """What is answered to the same question, each time with its own connection, so that every worker is asked."""
    return {ask() for _ in OFTEN}


def shown(service):
    reply = post(service)
    assert 200 == reply.status_code, reply.text
    return any(RULE == card["extension"]["work-rehab-cds.finding"]["rule"] for card in reply.json()["cards"])


def get(service, path):
    return requests.get(f"{service.url}{path}", headers={"Accept": "application/json"}, timeout=5)


def days(service):
    return get(service, "/policies/site-north").json()["values"][0]["value"]


def covered(service):
    return "site-south" in {row["id"] for row in get(service, "/coverage").json()["policies"]}


def ready(service):
    reply = get(service, "/health/ready")
    return reply.status_code, reply.json().get("policies")


def outdated(service):
    lines = get(service, "/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("cds_policies_outdated "))


def test_policies_are_exchanged_by_a_signal_and_refused_ones_change_nothing(site, folder):
    refused = "not reloaded: see the log"
    with running("serve", "--workers", "2", **site) as service:
        assert ({True}, {7}, {(200, None)}, 0) == everything(service)
        says(folder, 900)
        assert ({True}, {7}) == everything(service)[:2]
        hang_up(service, "policies-reloaded")
        assert ({False}, {900}, {(200, None)}, 0) == everything(service)

        says(folder, "soon")
        hang_up(service, "policies-not-reloaded")
        assert ({False}, {900}, {(200, refused)}, 2) == everything(service)
        (why,) = {error["why"] for error in errors(service)}
        assert why.startswith(f"{folder}/site-north.yaml:7: values.reassessment.interval_days[0].value: ")

        says(folder, 7)
        (folder / "site-south.yaml").write_text(SITE.format(days=7).replace("site-north", "site-south"))
        hang_up(service, "policies-not-reloaded")
        assert ({False}, {900}, {(200, refused)}, 2) == everything(service)
        assert "give one of them a more specific match" in errors(service)[-1]["why"]

        match = "match: {payer: Example Mutual}"
        second = SITE.format(days=7).replace("site-north", "site-south").replace("status", f"{match}\nstatus")
        (folder / "site-south.yaml").write_text(second)
        hang_up(service, "policies-reloaded")
        assert ({True}, {7}, {(200, None)}, 0) == everything(service)
        assert {True} == often(lambda: covered(service))
        assert service.process.poll() is None


def everything(service):
    """Whether the card is shown, the days on the page, readiness, and how many workers are outdated."""
    return (
        often(lambda: shown(service)),
        often(lambda: days(service)),
        often(lambda: ready(service)),
        outdated(service),
    )


def errors(service):
    lines = [json.loads(line) for line in service.said().splitlines() if line.startswith("{")]
    return [line for line in lines if "policies-not-reloaded" == line["event"]]


def test_a_registry_that_is_refused_keeps_no_policies_from_being_exchanged(site, folder):
    with running("serve", "--workers", "2", **site) as service:
        write_registry(Path(site["CDS_CLIENTS"]), STRANGER.entry(mode="silent"))
        says(folder, 900)
        hang_up(service, "policies-reloaded")
        wait_until(lambda: 2 == logged(service).count("clients-not-reloaded"), service)
        assert ({False}, {900}) == everything(service)[:2]


def test_policies_that_are_refused_keep_no_client_from_being_exchanged(site, folder):
    with running("serve", "--workers", "2", **site) as service:
        write_registry(Path(site["CDS_CLIENTS"]), STRANGER.entry())
        says(folder, "soon")
        hang_up(service, "clients-reloaded")
        wait_until(lambda: 2 == logged(service).count("policies-not-reloaded"), service)
        assert ({401}, {200}) == tuple(often(lambda ehr=ehr: post(service, ehr).status_code) for ehr in (EHR, STRANGER))


def test_of_many_signals_the_last_reading_counts(site, folder):
    with running("serve", "--workers", "1", **site) as service:
        for number in range(8, 40):
            says(folder, number)
            service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: 39 == days(service), service)
        assert {39} == often(lambda: days(service))


def test_the_demo_reads_its_policies_again_and_keeps_its_process(site, folder):
    settings = {name: value for name, value in site.items() if name != "CDS_CLIENTS"}
    with running("demo", **settings) as service:
        says(folder, 900)
        hang_up(service, "policies-reloaded", workers=1)
        assert {900} == often(lambda: days(service))
        says(folder, "soon")
        hang_up(service, "policies-not-reloaded", workers=1)
        assert ({900}, {(200, "not reloaded: see the log")}) == (
            often(lambda: days(service)),
            often(lambda: ready(service)),
        )


def test_a_service_does_not_start_with_refused_policies_and_names_file_and_key(site, folder):
    says(folder, "soon")
    stopped = refused("serve", "--port", str(free_port()), **site)
    assert 1 == stopped.returncode
    key = "values.reassessment.interval_days[0].value"
    assert stopped.stderr.startswith(f"Error: {folder}/site-north.yaml:7: {key}: Input should be a valid integer")
    assert 1 == len(stopped.stderr.splitlines())


def test_a_signal_that_comes_while_workers_are_still_starting_reaches_all_of_them(site):
    with running("serve", "--workers", "6", **site) as service:
        hang_up(service, "policies-reloaded", workers=6)
