"""What is right by the letter in a site's policy and yet decides nothing."""

from collections.abc import Iterator
from typing import Any

from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.jurisdictions import STATES
from cds_service.domain.values import PolicyValue
from cds_service.policies.model import Policy
from cds_service.policies.owners.effective import effective_value, meant_by
from cds_service.policies.parameters import (
    AUTHORIZATION_AFTER_DAYS,
    AUTHORIZATION_AFTER_VISITS,
    AUTHORIZATION_REQUIRED,
    PARAMETERS,
)
from cds_service.policies.stack import PolicyStack


def doubts(stack: PolicyStack, policy: Policy) -> Iterator[str]:
    """Why the policy, or a value of it, can decide nothing; one sentence each, with its key.

    Args:
        stack: All policies, this one among them.
        policy: The policy in question.
    """
    match = policy.match
    if match.payer_class is PayerClass.UNKNOWN:
        yield "match.payer_class: no policy is chosen by the class unknown; name another one or leave the key out"
    elif match.jurisdiction is not None and _no_state(match.jurisdiction):
        yield f"match.jurisdiction: {match.jurisdiction} is no state; write US- and its two letters, like US-TX"
    else:
        for dated in policy.values.values():
            for value in dated:
                why = _idle(stack, policy, value)
                if why is not None:
                    yield f"values.{value.parameter}: the value from {value.since} {why}"


def _no_state(jurisdiction: str) -> bool:
    country, _, state = jurisdiction.partition("-")
    return country == "US" and state not in STATES


def _idle(stack: PolicyStack, policy: Policy, value: PolicyValue[Any]) -> str | None:
    """Why a value decides nothing on its first day, for those whom the policy means."""
    if value.confidence == "unverified":
        return "is unverified: it is asked about and never decides"
    view = meant_by(stack, policy, value.since, value.program or Program.UNKNOWN)
    decides = effective_value(stack, view, PARAMETERS[value.parameter]).value
    if decides is not None and decides.policy != policy.id:
        return f"decides nothing: {decides.policy} comes after {policy.id}"
    counts = view.get(AUTHORIZATION_AFTER_VISITS) or view.get(AUTHORIZATION_AFTER_DAYS)
    if value.parameter == AUTHORIZATION_REQUIRED.name and value.value == "after-visits-or-days" and counts is None:
        return "asks for nothing: give authorization.after_visits, authorization.after_days or both as well"
    return None
