"""Dates and times of one call in the time of the place of treatment.

A date of service is the calendar day at the place of treatment, whatever offset a system wrote. A field that is really
a date is often stored as midnight, or as one minute before it, in the offset of a server: it is read as that date.
"""

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final, Self

import msgspec

from cds_service.domain.care import Day
from cds_service.domain.intervals import Interval
from cds_service.fhir.reading import dates
from cds_service.fhir.reading.dates import When
from cds_service.fhir.reading.elements import Period, Quantity
from cds_service.fhir.reading.units_of_time import unit_of_time
from cds_service.fhir.reading.zones import Zones

LONGEST_VISIT: Final = timedelta(hours=24)
WHOLE_DAY: Final = "covers the whole day, which tells no start and stop"
_SHORTEST_DAY: Final = timedelta(hours=22, minutes=58)
_FIRST_MINUTE: Final = time(0, 1)
_LAST_MINUTE: Final = time(23, 58)
RULES_SINCE: Final = 2000
"""Since then the offsets of the states are those of one of a few sets of rules for summer time."""
_NO_TIME: Final = timedelta()
_AN_HOUR: Final = timedelta(hours=1)
_A_DAY: Final = timedelta(days=1)
_USUAL_LENGTHS: Final = frozenset({len("2026-01-05T09:00:00Z"), len("2026-01-05T09:00:00-06:00")})
_MOST: Final = 100_000
_UNITS: Final = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "s": timedelta(seconds=1)}
_END_OF_DAY: Final = time(23, 59)


class Span(msgspec.Struct, frozen=True, gc=False):
    """The time of a service: its date at the place, start and stop, or what is wrong with them.

    ``last`` is the date on which it ended, where that is another one.
    """

    date: date | None
    period: Interval | None = None
    problem: str | None = None
    last: Day | None = None


