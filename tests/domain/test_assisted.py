"""Units that a therapist and an assistant, or two disciplines, gave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.assisted import Shared, allot_hours, share_hours, share_units
from cds_service.domain.codes import Discipline
from cds_service.domain.units import quarters

TENTH = 10
HALF_HOUR = 31
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
        (9, 16, Shared(1, 1)),
        (8, 22, Shared(1, 1, contested=True)),
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


@pytest.mark.parametrize(
    ("units", "therapist", "assistant", "shared"),
    [
        (2, 120, 0, Shared(2, 0)),
        (2, 0, 120, Shared(0, 2)),
        (2, 60, 60, Shared(1, 1)),
        (1, 40, 20, Shared(0, 1)),
        (2, 90, 30, Shared(1, 1)),
        (2, 100, 20, Shared(1, 1, contested=True)),
        (2, 108, 12, Shared(2, 0)),
        (2, 120, 20, Shared(2, 0)),
        (1, 60, 30, Shared(1, 0)),
        (2, 50, 50, Shared(1, 1)),
        (2, 54, 66, Shared(1, 1)),
        (2, 91, 29, Shared(1, 1, contested=True)),
        (1, 61, 70, Shared(0, 1)),
    ],
)
def test_whole_hours_belong_to_whoever_gave_them_and_a_shared_one_to_the_assistant(units, therapist, assistant, shared):
    assert shared == share_hours(units, therapist, assistant, TENTH, HALF_HOUR)


@pytest.mark.parametrize(("assistant", "least", "contested"), [(50, 50, False), (40, 45, True)])
def test_of_two_units_made_of_what_is_left_neither_is_contested_where_both_parts_reach_the_minimum(
    assistant, least, contested
):
    assert Shared(1, 1, contested) == share_hours(2, 59, assistant, TENTH, least)


@given(minutes, minutes)
def test_no_further_hour_is_lost_or_made(therapist, assistant):
    made = (therapist + assistant + 29) // 60
    shared = share_hours(made, therapist, assistant, TENTH, HALF_HOUR)
    assert made == shared.therapist + shared.assistant
    assert min(shared[:2]) >= 0


@pytest.mark.parametrize(
    ("units", "minutes_by_discipline", "allotted"),
    [
        (2, {Discipline.PT: 60, Discipline.OT: 60}, {Discipline.PT: 1, Discipline.OT: 1}),
        (2, {Discipline.PT: 100, Discipline.OT: 20}, {Discipline.PT: 2, Discipline.OT: 0}),
        (2, {Discipline.PT: 31, Discipline.OT: 60}, {Discipline.PT: 1, Discipline.OT: 1}),
    ],
)
def test_each_discipline_has_the_further_hours_that_it_gave(units, minutes_by_discipline, allotted):
    assert (allotted, False) == allot_hours(units, minutes_by_discipline, HALF_HOUR)


@pytest.mark.parametrize(
    ("units", "minutes_by_discipline", "allotted"),
    [
        (2, {Discipline.PT: 90, Discipline.OT: 30}, {Discipline.PT: 1, Discipline.OT: 1}),
        (3, {Discipline.PT: 90, Discipline.OT: 80}, {Discipline.PT: 2, Discipline.OT: 1}),
        (2, {Discipline.PT: 95, Discipline.OT: 60}, {Discipline.PT: 1, Discipline.OT: 1}),
        (1, {Discipline.PT: 120, Discipline.OT: 60}, {Discipline.PT: 0, Discipline.OT: 1}),
    ],
)
def test_a_further_hour_that_no_discipline_makes_alone_goes_to_who_has_most_left_and_is_contested(
    units, minutes_by_discipline, allotted
):
    assert (allotted, True) == allot_hours(units, minutes_by_discipline, HALF_HOUR)


@given(st.dictionaries(st.sampled_from(Discipline), st.integers(0, 240), min_size=1))
def test_disciplines_together_have_the_units_of_all_time(minutes_by_discipline):
    made = (sum(minutes_by_discipline.values()) + 29) // 60
    allotted = allot_hours(made, minutes_by_discipline, HALF_HOUR)
    assert made == sum(allotted.units.values())
    assert min(allotted.units.values()) >= 0
