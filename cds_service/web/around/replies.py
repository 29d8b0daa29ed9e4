"""Answers and bodies as JSON."""

import logging
import re
from typing import Any, Final

import orjson
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from cds_service import errors
from cds_service.web.around.access import access
from cds_service.web.around.faults import failure_of, from_http, operation_outcome

_JSON_TYPES: Final = frozenset({"application/json", "application/fhir+json", "application/json+fhir"})
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)
_UTF_8: Final = frozenset({"utf-8", "utf8", "us-ascii"})
_log: Final = logging.getLogger(__name__)


def json_reply(value: Any, status: int = 200) -> Response:  # noqa: ANN401 - anything orjson takes
    """The value as a JSON answer."""
    return Response(orjson.dumps(value), status=status, content_type="application/json")


def json_body() -> bytes:
    """The body of the request, which must be uncompressed JSON in UTF-8 by its headers.

    A body without Content-Type is taken for JSON: simple clients leave it out, and what it is shows at once.

    Raises:
        UnsupportedMediaType: another media type, charset or content encoding (CH-H-10).
        TooLarge: more bytes than the limit (CH-R-17). Of a body without Content-Length the framework reads up to the
            limit and drops the rest, so one that reaches the limit counts as over it.
    """
    environ = request.environ
    content_type = environ.get("CONTENT_TYPE", "")
    if content_type and content_type != "application/json":
        _check_content_type(content_type)
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise errors.UnsupportedMediaType("Compressed bodies are not accepted.")
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


def _failed(error: errors.CdsError) -> Response:
    reply = json_reply(operation_outcome(error, access().request_id), failure_of(error).status)
    if isinstance(error, errors.MethodNotAllowed):
        reply.headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, errors.Unauthenticated):
        reply.headers["WWW-Authenticate"] = "Bearer"
    return reply


def _failed_in_http(error: HTTPException) -> Response:
    return _failed(from_http(error, _max_body_bytes()))


def _failed_by_a_bug(error: Exception) -> Response:
    _log.error("fault", exc_info=error, extra={"fields": {"request": access().request_id}})
    return _failed(errors.Fault())


def init_app(app: Flask) -> None:
    """Make every failure of the application an OperationOutcome."""
    app.register_error_handler(errors.CdsError, _failed)
    app.register_error_handler(HTTPException, _failed_in_http)
    app.register_error_handler(Exception, _failed_by_a_bug)
