import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from cds_service.records import used_tokens as replay
from cds_service.records.used_tokens import LONGEST_USE, DatabaseReplay, purge_tokens
from cds_service.security.replay import MemoryReplay
from cds_service.security.tokens import LEEWAY_SECONDS, LONGEST_SECONDS

UNTIL = datetime.now(UTC) + timedelta(hours=1)
RACE = """
import sys
from datetime import UTC, datetime, timedelta
from cds_service.records.database import Database
from cds_service.records.used_tokens import DatabaseReplay
from cds_service.security.replay import MemoryReplay
from cds_service.security.tokens import LEEWAY_SECONDS, LONGEST_SECONDS
replay = DatabaseReplay(Database(sys.argv[1]), MemoryReplay())
until = datetime.now(UTC) + timedelta(hours=1)
sys.stdin.readline()
print("".join("seen " if replay.seen("issuer", f"jti-{number}", until) else "new " for number in range(50)))
"""


def memory(database):
    return DatabaseReplay(database, MemoryReplay())


def test_a_token_is_new_once(database):
    own = memory(database)
    assert [False, True, True] == [own.seen("issuer", "a", UNTIL) for _ in range(3)]


def test_another_process_has_seen_it_too(database):
    assert not memory(database).seen("issuer", "a", UNTIL)
    assert memory(database).seen("issuer", "a", UNTIL)


def test_the_same_identifier_of_another_issuer_is_another_token(database):
    own = memory(database)
    assert [False, False] == [own.seen("one", "a", UNTIL), own.seen("other", "a", UNTIL)]


def test_of_many_at_once_one_is_first(database):
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: memory(database).seen("issuer", "a", UNTIL), range(40)))
    assert 1 == seen.count(False)


@pytest.mark.usefixtures("database")
def test_of_two_processes_that_race_for_the_same_tokens_one_is_first_with_each(url):
    racing = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())},
        )
        for _ in range(2)
    ]
    for process in racing:
        process.stdin.write("go\n")
        process.stdin.flush()
    first_answers, second_answers = (process.communicate(timeout=60)[0].split() for process in racing)
    assert [{"new", "seen"}] * 50 == [set(pair) for pair in zip(first_answers, second_answers, strict=True)]


def test_expired_tokens_are_forgotten(database):
    own = memory(database)
    own.seen("issuer", "old", UNTIL - timedelta(hours=2))
    own.seen("issuer", "new", UNTIL)
    assert 1 == purge_tokens(database, datetime.now(UTC))
    assert 0 == purge_tokens(database, datetime.now(UTC))


def test_a_token_opens_no_second_call_when_the_clock_jumps_ahead_and_back_around_a_purge(database):
    now = datetime.now(UTC)
    until = now + timedelta(minutes=5)
    assert not memory(database).seen("issuer", "used", until)
    assert 0 == purge_tokens(database, now + timedelta(days=2))
    assert memory(database).seen("issuer", "used", until)


def test_no_token_can_be_used_earlier_before_its_end():
    assert LONGEST_USE == timedelta(seconds=LONGEST_SECONDS + 2 * LEEWAY_SECONDS)


def test_what_was_used_is_forgotten_once_a_token_comes_that_was_not_valid_as_early(database):
    now = datetime.now(UTC)
    own = memory(database)
    own.seen("issuer", "old", now)
    own.seen("issuer", "next", now + LONGEST_USE)
    assert 0 == purge_tokens(database, now + timedelta(days=2))
    own.seen("issuer", "later", now + LONGEST_USE + timedelta(seconds=1))
    assert 1 == purge_tokens(database, now + timedelta(days=2))


def test_expired_tokens_are_forgotten_from_time_to_time_by_themselves(database):
    own = memory(database)
    for number in range(replay.PURGE_EVERY - 1):
        own.seen("issuer", str(number), UNTIL - timedelta(hours=2))
    own.seen("issuer", "new", UNTIL)
    until_then = time.monotonic() + 30
    with database.single() as connection:
        while connection.execute(text("SELECT count(*) FROM used_token")).scalar() > 1:
            assert time.monotonic() < until_then
            time.sleep(0.05)
