"""Which values of a policy have made the units of a time."""

from dataclasses import replace

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


@pytest.mark.parametrize(
    ("minutes", "disputed"),
    [(121, False), (149, False), (150, True), (179, True), (180, False), (209, False), (210, True)],
)
def test_that_sources_differ_on_a_further_hour_is_said_from_half_an_hour_of_it(minutes, disputed):
    thresholds = time_thresholds(policy_of({}))
    differing = replace(thresholds, additional=replace(thresholds.additional, conflict="sources differ"))
    _, additional = differing.deciding(minutes)
    assert disputed == (additional.conflict is not None)
