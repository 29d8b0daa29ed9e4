"""The keys of clients that publish them: fetched with care when a token needs one, and kept."""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import Final

import orjson
import requests
from jwt import PyJWK
from urllib3.exceptions import HTTPError

from cds_service.security.clients import Client
from cds_service.security.keys import EMPTY, KeySet, read_key_set

FETCH_INTERVAL_SECONDS: Final = 60.0
FRESH_SECONDS: Final = 3600.0
STALE_SECONDS: Final = 24 * 3600.0
TIMEOUT_SECONDS: Final = 3.0
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
    until = time.monotonic() + TIMEOUT_SECONDS
    try:
        with session.get(
            url,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        ) as reply:
            if reply.status_code != OK:
                raise NotFetched(f"status-{reply.status_code}")
            document = orjson.loads(_body(reply, until))
    except (requests.RequestException, HTTPError, OSError) as problem:
        raise NotFetched(type(problem).__name__) from None
    except ValueError:
        raise NotFetched("not-json") from None
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise NotFetched("not-a-key-set")
    return read_key_set(document)


def _body(reply: requests.Response, until: float) -> bytes:
    body = bytearray()
    while part := reply.raw.read1(_CHUNK, decode_content=True):
        body += part
        if len(body) > MAX_BYTES:
            raise NotFetched("too-large")
        if time.monotonic() > until:
            raise NotFetched("too-slow")
    return bytes(body)


class _Cached:
    """The keys of one client, and when they were last fetched and tried, in seconds of the store's clock."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.keys = EMPTY if client.jwks is None else read_key_set(client.jwks)
        self.fetched: float | None = None
        self.tried: float | None = None
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

    ``clock`` gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._cached: dict[str, _Cached] = {}
        self._session = requests.Session()
        self._lock = Lock()

    def find(self, client: Client, kid: str, algorithm: str) -> PyJWK | None:
        """The client's key of this id for this algorithm; None when it has none."""
        cached = self._cached.get(client.issuer)
        if cached is None or cached.client is not client:
            cached = self._begin(client)
        if client.jwks_url is not None and cached.wants(kid, self._clock()):
            with cached.lock:
                self._renew(cached, client.jwks_url, kid)
        return cached.keys.keys.get((kid, algorithm))

    def _begin(self, client: Client) -> _Cached:
        with self._lock:
            cached = self._cached.get(client.issuer)
            if cached is None or cached.client is not client:
                cached = self._cached[client.issuer] = _Cached(client)
            return cached

    def _renew(self, cached: _Cached, url: str, kid: str) -> None:
        now = self._clock()
        if not cached.wants(kid, now):
            return
        try:
            cached.keys = fetch(url, self._session)
            cached.fetched = now
        except NotFetched as problem:
            cached.expire(now)
            fields = {"client": cached.client.issuer, "why": problem.why}
            _log.warning("keys-not-fetched", extra={"fields": fields})
        finally:
            cached.tried = now
