from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.jurisdictions import EVERY_TIME_ZONE
from cds_service.fhir.reading.calendar import WHOLE_DAY, Calendar, Span, length_of
from cds_service.fhir.reading.elements import Period, Quantity

CENTRAL = ZoneInfo("America/Chicago")
DAY = date(2026, 3, 9)


def calendar(**more):
    return Calendar(CENTRAL, **more)


@pytest.mark.parametrize(
    "text",
    ["2026-03-09T20:00:00-05:00", "2026-03-10T01:00:00Z", "2026-03-10T03:00:00+02:00", "2026-03-09T20:00:00",
     "2026-03-10T01:00:00.000Z", "2026-03-09T20:00-05:00", "2026-03-09"],
)  # fmt: skip
def test_a_date_of_service_is_the_day_at_the_place_in_whatever_offset_it_is_written(text):
    assert calendar().read(text).date == DAY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-09T00:00:00Z", DAY),
        ("2026-03-09T00:00:00.000+00:00", DAY),
        ("2026-03-09T00:00:00-04:00", DAY),
        ("2026-03-09T23:59:59Z", DAY),
        ("2026-03-09T23:59:59.999Z", DAY),
        ("2026-03-10T04:59:59Z", DAY),
        ("2026-03-10T05:00:00Z", date(2026, 3, 10)),
        ("2026-03-10T01:00:00Z", DAY),
        ("2026-03-09", DAY),
    ],
)
def test_a_field_that_is_a_date_stored_as_midnight_means_that_date(text, day):
    assert (day, day, day) == (calendar().day(text), calendar().first_day(text), calendar().last_day(text))


def test_midnight_elsewhere_is_in_dispute_and_read_as_a_time_it_is_the_day_before():
    as_date, as_time = calendar(), calendar(midnight_is_a_date=False)
    assert (DAY, date(2026, 3, 8)) == (as_date.day("2026-03-09T00:00:00Z"), as_time.day("2026-03-09T00:00:00Z"))
    assert as_date.disputed


@pytest.mark.parametrize("text", ["2026-03-09T00:00:00-05:00", "2026-03-09T12:00:00Z", "2026-03-09", "2026-03"])
def test_what_both_readings_put_on_one_day_is_not_in_dispute(text):
    reading = calendar()
    reading.day(text)
    assert not reading.disputed


def test_another_zone_of_the_state_that_gives_another_day_is_noted():
    reading = Calendar(CENTRAL, (ZoneInfo("America/Denver"),))
    assert reading.local_date(datetime(2026, 3, 9, 20, tzinfo=UTC)) == DAY
    assert not reading.moved
    assert reading.local_date(datetime(2026, 3, 10, 5, 30, tzinfo=UTC)) == date(2026, 3, 10)
    assert reading.moved


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        ("2026-03-09T09:00:00Z", "2026-03-09T09:00:00Z", "stop is not after start"),
        ("2026-03-09T09:00:00Z", "2026-03-09T08:00:00Z", "stop is not after start"),
        ("2026-03-09", "2026-03-09", "start and stop are recorded without time of day"),
        ("2026-03-09T09:00:00Z", None, "stop time is missing"),
        ("2026-03-09T09:00:00Z", "2026-03-09", "stop is recorded without time of day"),
        ("2026-03-09T09:00:00Z", "later", "stop is not a FHIR date"),
        ("2026-03-09T00:00:00Z", "2026-03-09T00:00:00Z", "stop is not after start"),
        ("2026-03-09T00:00:00-05:00", "2026-03-09T23:59:59-05:00", WHOLE_DAY),
        ("2026-03-09T00:00:00Z", "2026-03-09T23:59:59Z", WHOLE_DAY),
        ("2026-03-09T05:00:00Z", "2026-03-10T04:59:00Z", WHOLE_DAY),
    ],
)
def test_a_period_that_gives_no_time_keeps_its_date_and_says_why(start, end, problem):
    assert Span(DAY, problem=problem) == calendar().span(Period(start, end))


@pytest.mark.parametrize("end", ["2026-03-10T05:00:00Z", "2026-03-10T00:00:00-05:00"])
def test_a_day_up_to_the_next_midnight_is_a_whole_day(end):
    span = calendar().span(Period("2026-03-09T00:00:00-05:00", end))
    assert (DAY, None, WHOLE_DAY) == (span.date, span.period, span.problem)


