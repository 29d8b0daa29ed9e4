"""Answers and bodies as JSON."""

import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from cds_service import errors
from cds_service.web.around.access import Access, access
from cds_service.web.around.faults import failure_of, from_http, operation_outcome

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_JSON_TYPES: Final = frozenset({"application/json", "application/fhir+json", "application/json+fhir"})
JSON: Final = "application/json"
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)
_UTF_8: Final = frozenset({"utf-8", "utf8", "us-ascii"})
_log: Final = logging.getLogger(__name__)


def json_reply(value: Any, status: int = 200) -> Response:  # noqa: ANN401 - anything orjson takes
    """The value as a JSON answer."""
    return Response(orjson.dumps(value), status=status, content_type=JSON)


def check_headers(environ: "WSGIEnvironment") -> None:
    """Check that a body is uncompressed JSON in UTF-8 by its headers.

    A body without Content-Type is taken for JSON: simple clients leave it out, and what it is shows at once.

    Raises:
        UnsupportedMediaType: another media type, charset or content encoding (CH-H-10).
    """
    content_type = environ.get("CONTENT_TYPE", "")
    if content_type and content_type != "application/json":
        _check_content_type(content_type)
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise errors.UnsupportedMediaType("Compressed bodies are not accepted.")


def json_body() -> bytes:
    """The body of the request.

    Raises:
        UnsupportedMediaType: another media type, charset or content encoding (CH-H-10).
        TooLarge: more bytes than the limit (CH-R-17). Of a body without Content-Length the framework reads up to the
            limit and drops the rest, so one that reaches the limit counts as over it.
    """
    check_headers(request.environ)
    body = request.get_data(cache=False)
    if request.content_length is None and len(body) >= _max_body_bytes():
        raise errors.TooLarge(_max_body_bytes())
    return body


def _check_content_type(content_type: str) -> None:
    media_type, _, parameters = content_type.partition(";")
    if media_type.strip().lower() not in _JSON_TYPES:
        raise errors.UnsupportedMediaType("The Content-Type is not JSON.")
    charset = _CHARSET.search(parameters)
    if charset is not None and charset[1].lower() not in _UTF_8:
        raise errors.UnsupportedMediaType("The charset is not UTF-8.")


def _max_body_bytes() -> int:
    return int(current_app.config["MAX_CONTENT_LENGTH"])


class Reply(NamedTuple):
    """An answer in JSON, before any framework has it."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def failed(error: Exception, notes: Access) -> Reply:
    """The answer to a request that failed."""
    refusal = in_our_terms(error, notes)
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(refusal, errors.MethodNotAllowed):
        headers = (("Allow", ", ".join(refusal.allowed)),)
    if isinstance(refusal, errors.Unauthenticated):
        headers = (("WWW-Authenticate", "Bearer"),)
    return Reply(failure_of(refusal).status, orjson.dumps(operation_outcome(refusal, notes.request_id)), headers)


def in_our_terms(error: Exception, notes: Access) -> errors.CdsError:
    """The error in our terms; a fault of ours is logged by where it was, and no more is told of it."""
    if isinstance(error, errors.CdsError):
        return error
    _log.error("fault", exc_info=error, extra={"fields": {"request": notes.request_id}})
    return errors.Fault()


def failure_in_json(error: Exception) -> Response:
    """The answer to the request at hand, which failed."""
    reply = failed(error, access())
    return Response(reply.body, reply.status, reply.headers, content_type=JSON)


def init_app(app: Flask, show_failure: Callable[[Exception], Response] = failure_in_json) -> None:
    """Answer every failure of the application, by default with an OperationOutcome."""

    def show_failure_in_http(error: HTTPException) -> Response:
        return show_failure(from_http(error, _max_body_bytes()))

    app.register_error_handler(HTTPException, show_failure_in_http)
    app.register_error_handler(Exception, show_failure)
