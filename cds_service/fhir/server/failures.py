"""Why a FHIR server gave no usable answer, in words without URL, token or data."""

from typing import Final, Self

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

SERVER: Final = "the EHR's FHIR server"
TOO_SLOW: Final = f"{SERVER} did not answer in time"
TOO_MUCH: Final = f"{SERVER} answered with more than can be read"
NO_ROOM: Final = f"{SERVER} answered with more than can be held at once"
NOT_FHIR: Final = f"{SERVER} answered with something that is not FHIR JSON"
REFUSED_QUERY: Final = frozenset({400, 406, 422})
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
_PASSING: Final = frozenset({502, 503, 504})
_SLOW: Final = (requests.Timeout, ReadTimeoutError, ConnectTimeoutError, TimeoutError)
_BROKEN: Final = (ProtocolError, ConnectionResetError)


class FhirFailure(Exception):  # noqa: N818 - the name says what is wrong
    """A query without a usable answer.

    ``reason`` is safe to show and to log. ``status`` is the HTTP status, where there was one. ``passing`` says that
    asking again may help. ``body`` is what the server said to it, where the client keeps that; it may tell of patients.
    """

    def __init__(self, reason: str, *, status: int | None = None, passing: bool = False, body: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.passing = passing
        self.body = body

    def alone(self) -> Self:
        """The failure without how it came about: a traceback would hold what was read so far."""
        self.__context__ = None
        return self.with_traceback(None)


def failure_of_status(status: int, body: bytes = b"") -> FhirFailure:
    """What an answer with this HTTP status says in words."""
    words = _IN_WORDS.get(status) or _BY_FAMILY.get(status // 100, "did not answer the query")
    return FhirFailure(f"{SERVER} {words} ({status})", status=status, passing=status in _PASSING, body=body)


def broken_connection(error: Exception) -> FhirFailure:
    """What broke a connection, in words; only a connection that the server dropped is worth a second attempt."""
    cause: object = error.args[0] if error.args else error
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, NewConnectionError):
        return FhirFailure(f"{SERVER} could not be reached")
    if any(isinstance(fault, _SLOW) for fault in (error, cause)):
        return FhirFailure(TOO_SLOW)
    if any(isinstance(fault, _BROKEN) for fault in (error, cause)):
        return FhirFailure(f"{SERVER} broke off", passing=True)
    if isinstance(error, DecodeError):
        return FhirFailure(f"{SERVER} answered in another encoding than it says")
    if isinstance(error, requests.ConnectionError):
        return FhirFailure(f"{SERVER} could not be reached")
    return FhirFailure(NOT_FHIR)