def test_the_days_on_which_the_clocks_change_are_whole_days_too():
    spring = calendar().span(Period("2026-03-08T06:00:00Z", "2026-03-09T05:00:00Z"))
    autumn = calendar().span(Period("2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z"))
    assert [WHOLE_DAY] * 2 == [spring.problem, autumn.problem]


def test_an_encounter_of_several_days_has_a_last_day_and_no_time():
    series = calendar().span(Period("2026-03-09T13:00:00Z", "2026-03-20T17:00:00Z"))
    assert (DAY, None, date(2026, 3, 20)) == (series.date, series.period, series.last)


@pytest.mark.parametrize(
    ("start", "end", "minutes", "day"),
    [
        ("2026-03-09T22:00:00-05:00", "2026-03-10T01:00:00-05:00", 180, DAY),
        ("2026-03-10T03:00:00Z", "2026-03-10T06:00:00Z", 180, DAY),
        ("2026-03-08T01:00:00-06:00", "2026-03-08T04:00:00-05:00", 120, date(2026, 3, 8)),
        ("2026-11-01T00:30:00-05:00", "2026-11-01T02:30:00-06:00", 180, date(2026, 11, 1)),
        ("2026-11-01T00:30:00", "2026-11-01T02:30:00", 180, date(2026, 11, 1)),
        ("2026-03-09T09:00:00", "2026-03-09T11:00:00", 120, DAY),
        ("2026-03-09T09:00:00", "2026-03-09T16:00:00Z", 120, DAY),
    ],
    ids=["overnight", "overnight in UTC", "spring forward", "fall back", "fall back without offset", "without offset",
         "one without offset"],
)  # fmt: skip
def test_minutes_are_elapsed_time_and_belong_to_the_day_of_the_start(start, end, minutes, day):
    span = calendar().span(Period(start, end))
    assert span.period is not None
    assert timedelta(minutes=minutes) == span.period.end - span.period.start
    assert (day, None) == (span.date, span.problem)


def test_a_single_moment_gives_a_date_but_no_time():
    expected = Span(DAY, problem="only a date is recorded, no start and stop")
    assert expected == calendar().span(None, "2026-03-09T14:00:00Z")


def test_a_partial_date_is_no_date_of_service():
    assert Span(None, problem="date is not complete") == calendar().span(None, "2026-03")


def test_an_end_in_the_year_9999_means_open():
    assert calendar().last_day("9999-12-31") is None


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_the_last_day_of_a_partial_date_is_the_last_it_contains(day):
    assert date(day.year, 12, 31) == calendar().last_day(f"{day.year}")
    last = calendar().last_day(day.strftime("%Y-%m"))
    assert last is not None
    assert (last + timedelta(days=1)).day == 1
    assert (day.year, day.month) == (last.year, last.month)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.integers(1, 20 * 60),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(EVERY_TIME_ZONE),
)
def test_the_offset_in_which_a_period_is_written_changes_nothing(start, minutes, offset, zone):
    begun = start.replace(microsecond=0, tzinfo=UTC)
    ended = begun + timedelta(minutes=minutes)
    written = timezone(timedelta(minutes=offset))
    plain = Calendar(ZoneInfo(zone)).span(Period(begun.isoformat(), ended.isoformat()))
    moved = Calendar(ZoneInfo(zone)).span(
        Period(begun.astimezone(written).isoformat(), ended.astimezone(written).isoformat())
    )
    assert (plain.date, plain.period, plain.problem) == (moved.date, moved.period, moved.problem)


@pytest.mark.parametrize(
    ("length", "minutes"),
    [
        (Quantity(210, "min", "min"), 210),
        (Quantity(3.5, "hours"), 210),
        (Quantity(3.5, None, "h"), 210),
        (Quantity(12600, "s"), 210),
    ],
)
def test_the_length_of_an_encounter_is_read_in_its_unit(length, minutes):
    assert timedelta(minutes=minutes) == length_of(length)


@pytest.mark.parametrize(
    "length",
    [None, Quantity(), Quantity(3), Quantity(2, "wk"), Quantity(30, "h"), Quantity(1e300, "h"), Quantity(1439, "min")],
)
def test_a_length_without_unit_or_of_a_day_and_more_tells_nothing(length):
    assert length_of(length) is None
