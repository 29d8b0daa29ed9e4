from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from cds_service.security.replay import MemoryReplay

NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)


def test_an_identifier_is_new_once():
    replay = MemoryReplay(lambda: NOON)
    assert [False, True, True] == [replay.seen("issuer", "1", NOON) for _ in range(3)]


def test_of_many_at_once_exactly_one_is_first():
    replay = MemoryReplay()
    until = datetime.now(UTC) + timedelta(hours=1)
    with ThreadPoolExecutor(max_workers=16) as pool:
        answers = list(pool.map(lambda _: replay.seen("issuer", "1", until), range(500)))
    assert 1 == answers.count(False)


def test_identifiers_are_forgotten_when_their_tokens_have_expired():
    moment, seconds = [NOON], [0.0]
    replay = MemoryReplay(lambda: moment[0], lambda: seconds[0])
    for number in range(1000):
        moment[0] += timedelta(seconds=1)
        seconds[0] += 1
        replay.seen("issuer", str(number), moment[0] + timedelta(seconds=10))
    assert 11 == len(replay)


def test_a_clock_that_jumps_ahead_and_back_opens_no_second_call():
    moment = [NOON]
    replay = MemoryReplay(lambda: moment[0], lambda: 100.0)
    assert not replay.seen("issuer", "used", NOON + timedelta(minutes=5))
    moment[0] += timedelta(hours=2)
    replay.seen("issuer", "another", moment[0] + timedelta(minutes=5))
    moment[0] = NOON
    assert replay.seen("issuer", "used", NOON + timedelta(minutes=5))


def test_a_clock_that_was_ahead_when_a_token_came_forgets_it_no_sooner_once_it_is_right():
    moment, seconds = [NOON + timedelta(minutes=4)], [0.0]
    replay = MemoryReplay(lambda: moment[0], lambda: seconds[0])
    assert not replay.seen("issuer", "used", NOON + timedelta(minutes=5))
    moment[0], seconds[0] = NOON + timedelta(minutes=2), 120.0
    assert replay.seen("issuer", "used", NOON + timedelta(minutes=5))
