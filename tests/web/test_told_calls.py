"""What the demo prints of calls and reloads: a line each, in words, with nothing of the patient."""

import logging
from datetime import date

import pytest

from cds_service.app.settings import Settings
from cds_service.stories import load
from cds_service.web.application import create_app
from cds_service.web.around.logs import LOGGER, configure_logging, tell_calls

STORY = load("colles-fracture", date(2026, 3, 16))


@pytest.fixture
def web():
    """The application of the demo, with the level of its log."""
    logger = logging.getLogger(LOGGER)
    before, level = list(logger.handlers), logger.level
    logger.handlers.clear()
    tell_calls()
    yield create_app(Settings(log_level="WARNING")).test_client()
    logger.handlers[:] = before
    logger.setLevel(level)


def told(capsys):
    return [" ".join(line.split()[1:]) for line in capsys.readouterr().out.splitlines()]


def test_a_call_is_told_by_hook_service_number_of_cards_and_time(web, capsys):
    web.post(f"/cds-services/{STORY.service}", json=STORY.request())
    output = capsys.readouterr()
    (line,) = output.out.splitlines()
    clock, hook, service, count, _, milliseconds, unit = line.split()
    assert ("encounter-discharge", "work-rehab-visit", "1", "ms") == (hook, service, count, unit)
    assert 8 == len(clock)
    assert milliseconds.isdigit()
    assert "" == output.err, "the log of level WARNING has nothing to say"
    assert STORY.patient_id not in line


def test_what_is_refused_or_not_there_is_told_with_its_status(web, capsys):
    web.post(f"/cds-services/{STORY.service}", json={})
    web.get("/cds-services")
    web.get("/nowhere")
    refused, listed, quiet = told(capsys)
    assert refused.startswith("POST /cds-services/<service_id> status 400")
    assert listed.startswith("GET /cds-services")
    assert "status" not in listed
    assert quiet.startswith("GET nothing at this path status 404")


def test_what_machines_ask_all_the_time_is_not_told(web, capsys):
    web.get("/health/live")
    web.get("/health/ready")
    web.get("/metrics")
    assert [] == told(capsys)


@pytest.mark.usefixtures("web")
def test_reloads_are_told(capsys):
    log = logging.getLogger(f"{LOGGER}.reloading")
    log.info("policies-reloaded", extra={"fields": {"policies": 23}})
    log.error("policies-not-reloaded", extra={"fields": {"why": "site.yaml:3: no such key"}})
    read, not_read = told(capsys)
    assert "policies read again: 23 in use from the next call on" == read
    assert "policies not read again, those in use stay: site.yaml:3: no such key" == not_read


def test_a_log_of_level_info_is_written_beside_it(web, capsys):
    configure_logging("INFO")
    web.get("/cds-services")
    output = capsys.readouterr()
    assert 1 == len(output.out.splitlines())
    assert output.err.startswith("{")
