"""Minutes make units: the worked examples of the coding rules, and what must hold for every number of minutes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.units import TimeRule, Units, quarters, quarters_by_code, quarters_by_total, units

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


minutes_by_code = st.dictionaries(st.sampled_from(["97110", "97112", "97116", "97530", "97535"]), st.integers(0, 240))


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        (0, 7, 0),
        (8, 22, 1),
        (23, 37, 2),
        (38, 52, 3),
        (53, 67, 4),
        (68, 82, 5),
        (83, 97, 6),
        (98, 112, 7),
        (113, 127, 8),
    ],
)
def test_quarters_are_those_of_the_table(first, last, count):
    assert [count, count] == [quarters(first), quarters(last)]


@pytest.mark.parametrize(
    ("minutes", "by_total", "by_code"),
    [
        ({"97110": 8, "97530": 8}, {"97110": 1, "97530": 0}, {"97110": 1, "97530": 1}),
        ({"97110": 33, "97140": 7}, {"97110": 2, "97140": 1}, {"97110": 2, "97140": 0}),
        ({"97110": 24, "97112": 23}, {"97110": 2, "97112": 1}, {"97110": 2, "97112": 2}),
        ({"97110": 20, "97112": 20}, {"97110": 2, "97112": 1}, {"97110": 1, "97112": 1}),
        ({"97112": 7, "97110": 7}, {"97110": 1, "97112": 0}, {"97110": 0, "97112": 0}),
        ({"97110": 7}, {"97110": 0}, {"97110": 0}),
    ],
)  # fmt: skip
def test_left_over_minutes_are_pooled_by_the_total_and_judged_alone_by_code(minutes, by_total, by_code):
    assert by_total == quarters_by_total(minutes)
    assert by_code == quarters_by_code(minutes)


def test_of_two_codes_with_as_many_minutes_left_the_one_with_more_time_has_the_unit_over():
    assert {"97530": 3, "97110": 0} == quarters_by_total({"97530": 40, "97110": 10})
    assert {"97530": 0, "97110": 1} == quarters_by_total({"97530": 5, "97110": 5})


@given(minutes_by_code)
def test_by_the_total_there_are_as_many_units_as_the_total_makes(minutes):
    assert quarters(sum(minutes.values())) == sum(quarters_by_total(minutes).values())


@given(minutes_by_code)
def test_by_the_total_every_full_quarter_is_paid_and_no_code_gets_more_than_one_unit_over(minutes):
    found = quarters_by_total(minutes)
    assert all(of_code // 15 <= found[code] <= of_code // 15 + 1 for code, of_code in minutes.items())


@given(minutes_by_code)
def test_a_unit_over_goes_to_no_code_that_has_fewer_minutes_left_than_one_without(minutes):
    found = quarters_by_total(minutes)
    over = {code: minutes[code] % 15 for code in minutes if found[code] > minutes[code] // 15}
    without = {code: minutes[code] % 15 for code in minutes if found[code] == minutes[code] // 15}
    assert min(over.values(), default=15) >= max(without.values(), default=0)


@given(minutes_by_code, st.integers(1, 60))
def test_more_minutes_never_make_fewer_quarters(minutes, extra):
    for code in minutes:
        more = {**minutes, code: minutes[code] + extra}
        assert sum(quarters_by_total(more).values()) >= sum(quarters_by_total(minutes).values())
        assert quarters_by_code(more)[code] >= quarters_by_code(minutes)[code]
