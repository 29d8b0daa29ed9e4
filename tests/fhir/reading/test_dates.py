from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir.reading import dates

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
    assert dates.When(day, complete=complete) == dates.read_date(text)


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
    assert dates.When(instant.date(), instant, zoned=True) == dates.read_date(text)


def test_a_time_without_offset_is_wall_time_and_marked():
    expected = dates.When(date(2026, 3, 9), datetime(2026, 3, 9, 9, 30, tzinfo=UTC), zoned=False)
    assert expected == dates.read_date("2026-03-09T09:30:00")


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-13-01", "2026-02-30", "2026-03-09T25:00:00Z", "2026-03-09T09:61:00Z", "2026-03-09T24:00:01Z",
     "2026-03-09T09:00:00+99:00", "2026-03-09 09:00", "20260309", "2026-W10-1T10:00:00Z", "٢٠٢٦-٠٣-٠٩", "2026-3-9"],
)  # fmt: skip
def test_nonsense_gives_a_reason_that_does_not_repeat_it(text):
    assert dates.read_date(text) == "is not a FHIR date"


def test_a_year_out_of_range_gives_a_reason():
    assert dates.read_date("0001-01-01") == "has a year outside 1900 to 2199"


@given(st.text(max_size=40))
def test_any_text_gives_a_moment_or_a_reason(text):
    assert isinstance(dates.read_date(text), dates.When | str)


@given(st.datetimes(datetime(1901, 1, 1), datetime(2198, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_every_instant_written_as_fhir_is_read_back(moment, minutes):
    instant = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    read = dates.read_date(instant.isoformat())
    assert isinstance(read, dates.When)
    assert (instant, moment.date(), True) == (read.instant, read.date, read.zoned)
