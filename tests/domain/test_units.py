"""Minutes make units: the worked examples of the coding rules, and what must hold for every number of minutes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.units import TimeRule, Units, units

DEFAULT = TimeRule(full=120, minimum=91, additional=31)
WHOLE_HOURS = TimeRule(full=120, minimum=120, additional=60)
BLOCK_MIDPOINT = TimeRule(full=120, minimum=61, additional=31)

any_rule = st.builds(TimeRule, full=st.just(120), minimum=st.integers(1, 120), additional=st.integers(1, 60))
any_minutes = st.integers(0, 24 * 60)


@pytest.mark.parametrize(
    ("minutes", "whole_hours", "default", "block_midpoint"),
    [
        (60, (0, 0), (0, 0), (0, 0)),
        (61, (0, 0), (0, 0), (1, 0)),
        (90, (0, 0), (0, 0), (1, 0)),
        (91, (0, 0), (1, 0), (1, 0)),
        (119, (0, 0), (1, 0), (1, 0)),
        (120, (1, 0), (1, 0), (1, 0)),
        (150, (1, 0), (1, 0), (1, 0)),
        (151, (1, 0), (1, 1), (1, 1)),
        (180, (1, 1), (1, 1), (1, 1)),
        (210, (1, 1), (1, 1), (1, 1)),
        (211, (1, 1), (1, 2), (1, 2)),
        (240, (1, 2), (1, 2), (1, 2)),
        (271, (1, 2), (1, 3), (1, 3)),
        (480, (1, 6), (1, 6), (1, 6)),
    ],
)
def test_units_are_those_of_the_worked_examples(minutes, whole_hours, default, block_midpoint):
    assert Units(*whole_hours) == units(minutes, WHOLE_HOURS)
    assert Units(*default) == units(minutes, DEFAULT)
    assert Units(*block_midpoint) == units(minutes, BLOCK_MIDPOINT)


@given(any_minutes, any_rule)
def test_one_more_minute_never_makes_fewer_units(minutes, rule):
    now, then = units(minutes, rule), units(minutes + 1, rule)
    assert now.first <= then.first
    assert now.further <= then.further


@given(any_minutes, any_rule)
def test_there_is_never_more_than_one_first_block(minutes, rule):
    assert units(minutes, rule).first in {0, 1}


@given(any_minutes, any_rule)
def test_a_further_hour_never_stands_without_the_first_block(minutes, rule):
    found = units(minutes, rule)
    assert found.further == 0 or found.first == 1


@given(any_minutes, any_rule)
def test_units_never_claim_more_than_a_started_hour_beyond_the_time(minutes, rule):
    found = units(minutes, rule)
    assert found.further * 60 <= max(0, minutes - rule.full) + (60 - rule.additional)
