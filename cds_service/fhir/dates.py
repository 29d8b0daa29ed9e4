"""FHIR date, dateTime and instant: text in, calendar date and instant out.

A date of service is the local date in the offset written. A time without offset is taken as wall time: it is given the
offset 0 so that it can be reckoned with, and marked, because it must not be mixed with times that have an offset.
"""

import calendar
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

import msgspec

from cds_service.domain.intervals import Interval
from cds_service.fhir.records import Period

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
MINUTES_OF_AN_HOUR: Final = 60
LEAP_SECOND: Final = 60
LONGEST_VISIT: Final = timedelta(hours=24)

_TOO_FAR: Final = f"has a year outside {FIRST_YEAR} to {LAST_YEAR}"
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?", re.ASCII
)
_NO_TIME: Final = timedelta()
_USUAL_LENGTHS: Final = frozenset({len("2026-01-05T09:00:00Z"), len("2026-01-05T09:00:00-06:00")})
_DATE_LENGTH: Final = len("2026-01-05")


class When(msgspec.Struct, frozen=True, gc=False):
    """A point in time as it was written.

    ``instant`` is None when no time of day is given; ``zoned`` is whether a UTC offset was written; ``complete`` is
    false for a year or month only, of which ``date`` is the first day.
    """

    date: date
    instant: datetime | None = None
    zoned: bool = False
    complete: bool = True


class Span(msgspec.Struct, frozen=True, gc=False):
    """The time of a service: its date, start and stop, or what is wrong with them."""

    date: date | None
    period: Interval | None = None
    problem: str | None = None
    zoned: bool = False


def read(text: str) -> When | str:
    """Read a FHIR date, dateTime or instant; a text that is none gives the reason in words, without the text."""
    try:
        if len(text) == _DATE_LENGTH and text[4] == "-" == text[7]:
            when = When(date.fromisoformat(text))
        else:
            when = _read(text.strip())
    except (ValueError, OverflowError):
        return "is not a FHIR date"
    if not FIRST_YEAR <= when.date.year <= LAST_YEAR:
        return _TOO_FAR
    return when


def day(text: str | None) -> date | None:
    """The calendar date, or None when the text is missing or no complete date."""
    if text is None:
        return None
    when = read(text)
    return when.date if isinstance(when, When) and when.complete else None


def first_day(text: str | None) -> date | None:
    """The first day that a period which starts so contains; None when open or unreadable."""
    when = read(text) if text is not None else None
    return when.date if isinstance(when, When) else None


def last_day(text: str | None) -> date | None:
    """The last day that a period which ends so contains; None when open, unreadable or beyond the year 2199.

    FHIR reads an end of ``2026-03`` as the whole of March.
    """
    when = read(text) if text is not None else None
    if not isinstance(when, When):
        return None
    if when.complete:
        return when.date
    if text is not None and len(text.strip()) == len("2026"):
        return date(when.date.year, 12, 31)
    return when.date.replace(day=calendar.monthrange(when.date.year, when.date.month)[1])


def problem_of(period: Period | None) -> str | None:
    """What is wrong with the dates of a period, or None; an end beyond 2199 means open."""
    if period is None:
        return None
    start = read(period.start) if period.start is not None else None
    end = read(period.end) if period.end is not None else None
    if isinstance(start, str):
        return f"start {start}"
    if isinstance(end, str) and end != _TOO_FAR:
        return f"end {end}"
    return None


def span(period: Period | None, moment: str | None = None) -> Span:
    """Date, start and stop of a service from its period, else its date from a single moment.

    Nearly all periods are written the usual way, two complete times with offset, and are read at once. The times of
    one offset then share one time zone object, which makes comparing and subtracting them ten times as fast as it is
    with the objects of ``datetime.fromisoformat``. Everything else gets a closer look.
    """
    if period is None:
        return _without_period(moment)
    start, end = period.start, period.end
    if start is None or end is None or len(start) not in _USUAL_LENGTHS or len(end) not in _USUAL_LENGTHS:
        return _closer(period, moment)
    if start[10] != "T" or end[10] != "T":
        return _closer(period, moment)
    try:
        times = msgspec.convert((start, end), Interval)
    except msgspec.ValidationError:
        return _closer(period, moment)
    started, ended = times
    if started.tzinfo is None or ended.tzinfo is None or not FIRST_YEAR <= started.year <= LAST_YEAR:
        return _closer(period, moment)
    if not _NO_TIME < ended - started <= LONGEST_VISIT:
        return _closer(period, moment)
    return Span(started.date(), times, None, True)  # noqa: FBT003 - positions take half the time of names


def _closer(period: Period, moment: str | None) -> Span:
    if period.start is None:
        if period.end is None:
            return _without_period(moment)
        return Span(day(period.end), problem="start time is missing")
    start = read(period.start)
    if isinstance(start, str):
        return Span(None, problem=f"start {start}")
    if not start.complete:
        return Span(None, problem="start is not a complete date")
    if start.instant is None:
        return Span(start.date, problem="start and stop are recorded without time of day")
    return _from_start(start, start.instant, period.end)


def _from_start(start: When, started: datetime, text: str | None) -> Span:
    def wrong(problem: str) -> Span:
        return Span(start.date, problem=problem)

    if text is None:
        return wrong("stop time is missing")
    end = read(text)
    if isinstance(end, str):
        return wrong(f"stop {end}")
    if end.instant is None:
        return wrong("stop is recorded without time of day")
    if end.zoned is not start.zoned:
        return wrong("only one of start and stop has a UTC offset")
    if end.instant <= started:
        return wrong("stop is not after start")
    if end.instant - started > LONGEST_VISIT:
        return wrong("start and stop are more than 24 hours apart")
    return Span(start.date, Interval(started, end.instant), zoned=start.zoned)


def _without_period(moment: str | None) -> Span:
    if moment is None:
        return Span(None, problem="no date is recorded")
    when = read(moment)
    if isinstance(when, str):
        return Span(None, problem=f"date {when}")
    if not when.complete:
        return Span(None, problem="date is not complete")
    return Span(when.date, problem="only a date is recorded, no start and stop")


def _read(text: str) -> When:
    if len(text) <= _DATE_LENGTH:
        return _read_date(text)
    if text[10] == "T" and text[7] == "-" == text[4]:
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            return _read_date_time(text)
        if instant.tzinfo is None:
            return When(instant.date(), instant.replace(tzinfo=UTC))
        return When(instant.date(), instant, zoned=True)
    raise ValueError


def _read_date(text: str) -> When:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError
    year, month, day_of_month = match.groups()
    return When(date(int(year), int(month or 1), int(day_of_month or 1)), complete=day_of_month is not None)


def _read_date_time(text: str) -> When:
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError
    day_text, hour, minute, second, fraction, offset = match.groups()
    seconds = timedelta(hours=int(hour), minutes=int(minute), seconds=int(second or 0))
    if int(minute) >= MINUTES_OF_AN_HOUR or int(second or 0) > LEAP_SECOND or seconds > timedelta(hours=24):
        raise ValueError
    microseconds = int((fraction or "0")[:6].ljust(6, "0"))
    midnight = datetime.fromisoformat(day_text).replace(tzinfo=_zone(offset))
    instant = midnight + seconds + timedelta(microseconds=microseconds)
    return When(instant.date(), instant, zoned=offset is not None)


def _zone(offset: str | None) -> timezone:
    if offset is None or offset in {"Z", "z"}:
        return UTC
    sign = -1 if offset.startswith("-") else 1
    digits = offset[1:].replace(":", "").ljust(4, "0")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
