from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from cds_service.records.database import Database
from cds_service.records.retention import CALLS_AT_ONCE, Purged, purge
from cds_service.records.used_tokens import DatabaseReplay
from cds_service.records.writer import Writer
from cds_service.security.replay import MemoryReplay
from tests.records.keeping import NOW, keeping, overridden
from tests.records.test_faults import entries

LATER = NOW + timedelta(days=1)
PLANTED = b"planted-comment"
UNTIL = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def filled(database):
    """A database with calls of three steps and a half."""
    writer = Writer(database, linger_seconds=0.01)
    for entry in entries(CALLS_AT_ONCE * 7 // 2):
        writer.put(entry)
    writer.close()
    return database


def test_old_calls_are_removed_some_at_a_time(filled):
    commits = []
    event.listen(filled.engine, "commit", commits.append)
    assert Purged(CALLS_AT_ONCE * 7 // 2, 0, 0, 0) == purge(filled, LATER, LATER)
    assert len(commits) >= 4


def test_a_token_finds_its_turn_between_two_steps(filled):
    """Each step ends before a token is remembered, so that its lock would show; the token is written in between."""
    replay = DatabaseReplay(filled, MemoryReplay())
    seen = []

    def use_a_token(_connection):
        if not seen:
            seen.append(None)
            seen.append(replay.seen("issuer", "between", UNTIL))

    event.listen(filled.engine, "checkin", lambda *_: use_a_token(None))
    purge(filled, LATER, LATER)
    assert [None, False] == seen
    assert not filled.resting
    assert DatabaseReplay(filled, MemoryReplay()).seen("issuer", "between", UNTIL)


def test_a_purge_that_is_broken_off_leaves_no_feedback_without_its_call_and_goes_on_the_next_time(kept):
    cards = [card for _ in range(3) for card in kept.call().json["cards"]]
    kept.written()
    kept.feedback(*map(overridden, cards))
    assert 3 == purge(kept.records.database, LATER, LATER).calls
    assert [0, 0, 0, 0] == [kept.count(table) for table in ("decision", "card", "suggestion", "feedback")]


def bytes_of(folder):
    return b"".join(file.read_bytes() for file in folder.glob("records.sqlite3*"))


def test_comments_that_were_purged_or_replaced_are_in_no_byte_of_the_file_or_its_log(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    database.upgrade()
    kept = keeping(database)
    for number in range(60):
        comment = f"{PLANTED.decode()}-{number} " * (1, 5, 40, 180)[number % 4]
        card = kept.call().json["cards"][0] if number % 2 else {"uuid": f"card-{number}"}
        kept.feedback(overridden(card, overrideReason={"userComment": comment[:4000]}))
        if number % 5 == 0:
            late = {"outcomeTimestamp": "2026-03-16T16:00:00Z", "overrideReason": {"userComment": "word"}}
            kept.feedback(overridden(card, **late))
    kept.written()
    assert bytes_of(tmp_path).count(PLANTED) > 60
    assert purge(database, LATER, LATER).wiped
    assert 0 == bytes_of(tmp_path).count(PLANTED)
    assert 200 == kept.call().status_code
    kept.records.close()
    assert 0 == bytes_of(tmp_path).count(PLANTED)


def test_a_log_that_others_read_is_said_to_hold_what_was_purged(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    database.upgrade()
    kept = keeping(database)
    kept.feedback(overridden({"uuid": "card"}, overrideReason={"userComment": PLANTED.decode()}))
    with database.writing() as reader:
        reader.exec_driver_sql("COMMIT")
        reader.exec_driver_sql("BEGIN")
        reader.exec_driver_sql("SELECT count(*) FROM feedback").all()
        second = Database(sqlite_url)
        assert not second.within(0.05, lambda: purge(second, LATER, LATER)).wiped
        second.close()
    assert purge(database, LATER, LATER).wiped
    assert PLANTED not in bytes_of(tmp_path)
    kept.records.close()
