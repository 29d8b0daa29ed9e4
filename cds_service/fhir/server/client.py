"""A FHIR server over HTTP: read, search with all pages, put and delete, with one token and within one time.

Answers stay bytes, so that they are read like prefetch. What goes wrong is told in words without URL, token or data.
The service asks with the token of a call and only reads; the EHR for trials and the loading of stories write too.
"""

import sys
import time
from collections.abc import Callable, Collection
from io import BytesIO
from typing import TYPE_CHECKING, Final

import requests
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from cds_service.fhir.server.failures import (
    NO_ROOM,
    SERVER,
    TOO_MUCH,
    TOO_SLOW,
    FhirFailure,
    broken_connection,
    failure_of_status,
)
from cds_service.fhir.server.page_links import page_url
from cds_service.fhir.server.room import Room
from cds_service.fhir.server.server_answers import Found, all_of, check_announced_version, page_in, resource_in

if TYPE_CHECKING:
    from msgspec import Raw

MOST_BYTES: Final = 16 * 1024 * 1024
"""Most bytes of the answer to one query, all pages together, after decompression."""
MOST_REFUSAL_BYTES: Final = 64 * 1024
"""Most bytes of what a server says to a refusal."""
MOST_PAGES: Final = 50
FHIR_JSON: Final = "application/fhir+json"
ATTEMPTS: Final = 2
PAUSE_SECONDS: Final = 0.1
"""Time between two attempts."""
_CHUNK: Final = 64 * 1024
_OK: Final = 200


class FhirClient:
    """One call's access to one FHIR server; it ends with the call, and the token with it (CH-R-10).

    Its queries may run in several threads at once.
    """

    def __init__(
        self,
        base: str,
        token: str | None,
        deadline: float,
        session: requests.Session,
        same_server: Callable[[str], bool],
        *,
        room: Room | None = None,
        keep_refusals: bool = False,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            base: URL of the server, one that may be called.
            token: Bearer token of the call; None where the server wants none.
            deadline: Moment on the monotonic clock, in seconds, after which nothing is sent any more.
            session: Connections, shared with other calls; it follows no environment and keeps no cookies.
            same_server: Whether a URL belongs to the same server; pages are followed only there.
            room: What may be held of answers; None bounds each answer only.
            keep_refusals: Keep what the server says to a refusal.
        """
        self.base = base.rstrip("/")
        self.deadline = deadline
        self._base = f"{self.base}/"
        self._headers = {"Accept": FHIR_JSON}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._session = session
        self._same_server = same_server
        self._room = room if room is not None else Room(sys.maxsize)
        self._keep_refusals = keep_refusals

    def read(self, query: str, resource_type: str) -> bytes:
        """The resource at ``Type/id``, as JSON.

        Raises:
            FhirFailure: there is no usable answer; a resource of another type is none.
        """
        return resource_in(self._sent("GET", self._base + query), resource_type)

    def search(self, query: str, pages: int = MOST_PAGES) -> Found:
        """What ``Type?...`` finds, so many pages of it.

        Raises:
            FhirFailure: not even the first page is usable.
        """
        return self._pages(self._base + query, pages=pages)

    def put(self, reference: str, resource: bytes) -> None:
        """Create or replace the resource at ``Type/id``.

        Raises:
            FhirFailure: the server does not take it.
        """
        answer = self._sent("PUT", self._base + reference, resource=resource)
        if answer:
            resource_in(answer)

    def delete(self, reference: str) -> None:
        """Delete the resource at ``Type/id``.

        Raises:
            FhirFailure: the server does not, or has none.
        """
        self._sent("DELETE", self._base + reference)

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
                body = self._sent("GET", url, MOST_BYTES - size)
                page = page_in(body)
                entries.extend(page.entry)
                size += len(body)
                seen.add(url)
                if page.next_link is None:
                    return all_of(page, tuple(entries)) if not known else Found(tuple(entries))
                if len(seen) == pages < MOST_PAGES:
                    return Found(tuple(entries), page.next_link, "no more pages were asked for")
                page_at, url = url, page.next_link
                url = self._following(url, page_at, seen)
        except FhirFailure as failure:
            if not size:
                raise
            return Found(tuple(entries), url, failure.reason, failure=failure.alone())

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

    def _sent(self, method: str, url: str, most_bytes: int = MOST_BYTES, resource: bytes | None = None) -> bytes:
        """The body of the answer. All methods in use may be repeated without doing more than once."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._sent_once(method, url, most_bytes, resource)
            except FhirFailure as failure:
                if not failure.passing or attempt == ATTEMPTS or self._left() <= PAUSE_SECONDS:
                    raise
            time.sleep(PAUSE_SECONDS)
        raise FhirFailure(TOO_SLOW)

    def _sent_once(self, method: str, url: str, most_bytes: int, resource: bytes | None) -> bytes:
        left = self._left()
        if left <= 0:
            raise FhirFailure(TOO_SLOW)
        try:
            with self._session.request(
                method,
                url,
                data=resource,
                headers=self._headers if resource is None else {**self._headers, "Content-Type": FHIR_JSON},
                timeout=Timeout(total=left),  # type: ignore[arg-type]
                allow_redirects=False,
                stream=True,
            ) as response:
                self._check_status(method, response)
                return self._body(response, most_bytes)
        except (RequestException, HTTPError, OSError) as error:
            raise broken_connection(error) from None

    def _check_status(self, method: str, response: requests.Response) -> None:
        if response.status_code == _OK or (method != "GET" and response.ok):
            check_announced_version(response.headers.get("Content-Type", ""))
            return
        body = self._body(response, MOST_REFUSAL_BYTES) if self._keep_refusals else b""
        raise failure_of_status(response.status_code, body)

    def _body(self, response: requests.Response, most_bytes: int) -> bytes:
        """The decompressed body; it is not read to its end when it is, or says that it is, longer than that."""
        if announced_bytes(response) > most_bytes:
            raise FhirFailure(TOO_MUCH)
        body = BytesIO()
        try:
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                self._take(len(chunk), most_bytes - body.tell())
                body.write(chunk)
        except BaseException:
            self._room.give_back(body.tell())
            body.close()
            raise
        return body.getvalue()

    def _take(self, count: int, left: int) -> None:
        if count > left:
            raise FhirFailure(TOO_MUCH)
        if not self._room.take(count):
            raise FhirFailure(NO_ROOM)

    def _left(self) -> float:
        return self.deadline - time.monotonic()


def announced_bytes(response: requests.Response) -> int:
    """How many bytes an answer says that it has; 0 where it does not say."""
    announced = response.headers.get("Content-Length", "")
    return int(announced) if announced.isascii() and announced.isdigit() else 0
