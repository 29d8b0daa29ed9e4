"""Policies that are read again while the service runs: from one call to the next, and never within one."""

import json
import logging
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from queue import SimpleQueue

import pytest

from cds_service.app.assembly import answerer_for
from cds_service.app.metrics import Metrics
from cds_service.app.reloading import ReloadablePolicies, hangups_held_back, on_hangup
from cds_service.app.settings import Settings
from cds_service.hooks.call import read_call
from cds_service.policies.files.document import PolicyError
from cds_service.policies.stack import PolicyStack
from cds_service.stories import load
from cds_service.web.application import create_app

OVERDUE = load("reassessment-overdue", date(2026, 3, 16))
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
RULE = "reassessment"
SITE = """\
policy: site-north
title: Agreements of the North Clinic (invented)
status: partial
values:
  reassessment.interval_days:
    - from: 2026-01-01
      value: {days}
      source: {{title: Contract with Example Mutual, retrieved: 2026-01-15}}
      confidence: verified
"""


class Site:
    """A folder of a site with one policy, whose answers change with the days in it."""

    def __init__(self, folder):
        self.folder = folder
        self.says(7)

    def says(self, days):
        (self.folder / "site-north.yaml").write_text(SITE.format(days=days))

    def load(self):
        return PolicyStack.load([self.folder])


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def policies(site):
    return ReloadablePolicies(site.load)


@pytest.fixture
def web(policies):
    settings = Settings()
    return create_app(settings, answerer_for(settings, policies, lambda: NOW), policies).test_client()


def rules_shown(web):
    reply = web.post(f"/cds-services/{OVERDUE.service}", json=OVERDUE.request())
    assert 200 == reply.status_code
    return {card["extension"]["work-rehab-cds.finding"]["rule"] for card in reply.json["cards"]}


def days_of_page(web):
    return [value["value"] for value in web.get("/policies/site-north").json["values"]]


def days_of_rule_page(web):
    values = web.get("/rules/reassessment").json["values"]
    return [
        value["value"]
        for value in values
        if (value["policy"], value["parameter"]) == ("site-north", f"{RULE}.interval_days")
    ]


def test_a_reload_changes_cards_and_pages_from_the_next_call_on(web, policies, site):
    assert RULE in rules_shown(web)
    site.says(900)
    assert (True, [7]) == (RULE in rules_shown(web), days_of_page(web))
    policies.reload()
    assert (False, [900], [900]) == (RULE in rules_shown(web), days_of_page(web), days_of_rule_page(web))


def test_a_policy_that_is_new_is_covered_and_one_that_went_is_not(web, policies, site):
    (site.folder / "site-north.yaml").rename(site.folder / "site-south.yaml")
    (site.folder / "site-south.yaml").write_text(SITE.format(days=7).replace("site-north", "site-south"))
    policies.reload()
    covered = {row["id"] for row in web.get("/coverage").json["policies"]}
    assert (True, False) == ("site-south" in covered, "site-north" in covered)
    assert 404 == web.get("/policies/site-north").status_code


def test_refused_policies_change_nothing_and_are_logged_with_file_line_and_key(web, policies, site, caplog):
    site.says("soon")
    with caplog.at_level(logging.INFO, "cds_service.app.reloading"):
        policies.reload()
    assert (True, [7]) == (RULE in rules_shown(web), days_of_page(web))
    (record,) = [record for record in caplog.records if record.name == "cds_service.app.reloading"]
    assert ("ERROR", "policies-not-reloaded") == (record.levelname, record.getMessage())
    assert f"{site.folder}/site-north.yaml:7: values.reassessment.interval_days[0].value: " in record.fields["why"]


def test_a_folder_that_went_changes_nothing(web, policies, site):
    site.folder.rename(site.folder.with_name("elsewhere"))
    policies.reload()
    assert (True, [7]) == (policies.outdated, days_of_page(web))


