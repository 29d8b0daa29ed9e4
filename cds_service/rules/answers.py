"""What the payer has answered about approval: answers on file of the episode, and what it says on orders and visits."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from cds_service.domain.authorizations import CAUTION
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Caveat, Fact, Unknown
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState, CoverageAssertion
from cds_service.domain.episodes import EPISODE_GAP_DAYS
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView

NAMES_NO_SERVICE: Final = "the approval names no service; ask whether it is for work rehabilitation"


def asked_dates(case: Case) -> tuple[date, ...]:
    """The dates in question: those booked, else the date of service."""
    if case.moment is Moment.BOOKING:
        return tuple(sorted({appointment.date for appointment in case.appointments}))
    return (case.date_of_service,)


def newest_answer(on_file: Iterable[Authorization]) -> AuthorizationState | None:
    """State of the payer's last answer, of several of one day the most cautious.

    A request without date counts as the last, an answer without as the first.
    """
    dated = [
        (
            answer.created or (date.max if answer.state is AuthorizationState.PENDING else date.min),
            CAUTION[answer.state],
            answer.state,
        )
        for answer in on_file
        if not answer.weak
    ]
    return max(dated, default=(None, None, None))[2]


def is_required(case: Case, policy: PolicyView) -> bool:
    """Whether approval is needed before treatment, by policy or by what the payer itself says."""
    required = policy.get(params.AUTHORIZATION_REQUIRED)
    always = required is not None and required.value == "always" and not payer_wants_none(case)
    return always or bool(_decisions(case) & {"auth-needed", "performpa"})


def asserted(case: Case) -> tuple[CoverageAssertion, ...]:
    """What the payer in line says about approval through coverage-information, in force on the date of service."""
    first = case.episode.first if case.episode else case.date_of_service
    since = first - timedelta(days=EPISODE_GAP_DAYS)
    return tuple(
        assertion
        for assertion in case.assertions
        if assertion.approval is not None
        and assertion.in_force(case.date_of_service)
        and (assertion.made is None or assertion.made >= since)
    )


def _decisions(case: Case) -> frozenset[str]:
    return frozenset(assertion.approval for assertion in asserted(case) if assertion.approval is not None)


def payer_wants_none(case: Case) -> bool:
    """Whether the payer itself says that no approval is needed."""
    answered = newest_answer(approval for approval in case.answers_of_episode if approval.names_service)
    return "no-auth" in _decisions(case) or answered is AuthorizationState.NOT_REQUIRED


def unnamed_approvals(case: Case, days: Iterable[date]) -> Iterator[Caveat]:
    """What is not known of the approvals that these days rest on: their service, or their number."""
    for day in days:
        approvals = case.approvals_on(day)
        if approvals and not any(approval.names_service for approval in approvals):
            yield Unknown(Fact.AUTHORIZATIONS, NAMES_NO_SERVICE, approvals[0].reference)
            return
        if approvals and all(approval.number is None and approval.relayed for approval in approvals):
            yield Unknown(
                Fact.AUTHORIZATIONS,
                "the payer says that approval is satisfied but gives no number",
                approvals[0].reference,
            )
            return


def not_covered(case: Case) -> tuple[CoverageAssertion, ...]:
    """What the payer in line says is not covered, in force on the date of service (CRD)."""
    return tuple(
        assertion
        for assertion in case.assertions
        if assertion.covered == "not-covered" and assertion.in_force(case.date_of_service)
    )
