"""Policies that decide everything as they do for one payer, to see what another payer, or another day, would change."""

from collections.abc import Sequence
from datetime import date

from cds_service.domain.codes import PayerClass, Program
from cds_service.policies.model import Policy, PolicyView
from cds_service.policies.stack import PolicyStack


class OnePayerForAll(PolicyStack):
    """Every visit is decided by what holds, on one day, for the payers that a policy means.

    Args:
        stack: All policies.
        policy: The one whose payers are meant.
        on: The day, whatever the date of service.
    """

    __slots__ = ("_on", "_policy")

    def __init__(self, stack: PolicyStack, policy: Policy, on: date) -> None:
        super().__init__(stack.policies)
        self._policy = policy
        self._on = on

    def select(
        self,
        payer_class: PayerClass | None,  # noqa: ARG002 - the payer of the visit does not decide
        payers: Sequence[str],  # noqa: ARG002
        jurisdiction: str | None,  # noqa: ARG002
        on: date,  # noqa: ARG002
        program: Program = Program.UNKNOWN,
    ) -> PolicyView:
        """The values in force for the payers that are meant."""
        match = self._policy.match
        return super().select(match.payer_class, match.payers, match.jurisdiction, self._on, program)
