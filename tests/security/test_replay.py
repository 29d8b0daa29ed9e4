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
    moment = [NOON]
    replay = MemoryReplay(lambda: moment[0])
    for number in range(1000):
        moment[0] += timedelta(seconds=1)
        replay.seen("issuer", str(number), moment[0] + timedelta(seconds=10))
    assert 11 == len(replay)
