"""The payer's time rule of 97545 and 97546 with the policy values that it comes from (T-2, T-3)."""

from typing import Any, Final

from cds_service.domain.frozen import dataclass
from cds_service.domain.units import TimeRule
from cds_service.domain.values import PolicyValue, undisputed

CONTESTED_FROM: Final = 30
"""Minutes of a further hour from which readings of it begin to differ (T-3)."""


@dataclass(frozen=True, slots=True)
class TimeThresholds:
    """The minutes that make units, each with the policy value that says so."""

    rule: TimeRule
    full: PolicyValue[int]
    minimum: PolicyValue[int]
    additional: PolicyValue[int]

    @property
    def of_first_block(self) -> tuple[PolicyValue[Any], ...]:
        """What decides about the first block."""
        return (self.full, self.minimum)

    def deciding(self, minutes: int) -> tuple[PolicyValue[Any], ...]:
        """The values that made the units of so many minutes.

        Readings of a further hour begin to differ at 30 minutes of it (T-3): below that no conflict is to be told.
        """
        if minutes < self.rule.full:
            return self.of_first_block
        if minutes == self.rule.full:
            return (self.full,)
        contested = (minutes - self.rule.full) % 60 >= CONTESTED_FROM
        return (self.full, self.additional if contested else undisputed(self.additional))
