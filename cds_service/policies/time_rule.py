"""The time rule of 97545 and 97546 that is in force."""

from functools import lru_cache

from cds_service.domain.time_thresholds import TimeThresholds
from cds_service.domain.units import TimeRule
from cds_service.domain.values import PolicyValue
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView


def time_thresholds(policy: PolicyView) -> TimeThresholds | None:
    """The thresholds in force, or None when a policy defines none (T-2, T-3)."""
    full = policy.get(params.FIRST_UNIT_FULL)
    minimum = policy.get(params.FIRST_UNIT_MINIMUM)
    additional = policy.get(params.ADDITIONAL_UNIT_MINIMUM)
    if full is None or minimum is None or additional is None:
        return None
    return _thresholds(full, minimum, additional)


@lru_cache(maxsize=256)
def _thresholds(full: PolicyValue[int], minimum: PolicyValue[int], additional: PolicyValue[int]) -> TimeThresholds:
    return TimeThresholds(TimeRule(full.value, minimum.value, additional.value), full, minimum, additional)
