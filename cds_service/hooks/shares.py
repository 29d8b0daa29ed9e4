"""What of a worker one client's FHIR server may use up: threads, waiting calls, bytes and patience.

A server that never comes to an end is its client's trouble. The time of a call ends each query; beyond that, the
queries of one client have some of the threads only, some threads that answer calls stay free of its waiting, what its
server answers is bounded, and a server that let several calls in a row wait in vain is not asked for a while.
"""

import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from cds_service.fhir.server.failures import SERVER, TOO_SLOW, FhirFailure
from cds_service.fhir.server.room import Room

K = TypeVar("K", bound=Hashable)
_T = TypeVar("_T")

QUERY_THREADS: Final = 48
"""Queries under way at once in a process; further ones wait, within the time of their call."""
CLIENT_THREADS: Final = 16
"""Queries of one client under way at once in a process."""
CLIENT_CALLS: Final = 6
"""Calls of one client that wait for its server at once in a process, where several clients call."""
CALL_BYTES: Final = 32 * 1024 * 1024
"""Most bytes of all answers to the queries of one call."""
CLIENT_BYTES: Final = 64 * 1024 * 1024
"""Most bytes of answers that are held at once for the calls of one client in a process."""
WORKER_BYTES: Final = 96 * 1024 * 1024
"""Most bytes of answers that are held at once in a process."""
SLOW_CALLS: Final = 3
"""Calls in a row without any answer in time, after which a server is not asked for a while."""
UNASKED_SECONDS: Final = 10.0
"""That while; then one call asks again, and the others once it was answered."""
GRACE_SECONDS: Final = 0.05
"""A query gives up by itself when the time is over; so much longer is waited for it to say so."""
RESTS: Final = f"{SERVER} did not answer in time lately and is not asked for a moment"
CROWDED: Final = f"{SERVER} is waited for by too many calls at once"


class Breaker:
    """Whether a server is asked. ``clock`` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._slow = 0
        self._rests_until = 0.0
        self._lock = Lock()

    def allows(self) -> bool:
        """Whether to ask now; after a pause the first call may, and the others after one more pause or its success."""
        with self._lock:
            if self._slow < SLOW_CALLS:
                return True
            now = self._clock()
            if now < self._rests_until:
                return False
            self._rests_until = now + UNASKED_SECONDS
            return True

    def learn(self, *, answered: bool) -> None:
        """Hear how a call ended: with an answer, or without any because the server was too slow."""
        with self._lock:
            self._slow = 0 if answered else self._slow + 1
            if self._slow >= SLOW_CALLS:
                self._rests_until = self._clock() + UNASKED_SECONDS


class Lane:
    """The threads of one client: so many of a pool, whose others stay free for whoever else has a query."""

    def __init__(self, pool: ThreadPoolExecutor, most: int = CLIENT_THREADS) -> None:
        self._pool = pool
        self._most = most
        self._running = 0
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._lock = Lock()

    def submit(self, job: Callable[[], _T]) -> "Future[_T]":
        """Have a job done as soon as the client has a thread for it."""
        future: Future[_T] = Future()
        with self._lock:
            self._waiting.append((future, job))
            if self._running < self._most:
                self._running += 1
                self._pool.submit(self._work)
        return future

    def _work(self) -> None:
        """Do the next job; those after it queue up in the pool behind the jobs of other clients."""
        with self._lock:
            future, job = self._waiting.popleft()
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - whoever waits for the job gets it
                future.set_exception(error)
        with self._lock:
            if self._waiting:
                self._pool.submit(self._work)
            else:
                self._running -= 1


class ClientShare:
    """What one client has of a worker; ``calls`` are those that wait for its server."""

    def __init__(self, pool: ThreadPoolExecutor, around: Room) -> None:
        self.lane = Lane(pool)
        self.room = Room(CLIENT_BYTES, around)
        self.calls = 0
        self.lock = Lock()
        self._breakers: dict[str, Breaker] = {}

    def breaker(self, server: str) -> Breaker:
        """That of the host in this URL."""
        with self.lock:
            return self._breakers.setdefault(urlsplit(server).netloc, Breaker())


class Shares:
    """The shares of all clients in a worker."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._shares: dict[str, ClientShare] = {}
        self._room = Room(WORKER_BYTES)
        self._lock = Lock()

    @property
    def held_bytes(self) -> int:
        """Bytes of answers that are held."""
        return self._room.taken

    def asking(self, issuer: str, server: str, observe: Callable[[str, float], None]) -> "Asking":
        """What one call of a client asks this server."""
        with self._lock:
            share = self._shares.get(issuer)
            if share is None:
                share = self._shares[issuer] = ClientShare(self._pool, self._room)
            several = len(self._shares) > 1
        return Asking(share, share.breaker(server), CLIENT_CALLS if several else None, observe)


class Asking:
    """The queries of one call, within its client's share; a context, used once.

    ``room`` is that for the answers. ``observe`` is told how each query ended, ``found`` or ``failed``, and how many
    seconds it took.
    """

    def __init__(
        self, share: ClientShare, breaker: Breaker, most_calls: int | None, observe: Callable[[str, float], None]
    ) -> None:
        self.room = Room(CALL_BYTES, share.room)
        self._share = share
        self._breaker = breaker
        self._most_calls = most_calls
        self._observe = observe
        self._counted = False
        self._refusal: str | None = None
        self._answered = self._slow = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.room.give_back(self.room.taken)
        if self._counted:
            with self._share.lock:
                self._share.calls -= 1
        if self._answered or self._slow:
            self._breaker.learn(answered=self._answered)

    def together(self, jobs: Mapping[K, Callable[[], _T]], deadline: float) -> dict[K, _T | FhirFailure]:
        """Run all at once; what is not done by the deadline is given up, and nothing of it is sent any more."""
        if not self._counted and self._refusal is None and jobs:
            self._refusal = self._begin()
        if self._refusal is not None:
            return dict.fromkeys(jobs, FhirFailure(self._refusal))
        began = time.monotonic()
        futures = {key: self._share.lane.submit(_timed(job)) for key, job in jobs.items()}
        wait(futures.values(), timeout=max(0.0, deadline - time.monotonic()) + GRACE_SECONDS)
        results: dict[K, _T | FhirFailure] = {}
        for key, future in futures.items():
            done = future.done()
            result, seconds = future.result() if done else (FhirFailure(TOO_SLOW), time.monotonic() - began)
            future.cancel()
            self._observe("failed" if isinstance(result, FhirFailure) else "found", seconds)
            results[key] = result
        self._note(results.values())
        return results

    def _begin(self) -> str | None:
        """Why nothing is asked for this call; None where it is."""
        with self._share.lock:
            if self._most_calls is not None and self._share.calls >= self._most_calls:
                return CROWDED
            self._share.calls += 1
            self._counted = True
        return None if self._breaker.allows() else RESTS

    def _note(self, results: Iterable[object]) -> None:
        for result in results:
            slow = isinstance(result, FhirFailure) and result.reason == TOO_SLOW
            self._slow |= slow
            self._answered |= not slow


def _timed(job: Callable[[], _T]) -> Callable[[], tuple[_T | FhirFailure, float]]:
    """The job, with its failure for a result, and how many seconds it took."""

    def timed() -> tuple[_T | FhirFailure, float]:
        began = time.monotonic()
        try:
            result: _T | FhirFailure = job()
        except FhirFailure as failure:
            result = failure.alone()
        return result, time.monotonic() - began

    return timed
