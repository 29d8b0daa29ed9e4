from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir import dates
from cds_service.fhir.records import Period

CENTRAL = timezone(timedelta(hours=-6))


@pytest.mark.parametrize(
    ("text", "day", "complete"),
    [
        ("2026", date(2026, 1, 1), False),
        ("2026-03", date(2026, 3, 1), False),
        ("2026-03-09", date(2026, 3, 9), True),
        (" 2026-03-09 ", date(2026, 3, 9), True),
    ],
)
def test_a_date_without_time_is_read_and_a_partial_one_is_flagged(text, day, complete):
    assert dates.When(day, complete=complete) == dates.read(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-09T09:30:00-06:00", datetime(2026, 3, 9, 9, 30, tzinfo=CENTRAL)),
        ("2026-03-09T09:30:00Z", datetime(2026, 3, 9, 9, 30, tzinfo=UTC)),
        ("2026-03-09T09:30-06:00", datetime(2026, 3, 9, 9, 30, tzinfo=CENTRAL)),
        ("2026-03-09T09:30:00.5Z", datetime(2026, 3, 9, 9, 30, 0, 500000, tzinfo=UTC)),
        ("2026-03-09T09:30:00.123456789012Z", datetime(2026, 3, 9, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2026-03-09T24:00:00Z", datetime(2026, 3, 10, tzinfo=UTC)),
        ("2026-03-09T23:59:60Z", datetime(2026, 3, 10, tzinfo=UTC)),
    ],
)
def test_a_time_with_offset_is_an_instant(text, instant):
    assert dates.When(instant.date(), instant, zoned=True) == dates.read(text)


def test_a_time_without_offset_is_wall_time_and_marked():
    expected = dates.When(date(2026, 3, 9), datetime(2026, 3, 9, 9, 30, tzinfo=UTC), zoned=False)
    assert expected == dates.read("2026-03-09T09:30:00")


def test_the_date_of_service_is_the_local_date_in_the_offset_written():
    read = dates.read("2026-03-09T20:00:00-06:00")
    assert isinstance(read, dates.When)
    assert date(2026, 3, 9) == read.date


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-13-01", "2026-02-30", "2026-03-09T25:00:00Z", "2026-03-09T09:61:00Z", "2026-03-09T24:00:01Z",
     "2026-03-09T09:00:00+99:00", "2026-03-09 09:00", "20260309", "2026-W10-1T10:00:00Z", "٢٠٢٦-٠٣-٠٩", "2026-3-9"],
)  # fmt: skip
def test_nonsense_gives_a_reason_that_does_not_repeat_it(text):
    assert dates.read(text) == "is not a FHIR date"


def test_a_year_out_of_range_gives_a_reason():
    assert dates.read("0001-01-01") == "has a year outside 1900 to 2199"


@given(st.text(max_size=40))
def test_any_text_gives_a_moment_or_a_reason(text):
    assert isinstance(dates.read(text), dates.When | str)


@given(st.datetimes(datetime(1901, 1, 1), datetime(2198, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_every_instant_written_as_fhir_is_read_back(moment, minutes):
    instant = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    read = dates.read(instant.isoformat())
    assert isinstance(read, dates.When)
    assert (instant, moment.date(), True) == (read.instant, read.date, read.zoned)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_the_last_day_of_a_partial_date_is_the_last_it_contains(day):
    assert date(day.year, 12, 31) == dates.last_day(f"{day.year}")
    last = dates.last_day(day.strftime("%Y-%m"))
    assert last is not None
    assert (last + timedelta(days=1)).day == 1
    assert (day.year, day.month) == (last.year, last.month)


def test_an_end_in_the_year_9999_means_open():
    period = Period("2026-01-01", "9999-12-31")
    assert dates.last_day(period.end) is None
    assert dates.problem_of(period) is None


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        ("2026-03-09T09:00:00Z", "2026-03-09T09:00:00Z", "stop is not after start"),
        ("2026-03-09T09:00:00Z", "2026-03-09T08:00:00Z", "stop is not after start"),
        ("2026-03-09T09:00:00Z", "2026-03-10T09:00:01Z", "start and stop are more than 24 hours apart"),
        ("2026-03-09", "2026-03-09", "start and stop are recorded without time of day"),
        ("2026-03-09T09:00:00Z", None, "stop time is missing"),
        ("2026-03-09T09:00:00Z", "2026-03-09", "stop is recorded without time of day"),
        ("2026-03-09T09:00:00Z", "2026-03-09T10:00:00", "only one of start and stop has a UTC offset"),
        ("2026-03-09T09:00:00Z", "later", "stop is not a FHIR date"),
    ],
)
def test_a_period_that_gives_no_time_keeps_its_date_and_says_why(start, end, problem):
    assert dates.Span(date(2026, 3, 9), problem=problem) == dates.span(Period(start, end))


@pytest.mark.parametrize(
    ("start", "end", "minutes", "day"),
    [
        ("2026-03-09T22:00:00-06:00", "2026-03-10T01:00:00-06:00", 180, date(2026, 3, 9)),
        ("2026-03-08T01:00:00-06:00", "2026-03-08T04:00:00-05:00", 120, date(2026, 3, 8)),
        ("2026-11-01T00:30:00-05:00", "2026-11-01T02:30:00-06:00", 180, date(2026, 11, 1)),
        ("2026-03-09T09:00:00", "2026-03-09T11:00:00", 120, date(2026, 3, 9)),
    ],
    ids=["overnight", "spring forward", "fall back", "without offset"],
)
def test_minutes_are_elapsed_time_and_belong_to_the_day_of_the_start(start, end, minutes, day):
    span = dates.span(Period(start, end))
    assert span.period is not None
    assert timedelta(minutes=minutes) == span.period.end - span.period.start
    assert (day, None) == (span.date, span.problem)


def test_a_single_moment_gives_a_date_but_no_time():
    expected = dates.Span(date(2026, 3, 9), problem="only a date is recorded, no start and stop")
    assert expected == dates.span(None, "2026-03-09T09:00:00Z")


def test_a_partial_date_is_no_date_of_service():
    assert dates.Span(None, problem="date is not complete") == dates.span(None, "2026-03")
