"""What operations answer: successes with their schema, failures from the table of failures."""

from collections import defaultdict
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from cds_service import errors
from cds_service.web.around.faults import FAILURES, OperationOutcome, operation_outcome
from cds_service.web.pages.api_description.schema_of_types import COMPONENTS, JsonSchema, TypeSchemas, first_sentences

JSON_TYPE: Final = "application/json"
HTML_CONTENT: Final[Mapping[str, JsonSchema]] = {"text/html": {"schema": {"type": "string"}}}
REQUEST_ID: Final = "RequestId"
CHALLENGE: Final = "Challenge"
HEADERS: Final[Mapping[str, JsonSchema]] = {
    REQUEST_ID: {
        "description": "The id of the request: the one that was sent, or a new one. The log of the service has it.",
        "schema": {"type": "string"},
    },
    CHALLENGE: {"description": "What to send.", "schema": {"const": "Bearer"}},
}

Failures = tuple[type[errors.CdsError], ...]
CALL_FAILURES: Final[Failures] = (
    errors.NotJson,
    errors.NotAnObject,
    errors.TooDeep,
    errors.MissingField,
    errors.InvalidRequest,
    errors.WrongHook,
    errors.BadTransport,
    errors.TooSlow,
    errors.TooLarge,
    errors.UnsupportedMediaType,
)
FEEDBACK_FAILURES: Final[Failures] = (
    *(kind for kind in CALL_FAILURES if kind is not errors.WrongHook),
    errors.UnknownService,
    errors.FeedbackNotStored,
)
TOKEN_FAILURES: Final[Failures] = (errors.Unauthenticated, errors.Forbidden)
READING_FAILURES: Final[Failures] = (errors.UnknownRoute, errors.NotADate)
_SHOWN: Final[Failures] = (
    *CALL_FAILURES,
    *FEEDBACK_FAILURES,
    *TOKEN_FAILURES,
    *READING_FAILURES,
    errors.DataNeeded,
    errors.NotReady,
    errors.Fault,
)


def outcome_schemas() -> dict[str, JsonSchema]:
    """The components of a failure: the codes and severities are those of the table of failures."""
    types = TypeSchemas(answers=True)
    types.of(OperationOutcome)
    issue = types.components["OutcomeIssue"]["properties"]
    issue["severity"] |= {"enum": sorted({failure.severity for failure in FAILURES.values()})}
    issue["code"] |= {"enum": sorted({failure.code for failure in FAILURES.values()})}
    types.components["OperationOutcome"]["properties"]["issue"] |= {"minItems": 1, "maxItems": 1}
    return types.components


def answered(says: str, content: Mapping[str, Mapping[str, Any]]) -> JsonSchema:
    """A success, with its body by media type."""
    return {"description": says, "headers": _headers(REQUEST_ID), "content": dict(content)}


def json_content(schema: JsonSchema, **examples: Any) -> dict[str, JsonSchema]:  # noqa: ANN401 - examples of any shape
    """A body in JSON."""
    return {JSON_TYPE: {"schema": schema, **({"examples": examples} if examples else {})}}


def failures_of(*kinds: type[errors.CdsError], pages: bool = False) -> dict[str, JsonSchema]:
    """The failures of an operation by status; each can be a fault of the service too.

    Those of ``pages`` are shown to people as a page.
    """
    by_status: dict[int, list[type[errors.CdsError]]] = defaultdict(list)
    for kind in (*kinds, errors.Fault):
        by_status[FAILURES[kind].status].append(kind)
    return {
        str(status): _refusal(status, by_status[status], HTML_CONTENT if pages else {}) for status in sorted(by_status)
    }


def _refusal(status: int, kinds: list[type[errors.CdsError]], page: Mapping[str, JsonSchema]) -> JsonSchema:
    examples = {kind.__name__: {"$ref": f"#/components/examples/{kind.__name__}"} for kind in kinds}
    headers = {"WWW-Authenticate": _header(CHALLENGE)} if status == HTTPStatus.UNAUTHORIZED else {}
    return {
        "description": " ".join(_when(kind) for kind in kinds),
        "headers": _headers(REQUEST_ID) | headers,
        "content": {**json_content({"$ref": f"{COMPONENTS}{OperationOutcome.__name__}"}, **examples), **page},
    }


def _when(kind: type[errors.CdsError]) -> str:
    """When it happens; the rest of the docstring is about its arguments."""
    return f"{first_sentences(kind.__doc__ or '').split(';')[0].rstrip('.')}."


def failure_examples(largest_body: int) -> dict[str, JsonSchema]:
    """The body of each failure, by its name."""
    samples = ((kind, _sample(kind, largest_body)) for kind in dict.fromkeys(_SHOWN))
    return {
        kind.__name__: {"summary": sample.text, "value": operation_outcome(sample, "abc-1")} for kind, sample in samples
    }


def _sample(kind: type[errors.CdsError], largest_body: int) -> errors.CdsError:
    arguments: Mapping[type[errors.CdsError], tuple[Any, ...]] = {
        errors.MissingField: ("context.patientId",),
        errors.InvalidRequest: ("context.selections[0]", "must be a reference of the form Type/id"),
        errors.WrongHook: ("work-rehab-order-sign", "patient-view", ("order-sign",)),
        errors.UnknownService: ("work-rehab",),
        errors.NotADate: ("on",),
        errors.DataNeeded: (("procedures",),),
        errors.TooLarge: (largest_body,),
        errors.UnsupportedMediaType: ("The Content-Type is not JSON.",),
        errors.Unauthenticated: ("signature",),
        errors.Forbidden: ("service", "https://ehr.example.org"),
    }
    return kind(*arguments.get(kind, ()))


def _headers(name: str) -> JsonSchema:
    return {"X-Request-Id": _header(name)}


def _header(name: str) -> JsonSchema:
    return {"$ref": f"#/components/headers/{name}"}
