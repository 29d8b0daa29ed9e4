"""Junk in any element of any resource: never an exception, never anything of another patient."""

from copy import deepcopy
from dataclasses import asdict

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from cds_service.fhir.chart.build import build_chart
from cds_service.fhir.reading.drafts import read_drafts
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.fhir.reading.prefetch_reader import read_prefetch
from tests.fhir.resources import (
    PATIENT,
    SOMEBODY_ELSE,
    appointments_of,
    bundle,
    care_plan,
    claim_response,
    coded,
    condition,
    coverage,
    encounter,
    observation,
    orders_of,
    procedure,
    service_request,
)

MARK = "only-of-p2"
CLAIM = {
    "resourceType": "Claim",
    "id": "cl",
    "status": "draft",
    "use": "claim",
    "patient": PATIENT,
    "accident": {"date": "2026-01-02", "locationAddress": {"state": "TX"}},
    "item": [{"sequence": 1, "productOrService": coded(None, "97545"), "quantity": {"value": 1}}],
    "insurance": [{"preAuthRef": ["PA-1"]}],
}
GOAL = {
    "resourceType": "Goal",
    "id": "g",
    "lifecycleStatus": "active",
    "subject": PATIENT,
    "description": {"text": "Lift"},
    "target": [{"measure": {"text": "lift"}, "detailQuantity": {"value": 5}, "dueDate": "2026-05-01"}],
}
RECORDS = {
    "patient": {"resourceType": "Patient", "id": "p1", "address": [{"state": "TX"}]},
    "coverage": coverage(period={"start": "2026-01-01"}),
    "carePlans": care_plan(
        activity=[{"detail": {"code": coded(None, "97545"), "scheduledTiming": {"repeat": {"count": 3}}}}]
    ),
    "encounters": encounter(type=[{"text": "Work hardening"}], diagnosis=[{"condition": {"reference": "Condition/k"}}]),
    "procedures": procedure(
        performer=[{"actor": {"reference": "#x"}}], contained=[{"resourceType": "Practitioner", "id": "x"}]
    ),
    "conditions": condition(note=[{"text": "work-related"}]),
    "goals": GOAL,
    "observations": observation(),
    "authorizations": claim_response(
        item=[{"itemSequence": 1, "adjudication": [{"category": {"text": "authorized"}, "value": 3}]}]
    ),
    "orders": service_request(occurrenceTiming={"repeat": {"frequency": 3, "period": 1, "periodUnit": "wk"}}),
    "charges": CLAIM,
}  # fmt: skip
KEYS = tuple(PREFETCH_KEYS)

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
odd_words = ["2026", "9999-12-31T23:59:59Z", "#", "urn:uuid:1", "Patient/p1", "97545", "-"]
words = st.text(max_size=8) | st.sampled_from(odd_words)
names = words | st.sampled_from(["coding", "code", "reference", "value", "start"])
junk = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


def paths(value, path=()):
    """Every place in a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from paths(part, (*path, key))


PLACES = [path for path in paths({key: bundle(record) for key, record in RECORDS.items()}) if path]


def spoiled(prefetch, path, value):
    """A copy with junk in one place."""
    copy = deepcopy(prefetch)
    target = copy
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return copy


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(PLACES), junk)
def test_junk_in_any_place_gives_a_chart(path, value):
    given_prefetch = {key: bundle(record) for key, record in RECORDS.items()}
    chart = build_chart("p1", read_prefetch(json.encode(spoiled(given_prefetch, path, value)), KEYS))
    assert chart.patient == "Patient/p1"


@settings(max_examples=300, deadline=None)
@given(junk)
def test_any_json_is_a_prefetch_and_drafts(value):
    raw = json.encode(value)
    drafts = read_drafts(raw)
    chart = build_chart("p1", read_prefetch(raw, KEYS), drafts)
    assert (chart.sessions, orders_of(drafts), appointments_of(drafts)) == ((), (), ())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_survived(raw):
    assert build_chart("p1", read_prefetch(raw, KEYS), read_drafts(raw)).sessions == ()


def of_somebody_else():
    """The same chart of another patient, recognizable by every identifier and text in it."""
    text = json.encode({key: bundle(record) for key, record in RECORDS.items()}).decode()
    text = text.replace("Patient/p1", "Patient/p2").replace('"id":"p1"', '"id":"p2"')
    for name in ("Work hardening", "work-related", "Lift to waist", "Example Fund", "PA-1", "Work conditioning"):
        text = text.replace(name, f"{name} {MARK}")
    return json.decode(text)


STRANGE = of_somebody_else()
STRANGE_PLACES = [
    path
    for path in paths(STRANGE)
    if path and path[-1] not in {"subject", "patient", "beneficiary", "reference", "entry", "resource"}
    and len(path) > 4
    and not (path[0] == "patient" and path[-1] == "id")
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(STRANGE_PLACES), junk)
def test_nothing_of_another_patient_is_ever_used(path, value):
    chart = build_chart("p1", read_prefetch(json.encode(spoiled(STRANGE, path, value)), KEYS))
    assert SOMEBODY_ELSE["reference"] != chart.patient
    facts = asdict(chart)
    assert MARK not in repr(facts)
    used = {
        name: kept for name, kept in facts.items() if name not in {"patient", "unavailable", "in_part", "gaps"} and kept
    }
    assert used == {}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([path for path in paths(service_request()) if path and path[-1] != "resourceType"]), junk)
def test_junk_in_a_draft_gives_an_order_or_a_gap(path, value):
    drafts = read_drafts(json.encode(spoiled(service_request(), path, value)))
    chart = build_chart("p1", read_prefetch(None, ()), drafts)
    orders = orders_of(drafts, patient_id="p1")
    assert len(drafts) == 1
    unread = drafts[0].record is None
    assert unread <= (len(chart.gaps) > 0)
    assert len(orders) <= 1
