import pytest

from cds_service.domain.coverage_and_claims import AuthorizationState
from cds_service.fhir.chart.decisions import decision_in_words

WORDS = {
    AuthorizationState.APPROVED: [
        "Approved", "Certified in total", "Certified - partial", "Authorized", "Partially approved: 9 of 20 visits",
        "Approved in part; remainder denied", "Certified, modified", "Denial overturned", "Overturned the denial",
        "Denial was overturned on appeal", "Adverse determination reversed", "Approved on appeal", "Appeal granted",
        "Initially denied; approved on reconsideration 11/20", "Denial rescinded", "Approved, no guarantee of payment",
        "Approved subject to eligibility", "Approved - medically necessary", "Preauthorized", "Full approval",
        "Approved. No additional information required",
    ],
    AuthorizationState.PENDING: [
        "Pended", "Pending review", "In process", "Under review", "Not yet approved", "Has not been decided yet",
        "Awaiting approval", "Approval pending", "Authorization is pending", "Request received", "On hold",
        "Additional information requested",
    ],
    AuthorizationState.DENIED: [
        "Denied", "DENIAL", "Disapproved", "Unable to approve", "Unable to certify", "Not approved", "Not certified",
        "Non-certified", "Noncertified", "Not medically necessary", "Cannot be approved", "Can't approve", "Rejected",
        "Declined", "Adverse determination", "Approval denied on appeal", "Denied on re-review", "Denial upheld",
        "Appeal denied", "Denial was not overturned", "We do not authorize this request", "Refuse to authorize",
        "Request for authorization denied", "Does not meet criteria", "Denied - additional information needed",
        "Approved initially, then denied on appeal", "Unauthorized", "Services not covered", "Approval overturned",
    ],
    AuthorizationState.WITHDRAWN: [
        "Void", "Voided", "Cancelled", "Canceled by payer", "Withdrawn", "Approval withdrawn", "Authorization revoked",
        "Approval rescinded", "Authorization TX-1 has been cancelled", "Approval no longer valid",
    ],
    AuthorizationState.NOT_REQUIRED: [
        "No authorization required", "Prior authorization is not required for this service", "No action required",
    ],
    AuthorizationState.UNCLEAR: [
        "Contact payer", "Approved, denied", "Conditionally approved", "Approved pending receipt of records",
        "Overturned",
    ],
    None: ["Work hardening", "See letter", "Claim settled as per contract", "", None],
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "state"), [(words, state) for state, texts in WORDS.items() for words in texts], ids=str
)
def test_words_are_read_whole(words, state):
    assert decision_in_words(words) == state


@pytest.mark.parametrize("words", [words for words in WORDS[AuthorizationState.APPROVED] if "," not in words])
@pytest.mark.parametrize("negation", ["Not ", "Unable to say: not "])
def test_a_negation_makes_no_approval_of_any_words(words, negation):
    if words.startswith(("Approved", "Certified", "Authorized", "Preauthorized")) and "appeal" not in words:
        state = decision_in_words(negation + words.lower())
        assert state in {AuthorizationState.DENIED, AuthorizationState.UNCLEAR} or "in part" in words