def test_readiness_tells_of_refused_policies_until_right_ones_are_read(web, policies, site):
    assert (200, {"status": "ok"}) == ready(web)
    site.says("soon")
    policies.reload()
    assert (200, {"status": "ok", "policies": "not reloaded: see the log"}) == ready(web)
    site.says(14)
    policies.reload()
    assert (200, {"status": "ok"}) == ready(web)


def ready(web):
    reply = web.get("/health/ready")
    return reply.status_code, reply.json


def test_the_metric_tells_of_refused_policies_until_right_ones_are_read(site):
    metrics = Metrics()
    policies = ReloadablePolicies(site.load, metrics.policies_outdated)
    read = [outdated(metrics)]
    for days in ("soon", 14):
        site.says(days)
        policies.reload()
        read.append(outdated(metrics))
    assert [0, 1, 0] == read


def outdated(metrics):
    (line,) = [line for line in metrics.text().decode().splitlines() if line.startswith("cds_policies_outdated ")]
    return float(line.split()[1])


def test_policies_that_are_refused_at_the_start_do_not_come_to_be(site):
    site.says("soon")
    with pytest.raises(PolicyError):
        ReloadablePolicies(site.load)


class Restless:
    """Exchanged whenever somebody looks."""

    outdated = False

    def __init__(self, *stacks):
        self.stacks = list(stacks)

    @property
    def current(self):
        self.stacks.append(self.stacks.pop(0))
        return self.stacks[-1]


@pytest.fixture
def restless(site):
    first = site.load()
    (site.folder / "site-north.yaml").unlink()
    (site.folder / "site-south.yaml").write_text(SITE.format(days=900).replace("site-north", "site-south"))
    return Restless(first, site.load())


def test_a_call_is_decided_by_the_policies_of_one_reading(restless):
    answerer = answerer_for(Settings(), restless, lambda: NOW)
    call = read_call(json.dumps(OVERDUE.request()).encode(), OVERDUE.service)
    for layer, shown in [("site-north", True), ("site-south", False)] * 2:
        answered = answerer.answered(call)
        assert layer == answered.evaluation.policies[-1]
        assert shown == any(RULE == finding.rule for finding in answered.evaluation.findings)


@pytest.mark.parametrize("path", ["/coverage", "/rules/reassessment", "/policies/generic"])
def test_a_page_shows_the_policies_of_one_reading(restless, path):
    web = create_app(Settings(), policies=restless).test_client()
    before = restless.stacks[0]
    web.get(path)
    assert before is restless.stacks[-1]


@pytest.fixture
def hangup():
    """Sends this process SIGHUP; what it did before is what it does after."""
    before = signal.getsignal(signal.SIGHUP)
    yield lambda: os.kill(os.getpid(), signal.SIGHUP)
    signal.signal(signal.SIGHUP, before)


def test_a_fault_in_one_reload_keeps_neither_the_others_nor_the_next_from_their_turn(hangup, caplog):
    done = SimpleQueue()

    def broken():
        done.put("broken")
        raise OSError("disk")

    on_hangup(broken, lambda: done.put("right"))
    for _ in range(2):
        hangup()
        assert ["broken", "right"] == [done.get(timeout=10) for _ in range(2)]
    assert {"fault"} == {record.getMessage() for record in caplog.records}


LISTENS_LATE = """\
import sys, time
from threading import Event
from cds_service.app.reloading import on_hangup

heard = Event()
print("up", flush=True)
time.sleep(0.5)
on_hangup(heard.set)
sys.exit(not heard.wait(20))
"""


def test_a_signal_that_comes_before_a_started_process_listens_waits_for_it():
    with hangups_held_back():
        started = subprocess.Popen([sys.executable, "-c", LISTENS_LATE], stdout=subprocess.PIPE)
    with started:
        assert b"up\n" == started.stdout.readline()
        started.send_signal(signal.SIGHUP)
        assert 0 == started.wait(timeout=30)
