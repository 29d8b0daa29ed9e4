"""Exception to HTTP: one table, and one body for all of them, an OperationOutcome of FHIR R4 (CH-H)."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypedDict

from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge
from werkzeug.exceptions import MethodNotAllowed as HttpMethodNotAllowed

from cds_service import errors


class Failure(NamedTuple):
    """How an exception is reported: HTTP status and the code of the FHIR value set issue-type."""

    status: int
    code: str
    severity: str = "error"


FAILURES: Final[Mapping[type[errors.CdsError], Failure]] = {
    errors.NotJson: Failure(400, "structure"),
    errors.NotAnObject: Failure(400, "structure"),
    errors.TooDeep: Failure(400, "structure"),
    errors.MissingField: Failure(400, "required"),
    errors.InvalidRequest: Failure(400, "value"),
    errors.NotADate: Failure(400, "value"),
    errors.WrongHook: Failure(400, "invalid"),
    errors.BadTransport: Failure(400, "invalid"),
    errors.Unauthenticated: Failure(401, "login"),
    errors.Forbidden: Failure(403, "forbidden"),
    errors.UnknownRoute: Failure(404, "not-found"),
    errors.UnknownService: Failure(404, "not-found"),
    errors.MethodNotAllowed: Failure(405, "not-supported"),
    errors.TooSlow: Failure(408, "timeout"),
    errors.DataNeeded: Failure(412, "required"),
    errors.TooLarge: Failure(413, "too-long"),
    errors.UnsupportedMediaType: Failure(415, "not-supported"),
    errors.Fault: Failure(500, "exception", "fatal"),
    errors.FeedbackNotStored: Failure(503, "transient"),
    errors.NotReady: Failure(503, "transient"),
}


class OutcomeDetails(TypedDict):
    """What is wrong, in a sentence."""

    text: str


class OutcomeIssue(TypedDict):
    """What is wrong, and in ``diagnostics`` what would be right, with the id of the request to ask about."""

    severity: str
    code: str
    details: OutcomeDetails
    diagnostics: str


class OperationOutcome(TypedDict):
    """The body of every answer that is a failure, a FHIR R4 resource."""

    resourceType: Literal["OperationOutcome"]
    issue: list[OutcomeIssue]


def failure_of(error: errors.CdsError) -> Failure:
    """The entry of the table for the exception, or for the nearest of its bases that has one."""
    return next((FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES), FAILURES[errors.Fault])


def operation_outcome(error: errors.CdsError, request_id: str) -> OperationOutcome:
    """The body of a non-2xx answer: what is wrong, what would be right, and the request id to ask about."""
    failure = failure_of(error)
    issue: OutcomeIssue = {
        "severity": failure.severity,
        "code": failure.code,
        "details": {"text": error.text},
        "diagnostics": f"{error.hint} Request id: {request_id}",
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def from_http(error: HTTPException, max_body_bytes: int) -> errors.CdsError:
    """What the web framework found wrong, in our terms."""
    match error:
        case NotFound():
            return errors.UnknownRoute()
        case HttpMethodNotAllowed():
            return errors.MethodNotAllowed(error.valid_methods or ())
        case RequestEntityTooLarge():
            return errors.TooLarge(max_body_bytes)
        case _:
            return errors.BadTransport()
