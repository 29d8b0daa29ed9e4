"""What stands between the server and the application: requests are read whole before a thread works on them.

The server hands over requests on the event loop of the worker (RSGI). There, a body that comes slowly or not at all
costs a connection and no thread, and whether the worker lives is answered by the loop itself: work in threads cannot
silence it. Calls have threads of their own, so that what waits for the database does not keep them waiting; so have
readiness, metrics and feedback, and what waits for another server, so that no number of pages keeps them waiting.
"""

import asyncio
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Protocol

from cds_service.errors import TooSlow
from cds_service.web.around.paths import one_slash
from cds_service.web.bodies import BODY_SECONDS, Bodies, Incoming, SlowBody
from cds_service.web.usual_calls import AFTER_REPLY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

LIVE: Final = "/health/live"
CALLS: Final = "/cds-services/"
FEEDBACK: Final = "/feedback"
FOR_MACHINES: Final = ("/cds-services/", "/health/", "/metrics/")
ASK_OTHERS: Final = ("/app/", "/insights/sign-in/provider/", "/insights/callback/")
"""Launches of the SMART app, which wait for an EHR, and sign-in at a provider of identities."""
THREADS_FOR_MACHINES: Final = 2
"""Threads for what machines ask that is no hook call: discovery, feedback, readiness, metrics."""
THREADS_THAT_ASK: Final = 2
THREADS_FOR_PAGES: Final = 2
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PLAIN_NAMES: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_log: Final = logging.getLogger(__name__)


class Headers(Protocol):
    """Headers of a request."""

    def items(self) -> list[tuple[str, str]]:
        """Names in small letters with their values, those that come twice as well."""
        ...


class RequestHead(Protocol):
    """What the server says of a request."""

    method: str
    path: str
    query_string: str
    http_version: str
    client: str
    server: str
    scheme: str
    authority: str | None
    headers: Headers


class OpenRequest(Incoming, Protocol):
    """The server's side of a request and its answer."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer; from any thread."""
        ...


class Front:
    """Runs a WSGI application behind the server.

    Args:
        app: The application.
        max_body_bytes: Bytes of the largest body that the application takes.
        threads: Hook calls that are worked on at the same time.
        seconds: Time for a body.
    """

    def __init__(
        self, app: "WSGIApplication", max_body_bytes: int, threads: int, seconds: float = BODY_SECONDS
    ) -> None:
        self._app = app
        self._largest = max_body_bytes
        self._seconds = seconds
        self._calls = ThreadPoolExecutor(threads, "call")
        self._machines = ThreadPoolExecutor(THREADS_FOR_MACHINES, "machine")
        self._asking = ThreadPoolExecutor(THREADS_THAT_ASK, "ask")
        self._pages = ThreadPoolExecutor(THREADS_FOR_PAGES, "page")

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._bodies = Bodies(self._largest, seconds=self._seconds)
        self._bodies_for_pages = Bodies(self._largest, room=2 * self._largest, seconds=self._seconds)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        del loop
        for threads in (self._calls, self._machines, self._asking, self._pages):
            threads.shutdown()

    async def __rsgi__(self, scope: RequestHead, exchange: OpenRequest) -> None:
        environ = _environ(scope)
        path = one_slash(scope.path)
        if path == LIVE:
            self._answer(environ, exchange)
            return
        threads = self._threads_for(path)
        bodies = self._bodies if threads in (self._calls, self._machines) else self._bodies_for_pages
        body = b""
        if scope.method not in _WITHOUT_BODY and _length(environ) <= self._largest:
            try:
                body = await bodies.read(exchange, _announced(environ))
                environ["wsgi.input"] = BytesIO(body)
            except SlowBody:
                environ["wsgi.input"] = _Missing()
        answered = self._loop.create_future()
        threads.submit(self._work, environ, exchange, answered)
        try:
            await answered
        finally:
            bodies.answered(body)

    def _threads_for(self, path: str) -> ThreadPoolExecutor:
        if path.startswith(CALLS) and not path.endswith(FEEDBACK):
            return self._calls
        below = f"{path}/"
        if below.startswith(FOR_MACHINES):
            return self._machines
        return self._asking if below.startswith(ASK_OTHERS) else self._pages

    def _work(self, environ: "WSGIEnvironment", exchange: OpenRequest, answered: "asyncio.Future[None]") -> None:
        try:
            try:
                self._answer(environ, exchange)
            finally:
                for call in environ[AFTER_REPLY]:
                    call()
        except Exception:  # noqa: BLE001 - nobody else would tell
            _log.exception("fault")
        finally:
            self._loop.call_soon_threadsafe(_done, answered)

    def _answer(self, environ: "WSGIEnvironment", exchange: OpenRequest) -> None:
        heads: list[tuple[int, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:  # noqa: ANN401 - the standard's
            heads.append((int(status[:3]), headers))

        try:
            parts: Iterable[bytes] = self._app(environ, start)
            try:
                body = b"".join(parts)
            finally:
                getattr(parts, "close", _nothing)()
            exchange.response_bytes(*heads[-1], body)
        except Exception:  # noqa: BLE001 - the client must hear something
            _log.exception("fault")
            exchange.response_bytes(500, [], b"")


class _Missing:
    """Stands for a body that did not come in time."""

    def read(self, _: int = -1, /) -> bytes:
        """Refuse.

        Raises:
            TooSlow: always.
        """
        raise TooSlow


def _nothing() -> None: ...


def _done(answered: "asyncio.Future[None]") -> None:
    if not answered.done():
        answered.set_result(None)


def _length(environ: "WSGIEnvironment") -> int:
    """Bytes of the body as its head says; 0 where it says nothing."""
    said: str = environ.get("CONTENT_LENGTH", "")
    return int(said) if said.isdecimal() else 0


def _announced(environ: "WSGIEnvironment") -> int | None:
    """Bytes that a body is sure to have at most; None where its head does not bind it."""
    return (_length(environ) or None) if "HTTP_TRANSFER_ENCODING" not in environ else None


def _environ(scope: RequestHead) -> "WSGIEnvironment":
    """The request in the terms of WSGI (PEP 3333)."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode(errors="replace").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": scope.server.rpartition(":")[0],
        "SERVER_PORT": scope.server.rpartition(":")[2],
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "HTTP_HOST": scope.authority or "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        AFTER_REPLY: [],
    }
    sent: set[str] = set()
    for header, value in scope.headers.items():
        name = _PLAIN_NAMES.get(header) or f"HTTP_{header.upper().replace('-', '_')}"
        environ[name] = f"{environ[name]},{value}" if name in sent else value
        sent.add(name)
    return environ
