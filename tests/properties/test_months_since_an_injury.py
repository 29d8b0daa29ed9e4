"""Months are counted by the calendar: the same day of a later month, or its last day where it is too short."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.rules.entry_criteria import months_after

pytestmark = pytest.mark.slow

days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
months = st.integers(0, 48)


def month_of(day):
    return day.year * 12 + day.month


@given(days, months)
def test_the_month_is_so_many_later(day, number):
    assert month_of(day) + number == month_of(months_after(day, number))


@given(days, months)
def test_the_day_is_the_same_or_the_last_of_a_shorter_month(day, number):
    later = months_after(day, number)
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@given(days, months, months)
def test_more_months_are_never_earlier(day, first, second):
    assert (first <= second) == (months_after(day, first) <= months_after(day, second))
