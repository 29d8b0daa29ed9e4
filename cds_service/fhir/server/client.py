"""Queries to a FHIR server over HTTP: read and search, with the token of one call and within its time.

Answers stay bytes, so that they are read like prefetch. What goes wrong is told in words without URL, token or data.
"""

import time
from collections.abc import Callable, Collection, Iterable
from typing import Final, TypeVar

import msgspec
import requests
from msgspec import Raw
from requests.exceptions import RequestException
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)
from urllib3.util import Timeout

from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading.resources import BundleLink
from cds_service.fhir.server.page_links import page_url

T = TypeVar("T")

MOST_BYTES: Final = 16 * 1024 * 1024
"""Most bytes of the answer to one query, all pages together, after decompression."""
MOST_PAGES: Final = 50
ATTEMPTS: Final = 2
PAUSE_SECONDS: Final = 0.1
"""Time between two attempts."""
SERVER: Final = "the EHR's FHIR server"
TOO_SLOW: Final = f"{SERVER} did not answer in time"
NOT_FHIR: Final = f"{SERVER} answered with something that is not FHIR JSON"

_CHUNK: Final = 64 * 1024
_OK: Final = 200
_PASSING: Final = frozenset({502, 503, 504})
REFUSED: Final = frozenset({400, 406, 422})
"""The query, as it is put: another one for the same may be answered."""
NOT_OFFERED: Final = frozenset({403, 404, 405, 410, 501})
"""This type of resource, or searching it, is nothing that the server has for this client."""
_IN_WORDS: Final = {
    400: "refused the query",
    401: "did not accept the access token",
    403: "refused access",
    404: "does not have it",
    405: "does not offer this query",
    406: "refused the query",
    410: "does not have it any more",
    422: "refused the query",
    429: "is too busy",
    501: "does not offer this query",
}
_BY_FAMILY: Final = {3: "answered with a redirect, which is not followed", 5: "failed"}
_TELLTALES: Final = {
    "Procedure": ("occurrence_period", "occurrence_date_time", "context", "not_performed"),
    "Encounter": ("actual_period",),
}
"""Elements of other FHIR versions in place of R4's ``performed[x]``, ``encounter``, ``status`` and ``period``."""


class FhirFailure(Exception):  # noqa: N818 - the name says what is wrong
    """A query without a usable answer.

    ``reason`` is safe to show and to log. ``status`` is the HTTP status, where there was one. ``passing`` says that
    asking again may help.
    """

    def __init__(self, reason: str, *, status: int | None = None, passing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.passing = passing


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """The entries of a search.

    ``problem`` is why there are more that could not be had, ``rest`` the URL of their page where it is known, ``total``
    how many the server counts where these are fewer.
    """

    entries: tuple[Raw, ...]
    rest: str | None = None
    problem: str | None = None
    total: int | None = None


class _Page(msgspec.Struct, rename="camel"):
    resource_type: str
    total: int | float | str | None = None
    entry: tuple[Raw, ...] = ()
    link: tuple[BundleLink, ...] = ()

    @property
    def next_link(self) -> str | None:
        return next((link.url for link in self.link if link.relation == "next" and link.url), None)


class _Probe(msgspec.Struct, rename="camel"):
    resource_type: str
    occurrence_period: Raw = Raw()
    occurrence_date_time: Raw = Raw()
    context: Raw = Raw()
    not_performed: Raw = Raw()
    actual_period: Raw = Raw()


class _Entry(msgspec.Struct):
    resource: _Probe


_decode_page: Final = msgspec.json.Decoder(_Page).decode
_decode_probe: Final = msgspec.json.Decoder(_Probe).decode
_decode_entry: Final = msgspec.json.Decoder(_Entry).decode
_SLOW: Final = (requests.Timeout, ReadTimeoutError, ConnectTimeoutError, TimeoutError)
_BROKEN: Final = (ProtocolError, ConnectionResetError)
_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeError)


