"""One client's slow server takes its own client's part of a worker, and nobody else's."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cds_service.fhir.server.failures import TOO_SLOW, FhirFailure
from cds_service.hooks import shares as module
from cds_service.hooks.shares import CALL_BYTES, CLIENT_BYTES, CROWDED, RESTS, WORKER_BYTES, Breaker, Lane, Shares
from cds_service.web.warmed import WAITING_THREADS

SERVER = "https://ehr.example.org/fhir"


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as threads:
        yield threads


@pytest.fixture
def shares(pool):
    return Shares(pool)


@pytest.fixture
def endless():
    """A query that ends with the test."""
    over = threading.Event()
    yield lambda: over.wait(10)
    over.set()


def answered():
    return b"{}"


def too_slow():
    raise FhirFailure(TOO_SLOW)


def asked(shares, job, issuer="https://bad.example.org", seconds=5.0, server=SERVER):
    """What comes of one call with one query."""
    with shares.asking(issuer, server, lambda *_: None) as asking:
        result = asking.together({"key": job}, time.monotonic() + seconds)["key"]
    return result.reason if isinstance(result, FhirFailure) else result


def test_queries_of_a_client_never_have_more_threads_than_its_own(pool, endless):
    slow, quick = Lane(pool, most=4), Lane(pool, most=4)
    waiting = [slow.submit(endless) for _ in range(100)]
    assert [b"{}"] * 100 == [quick.submit(answered).result(5) for _ in range(100)]
    assert 4 == sum(job.running() for job in waiting)
    assert all(job.cancel() for job in waiting[4:])


def test_what_waits_is_done_in_turn_and_a_mistake_reaches_who_asked(pool):
    lane = Lane(pool, most=1)
    jobs = [lane.submit(lambda number=number: 1 / number) for number in (1, 0, 2)]
    assert [1.0, 0.5] == [jobs[0].result(5), jobs[2].result(5)]
    assert isinstance(jobs[1].exception(5), ZeroDivisionError)


def test_a_query_that_does_not_end_is_given_up_with_the_time_of_the_call(shares, endless):
    assert TOO_SLOW == asked(shares, endless, seconds=0.05)


def test_a_server_that_is_too_slow_for_several_calls_is_not_asked_for_a_while(shares):
    said = [asked(shares, too_slow) for _ in range(5)]
    assert [TOO_SLOW] * 3 + [RESTS] * 2 == said
    assert b"{}" == asked(shares, answered, issuer="https://good.example.org")
    assert b"{}" == asked(shares, answered, server="https://second.example.org")


def test_an_answer_of_any_kind_keeps_a_server_asked(shares):
    def refused():
        raise FhirFailure("refused", status=403)

    assert [TOO_SLOW, TOO_SLOW, "refused"] * 3 == [
        asked(shares, job) for _ in range(3) for job in (too_slow, too_slow, refused)
    ]


def test_after_its_rest_one_call_asks_a_server_and_the_others_when_it_was_answered():
    now = 0.0
    breaker = Breaker(lambda: now)
    for _ in range(module.SLOW_CALLS):
        assert breaker.allows()
        breaker.learn(answered=False)
    assert not breaker.allows()
    now = module.UNASKED_SECONDS
    assert [True, False] == [breaker.allows(), breaker.allows()]
    breaker.learn(answered=False)
    assert not breaker.allows()
    now += module.UNASKED_SECONDS
    assert breaker.allows()
    breaker.learn(answered=True)
    assert breaker.allows()


def at_once(shares, issuer, count, endless):
    """Calls of a client that wait for its server; how many were let in, with the words for the others."""
    calls = [shares.asking(issuer, SERVER, lambda *_: None) for _ in range(count)]
    said = [call.together({"key": endless}, time.monotonic() + 0.01)["key"].reason for call in calls]
    for call in calls:
        call.__exit__(None, None, None)
    return said


def test_some_threads_of_a_worker_stay_free_of_a_client_where_several_call(shares, endless):
    asked(shares, answered, issuer="https://good.example.org")
    said = at_once(shares, "https://bad.example.org", WAITING_THREADS, endless)
    assert [TOO_SLOW] * module.CLIENT_CALLS == said[: module.CLIENT_CALLS]
    assert {CROWDED} == set(said[module.CLIENT_CALLS :])
    assert b"{}" == asked(shares, answered, issuer="https://good.example.org")


def test_a_client_that_calls_alone_may_have_all_threads(shares, endless):
    assert [TOO_SLOW] * 20 == at_once(shares, "https://bad.example.org", 20, endless)


def test_what_is_held_of_answers_is_bounded_for_a_call_a_client_and_a_worker(shares):
    calls = [shares.asking(issuer, SERVER, lambda *_: None) for issuer in ("bad", "bad", "good")]
    assert [True, False] == [calls[0].room.take(CALL_BYTES), calls[0].room.take(1)]
    assert [True, False] == [calls[1].room.take(CLIENT_BYTES - CALL_BYTES), calls[1].room.take(1)]
    assert [True, False] == [calls[2].room.take(WORKER_BYTES - CLIENT_BYTES), calls[2].room.take(1)]
    assert WORKER_BYTES == shares.held_bytes
    for call in calls:
        call.__exit__(None, None, None)
    assert 0 == shares.held_bytes
