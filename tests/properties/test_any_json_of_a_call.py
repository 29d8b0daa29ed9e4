"""Whatever JSON a call or feedback holds: an answer or a refusal as JSON, soon, and never a fault of ours."""

import json
import logging
from copy import deepcopy
from datetime import date
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.app.assembly import answerer_for
from cds_service.app.settings import Settings
from cds_service.records.database import Database
from cds_service.records.keeping import Records
from cds_service.stories import build
from cds_service.stories.request import SERVICE_BY_HOOK
from cds_service.web.application import create_app
from tests.playing import bundled_policies
from tests.records.keeping import NOW, PUBLIC_URL

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 16)
LONGEST_SECONDS = 5.0
STORY = {
    "patient": {"state": "TX"},
    "program": "hardening",
    "evaluations": [{"day": "2026-03-02", "code": "97161"}],
    "course": [{"first": "2026-03-02", "last": "today", "weekdays": ["mon"], "from": "08:00", "to": "11:00"}],
    "authorizations": [{"number": "PA-1", "from": "2026-03-01", "to": "2026-04-30", "quantity": 40, "unit": "hours"}],
    "assessments": [{"day": "2026-03-09", "tool": "lift", "value": 20}],
    "orders": [{"quantity": 3, "times": {"frequency": 3, "minutes": 240, "count": 12}}],
    "existing_orders": [{"quantity": 12, "times": {"frequency": 3, "minutes": 240, "count": 12}}],
    "appointments": [{"day": 1, "from": "08:00", "to": "12:00"}],
    "charges": [{"lines": ["97545 x1 GP"], "status": "draft"}],
}
STORY_OF = {hook: build(STORY | {"hook": hook}, TODAY) for hook in SERVICE_BY_HOOK}
REQUESTS = {hook: STORY_OF[hook].request(hook) for hook in SERVICE_BY_HOOK}

BEYOND = ["1e400", "-1e400", "1" + "0" * 5000, "NaN", "Infinity", "1e-400"]
"""Numbers that Python writes no JSON of; each stands in the text in place of a mark."""
MARK = "\u2603{}\u2603"


def nested(depth, wrap, inner=1):
    for _ in range(depth):
        inner = wrap(inner)
    return inner


edges = st.sampled_from(
    [10**19, -(10**19), 10**30, 2**63, 1e300, -1e300, 5e-324, 1.7976931348623157e308]
    + ["0000-00-00", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59-14:00", "1900-01-01T00:00:00+14:00", "2199-12-31"]
    + ["\ud800", "\udc00x", "\0", "#", "urn:uuid:1", "Patient/p1", "//", "http://[", "97545-WH-GP", "x" * 5000]
    + [MARK.format(place) for place in range(len(BEYOND))]
    + [nested(300, lambda inner: [inner]), nested(300, lambda inner: {"a": inner})]
    + [{"extension": [nested(280, lambda inner: {"url": "urn:x", "extension": [inner]}, {"url": "u"})]}]
    + [[{"url": "urn:x", "valueDecimal": 10**20}], {"value": 10**20}, {"reference": "#"}, [{}], [None], {"a": None}]
)  # fmt: skip
names = st.sampled_from(["extension", "contained", "id", "note", "careTeam", "insurance", "modifier", "value", "code"])
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8) | edges,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


PLACES = [(hook, path) for hook, request in REQUESTS.items() for path in places(request)]
CLAIM = ("prefetch", "charges", "entry", 0, "resource")
ORDER = ("context", "draftOrders", "entry", 0, "resource")
CHANGED = {
    ("encounter-discharge", CLAIM): ("careTeam", "diagnosis", "insurance", "item", "total", "accident", "extension"),
    ("encounter-discharge", (*CLAIM, "item", 0)): (
        *("productOrService", "modifier", "quantity", "servicedDate", "servicedPeriod", "encounter", "sequence"),
        *("net", "detail", "diagnosisSequence", "careTeamSequence", "locationCodeableConcept", "extension"),
    ),
    ("order-sign", ORDER): ("code", "orderDetail", "quantityQuantity", "requester", "reasonReference", "extension"),
}
"""Resources that an answer proposes to change, with the members that the change touches."""
CHANGING = {"encounter-discharge", "order-sign", "order-select", "order-dispatch"}
ODD_MEMBERS = [
    *(None, True, 5, 10**20, "", "my sequence", "97545", [], [None], [5], ["sequence"], [[1]], {}, [{}], [{"code": 5}]),
    *({"sequence": 10**20}, [{"sequence": None}], [{"coding": [5]}], {"coding": "GP"}, {"value": 10**20}),
    *({"start": 5, "end": {}}, {"reference": ["a"]}, [{"url": "urn:x", "valueDecimal": 10**20}]),
    *([nested(depth, lambda inner_value: {"url": "urn:x", "extension": [inner_value]}, {"url": "u", "valueCode": "c"})]
      for depth in (40, 110, 119, 122, 126, 250)),
]  # fmt: skip