class Calendar:
    """Reads dates and instants in one time zone, and notes where another reading would move a date.

    Args:
        zone: Time zone of the place.
        alternatives: Zones the place may lie in as well. ``moved`` is set when one of them gives another date.
        settled: Whether the zone is known to be that of the place.
        midnight_is_a_date: Whether midnight in a field that is a date means that date. ``disputed`` is set
            when it makes a difference.
    """

    def __init__(
        self,
        zone: tzinfo,
        alternatives: Iterable[tzinfo] = (),
        *,
        settled: bool = True,
        midnight_is_a_date: bool = True,
    ) -> None:
        self.zone = zone
        self.alternatives = tuple(alternatives)
        self.settled = settled and not self.alternatives
        self.midnight_is_a_date = midnight_is_a_date
        self.moved = False
        self._zones = (zone, *self.alternatives)
        self._same_date: dict[tzinfo | None, tuple[int, int]] = {}
        self.disputed = False

    @classmethod
    def of(cls, zones: Zones) -> Self:
        """The first reading: in the likeliest of the zones."""
        return cls(zones.candidates[0], zones.candidates[1:])

    def local_date(self, instant: datetime) -> date:
        """The calendar day of an instant at the place.

        Most hours of a day lie on the date that is written in every zone in question; that is looked up.
        """
        hours = self._same_date.get(instant.tzinfo)
        if hours is None:
            hours = self._same_date[instant.tzinfo] = _hours_of_same_date(instant.tzinfo, self._zones)
        if hours[0] <= instant.hour < hours[1] and instant.year >= RULES_SINCE:
            return instant.date()
        day = instant.astimezone(self.zone).date()
        if self.alternatives and not self.moved:
            self.moved = any(instant.astimezone(zone).date() != day for zone in self.alternatives)
        return day

    def read(self, text: str) -> When | str:
        """A date or instant, with its day at the place; wall time without an offset is time of the place.

        A text that is neither gives the reason in words, without the text.
        """
        when = dates.read_date(text)
        if isinstance(when, str) or when.instant is None:
            return when
        if not when.zoned:
            self.moved = self.moved or bool(self.alternatives)
            return When(when.date, when.instant.replace(tzinfo=self.zone).astimezone(UTC), zoned=True)
        return When(self.local_date(when.instant), when.instant, zoned=True)

    def read_day(self, text: str) -> When | str:
        """As ``read``, for a field that is a date: midnight, or the minute before it, means the date written."""
        written = dates.read_date(text)
        if isinstance(written, str) or written.instant is None or not written.zoned:
            return written
        clock = written.instant.time()
        if _FIRST_MINUTE <= clock < _END_OF_DAY:
            return When(self.local_date(written.instant), written.instant, zoned=True)
        local = written.instant.astimezone(self.zone).date()
        self.disputed = self.disputed or local != written.date
        return When(written.date if self.midnight_is_a_date else local, written.instant, zoned=True)

    def day(self, text: str | None) -> date | None:
        """The calendar date, or None when the text is missing or no complete date."""
        when = self.read_day(text) if text is not None else None
        return when.date if isinstance(when, When) and when.complete else None

    def first_day(self, text: str | None) -> date | None:
        """The first day that a period which starts so contains; None when open or unreadable."""
        when = self.read_day(text) if text is not None else None
        return when.date if isinstance(when, When) else None

    def last_day(self, text: str | None) -> date | None:
        """The last day that a period which ends so contains; None when open, unreadable or beyond the year 2199.

        FHIR reads an end of ``2026-03`` as the whole of March.
        """
        when = self.read_day(text) if text is not None else None
        if not isinstance(when, When):
            return None
        return when.date if when.complete else dates.end_of(when.date, text)

    def span(self, period: Period | None, moment: str | None = None) -> Span:
        """Date, start and stop of a service from its period, else its date from a single moment.

        Nearly all periods are written the usual way, two complete times with offset, and are read at once. The times of
        one offset then share one time zone object, which makes comparing and subtracting them ten times as fast as it
        is with the objects of ``datetime.fromisoformat``. Everything else gets a closer look.
        """
        if period is None:
            return self._without_period(moment)
        start, end = period.start, period.end
        if start is None or end is None or len(start) not in _USUAL_LENGTHS or len(end) not in _USUAL_LENGTHS:
            return self._closer(period, moment)
        if start[10] != "T" or end[10] != "T":
            return self._closer(period, moment)
        try:
            times = msgspec.convert((start, end), Interval)
        except msgspec.ValidationError:
            return self._closer(period, moment)
        started, ended = times
        if started.tzinfo is None or ended.tzinfo is None or not dates.FIRST_YEAR <= started.year <= dates.LAST_YEAR:
            return self._closer(period, moment)
        if not _NO_TIME < ended - started < _SHORTEST_DAY:
            return self._closer(period, moment)
        hours = self._same_date.get(started.tzinfo)
        if hours is not None and hours[0] <= started.hour < hours[1] and started.year >= RULES_SINCE:
            return Span(started.date(), times)
        return Span(self.local_date(started), times)

    def _closer(self, period: Period, moment: str | None) -> Span:
        if period.start is None:
            if period.end is None:
                return self._without_period(moment)
            return Span(self.day(period.end), problem="start time is missing")
        start = self.read(period.start)
        if isinstance(start, str):
            return Span(None, problem=f"start {start}")
        if not start.complete:
            return Span(None, problem="start is not a complete date")
        span = self._from_start(start, period.end)
        last = self.last_day(period.end)
        if span.period is None:
            begun = self.day(period.start)
            return Span(begun, problem=span.problem, last=last if last != begun else None)
        return span

    def _from_start(self, start: When, text: str | None) -> Span:
        def wrong(problem: str) -> Span:
            return Span(start.date, problem=problem)

        if start.instant is None:
            return wrong("start and stop are recorded without time of day")
        if text is None:
            return wrong("stop time is missing")
        end = self.read(text)
        if isinstance(end, str):
            return wrong(f"stop {end}")
        if end.instant is None:
            return wrong("stop is recorded without time of day")
        if end.instant <= start.instant:
            return wrong("stop is not after start")
        if end.instant - start.instant >= _SHORTEST_DAY and self._is_whole_day(start.instant, end.instant):
            return wrong(WHOLE_DAY)
        if end.instant - start.instant > LONGEST_VISIT:
            return wrong("start and stop are more than 24 hours apart")
        return Span(start.date, Interval(start.instant, end.instant))

    def _is_whole_day(self, start: datetime, end: datetime) -> bool:
        """Whether it lasts from midnight to midnight, as written or at the place, wherever that may lie."""
        readings = [(start, end)]
        readings += [(start.astimezone(zone), end.astimezone(zone)) for zone in (self.zone, *self.alternatives)]
        return any(
            begun.time() <= _FIRST_MINUTE and (ended.time() >= _LAST_MINUTE or ended.time() <= _FIRST_MINUTE)
            for begun, ended in readings
        )

    def _without_period(self, moment: str | None) -> Span:
        if moment is None:
            return Span(None, problem="no date is recorded")
        when = self.read_day(moment)
        if isinstance(when, str):
            return Span(None, problem=f"date {when}")
        if not when.complete:
            return Span(None, problem="date is not complete")
        return Span(when.date, problem="only a date is recorded, no start and stop")


@lru_cache(maxsize=256)
def _hours_of_same_date(written_in: tzinfo | None, zones: tuple[tzinfo, ...]) -> tuple[int, int]:
    """The hours of a day, from and up to, that lie on the same date in all zones, winter and summer."""
    moments = [
        datetime(year, month, 1, 12, tzinfo=written_in) for year in (RULES_SINCE, 2007, 2026) for month in range(1, 13)
    ]
    shifts = [
        (moment.astimezone(zone).utcoffset() or _NO_TIME) - (moment.utcoffset() or _NO_TIME)
        for moment in moments
        for zone in zones
    ]
    return math.ceil(max(_NO_TIME, -min(shifts)) / _AN_HOUR), math.floor((_A_DAY - max(_NO_TIME, *shifts)) / _AN_HOUR)


def length_of(length: Quantity | None) -> timedelta | None:
    """The time that ``Encounter.length`` gives; None for none, no unit of time, and a whole day, which tells none."""
    if length is None or length.value is None or not 0 < length.value < _MOST:
        return None
    for written in (length.code, length.unit):
        unit = _UNITS.get(unit_of_time(written) or "")
        if unit is not None:
            total = length.value * unit
            return total if total < _SHORTEST_DAY else None
    return None
