"""Letters are told by what they are called and their date; other documents are no letters of a payer."""

import pytest

from cds_service.domain.chart import Fact
from tests.fhir.resources import bundle, chart_of, claim_response, observation


def document(name="letter", **changes):
    return {
        "resourceType": "DocumentReference", "id": name, "status": "current", "subject": {"reference": "Patient/p1"},
        "date": "2025-12-02T15:00:00Z",
    } | changes  # fmt: skip


def hints(*documents, **prefetch):
    chart = chart_of(**{"authorizations": bundle(*documents), **prefetch})
    return [gap.why for gap in chart.gaps if gap.reference and gap.reference.startswith("DocumentReference/")]


def calls_it(what):
    return [f"a document dated Dec 2, 2025 is called {what}; its content is not read"]


@pytest.mark.parametrize(
    "words",
    [
        "Authorization letter",
        "Approval letter from carrier",
        "Letter of approval - work hardening",
        "WC Prior Authorization",
        "Pre-authorization approval",
        "Utilization review determination",
        "UR decision: approved",
        "Notice of authorization of treatment",
        "PRECERTIFICATION RESPONSE",
    ],
)
def test_what_a_payer_sends_after_an_approval_is_a_hint(words):
    for written in (
        {"type": {"text": words}},
        {"type": {"coding": [{"system": "https://ehr.example.org/types", "code": "77", "display": words}]}},
        {"description": words},
        {"content": [{"attachment": {"title": words}}]},
        {"category": [{"text": words}]},
    ):
        assert hints(document(**written)) == calls_it("an approval")


@pytest.mark.parametrize(
    "words",
    ["Denial of authorization", "Authorization denied", "UR: not medically necessary", "Notice of non-certification"],
)
def test_a_denial_is_called_one(words):
    assert hints(document(type={"text": words})) == calls_it("a denial")


@pytest.mark.parametrize(
    "words",
    [
        "Authorization for release of information",
        "HIPAA authorization",
        "Consent and authorization to treat",
        "Prior authorization request",
        "Authorization form DWC-24",
        "Letter of medical necessity",
        "Birth certificate",
        "Progress note",
        "Appeal letter: authorization",
        "Driver certification letter",
    ],
)
def test_other_documents_are_no_answer_of_a_payer(words):
    assert hints(document(type={"text": words})) == []


@pytest.mark.parametrize("status", ["superseded", "entered-in-error"])
def test_a_document_that_counts_no_more_is_no_hint(status):
    assert hints(document(status=status, description="Authorization letter")) == []


def test_another_patients_letter_is_no_hint():
    letter = document(description="Authorization letter", subject={"reference": "Patient/other"})
    assert not any("called" in why for why in hints(letter))


def test_of_several_letters_the_newest_is_told():
    older = document("older", description="Authorization letter", date="2025-10-01")
    assert hints(older, document(description="Approval letter")) == calls_it("an approval")


def test_a_letter_without_a_date_is_told_as_such():
    undated = document(description="Authorization letter")
    del undated["date"]
    assert hints(undated) == ["an undated document is called an approval; its content is not read"]


@pytest.mark.parametrize(
    "written",
    [
        {"type": {"coding": [{"system": "http://loinc.org", "code": "18776-5"}]}},
        {"description": "PT plan of care, certified"},
        {"content": [{"attachment": {"title": "Treatment plan work conditioning.pdf"}}]},
    ],
)
def test_a_plan_that_is_a_document_is_a_hint(written):
    chart = chart_of(carePlans=bundle(document(**written)))
    (gap,) = [gap for gap in chart.gaps if gap.reference == "DocumentReference/letter"]
    assert (Fact.PLAN_OF_CARE, calls_it("a plan of care")) == (gap.fact, [gap.why])
    assert "only orders or documents were given under carePlans" == chart.unavailable[Fact.PLAN_OF_CARE]


def test_letters_alone_are_not_known_to_be_no_approval():
    chart = chart_of(authorizations=bundle(document(description="Authorization letter")))
    assert "only orders or documents were given under authorizations" == chart.unavailable[Fact.AUTHORIZATIONS]
    assert chart.authorizations == ()


def planned(**changes):
    return {
        "resourceType": "ServiceRequest", "id": "plan", "status": "active", "intent": "plan",
        "subject": {"reference": "Patient/p1"}, "code": {"coding": [{"code": "97545"}], "text": "Work conditioning"},
        "occurrencePeriod": {"start": "2025-12-01", "end": "2026-01-09"},
    } | changes  # fmt: skip


@pytest.mark.parametrize("key", ["carePlans", "orders"])
def test_a_service_request_that_is_a_plan_is_the_plan_of_care(key):
    chart = chart_of(**{key: bundle(planned())})
    (plan,) = chart.plans
    assert ("ServiceRequest/plan", "active", True) == (plan.reference, plan.status, plan.work_rehab)
    assert ("2025-12-01", "2026-01-09") == (str(plan.start), str(plan.end))


@pytest.mark.parametrize("changes", [{"intent": "order"}, {"status": "revoked"}, {"code": {"text": "Low salt diet"}}])
def test_an_order_or_another_plan_is_no_plan_of_care(changes):
    assert chart_of(orders=bundle(planned(**changes))).plans == ()


def test_the_letter_of_an_answer_on_record_tells_nothing_new():
    answer = claim_response(preAuthPeriod={"start": "2025-12-05", "end": "2026-01-09"}, created="2025-11-28")
    letter = document(description="Authorization letter")
    assert hints(answer, letter) == []
    assert hints(answer, letter | {"date": "2026-01-12"}) != []


@pytest.mark.parametrize(
    ("words", "hinted"),
    [
        ("PT weekly reassessment", True),
        ("Re-evaluation", True),
        ("Functional capacity evaluation", True),
        ("Progress note", False),
        ("Nursing pain reassessment", False),
    ],
)
@pytest.mark.parametrize("measured", ["2025-12-01", "2025-12-02"])
def test_a_reassessment_newer_than_what_is_measured_is_a_hint(words, hinted, measured):
    lift = observation(effectiveDateTime=measured)
    found = hints(document(type={"text": words}), observations=bundle(lift))
    assert (calls_it("a reassessment") if hinted and measured == "2025-12-01" else []) == found
