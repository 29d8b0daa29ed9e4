from datetime import date

import pytest
from msgspec import json

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState, CoverageAssertion
from cds_service.fhir.chart.build import build_chart
from cds_service.fhir.chart.coverage_information import COVERAGE_INFORMATION
from cds_service.fhir.chart.decisions import PAS
from cds_service.fhir.reading.drafts import read_drafts
from cds_service.fhir.reading.prefetch import Prefetch
from tests.fhir.resources import CPT, PATIENT, bundle, chart_of, claim_response, coded, service_request

APPROVED = AuthorizationState.APPROVED


def of(record):
    return chart_of(authorizations=bundle(record)).authorizations


def review(code):
    action = {
        "url": f"{PAS}extension-reviewActionCode",
        "valueCodeableConcept": coded("https://codesystem.x12.org/005010/306", code),
    }
    return {"url": f"{PAS}extension-reviewAction", "extension": [action, {"url": "number", "valueString": "N-7"}]}


def granted(code, amount, unit="visits"):
    quantity = {"url": "quantity", "valueQuantity": {"value": amount, "unit": unit}}
    service = {"url": "productOrServiceCode", "valueCodeableConcept": coded(CPT, code)}
    return {"url": f"{PAS}extension-itemAuthorizedDetail", "extension": [service, quantity]}


def test_an_approval_carries_number_period_and_date_of_the_answer():
    expected = Authorization(
        "ClaimResponse/r",
        APPROVED,
        "PA-1",
        date(2026, 3, 1),
        date(2026, 4, 12),
        created=date(2026, 2, 20),
        names_service=False,
    )
    assert of(claim_response()) == (expected,)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"outcome": "queued"}, AuthorizationState.PENDING),
        ({"outcome": "error"}, AuthorizationState.UNCLEAR),
        ({"outcome": "complete", "preAuthRef": None}, AuthorizationState.UNCLEAR),
        ({"disposition": "Request denied"}, AuthorizationState.DENIED),
        ({"disposition": "Not certified"}, AuthorizationState.DENIED),
        ({"disposition": "Pended for review"}, AuthorizationState.PENDING),
        ({"disposition": "Certified as requested", "preAuthRef": None}, APPROVED),
    ],
)
def test_outcome_and_disposition_tell_the_decision(change, state):
    record = {key: value for key, value in claim_response(**change).items() if value is not None}
    assert [authorization.state for authorization in of(record)] == [state]


@pytest.mark.parametrize(
    ("code", "state"),
    [("A1", APPROVED), ("A2", APPROVED), ("A6", APPROVED), ("A3", AuthorizationState.DENIED),
     ("A4", AuthorizationState.PENDING), ("ZZ", AuthorizationState.UNCLEAR)],
)  # fmt: skip
@pytest.mark.parametrize("where", ["item", "adjudication"])
def test_the_review_action_decides_over_the_outcome(code, state, where):
    item = {"itemSequence": 1}
    if where == "item":
        item["extension"] = [review(code)]
    else:
        item["adjudication"] = [{"category": {"text": "submitted"}, "extension": [review(code)]}]
    (authorization,) = of(claim_response(item=[item]))
    assert (state, "N-7") == (authorization.state, authorization.number)


def test_the_period_of_an_item_decides_over_that_of_the_response():
    valid = {"url": f"{PAS}extension-itemPreAuthPeriod", "valuePeriod": {"start": "2026-03-10", "end": "2026-03"}}
    (authorization,) = of(claim_response(item=[{"extension": [review("A1"), valid]}]))
    assert (date(2026, 3, 10), date(2026, 3, 31)) == (authorization.start, authorization.end)


def test_only_items_for_work_rehabilitation_count():
    items = [{"extension": [review("A1"), granted("97110", 9)]}, {"extension": [review("A1"), granted("97545", 12)]}]
    assert [(authorization.quantity, authorization.unit) for authorization in of(claim_response(item=items))] == [
        (12, "visits")
    ]


def test_a_response_about_other_services_authorizes_no_work_rehabilitation():
    assert of(claim_response(item=[{"extension": [review("A1"), granted("97110", 9)]}])) == ()


