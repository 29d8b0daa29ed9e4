"""A database that is hindered: locked, full, read-only, damaged, without a table, with all connections in use."""

import sqlite3
import threading

import pytest
from sqlalchemy import event

from cds_service.records.database import Database
from cds_service.records.engines import CONNECTIONS
from cds_service.records.writer import Counts, Writer
from tests.records.keeping import keeping, overridden
from tests.records.test_faults import CARD, entries, eventually
from tests.web.talking import outcome_of

PATIENCE_SECONDS = 8
LONG_COMMENT = {"userComment": "x" * 3_900}


def ready(kept):
    return kept.web.get("/health/ready").status_code == 200


@pytest.fixture
def running(sqlite_url):
    database = Database(sqlite_url)
    database.upgrade()
    kept = keeping(database, key="k" * 32)
    yield kept
    kept.records.close()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "records.sqlite3"


class Limits:
    """What connections of a database may do; ``apply`` opens new ones."""

    def __init__(self, database):
        self.pragma = "query_only=OFF"
        self.database = database
        event.listen(database.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA {self.pragma}"))

    def apply(self, pragma):
        self.pragma = pragma
        self.database.engine.dispose()


@pytest.fixture
def limits(running):
    return Limits(running.records.database)


def test_while_another_program_locks_the_file_calls_do_not_wait_and_nothing_is_lost(running, file):
    expected = running.cards()
    running.written()
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    patient = sqlite3.connect(file, isolation_level=None, timeout=PATIENCE_SECONDS, check_same_thread=False)
    turn = threading.Event()

    def wait_for_a_turn():
        try:
            patient.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            turn.set()

    waiting = threading.Thread(target=wait_for_a_turn)
    waiting.start()
    assert [expected] * 10 == [running.cards() for _ in range(10)]
    outcome_of(running.feedback(overridden(CARD)), 503)
    assert not ready(running)
    assert waiting.is_alive(), "all of this takes less than a writer has patience"
    waiting.join()
    assert turn.is_set()
    holder.execute("ROLLBACK")
    holder.close()
    patient.close()
    eventually(lambda: ready(running))
    assert 200 == running.feedback(overridden(CARD)).status_code
    assert (11, 0) == (running.written().count("decision"), running.records.counts().dropped)
    eventually(lambda: running.count("used_token") == 13)


def test_a_full_disk_is_no_readiness_and_what_waits_is_written_once_there_is_room(running, limits):
    pages = running.rows("PRAGMA page_count")[0][0]
    limits.apply(f"max_page_count={pages + 8}")
    kept, reply = 0, None
    while reply is None or reply.status_code == 200:
        kept += reply is not None
        reply = running.feedback(overridden({"uuid": f"card-{kept}"}, overrideReason=LONG_COMMENT))
    outcome_of(reply, 503)
    assert not ready(running)
    assert 5 == len([running.cards() for _ in range(5)])
    assert not ready(running)
    limits.apply("max_page_count=100000")
    assert (5, 0) == (running.written().count("decision"), running.records.counts().dropped)
    eventually(lambda: ready(running))
    assert kept == running.count("feedback")


def test_a_full_disk_shows_in_readiness_before_anybody_calls(running, limits):
    limits.apply(f"max_page_count={running.rows('PRAGMA page_count')[0][0]}")
    assert not ready(running)
    limits.apply("max_page_count=100000")
    eventually(lambda: ready(running))


def test_a_file_that_turns_read_only_is_no_readiness_and_nothing_is_lost(running, limits):
    assert ready(running)
    limits.apply("query_only=ON")
    expected = running.cards()
    assert expected == running.cards()
    outcome_of(running.feedback(overridden(CARD)), 503)
    assert not ready(running)
    limits.apply("query_only=OFF")
    assert (2, 0) == (running.written().count("decision"), running.records.counts().dropped)
    eventually(lambda: ready(running))
    assert 200 == running.feedback(overridden(CARD)).status_code


@pytest.mark.parametrize("table", ["feedback", "card", "decision", "used_token"])
def test_a_missing_table_is_no_readiness(kept, table):
    assert ready(kept)
    with kept.records.database.writing() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO elsewhere")
    assert 200 == kept.call().status_code
    kept.feedback(overridden(CARD))
    eventually(lambda: not ready(kept))
    with kept.records.database.writing() as connection:
        connection.exec_driver_sql(f"ALTER TABLE elsewhere RENAME TO {table}")
    eventually(lambda: ready(kept))
    assert (1, 0) == (kept.written().count("decision"), kept.records.counts().dropped)


def test_a_damaged_file_is_no_readiness_whatever_a_try_says(running, file):
    for number in range(100):
        running.feedback(overridden({"uuid": f"card-{number}"}, overrideReason=LONG_COMMENT))
    running.records.database.engine.dispose()
    with file.open("r+b") as raw:
        raw.seek(8 * 4096)
        raw.write(b"\xa5" * (file.stat().st_size - 8 * 4096))
    assert 200 == running.call().status_code
    assert 503 == running.feedback(overridden({"uuid": "card-50"}, overrideReason=LONG_COMMENT)).status_code
    assert not ready(running)
    assert not ready(running)


def test_records_wait_while_all_connections_are_in_use(database):
    ended = []
    writer = Writer(database, linger_seconds=0.01)
    writer.on_written = ended.append
    held = [database.engine.connect() for _ in range(CONNECTIONS)]
    for entry in entries(3):
        writer.put(entry)
    eventually(lambda: ended)
    assert Counts(waiting=3) == writer.counts()
    for connection in held:
        connection.close()
    writer.close()
    assert Counts(written=3) == writer.counts()


@pytest.mark.postgres
def test_records_wait_while_postgresql_only_reads(postgres_url):
    database = Database(postgres_url)
    database.upgrade()
    ended = []
    event.listen(database.engine, "connect", lambda raw, _: raw.execute("SET default_transaction_read_only = on"))
    event.listen(database.engine, "connect", lambda raw, _: raw.commit())
    database.engine.dispose()
    writer = Writer(database, linger_seconds=0.01, drain_seconds=0.2)
    writer.on_written = ended.append
    writer.put(entries(1)[0])
    eventually(lambda: ended)
    assert Counts(waiting=1) == writer.counts()
    writer.close()
    database.close()
