"""Days and times as stories write them, made into calendar dates and FHIR instants."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cds_service.domain.jurisdictions import time_zones_of
from cds_service.fhir.chart.places import jurisdiction
from cds_service.fhir.reading.elements import Address

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)

StoryDay: TypeAlias = int | date
"""A calendar date, or days from today: -21 is three weeks ago, 0 is today."""

DEFAULT_ZONE: Final = "America/Chicago"
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_day(value: object) -> StoryDay:
    """Read ``today``, a number of days from today, or an ISO date.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(value, datetime):
        raise ValueError("a day has no time of day")  # noqa: TRY004 - pydantic reports ValueError only
    if isinstance(value, date) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if value == "today":
        return 0
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("a day is 'today', days from today like -7, or a date like 2026-01-05") from None


def parse_time(value: object) -> time:
    """Read a time of day like ``08:00``.

    Raises:
        ValueError: It is not written as hours and minutes.
    """
    if isinstance(value, time):
        return value
    try:
        return datetime.strptime(str(value), "%H:%M").time()  # noqa: DTZ007 - the story's zone is added later
    except ValueError:
        raise ValueError("a time is written like 08:00") from None


def parse_zone(offset: str | None, zone: str | None, state: str | None = None) -> tzinfo:
    """Time zone of a story: the IANA zone named, else the fixed offset like ``-06:00``, else that of its state.

    Raises:
        ValueError: Neither names a zone that exists.
    """
    if zone is not None:
        try:
            return ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"no time zone is called '{zone}'") from None
    if offset is not None:
        return parse_offset(offset)
    of_state = time_zones_of(jurisdiction(Address(state=state)) or "")
    return ZoneInfo(of_state[0] if of_state else DEFAULT_ZONE)


def parse_offset(offset: str) -> timezone:
    """An offset from UTC like ``-06:00``.

    Raises:
        ValueError: It is none.
    """
    try:
        parsed = datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").utcoffset()
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValueError("an offset is written like -06:00")
    return timezone(parsed)


def rewritten(value: Any, offset: tzinfo) -> Any:  # noqa: ANN401 - any JSON
    """The same FHIR with every instant in it written in another offset."""
    if isinstance(value, dict):
        return {key: rewritten(part, offset) for key, part in value.items()}
    if isinstance(value, list):
        return [rewritten(part, offset) for part in value]
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(offset).isoformat()
    return value


@dataclass(frozen=True, slots=True)
class StoryCalendar:
    """The story's today and its time zone."""

    today: date
    zone: tzinfo

    def date_of(self, day: StoryDay) -> date:
        """The calendar date of a day as written in the story."""
        return self.today + timedelta(days=day) if isinstance(day, int) else day

    def at(self, day: date, clock: time) -> datetime:
        """The instant at which clocks of the story's zone show this time on this date."""
        return datetime.combine(day, clock, tzinfo=self.zone)

    def span(self, day: date, start: time, stop: time) -> tuple[datetime, datetime]:
        """From start to stop; a stop that is not later on the clock lies on the next day."""
        next_day = stop <= start
        return self.at(day, start), self.at(day + timedelta(days=1) if next_day else day, stop)

    def after(self, start: datetime, minutes: int) -> datetime:
        """The instant so many elapsed minutes after another, whatever the clocks do between."""
        return (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(self.zone)
