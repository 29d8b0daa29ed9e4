"""What visits use up of an approval: by unit, by code, with and without times."""

from datetime import date, timedelta

import pytest

from cds_service.policies.time_rule import time_thresholds
from cds_service.rules.consumption import Measure, UsedByVisits
from tests.billing.bill_stories import DAY, policy_of

THRESHOLDS = time_thresholds(policy_of({}))
FIVE_DAYS = [DAY + timedelta(days=day) for day in range(5)]
VISITS = UsedByVisits(FIVE_DAYS, [1.0, 2.0, 3.0, 4.0, None])


@pytest.mark.parametrize(
    ("unit", "code", "minutes", "used"),
    [
        ("visits", None, 0, 1),
        ("visits", "97545", 120, 1),
        ("visits", "97546", 120, 0),
        ("visits", "97546", 240, 1),
        ("days", "97546", 0, 1),
        ("hours", None, 0, None),
        ("hours", None, 240, 4),
        ("hours", "97545", 90, 1.5),
        ("hours", "97545", 240, 2),
        ("hours", "97546", 240, 2),
        ("units", None, 0, None),
        ("units", None, 240, 3),
        ("units", "97545", 240, 1),
        ("units", "97546", 240, 2),
    ],
)
def test_a_visit_uses_what_the_unit_and_the_code_of_the_approval_count(unit, code, minutes, used):
    assert used == Measure(unit, code).amount(minutes, THRESHOLDS)


@pytest.mark.parametrize(
    ("unit", "code", "used"),
    [("visits", "97546", 1), ("hours", None, 1.5), ("hours", "97545", None), ("units", None, None)],
)
def test_without_a_time_rule_only_visits_and_hours_of_the_program_are_counted(unit, code, used):
    assert used == Measure(unit, code).amount(90, None)


@pytest.mark.parametrize(
    ("unit", "code", "shown"), [("units", "97546", "97546"), ("visits", "97546", ""), ("hours", None, "")]
)
def test_a_code_is_named_with_units_and_hours_and_not_with_visits(unit, code, shown):
    assert shown == Measure(unit, code).shown_code


def test_visits_before_the_days_asked_about_end_with_the_last_of_them():
    assert UsedByVisits(FIVE_DAYS[:2], [1.0, 2.0]) == VISITS.before((FIVE_DAYS[2],))
    assert UsedByVisits([FIVE_DAYS[0], FIVE_DAYS[2]], [1.0, 3.0]) == VISITS.before((FIVE_DAYS[1], FIVE_DAYS[3]))
    assert UsedByVisits(FIVE_DAYS, [1.0, 2.0, 3.0, 4.0, None]) == VISITS.before((FIVE_DAYS[4] + timedelta(days=1),))


@pytest.mark.parametrize(
    ("first", "last", "places"),
    [
        (None, None, range(5)),
        (FIVE_DAYS[1], None, range(1, 5)),
        (None, FIVE_DAYS[1], range(2)),
        (FIVE_DAYS[1], FIVE_DAYS[3], range(1, 4)),
    ],
)
def test_an_open_end_reaches_to_the_first_or_the_last_visit(first: date | None, last: date | None, places: range):
    assert places == VISITS.places(first, last)


def test_a_day_without_a_visit_used_nothing_that_is_known():
    assert [2.0, None, None] == [
        VISITS.on(day) for day in (FIVE_DAYS[1], FIVE_DAYS[4], FIVE_DAYS[0] - timedelta(days=1))
    ]
