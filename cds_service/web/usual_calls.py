"""The usual hook call, answered before the framework is asked: its dispatch costs more than the answer to many calls.

Whatever is not usual goes to the framework: other requests, calls of browsers (they name their origin), large bodies
and those without a length. Access, limits, log and metrics are the same functions there and here.
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from time import perf_counter_ns
from typing import TYPE_CHECKING, Final

from cds_service.app.metrics import Metrics
from cds_service.app.settings import Settings
from cds_service.errors import BadTransport
from cds_service.records.keeping import Keeps
from cds_service.security.clients import DEMO
from cds_service.security.gate import Gate
from cds_service.web.around.access import Access, headers_for, log_request, opened
from cds_service.web.around.counting import count_request
from cds_service.web.around.memory import LARGE_BYTES
from cds_service.web.around.replies import JSON, Reply, check_headers, failed
from cds_service.web.around.trust import call_admitted
from cds_service.web.endpoints.cds_services import Answers, Keep, answered_call

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AFTER_REPLY: Final = "work-rehab-cds.after_reply"
"""In the environment of a request: a list of what the server has to call once it has sent the answer."""
ROUTE: Final = "/cds-services/<service_id>"
_PATH: Final = re.compile(r"/cds-services/([A-Za-z0-9._-]+)")
_STATUS: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class UsualCalls:
    """Answers usual hook calls, and lets ``app`` answer all else.

    Args:
        app: The application as a whole.
        answerer: Who answers hook calls.
        records: Who keeps records of them.
        metrics: Where they are counted.
        gate: Who lets clients in; without it anybody may call.
        settings: The site's settings.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        answerer: Answers,
        records: Keeps,
        metrics: Metrics,
        gate: Gate | None,
        settings: Settings,
    ) -> None:
        self._app = app
        self._answerer = answerer
        self._records = records
        self._metrics = metrics
        self._gate = gate
        self._public_url = settings.public_url
        self._largest = min(settings.max_body_bytes, LARGE_BYTES)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        service = self._called(environ)
        if service is None:
            return self._app(environ, start_response)
        notes = opened(environ)
        keep: Keep | None = None
        try:
            body, keep = self._answer(environ, service, notes)
            reply = Reply(HTTPStatus.OK, body)
        except Exception as error:  # noqa: BLE001 - every failure has its answer
            reply = failed(error, notes)
        notes.ended = perf_counter_ns()
        count_request(self._metrics, notes, ROUTE, reply.status, service)

        def tell() -> None:
            if keep is not None:
                keep()
            log_request(notes, "POST", ROUTE, reply.status)

        if AFTER_REPLY in environ:
            environ[AFTER_REPLY].append(tell)
        else:
            tell()
        headers = [("Content-Type", JSON), ("Content-Length", str(len(reply.body)))]
        start_response(_STATUS[reply.status], [*headers, *reply.headers, *headers_for(notes, kept=False)])
        return [reply.body]

    def _called(self, environ: "WSGIEnvironment") -> str | None:
        """The service that a usual call names; None for another request."""
        if environ["REQUEST_METHOD"] != "POST" or "HTTP_ORIGIN" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            return None
        length: str = environ.get("CONTENT_LENGTH", "")
        path = _PATH.fullmatch(environ["PATH_INFO"])
        return path[1] if path is not None and length.isdecimal() and int(length) <= self._largest else None

    def _answer(self, environ: "WSGIEnvironment", service: str, notes: Access) -> tuple[bytes, Keep]:
        caller = DEMO
        if self._gate is not None:
            authorization = environ.get("HTTP_AUTHORIZATION")
            caller = call_admitted(self._gate, notes, authorization, self._public_url, service)
        check_headers(environ)
        length = int(environ["CONTENT_LENGTH"])
        body = environ["wsgi.input"].read(length)
        if len(body) < length:
            raise BadTransport
        return answered_call(self._answerer, self._records, service, body, notes, caller)
