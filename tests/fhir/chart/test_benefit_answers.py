"""Answers to requests for approval that payers give as ExplanationOfBenefit, in the form of Da Vinci PDex (A-1)."""

from datetime import date

import pytest

from cds_service.domain.chart import Fact
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState
from cds_service.fhir.chart.decisions import PDEX
from tests.fhir.resources import CPT, PATIENT, bundle, chart_of, claim_response, coded

DISCRIMINATOR = "http://hl7.org/fhir/us/davinci-pdex/CodeSystem/PDexAdjudicationDiscriminator"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
APPROVED, DENIED, PENDING, UNCLEAR = (
    AuthorizationState.APPROVED,
    AuthorizationState.DENIED,
    AuthorizationState.PENDING,
    AuthorizationState.UNCLEAR,
)


def reviewed(code):
    parts = [
        {"url": "number", "valueString": "AUTH0001"},
        {"url": "code", "valueCodeableConcept": coded("https://codesystem.x12.org/005010/306", code)},
    ]
    action = {"url": f"{PDEX}extension-reviewAction", "extension": parts}
    return {"category": coded("http://terminology.hl7.org/CodeSystem/adjudication", "submitted"), "extension": [action]}


def allowed(units):
    return {"category": coded(DISCRIMINATOR, "allowedunits"), "value": units}


def refused():
    reasons = "https://x12.org/codes/claim-adjustment-reason-codes"
    return {"category": coded(DISCRIMINATOR, "denialreason"), "reason": coded(reasons, "50")}


def item(*adjudications, code="97545", sequence=1, **changes):
    return {
        "sequence": sequence, "productOrService": coded(CPT, code), "quantity": {"value": 40},
        "servicedDate": "2026-03-16", "adjudication": list(adjudications),
    } | changes  # fmt: skip


def benefit(*items, **changes):
    return {
        "resourceType": "ExplanationOfBenefit", "id": "eob", "status": "active", "use": "preauthorization",
        "patient": PATIENT, "created": "2026-02-20", "outcome": "complete",
        "preAuthRefPeriod": [{"start": "2026-03-01", "end": "2026-04-12"}], "item": list(items),
    } | changes  # fmt: skip


def of(record, key="charges", **more):
    return chart_of(**{key: bundle(record)}, **more).authorizations


@pytest.mark.parametrize("key", ["charges", "authorizations"])
def test_an_approval_carries_number_period_codes_and_the_units_that_the_payer_allows(key):
    expected = Authorization(
        "ExplanationOfBenefit/eob",
        APPROVED,
        "AUTH0001",
        date(2026, 3, 1),
        date(2026, 4, 12),
        quantity=20,
        unit="units",
        created=date(2026, 2, 20),
        codes=("97545",),
        names_service=True,
    )
    assert (expected,) == of(benefit(item(reviewed("A1"), allowed(20))), key)


@pytest.mark.parametrize(("code", "state"), [("A1", APPROVED), ("A3", DENIED), ("A4", PENDING), ("CT", UNCLEAR)])
def test_the_review_action_decides_over_the_outcome(code, state):
    assert [state] == [answer.state for answer in of(benefit(item(reviewed(code)), outcome="queued"))]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"outcome": "queued"}, PENDING),
        ({"disposition": "Denied"}, DENIED),
        ({"preAuthRef": ["PA-9"]}, APPROVED),
        ({"preAuthRef": ["pending"]}, PENDING),
        ({}, UNCLEAR),
    ],
)
def test_without_a_review_action_outcome_words_and_number_tell_the_decision(changes, state):
    assert [state] == [answer.state for answer in of(benefit(item(), **changes))]


def test_a_reason_for_denial_denies_and_with_allowed_units_is_asked_about():
    assert [DENIED] == [answer.state for answer in of(benefit(item(refused()), preAuthRef=["PA-9"]))]
    assert [UNCLEAR] == [answer.state for answer in of(benefit(item(refused(), allowed(4)), preAuthRef=["PA-9"]))]


def test_what_was_asked_for_is_no_approved_amount():
    assert [None] == [answer.quantity for answer in of(benefit(item(reviewed("A1"))))]


def test_an_answer_for_another_service_is_none():
    assert () == of(benefit(item(reviewed("A1"), code="72148")))


