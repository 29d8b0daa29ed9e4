"""The keys of clients that publish them: fetched with care when a token needs one, and kept.

A token that nobody has checked yet may name any registered client. So the host of a client is asked beside the calls,
once at a time and once a minute at most, and calls wait for it only in the first second.
"""

import logging
import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final

import orjson
import requests
from jwt import PyJWK
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from cds_service.security.addresses import Addresses
from cds_service.security.clients import Client
from cds_service.security.keys import EMPTY, KeySet, read_key_set
from cds_service.security.outgoing import outgoing_session

FETCH_INTERVAL_SECONDS: Final = 60.0
FRESH_SECONDS: Final = 3600.0
STALE_SECONDS: Final = 24 * 3600.0
TIMEOUT_SECONDS: Final = 3.0
"""Time of a fetch, from connecting to the last byte."""
WAIT_SECONDS: Final = 1.0
"""Time from the start of a fetch in which calls wait for what it brings."""
MAX_BYTES: Final = 256 * 1024
OK: Final = 200
_CHUNK: Final = 16 * 1024
_log: Final = logging.getLogger(__name__)


class NotFetched(Exception):  # noqa: N818 - says what happened
    """A key set could not be fetched; ``why`` is a short code for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def fetch(url: str, session: requests.Session) -> KeySet:
    """Fetch a key set: no redirects, bounded in time and size (CH-X-12).

    Raises:
        NotFetched: the host did not give one.
    """
    try:
        with session.get(
            url,
            timeout=Timeout(total=TIMEOUT_SECONDS),  # type: ignore[arg-type]
            allow_redirects=False,
            stream=True,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        ) as reply:
            if reply.status_code != OK:
                raise NotFetched(f"status-{reply.status_code}")
            document = orjson.loads(_body(reply))
    except (requests.RequestException, HTTPError, OSError) as problem:
        raise NotFetched(type(problem).__name__) from None
    except ValueError:
        raise NotFetched("not-json") from None
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise NotFetched("not-a-key-set")
    return read_key_set(document)


def _body(reply: requests.Response) -> bytes:
    body = bytearray()
    while part := reply.raw.read1(_CHUNK, decode_content=False):
        body += part
        if len(body) > MAX_BYTES:
            raise NotFetched("too-large")
    return bytes(body)


class _UnderWay:
    """A fetch that has begun; calls wait for it until a moment on the monotonic clock, ``awaited_until``."""

    def __init__(self, *, awaited: bool) -> None:
        self.begun = time.monotonic()
        self.awaited_until = self.begun + (WAIT_SECONDS if awaited else 0.0)
        self.done = Event()

    def wait(self) -> None:
        """Wait, at most until that moment."""
        self.done.wait(max(0.0, self.awaited_until - time.monotonic()))


class _Cached:
    """The keys of one client, and when they were last fetched and tried, in seconds of the store's clock.

    ``slow`` says that the last fetch took longer than calls wait: for the next they do not wait at all.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.keys = EMPTY if client.jwks is None else read_key_set(client.jwks)
        self.fetched: float | None = None
        self.tried: float | None = None
        self.slow = False
        self.under_way: _UnderWay | None = None
        self.lock = Lock()

    def wants(self, kid: str, now: float) -> bool:
        """Whether to fetch: the key is unknown or the set is old, and the last attempt is long enough ago."""
        if self.tried is not None and now - self.tried < FETCH_INTERVAL_SECONDS:
            return False
        return kid not in self.keys.ids or self.fetched is None or now - self.fetched >= FRESH_SECONDS

    def expire(self, now: float) -> None:
        """Forget keys that could not be renewed for a day: a key that was withdrawn must not live on."""
        if self.fetched is not None and now - self.fetched >= STALE_SECONDS:
            self.keys = EMPTY


class KeyStore:
    """The keys of all clients, fetched when they are needed and kept.

    A set is fetched again when it is an hour old or a token names a ``kid`` that it lacks, at most once a minute for
    each client, so that made-up ``kid`` values cost one fetch a minute. When the host fails, the keys that are there
    serve on for a day. Entries belong to the registered client: after a reload of the registry they start anew.

    However slow a host is, calls wait for it a second in all, and not again until it was quick: whoever comes later
    gets what is there.

    ``clock`` gives seconds that only grow. ``session`` are the connections that are used.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, session: requests.Session | None = None) -> None:
        self._clock = clock
        self._cached: dict[str, _Cached] = {}
        self._session = session or outgoing_session(Addresses(allow_any=True), by_environment=True)
        self._lock = Lock()

    def find(self, client: Client, kid: str, algorithm: str) -> PyJWK | None:
        """The client's key of this id for this algorithm; None when it has none."""
        cached = self._cached.get(client.issuer)
        if cached is None or cached.client is not client:
            cached = self._begin(client)
        if client.jwks_url is not None and cached.wants(kid, self._clock()):
            under_way = self._under_way(cached, client.jwks_url, kid)
            if under_way is not None:
                under_way.wait()
        return cached.keys.keys.get((kid, algorithm))

    def _begin(self, client: Client) -> _Cached:
        with self._lock:
            cached = self._cached.get(client.issuer)
            if cached is None or cached.client is not client:
                cached = self._cached[client.issuer] = _Cached(client)
            return cached

    def _under_way(self, cached: _Cached, url: str, kid: str) -> _UnderWay | None:
        """The fetch of a client's keys that goes on, or that begins now; None when the key was just fetched."""
        with cached.lock:
            if cached.under_way is None and cached.wants(kid, self._clock()):
                begun = _UnderWay(awaited=not cached.slow)
                Thread(target=self._renew, args=(cached, url, begun), name="keys", daemon=True).start()
                cached.under_way = begun
            return cached.under_way

    def _renew(self, cached: _Cached, url: str, under_way: _UnderWay) -> None:
        now = self._clock()
        try:
            cached.keys = fetch(url, self._session)
            cached.fetched = now
        except NotFetched as problem:
            cached.expire(now)
            fields = {"client": cached.client.issuer, "why": problem.why}
            _log.warning("keys-not-fetched", extra={"fields": fields})
        finally:
            with cached.lock:
                cached.slow = time.monotonic() - under_way.begun > WAIT_SECONDS
                cached.tried = now
                cached.under_way = None
            under_way.done.set()
