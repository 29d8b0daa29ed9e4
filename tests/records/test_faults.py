import sqlite3
import threading
import time

import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url

from cds_service.records.database import Database
from cds_service.records.entries import Entry
from cds_service.records.writer import Counts, Writer
from tests.records.conftest import DATABASES
from tests.records.keeping import NOW, OVERDUE, keeping, overridden
from tests.records.wire import wire_to
from tests.web.talking import outcome_of

CARD = {"uuid": "00000000-0000-4000-8000-000000000000"}


def eventually(true):
    """Wait at most half a minute."""
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


class File:
    """A SQLite file that can be taken away and brought back."""

    def __init__(self, path):
        self.path = path
        self.url = f"sqlite:///{path}"

    def cut(self):
        self.path.rename(self.path.with_suffix(".away"))

    def mend(self):
        self.path.with_suffix(".away").rename(self.path)


class Server:
    """A PostgreSQL server behind a wire."""

    def __init__(self, url, wire):
        self.url = make_url(url).set(port=wire.port).render_as_string(hide_password=False)
        self.cut, self.mend = wire.cut, wire.mend


@pytest.fixture(params=DATABASES)
def store(request, tmp_path):
    """Where records are kept, and a way to lose it."""
    if request.param == "sqlite":
        yield File(tmp_path / "records.sqlite3")
        return
    url = request.getfixturevalue("postgres_url")
    with wire_to(make_url(url).host, make_url(url).port or 5432) as wire:
        yield Server(url, wire)


@pytest.fixture
def running(store):
    database = Database(store.url)
    database.upgrade()
    kept = keeping(database)
    yield kept
    kept.records.close()


def test_a_hook_call_is_answered_while_the_database_is_gone_and_recorded_once_it_is_back(store, running):
    expected = running.cards()
    store.cut()
    assert expected == running.cards()
    assert expected == running.cards()
    store.mend()
    assert 3 == running.written().count("decision")
    assert Counts(written=3) == running.records.counts()


def test_feedback_says_loudly_that_the_database_is_gone_and_keeps_nothing(store, running):
    store.cut()
    issue = outcome_of(running.feedback(overridden(CARD)), 503)
    assert ("transient", "The feedback could not be stored; nothing of it was.") == (
        issue["code"],
        issue["details"]["text"],
    )
    store.mend()
    assert 0 == running.count("feedback")
    assert 200 == running.feedback(overridden(CARD)).status_code
    assert 1 == running.count("feedback")


def test_the_service_is_not_ready_while_the_database_is_gone_and_ready_again_after(store, running):
    assert 200 == running.web.get("/health/ready").status_code
    store.cut()
    outcome_of(running.web.get("/health/ready"), 503)
    assert 200 == running.web.get("/health/live").status_code
    store.mend()
    assert 200 == running.web.get("/health/ready").status_code


def test_what_was_overridden_stays_held_back_while_the_database_is_gone(store, running):
    cards = running.call(OVERDUE, "patient-view").json["cards"]
    running.feedback(*map(overridden, cards))
    assert [] == running.written().cards(OVERDUE, "patient-view")
    store.cut()
    assert [] == running.cards(OVERDUE, "patient-view")
    store.mend()


def test_a_token_that_was_used_while_the_database_was_gone_is_known_to_all_once_it_is_back(store, running):
    store.cut()
    path = "/cds-services/work-rehab-program/feedback"
    headers = running.ehr.headers(f"https://cds.example.org{path}")
    body = {"feedback": [overridden(CARD)]}
    assert 503 == running.web.post(path, json=body, headers=headers).status_code
    store.mend()
    eventually(lambda: not running.records.database.resting)
    second = keeping(Database(store.url))
    assert 401 == second.web.post(path, json=body, headers=headers).status_code
    second.records.close()


