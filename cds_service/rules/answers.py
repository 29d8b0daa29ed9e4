"""What the payer has answered about approval: answers on file of the episode, and what it says on orders and visits."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from cds_service.domain.authorizations import CAUTION
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Gap
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState, CoverageAssertion
from cds_service.domain.episodes import EPISODE_GAP_DAYS
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView

NAMES_NO_SERVICE: Final = "the approval names no service; ask whether it is for work rehabilitation"


def asked_dates(case: Case) -> tuple[date, ...]:
    """The dates in question: those booked, else the date of service."""
    if case.moment is Moment.BOOKING:
        return tuple(sorted({one.date for one in case.appointments}))
    return (case.date_of_service,)


def newest_answer(on_file: Iterable[Authorization]) -> AuthorizationState | None:
    """State of the payer's last answer, of several of one day the most cautious.

    A request without date counts as the last, an answer without as the first.
    """
    dated = [
        (
            one.created or (date.max if one.state is AuthorizationState.PENDING else date.min),
            CAUTION[one.state],
            one.state,
        )
        for one in on_file
        if not one.weak
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
        one
        for one in case.assertions
        if one.approval is not None and one.in_force(case.date_of_service) and (one.made is None or one.made >= since)
    )


def _decisions(case: Case) -> frozenset[str]:
    return frozenset(one.approval for one in asserted(case) if one.approval is not None)


def payer_wants_none(case: Case) -> bool:
    """Whether the payer itself says that no approval is needed."""
    answered = newest_answer(one for one in case.answers_of_episode if one.names_service)
    return "no-auth" in _decisions(case) or answered is AuthorizationState.NOT_REQUIRED


def unnamed_approvals(case: Case, days: Iterable[date]) -> Iterator[Gap]:
    """What is not known of the approvals that these days rest on: their service, or their number."""
    for day in days:
        approvals = case.approvals_on(day)
        if approvals and not any(one.names_service for one in approvals):
            yield Gap(Fact.AUTHORIZATIONS, NAMES_NO_SERVICE, approvals[0].reference)
            return
        if approvals and all(one.number is None and one.relayed for one in approvals):
            yield Gap(
                Fact.AUTHORIZATIONS,
                "the payer says that approval is satisfied but gives no number",
                approvals[0].reference,
            )
            return


def not_covered(case: Case) -> tuple[CoverageAssertion, ...]:
    """What the payer in line says is not covered, in force on the date of service (CRD)."""
    return tuple(one for one in case.assertions if one.covered == "not-covered" and one.in_force(case.date_of_service))
