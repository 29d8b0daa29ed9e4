"""FHIR date, dateTime and instant: text in, date and instant as written out; ``calendar`` reads them at the place.

A time without offset is wall time: it is given the offset 0 so that it can be reckoned with, and marked.
"""

import calendar
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

import msgspec

from cds_service.fhir.reading.elements import Period

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
MINUTES_OF_AN_HOUR: Final = 60
LEAP_SECOND: Final = 60

_TOO_FAR: Final = f"has a year outside {FIRST_YEAR} to {LAST_YEAR}"
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?", re.ASCII
)
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


def read_date(text: str) -> When | str:
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


def end_of(first: date, text: str | None) -> date:
    """The last day of the year or month that is written and begins on this day."""
    if text is not None and len(text.strip()) == len("2026"):
        return date(first.year, 12, 31)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def problem_of(period: Period | None) -> str | None:
    """What is wrong with the dates of a period, or None; an end beyond 2199 means open."""
    if period is None:
        return None
    start = read_date(period.start) if period.start is not None else None
    end = read_date(period.end) if period.end is not None else None
    if isinstance(start, str):
        return f"start {start}"
    if isinstance(end, str) and end != _TOO_FAR:
        return f"end {end}"
    return None


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
