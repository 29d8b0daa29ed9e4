"""A PostgreSQL server that stands still: its connections stay open, and nothing comes back."""

import os

import pytest

from cds_service.records.database import Database
from cds_service.records.writer import Counts
from tests.records.conftest import SERVER
from tests.records.keeping import OVERDUE, keeping, overridden
from tests.records.servers import postgres_server
from tests.records.test_faults import eventually
from tests.web.talking import outcome_of

pytestmark = [pytest.mark.postgres, pytest.mark.skipif(not os.environ.get(SERVER), reason=f"{SERVER} is not set")]
CARD = {"uuid": "00000000-0000-4000-8000-000000000000"}


@pytest.fixture(scope="module")
def server():
    with postgres_server() as started:
        yield started


@pytest.fixture
def running(server):
    database = Database(server.url)
    database.upgrade()
    kept = keeping(database)
    yield kept
    server.thaw()
    kept.records.close()
    assert not server.gave_up


def test_calls_are_answered_feedback_and_readiness_say_no_and_nobody_waits_for_the_server(server, running):
    expected = running.cards()
    running.written()
    before = running.count("decision")
    server.freeze()
    assert [expected] * 20 == [running.cards() for _ in range(20)]
    for _ in range(5):
        outcome_of(running.feedback(overridden(CARD)), 503)
        outcome_of(running.web.get("/health/ready"), 503)
        assert 200 == running.web.get("/health/live").status_code
    assert not server.gave_up
    server.thaw()
    eventually(lambda: running.web.get("/health/ready").status_code == 200)
    assert 200 == running.feedback(overridden(CARD)).status_code
    assert before + 20 == running.written().count("decision")
    assert 0 == running.records.counts().dropped


def test_feedback_that_meets_it_first_is_refused_and_not_kept_afterwards(server, running):
    card = {"uuid": "00000000-0000-4000-8000-000000000001"}
    running.cards()
    running.written()
    server.freeze()
    outcome_of(running.feedback(overridden(card)), 503)
    assert not server.gave_up
    server.thaw()
    eventually(lambda: not running.records.database.resting)
    assert 0 == running.rows("SELECT count(*) FROM feedback WHERE card = :card", card=card["uuid"])[0][0]


def test_readiness_that_meets_it_first_says_no(server, running):
    assert 200 == running.web.get("/health/ready").status_code
    server.freeze()
    outcome_of(running.web.get("/health/ready"), 503)
    assert not server.gave_up


def test_what_was_overridden_stays_held_back(server, running):
    running.feedback(*map(overridden, running.call(OVERDUE, "patient-view").json["cards"]))
    assert [] == running.written().cards(OVERDUE, "patient-view")
    server.freeze()
    assert [] == running.cards(OVERDUE, "patient-view")
    assert not server.gave_up


def test_a_token_that_was_used_meanwhile_is_known_to_all_afterwards(server, running):
    second = keeping(Database(server.url))
    server.freeze()
    path = "/cds-services/work-rehab-program/feedback"
    headers = running.ehr.headers(f"https://cds.example.org{path}")
    body = {"feedback": [overridden(CARD)]}
    assert 503 == running.web.post(path, json=body, headers=headers).status_code
    server.thaw()
    eventually(lambda: not running.records.database.resting)
    assert 401 == second.web.post(path, json=body, headers=headers).status_code
    second.records.close()


def test_a_stop_of_the_service_loses_no_more_time_than_it_takes_to_give_up(server):
    database = Database(server.url)
    database.upgrade()
    kept = keeping(database)
    kept.cards()
    kept.written()
    server.freeze()
    kept.cards()
    kept.records.close()
    assert not server.gave_up
    server.thaw()
    assert Counts(written=1, dropped=1) == kept.records.counts()
