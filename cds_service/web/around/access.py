"""What surrounds each request: its id, the access log, and the headers every answer has."""

import logging
import re
from secrets import token_hex
from time import perf_counter_ns
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, g, request

if TYPE_CHECKING:
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
        self.client: str | None = None
        self.service: str | None = None
        self.hook: str | None = None
        self.cards: int | None = None
        self.tolerated: tuple[str, ...] = ()
        self.answered: Answered | None = None
        self.shadow = False
        self.refused: str | None = None
        self.feedback: tuple[str, ...] = ()


def access() -> Access:
    """The notes of the request at hand."""
    notes: Access = g.access
    return notes


def _open() -> None:
    sent = request.environ.get("HTTP_X_REQUEST_ID")
    g.access = Access(sent if sent and _TOKEN.fullmatch(sent) else token_hex(16))


def _close(response: Response) -> Response:
    notes = access()
    headers = response.headers
    headers.add("X-Request-Id", notes.request_id)
    headers.add("X-Content-Type-Options", "nosniff")
    if "Cache-Control" not in headers:
        headers.extend(_FOR_MACHINES)
    if _log.isEnabledFor(logging.INFO):
        route = request.url_rule
        fields = {
            "request": notes.request_id,
            "method": request.method,
            "route": route.rule if route is not None else None,
            "status": response.status_code,
            "ms": round((perf_counter_ns() - notes.started) / 1e6, 3),
            "client": notes.client,
            "service": notes.service,
            "hook": notes.hook,
            "cards": notes.cards,
            "tolerated": notes.tolerated,
        }
        _log.info("request", extra={"fields": fields})
    return response


def init_app(app: Flask) -> None:
    """Register with the application."""
    app.before_request(_open)
    app.after_request(_close)