def test_a_token_used_again_is_refused_by_the_process_that_saw_it_while_the_database_is_gone(store, running):
    store.cut()
    path = "/cds-services/work-rehab-program/feedback"
    headers = running.ehr.headers(f"https://cds.example.org{path}")
    statuses = [running.web.post(path, json={"feedback": [overridden(CARD)]}, headers=headers) for _ in range(2)]
    assert [503, 401] == [reply.status_code for reply in statuses]
    store.mend()


def test_a_database_file_that_was_replaced_is_noticed(tmp_path):
    file = File(tmp_path / "records.sqlite3")
    database = Database(file.url)
    database.upgrade()
    assert database.reachable()
    file.cut()
    sqlite3.connect(file.path).close()
    file.path.touch()
    assert not database.reachable()
    database.close()


@pytest.fixture
def full(sqlite_url):
    """A service whose database may not grow any more."""
    database = Database(sqlite_url)
    database.upgrade()
    with database.single() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    database.close()
    database = Database(sqlite_url)
    event.listen(database.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages}"))
    kept = keeping(database, key="k" * 32)
    yield kept
    kept.records.close()


def filled(kept):
    """Feedback until there is no room."""
    entries = ({"uuid": f"card-{number}"} for number in range(2_000))
    for entry in entries:
        reply = kept.feedback(overridden(entry, overrideReason={"userComment": "x" * 3_900}))
        if reply.status_code != 200:
            return reply
    raise AssertionError("the database is never full")


def test_when_the_disk_is_full_feedback_fails_and_hook_calls_are_answered(full):
    outcome_of(filled(full), 503)
    before = full.count("feedback")
    assert ["reassessment.overdue", "visit-charges.draft"] == full.cards()
    outcome_of(full.feedback(overridden(CARD, overrideReason={"userComment": "y" * 3_900})), 503)
    assert before == full.count("feedback")


def entries(count):
    decision = {
        "at": NOW,
        "client": "client",
        "tenant": None,
        "service": "work-rehab-visit",
        "hook": "encounter-discharge",
        "hook_instance": "i",
        "policies": [],
        "input": "0" * 64,
        "output": None,
        "outcome": "failed",
        "shown": 0,
        "withheld": 0,
        "gaps": 0,
        "latency": 1.0,
        "patient": "0" * 64,
        "episode": None,
        "shadow": False,
    }
    return [Entry(decision | {"id": f"d{number}", "evaluation": f"e{number}"}) for number in range(count)]


def test_thousands_of_records_are_all_written_and_none_stays_in_memory(database):
    writer = Writer(database, linger_seconds=0.01)
    assert all(writer.put(entry) for entry in entries(5_000))
    writer.close()
    assert Counts(written=5_000) == writer.counts()


def test_no_more_wait_in_memory_than_allowed_and_the_others_are_counted(store):
    database = Database(store.url)
    database.upgrade()
    store.cut()
    writer = Writer(database, most_waiting=100, linger_seconds=0.01, drain_seconds=0.2)
    taken = [writer.put(entry) for entry in entries(5_000)]
    assert 100 == taken.count(True)
    assert Counts(dropped=4_900, waiting=100) == writer.counts()
    writer.close()
    assert Counts(dropped=5_000) == writer.counts()
    store.mend()
    database.close()


def test_a_record_that_cannot_be_written_does_not_keep_the_others_back(database):
    writer = Writer(database, linger_seconds=0.01)
    good = entries(3)
    bad = Entry({name: value for name, value in good[1].decision.items() if name != "client"} | {"client": None})
    for entry in (good[0], bad, good[2]):
        writer.put(entry)
    writer.close()
    assert Counts(written=2, dropped=1) == writer.counts()


def test_what_comes_after_the_end_is_counted_as_dropped(database):
    writer = Writer(database)
    writer.close()
    assert not writer.put(entries(1)[0])
    assert Counts(dropped=1) == writer.counts()


def test_a_service_that_is_never_called_starts_no_thread(database):
    before = threading.active_count()
    Writer(database)
    assert before == threading.active_count()
