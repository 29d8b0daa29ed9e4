"""What surrounds each request: its id, the access log, and the headers every answer has."""

import logging
import re
from secrets import token_hex
from time import perf_counter_ns
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, g, request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from cds_service.hooks.answer import Answered

_TOKEN: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FOR_MACHINES: Final = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"),
    ("Referrer-Policy", "no-referrer"),
)
"""Of an answer that is no page, should a browser be led to it: nothing in it is kept, run or framed."""
_log: Final = logging.getLogger(__name__)


class Access:
    """Notes of one request for log and metrics, added by views.

    What was ``answered`` is counted by its rules and facts only. Nothing else of a patient belongs here.
    """

    __slots__ = (
        "answered",
        "cards",
        "client",
        "ended",
        "feedback",
        "hook",
        "refused",
        "request_id",
        "service",
        "shadow",
        "started",
        "tolerated",
    )

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.started = perf_counter_ns()
        self.ended: int | None = None
        self.client: str | None = None
        self.service: str | None = None
        self.hook: str | None = None
        self.cards: int | None = None
        self.tolerated: tuple[str, ...] = ()
        self.answered: Answered | None = None
        self.shadow = False
        self.refused: str | None = None
        self.feedback: tuple[str, ...] = ()

    @property
    def milliseconds(self) -> float:
        """What the answer took; until there is one, what it has taken so far."""
        return ((self.ended or perf_counter_ns()) - self.started) / 1e6


def access() -> Access:
    """The notes of the request at hand."""
    notes: Access = g.access
    return notes


def opened(environ: "WSGIEnvironment") -> Access:
    """The notes of a request that has come in."""
    sent = environ.get("HTTP_X_REQUEST_ID")
    return Access(sent if sent and _TOKEN.fullmatch(sent) else token_hex(16))


def headers_for(notes: Access, *, kept: bool) -> list[tuple[str, str]]:
    """The headers that every answer has; one that says how long it is ``kept`` is a page."""
    headers = [("X-Request-Id", notes.request_id), ("X-Content-Type-Options", "nosniff")]
    return headers if kept else [*headers, *_FOR_MACHINES]


def log_request(notes: Access, method: str, route: str | None, status: int) -> None:
    """Write a line about an answered request."""
    if _log.isEnabledFor(logging.INFO):
        fields = {
            "request": notes.request_id,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(notes.milliseconds, 3),
            "client": notes.client,
            "service": notes.service,
            "hook": notes.hook,
            "cards": notes.cards,
            "tolerated": notes.tolerated,
        }
        _log.info("request", extra={"fields": fields})


def _open() -> None:
    g.access = opened(request.environ)


def _close(response: Response) -> Response:
    notes = access()
    response.headers.extend(headers_for(notes, kept="Cache-Control" in response.headers))
    route = request.url_rule
    log_request(notes, request.method, route.rule if route is not None else None, response.status_code)
    return response


def init_app(app: Flask) -> None:
    """Register with the application."""
    app.before_request(_open)
    app.after_request(_close)
