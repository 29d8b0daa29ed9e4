"""Which values of a policy have made the units of a time."""

import pytest

from cds_service.policies.time_rule import time_thresholds
from tests.billing.bill_stories import policy_of


@pytest.mark.parametrize(
    ("minutes", "deciding"),
    [
        (90, ["time.first_unit_full_minutes", "time.first_unit_minimum_minutes"]),
        (119, ["time.first_unit_full_minutes", "time.first_unit_minimum_minutes"]),
        (120, ["time.first_unit_full_minutes"]),
        (150, ["time.first_unit_full_minutes", "time.additional_unit_minimum_minutes"]),
    ],
)
def test_the_first_block_is_decided_by_its_own_minutes_and_further_hours_by_theirs(minutes, deciding):
    thresholds = time_thresholds(policy_of({}))
    assert [value.parameter for value in thresholds.deciding(minutes)] == deciding
