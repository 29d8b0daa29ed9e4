"""Units of a 15-minute code that a therapist and an assistant gave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.assisted import Shared, share_units
from cds_service.domain.units import quarters

TENTH = 10
minutes = st.integers(0, 240)


@pytest.mark.parametrize(
    ("therapist", "assistant", "shared"),
    [
        (30, 0, Shared(2, 0)),
        (0, 30, Shared(0, 2)),
        (15, 15, Shared(1, 1)),
        (45, 15, Shared(3, 1)),
        (20, 10, Shared(1, 1)),
        (12, 12, Shared(1, 1)),
        (27, 3, Shared(2, 0)),
        (26, 4, Shared(2, 0, contested=True)),
        (22, 1, Shared(1, 1)),
        (5, 5, Shared(0, 1)),
    ],
)
def test_whole_quarters_belong_to_whoever_gave_them_and_the_rest_to_the_larger_part(therapist, assistant, shared):
    assert shared == share_units(quarters(therapist + assistant), therapist, assistant, TENTH)


@given(minutes, minutes)
def test_no_unit_is_lost_or_made(therapist, assistant):
    units = quarters(therapist + assistant)
    shared = share_units(units, therapist, assistant, TENTH)
    assert units == shared.therapist + shared.assistant
    assert min(shared[:2]) >= 0


@given(minutes, minutes)
def test_nobody_has_fewer_units_than_whole_quarters_given_nor_more_than_one_beyond(therapist, assistant):
    shared = share_units(quarters(therapist + assistant), therapist, assistant, TENTH)
    assert therapist // 15 <= shared.therapist <= therapist // 15 + (1 if therapist else 0)
    assert assistant // 15 <= shared.assistant <= assistant // 15 + (1 if assistant else 0)
