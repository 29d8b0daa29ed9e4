import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from werkzeug.exceptions import BadRequest

from cds_service import errors
from cds_service.web.around.faults import FAILURES, failure_of, from_http, operation_outcome

R4_ISSUE_TYPES = {
    "invalid", "structure", "required", "value", "not-supported", "not-found", "too-long", "exception", "transient",
    "timeout",
    "login", "forbidden",
}  # fmt: skip
EXAMPLES = [
    errors.Unauthenticated("no-token"),
    errors.Forbidden("service", "https://ehr.example"),
    errors.UnknownRoute(),
    errors.UnknownService("other"),
    errors.MethodNotAllowed(["POST"]),
    errors.UnsupportedMediaType("The Content-Type is not JSON."),
    errors.TooLarge(1024),
    errors.TooSlow(),
    errors.NotJson(),
    errors.NotAnObject(),
    errors.TooDeep(),
    errors.InvalidRequest("context", "must be an object"),
    errors.MissingField("context"),
    errors.NotADate("on"),
    errors.WrongHook("work-rehab-order", "patient-view", ["order-sign"]),
    errors.DataNeeded(["encounter"]),
    errors.BadTransport(),
    errors.FeedbackNotStored(),
    errors.NotReady(),
    errors.Fault(),
]


def leaves(kind):
    below = kind.__subclasses__()
    return {kind} if not below else set().union(*(leaves(kind_below) for kind_below in below))


def test_every_error_that_a_request_can_meet_has_its_status():
    found = leaves(errors.RequestError) | leaves(errors.ServiceError)
    of_pages = {kind for kind in found if kind.__module__ != errors.__name__}
    bases = {base for kind in of_pages for base in kind.__bases__}
    assert (found - of_pages) | bases <= set(FAILURES)


def test_there_is_an_example_of_every_error():
    assert set(FAILURES) == {type(example) for example in EXAMPLES}


def test_errors_of_the_caller_are_4xx_and_ours_5xx():
    for kind, failure in FAILURES.items():
        assert failure.status // 100 == (4 if issubclass(kind, errors.RequestError) else 5), kind


def test_codes_are_those_of_the_value_set():
    assert R4_ISSUE_TYPES >= {failure.code for failure in FAILURES.values()}


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_every_error_becomes_a_valid_operation_outcome(error):
    (issue,) = OperationOutcome.model_validate(operation_outcome(error, "r1")).issue
    assert issue.code == failure_of(error).code
    assert issue.details.text == error.text
    assert issue.diagnostics == f"{error.hint} Request id: r1"


def test_every_error_stands_in_the_drawing_of_the_tree():
    drawn = errors.__doc__
    family = {kind for kind in leaves(errors.CdsError) if kind.__module__ == errors.__name__}
    assert {kind for kind in family if kind.__name__ not in drawn} == set()


def test_an_error_that_is_not_in_the_table_is_a_fault():
    assert failure_of(errors.ConfigurationError("x")) == FAILURES[errors.Fault]


def test_a_broken_http_request_is_the_callers_fault():
    assert failure_of(from_http(BadRequest(), 1)).status == 400


def test_a_name_chosen_by_the_caller_is_bounded_and_without_markup():
    assert errors.shown('<a href="x">') == "?a?href??x??"
    assert errors.shown("x" * 65) == "x" * 64 + "..."
    assert errors.shown("work-rehab_1.~") == "work-rehab_1.~"