def test_items_of_one_code_with_the_same_answer_are_added_up():
    items = [{"extension": [review("A1"), granted(code, 10, "UN")]} for code in ("97545", "97546", "97546")]
    found = [
        (authorization.codes, authorization.quantity, authorization.unit)
        for authorization in of(claim_response(item=items))
    ]
    assert found == [(("97545",), 10, "units"), (("97546",), 20, "units")]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("hours", (30, "hours")), ("h", (30, "hours")), ("min", (0.5, "hours")), ("visits", (30, "visits")),
     ("sessions", (30, "visits")), ("UN", (30, "units")), (None, (30, "units"))],
)  # fmt: skip
def test_the_unit_of_an_added_item_is_hours_visits_or_units(unit, expected):
    quantity = {"value": 30} | ({"unit": unit} if unit else {})
    added = {"productOrService": coded(CPT, "97545"), "quantity": quantity, "adjudication": []}
    (authorization,) = of(claim_response(addItem=[added]))
    assert expected == (pytest.approx(authorization.quantity), authorization.unit)


def test_an_adjudicated_amount_that_is_authorized_is_the_quantity():
    item = {"itemSequence": 1, "adjudication": [{"category": {"text": "Authorized units"}, "value": 24}]}
    assert [(authorization.quantity, authorization.unit) for authorization in of(claim_response(item=[item]))] == [
        (24, None)
    ]


def test_an_approval_without_any_date_is_weak():
    record = {key: value for key, value in claim_response().items() if key != "preAuthPeriod"}
    assert [(authorization.weak, authorization.covers(date(2026, 3, 2))) for authorization in of(record)] == [
        (True, False)
    ]


@pytest.mark.parametrize("change", [{"use": "claim"}, {"status": "cancelled"}, {"status": "entered-in-error"}])
def test_other_responses_are_left_out(change):
    assert of(claim_response(**change)) == ()


def test_a_response_with_unreadable_dates_is_a_gap():
    chart = chart_of(authorizations=bundle(claim_response(preAuthPeriod={"start": "soon"})))
    assert [(gap.fact, gap.why) for gap in chart.gaps] == [(Fact.AUTHORIZATIONS, "period start is not a FHIR date")]


def claim(**more):
    item = {"sequence": 1, "productOrService": coded(CPT, "97545")}
    return {
        "resourceType": "Claim", "id": "cl", "status": "draft", "use": "claim", "patient": PATIENT, "item": [item],
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "c"}, "preAuthRef": ["PA-9"]}],
    } | more  # fmt: skip


def test_a_bare_number_on_a_claim_is_weak():
    expected = Authorization("Claim/cl", APPROVED, "PA-9", weak=True, relayed=True)
    assert chart_of(charges=bundle(claim())).authorizations == (expected,)


def test_a_number_that_the_payers_answer_explains_is_not_counted_again():
    chart = chart_of(charges=bundle(claim()), authorizations=bundle(claim_response(preAuthRef="PA-9")))
    assert [authorization.reference for authorization in chart.authorizations] == ["ClaimResponse/r"]


def information(**parts):
    return {"url": COVERAGE_INFORMATION, "extension": [{"url": key, **value} for key, value in parts.items()]}


def case_of(chart, day):
    return Case(Moment.ORDER, day, day, chart)


def test_coverage_information_on_a_draft_order_is_an_approval_with_expiry():
    extension = information(
        **{"pa-needed": {"valueCode": "satisfied"}, "satisfied-pa-id": {"valueString": "PA-5"},
           "expiry-date": {"valueDate": "2026-05-01"}, "date": {"valueDate": "2026-03-01"}}
    )  # fmt: skip
    drafts = read_drafts(json.encode(service_request(extension=[extension])))
    expected = CoverageAssertion(
        "ServiceRequest/s", approval="satisfied", number="PA-5", made=date(2026, 3, 1), expiry=date(2026, 5, 1)
    )
    chart = build_chart("p1", Prefetch(), drafts)
    assert chart.assertions == (expected,)
    (approval,) = case_of(chart, date(2026, 4, 1)).authorizations
    assert (approval.number, approval.covers(date(2026, 5, 1)), approval.covers(date(2026, 5, 2))) == (
        "PA-5",
        True,
        False,
    )