def empty_places(value, path=()):
    """Where null, an empty text, list or object stands, which no answer may hold (CH-S-03)."""
    if value in (None, "", [], {}):
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from empty_places(part, (*path, key))


def spoiled(whole, path, name, value):
    """A copy with the value in one place, or as the member of this name of the object there."""
    if not path:
        return value
    copy = deepcopy(whole)
    target = copy
    for key in path[:-1]:
        target = target[key]
    there = target[path[-1]]
    if name is not None and isinstance(there, dict):
        there[name] = value
    else:
        target[path[-1]] = value
    return copy


def written(value):
    """The JSON of the value; marks become numbers beyond all range."""
    text = json.dumps(value)
    for place, number in enumerate(BEYOND):
        text = text.replace(json.dumps(MARK.format(place)), number)
    return text.encode()


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """The whole service with its records, without a gate."""
    records = Records.on(upgraded(Database(f"sqlite:///{tmp_path_factory.mktemp('records')}/records.db")))
    chosen = Settings(public_url=PUBLIC_URL, max_cards=20)
    policies = bundled_policies()
    answerer = answerer_for(chosen, policies, lambda: NOW, records)
    logging.disable(logging.CRITICAL)
    yield create_app(chosen, answerer, policies, None, records).test_client()
    logging.disable(logging.NOTSET)
    records.close()


def upgraded(database):
    database.upgrade()
    return database


def answered(web, path, body):
    """Status and body of the answer, which is JSON and comes soon."""
    began = perf_counter()
    reply = web.post(path, data=body, content_type="application/json")
    assert perf_counter() - began < LONGEST_SECONDS
    assert reply.status_code < 500, reply.text
    answer = json.loads(reply.data, parse_constant=lambda name: pytest.fail(f"{name} in an answer"))
    assert [] == [path for path in empty_places(answer) if path != ("cards",)]
    return reply.status_code, answer


lenient = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(lenient, max_examples=300)
@given(st.sampled_from(PLACES), st.none() | names, edges | any_json)
def test_anything_in_any_place_of_a_call_is_answered_or_refused(web, place, name, value):
    hook, path = place
    body = written(spoiled(REQUESTS[hook], path, name, value))
    status, answer = answered(web, f"/cds-services/{SERVICE_BY_HOOK[hook].id}", body)
    assert ("cards" in answer) == (status == 200)


@pytest.mark.parametrize(("hook", "path"), CHANGED)
def test_anything_in_a_resource_that_an_answer_changes_is_survived(web, hook, path):
    for name in CHANGED[hook, path]:
        for value in ODD_MEMBERS:
            answered(
                web, f"/cds-services/{SERVICE_BY_HOOK[hook].id}", written(spoiled(REQUESTS[hook], path, name, value))
            )


@settings(lenient, max_examples=100)
@given(st.sampled_from(sorted(SERVICE_BY_HOOK)), st.binary(max_size=40) | any_json.map(written))
def test_a_body_of_anything_is_refused(web, hook, body):
    assert 400 == answered(web, f"/cds-services/{SERVICE_BY_HOOK[hook].id}", body)[0]


FEEDBACK = {
    "feedback": [
        {
            "card": "6f1d5f4e-5a55-4a5e-9d7c-3c1d1d0b9f10",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-03-16T10:00:00Z",
            "overrideReason": {"reason": {"code": "other", "system": "https://ehr.example"}, "userComment": "later"},
        },
        {
            "card": "7f1d5f4e-5a55-4a5e-9d7c-3c1d1d0b9f10",
            "outcome": "accepted",
            "outcomeTimestamp": "2026-03-16T10:00:00Z",
            "acceptedSuggestions": [{"id": "8f1d5f4e-5a55-4a5e-9d7c-3c1d1d0b9f10"}],
        },
    ]
}


@settings(lenient, max_examples=200)
@given(st.sampled_from(list(places(FEEDBACK))), st.none() | names, any_json)
def test_anything_in_feedback_is_kept_or_refused(web, path, name, value):
    answered(web, "/cds-services/work-rehab-visit/feedback", written(spoiled(FEEDBACK, path, name, value)))


@pytest.mark.parametrize("hook", sorted(SERVICE_BY_HOOK))
def test_the_requests_that_are_spoiled_are_answered_as_they_are(web, hook):
    status, body = answered(web, f"/cds-services/{SERVICE_BY_HOOK[hook].id}", written(REQUESTS[hook]))
    assert (200, True) == (status, bool(body.get("extension")))
    assert ('"type": "update"' in json.dumps(body)) == (hook in CHANGING)


@pytest.mark.parametrize(
    "text", [b'{"hook": "a", "hook": "b"}', b'{"a": 1} {"a": 1}', b"{'a': 1}", b'\xef\xbb\xbf{"a":1}']
)
def test_json_of_odd_form_is_refused(web, text):
    assert 400 == answered(web, "/cds-services/work-rehab-visit", text)[0]
