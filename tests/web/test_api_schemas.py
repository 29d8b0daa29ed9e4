"""Requests, answers and failures against the schemas of the description."""

import copy

import orjson
import pytest

from cds_service.errors import CdsError, RequestError
from cds_service.hooks.call import read_call
from cds_service.hooks.context import FIELDS
from cds_service.hooks.feedback import read_feedback
from cds_service.hooks.services import SERVICES
from cds_service.web.around.faults import operation_outcome
from tests.playing import play
from tests.web.describing import application, document_of, request_name, schema_errors, stories_and_hooks

CALLS = [pytest.param(story, hook, id=f"{story.name}-{hook}") for story, hook in stories_and_hooks()]
BY_HOOK = {service.hook: service for service in SERVICES}
SHOWN = {hook: story for story, hook in reversed(stories_and_hooks())}
WRONG = [None, "", "  ", "a b", "x" * 300, 5, True, [], [5], ["a b"], {}, {"reference": "Patient/1"}]
FEEDBACK = {
    "feedback": [
        {
            "card": "c1",
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": "s1"}],
            "outcomeTimestamp": "2026-03-16T09:05:00-05:00",
        },
        {
            "card": "c2",
            "outcome": "overridden",
            "overrideReason": {
                "reason": {"system": "https://cds.example.org", "code": "other"},
                "userComment": "later",
            },
            "outcomeTimestamp": "2026-03-16T14:05:00.5Z",
        },
    ]
}


@pytest.mark.parametrize(("story", "hook"), CALLS)
def test_the_request_and_the_answer_of_a_story_are_as_described(story, hook):
    assert [] == schema_errors(request_name(hook), story.request(hook))
    assert [] == schema_errors("HookResponse", play(story, hook).answer)


def test_nothing_is_answered_that_is_not_described():
    document = copy.deepcopy(document_of())
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    for story, hook in stories_and_hooks():
        assert [] == schema_errors("HookResponse", play(story, hook).answer, document)


def changed(sent, path, value):
    """The request with a member changed; the value ``changed`` itself takes it away."""
    copied = copy.deepcopy(sent)
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    if value is changed:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return copied


def is_refused(read, sent, service_id):
    try:
        read(orjson.dumps(sent), service_id)
    except RequestError:
        return True
    return False


def members_of_calls():
    for service in SERVICES:
        for name in ("hook", "hookInstance", "context", "fhirServer", "prefetch"):
            yield service.hook, (name,)
        for name in service.context:
            for member in FIELDS[name.removesuffix("?")].members:
                yield service.hook, ("context", member)


@pytest.mark.parametrize(
    ("hook", "path"), list(members_of_calls()), ids=lambda part: part if isinstance(part, str) else part[-1]
)
def test_the_schema_refuses_what_the_decoder_refuses(hook, path):
    sent = {"fhirServer": None, **orjson.loads(orjson.dumps(SHOWN[hook].request(hook)))}
    sent["context"] |= {"encounterId": None} | sent["context"]
    there = path[-1] in (sent if len(path) == 1 else sent["context"])
    for value in [*WRONG, *([changed] if there else [])]:
        wrong = changed(sent, path, value)
        refused = is_refused(read_call, wrong, BY_HOOK[hook].id)
        described = schema_errors(request_name(hook), wrong)
        lenient = not refused and described and is_passed_over(hook, path[-1], value)
        assert lenient or refused == bool(described), f"{path} as {value!r}: the decoder {refused}, schema {described}"


def is_passed_over(hook, member, value):
    """A member that need not be there and is blank, or that is there in another spelling."""
    blank = isinstance(value, str) and not value.strip()
    return (blank and f"{member}?" in BY_HOOK[hook].context) or member in {"dispatched-orders", "order"}


def test_a_token_needs_its_server():
    story = SHOWN["order-sign"]
    token = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "cds"}
    alone = {**story.request("order-sign"), "fhirAuthorization": token}
    assert schema_errors("OrderSignRequest", alone)
    assert is_refused(read_call, alone, "work-rehab-order-sign")
    assert [] == schema_errors("OrderSignRequest", alone | {"fhirServer": "https://ehr.example.org/fhir"})


def members_of_feedback():
    yield ("feedback",)
    for number, entry in enumerate(FEEDBACK["feedback"]):
        yield from (("feedback", number, name) for name in entry)
    yield ("feedback", 0, "acceptedSuggestions", 0, "id")
    yield from (("feedback", 1, "overrideReason", name) for name in ("reason", "userComment"))
    yield from (("feedback", 1, "overrideReason", "reason", name) for name in ("system", "code"))


@pytest.mark.parametrize("path", list(members_of_feedback()), ids=lambda path: "-".join(map(str, path)))
def test_the_schema_refuses_the_feedback_that_the_decoder_refuses(path):
    assert [] == schema_errors("FeedbackBody", FEEDBACK)
    for value in [*WRONG, changed, "x" * 600, "2026-03-16"]:
        wrong = changed(FEEDBACK, path, value)
        refused = is_refused(read_feedback, wrong, "work-rehab-order")
        described = schema_errors("FeedbackBody", wrong)
        assert refused == bool(described), f"{path} as {value!r}: the decoder says {refused}, the schema {described}"


def test_a_reason_or_a_comment_is_enough():
    entry = FEEDBACK["feedback"][1]
    for reason in ({"userComment": "later"}, {"reason": entry["overrideReason"]["reason"]}, {}, None):
        sent = {"feedback": [{**entry, "overrideReason": reason}]}
        assert is_refused(read_feedback, sent, "work-rehab-order") == bool(schema_errors("FeedbackBody", sent))


def test_the_examples_of_failures_are_as_described():
    examples = document_of()["components"]["examples"]
    failures = {name: shown["value"] for name, shown in examples.items() if name[0].isupper()}
    assert {"NotJson", "MissingField", "DataNeeded", "Fault"} < failures.keys()
    assert [] == [error for outcome in failures.values() for error in schema_errors("OperationOutcome", outcome)]


def test_every_failure_that_is_sent_is_as_described():
    client = application(max_body_bytes=1024).test_client()
    url = "/cds-services/work-rehab-order-sign"
    answers = [
        client.post(url, data=b"x"),
        client.post(url, data=b"[]"),
        client.post(url, json={}),
        client.post(url, data=b"x" * 2048),
        client.post(url, data=b"{}", headers={"Content-Type": "text/plain"}),
        client.get(url),
        client.get("/nothing"),
        client.get("/coverage?on=yesterday"),
    ]
    assert [400, 400, 400, 413, 415, 405, 404, 400] == [answer.status_code for answer in answers]
    assert all(schema_errors("OperationOutcome", answer.json) == [] for answer in answers)


def test_an_answer_that_is_not_as_described_is_found():
    outcome = operation_outcome(CdsError("text", "hint"), "id")
    assert schema_errors("OperationOutcome", outcome | {"issue": []})
    assert schema_errors("HookResponse", {"cards": [{"summary": "x" * 140}]})


@pytest.mark.parametrize("path", ["/policies/generic", "/policies/us-tx-dwc", "/policies/us-medicare?on=2016-01-01"])
def test_a_policy_is_as_described(path):
    facts = application().test_client().get(path).json
    assert [] == schema_errors("PolicyPicture", facts)


@pytest.mark.parametrize("path", ["/coverage", "/coverage?on=2016-01-01"])
def test_the_matrix_of_coverage_is_as_described(path):
    assert [] == schema_errors("CoverageMatrix", application().test_client().get(path).json)


def test_discovery_is_as_described():
    assert [] == schema_errors("Discovery", application().test_client().get("/cds-services").json)