class FhirClient:
    """One call's access to one FHIR server; it ends with the call, and the token with it (CH-R-10).

    Its queries may run in several threads at once.
    """

    def __init__(
        self,
        base: str,
        token: str,
        deadline: float,
        session: requests.Session,
        same_server: Callable[[str], bool],
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            base: URL of the server, one that may be called.
            token: Bearer token of the call.
            deadline: Moment on the monotonic clock, in seconds, after which nothing is sent any more.
            session: Connections, shared with other calls; it follows no environment and keeps no cookies.
            same_server: Whether a URL belongs to the same server; pages are followed only there.
        """
        self.base = base.rstrip("/")
        self.deadline = deadline
        self._base = f"{self.base}/"
        self._headers = {"Accept": "application/fhir+json", "Authorization": f"Bearer {token}"}
        self._session = session
        self._same_server = same_server

    def read(self, query: str, resource_type: str) -> bytes:
        """The resource at ``Type/id``, as JSON.

        Raises:
            FhirFailure: there is no usable answer; a resource of another type is none.
        """
        body = self._get(self._base + query, MOST_BYTES)
        probe = _decoded(_decode_probe, body)
        _check_type(probe.resource_type, resource_type)
        _check_version(probe)
        return body

    def search(self, query: str, pages: int = MOST_PAGES) -> Found:
        """What ``Type?...`` finds, so many pages of it.

        Raises:
            FhirFailure: not even the first page is usable.
        """
        return self._pages(self._base + query, pages=pages)

    def follow(self, link: str, query: str) -> Found:
        """What stands on the page at ``link`` and those after it (CH-P-11); ``query`` is that of the first page.

        Raises:
            FhirFailure: the link leads to another server, or not even this page is usable.
        """
        first = self._base + query
        return self._pages(self._following(link, first, (first,)), known=(first,))

    def _pages(self, url: str, known: tuple[str, ...] = (), pages: int = MOST_PAGES) -> Found:
        entries: list[Raw] = []
        seen: set[str] = set(known)
        size = 0
        try:
            while True:
                body = self._get(url, MOST_BYTES - size)
                page = _page(body)
                entries.extend(page.entry)
                size += len(body)
                seen.add(url)
                if page.next_link is None:
                    return _all_of(page, tuple(entries)) if not known else Found(tuple(entries))
                if len(seen) == pages < MOST_PAGES:
                    return Found(tuple(entries), page.next_link, "no more pages were asked for")
                here, url = url, page.next_link
                url = self._following(url, here, seen)
        except FhirFailure as failure:
            if not size:
                raise
            return Found(tuple(entries), url, failure.reason)

    def _following(self, link: str, page: str, seen: Collection[str]) -> str:
        url = self._on_server(link, page)
        if url in seen or len(seen) == MOST_PAGES:
            raise FhirFailure(f"{SERVER} links its pages without end")
        return url

    def _on_server(self, link: str, page: str) -> str:
        try:
            url = page_url(self._base, page, link)
        except ValueError:
            raise FhirFailure("the link to its next page is not a web address") from None
        if not self._same_server(url):
            raise FhirFailure("its next page is on another server, which is not asked")
        return url

    def _get(self, url: str, most_bytes: int) -> bytes:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._get_once(url, most_bytes)
            except FhirFailure as failure:
                if not failure.passing or attempt == ATTEMPTS or self._left() <= PAUSE_SECONDS:
                    raise
            time.sleep(PAUSE_SECONDS)
        raise FhirFailure(TOO_SLOW)

    def _get_once(self, url: str, most_bytes: int) -> bytes:
        left = self._left()
        if left <= 0:
            raise FhirFailure(TOO_SLOW)
        try:
            with self._session.get(
                url,
                headers=self._headers,
                timeout=Timeout(total=left),  # type: ignore[arg-type]
                allow_redirects=False,
                stream=True,
            ) as response:
                _check_status(response)
                return self._body(response, most_bytes)
        except (RequestException, HTTPError, OSError) as error:
            raise _failure(error) from None

    def _body(self, response: requests.Response, most_bytes: int) -> bytes:
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > most_bytes:
                raise FhirFailure(f"{SERVER} answered with more than can be read")
            if self._left() <= 0:
                raise FhirFailure(TOO_SLOW)
        return bytes(body)

    def _left(self) -> float:
        return self.deadline - time.monotonic()


def _page(body: bytes) -> _Page:
    page = _decoded(_decode_page, body)
    _check_type(page.resource_type, "Bundle")
    for entry in page.entry:
        try:
            probe = _decode_entry(entry).resource
        except _UNREADABLE:
            continue
        _check_version(probe)
    return page


def _all_of(last: _Page, entries: tuple[Raw, ...]) -> Found:
    """What a search found; some servers count more than they give and link no further page."""
    try:
        total = int(last.total or 0)
    except (ValueError, OverflowError):
        total = 0
    if total <= len(entries):
        return Found(entries)
    return Found(entries, problem=f"{SERVER} gave {len(entries)} of {total} and no further page", total=total)


def _decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except _UNREADABLE:
        raise FhirFailure(NOT_FHIR) from None


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status == _OK:
        version = response.headers.get("Content-Type", "").partition("fhirVersion=")[2].strip('" ')
        if version and not version.startswith("4."):
            raise FhirFailure(f"{SERVER} answered in another FHIR version than R4")
        return
    words = _IN_WORDS.get(status) or _BY_FAMILY.get(status // 100, "did not answer the query")
    raise FhirFailure(f"{SERVER} {words} ({status})", status=status, passing=status in _PASSING)


def _check_type(given: str, wanted: str) -> None:
    if given == "OperationOutcome":
        raise FhirFailure(f"{SERVER} reported an error")
    if given != wanted:
        raise FhirFailure(f"{SERVER} answered with another type of resource")


def _check_version(probe: _Probe) -> None:
    names: Iterable[str] = _TELLTALES.get(probe.resource_type, ())
    if any(memoryview(getattr(probe, name)).nbytes for name in names):
        raise FhirFailure(f"{SERVER} answered in another FHIR version than R4")


def _failure(error: Exception) -> FhirFailure:
    """What broke a connection, in words; only a connection that the server dropped is worth a second attempt."""
    cause: object = error.args[0] if error.args else error
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, NewConnectionError):
        return FhirFailure(f"{SERVER} could not be reached")
    if any(isinstance(one, _SLOW) for one in (error, cause)):
        return FhirFailure(TOO_SLOW)
    if any(isinstance(one, _BROKEN) for one in (error, cause)):
        return FhirFailure(f"{SERVER} broke off", passing=True)
    if isinstance(error, DecodeError):
        return FhirFailure(f"{SERVER} answered in another encoding than it says")
    if isinstance(error, requests.ConnectionError):
        return FhirFailure(f"{SERVER} could not be reached")
    return FhirFailure(NOT_FHIR)