def test_each_item_has_its_own_answer():
    answers = of(benefit(item(reviewed("A1")), item(reviewed("A3"), code="97546", sequence=2)))
    assert [(("97545",), APPROVED), (("97546",), DENIED)] == [(answer.codes, answer.state) for answer in answers]


@pytest.mark.parametrize(("category", "found"), [("Physical therapy", [False]), ("Radiology", [])])
def test_an_item_whose_code_is_absent_is_for_its_type_of_service(category, found):
    bare = item(reviewed("A1"), productOrService=coded(ABSENT, "not-applicable"), category={"text": category})
    assert found == [answer.names_service for answer in of(benefit(bare))]


@pytest.mark.parametrize("changes", [{"use": "claim"}, {"use": "predetermination"}, {"status": "cancelled"}])
def test_a_settled_bill_and_a_cancelled_answer_approve_nothing(changes):
    assert [] == [answer for answer in of(benefit(item(reviewed("A1")), **changes)) if not answer.weak]


@pytest.mark.parametrize("state", ["A3", "A4"])
def test_the_number_of_an_answer_that_does_not_approve_is_no_approval_by_itself(state):
    record = benefit(item(reviewed(state)), preAuthRef=["PA-9"], insurance=[{"preAuthRef": ["PA-8"]}])
    assert [False] == [answer.weak for answer in of(record)]


def test_what_was_asked_for_is_no_charge():
    charged = {
        "resourceType": "ChargeItem", "id": "ci", "status": "billable", "subject": PATIENT,
        "code": coded(CPT, "97545"), "occurrenceDateTime": "2026-03-16",
    }  # fmt: skip
    chart = chart_of(charges=bundle(benefit(item(reviewed("A1"))), charged))
    assert ["ChargeItem/ci"] == [claim.reference for claim in chart.claims]


@pytest.mark.parametrize(
    "changes",
    [
        {"preAuthRef": ["PA-1", "PA-2"]},
        {"preAuthRefPeriod": [{"start": "2026-03-01"}, {"start": "2026-05-01"}]},
    ],
)
def test_several_numbers_or_periods_are_a_gap_and_no_answer(changes):
    chart = chart_of(charges=bundle(benefit(item(reviewed("A1")), **changes)))
    assert () == chart.authorizations
    (gap,) = chart.gaps
    assert (Fact.AUTHORIZATIONS, "ExplanationOfBenefit/eob") == (gap.fact, gap.reference)
    assert gap.why.startswith("gives several approval numbers or periods")


def test_a_period_that_cannot_be_read_is_a_gap_of_the_approval():
    (gap,) = chart_of(charges=bundle(benefit(item(), preAuthRefPeriod=[{"end": "2026-13-40"}]))).gaps
    assert (Fact.AUTHORIZATIONS, "ExplanationOfBenefit/eob") == (gap.fact, gap.reference)


def test_one_that_does_not_say_what_it_is_about_is_named():
    (gap,) = chart_of(charges=bundle(benefit(item(reviewed("A1")), use=None))).gaps
    assert ("ExplanationOfBenefit/eob", "does not say that it is a claim") == (gap.reference, gap.why)


def test_one_that_repeats_an_answer_on_record_counts_once():
    record = benefit(item(reviewed("A1"), allowed(20)), claimResponse={"reference": "ClaimResponse/r"})
    answers = of(record, authorizations=bundle(claim_response()))
    assert ["ClaimResponse/r"] == [answer.reference for answer in answers]


def test_answers_of_another_patient_are_not_used():
    assert () == of(benefit(item(reviewed("A1")), patient={"reference": "Patient/other"}))


def test_bills_alone_in_place_of_answers_leave_the_approval_unknown():
    chart = chart_of(authorizations=bundle(benefit(item(), use="claim")))
    assert "only explanations of benefits were given under authorizations" == chart.unavailable[Fact.AUTHORIZATIONS]


def test_a_denial_in_place_of_an_answer_is_known_although_nothing_else_was_given():
    chart = chart_of(authorizations=bundle(benefit(item(reviewed("A3")), use="Preauthorization")))
    assert ([DENIED], {}) == ([answer.state for answer in chart.authorizations], chart.unavailable)
