"""Arithmetic of treatment time: half-open intervals between two instants.

Durations are elapsed time, so a change to or from daylight-saving time neither adds nor loses minutes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

MINUTE: Final = timedelta(minutes=1)
_NOTHING: Final = timedelta()


class Interval(NamedTuple):
    """From ``start`` up to ``end``, both with a UTC offset; ``start < end``."""

    start: datetime
    end: datetime


def union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Merge overlapping and touching intervals; the result is sorted and disjoint."""
    found = tuple(intervals)
    if len(found) < 2:  # noqa: PLR2004 - one alone is its own union
        return found
    merged: list[Interval] = []
    for interval in sorted(found):
        if merged and interval.start <= merged[-1].end:
            if interval.end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, interval.end)
        else:
            merged.append(interval)
    return tuple(merged)


def subtract(intervals: Iterable[Interval], removed: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return what is left of ``intervals`` outside ``removed``; sorted and disjoint."""
    whole = union(intervals)
    holes = union(removed) if whole else ()
    if not holes:
        return whole
    left: list[Interval] = []
    place = 0
    for start, end in whole:
        begin = start
        while place < len(holes) and holes[place].end <= begin:
            place += 1
        ahead = place
        while ahead < len(holes) and holes[ahead].start < end:
            if begin < holes[ahead].start:
                left.append(Interval(begin, holes[ahead].start))
            begin = holes[ahead].end
            ahead += 1
        if begin < end:
            left.append(Interval(begin, end))
        place = max(place, ahead - 1)
    return tuple(left)


def overlap(intervals: Iterable[Interval], within: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the time that lies in both; sorted and disjoint."""
    bounds = union(within)
    found: list[Interval] = []
    place = 0
    for span in union(intervals):
        while place < len(bounds) and bounds[place].end <= span.start:
            place += 1
        ahead = place
        while ahead < len(bounds) and bounds[ahead].start < span.end:
            found.append(Interval(max(span.start, bounds[ahead].start), min(span.end, bounds[ahead].end)))
            ahead += 1
    return tuple(found)


def elapsed(intervals: Iterable[Interval]) -> timedelta:
    """Total duration of disjoint intervals."""
    total = _NOTHING
    for start, end in intervals:
        total += end - start
    return total


def minutes(intervals: Iterable[Interval]) -> int:
    """Whole minutes in the union of the intervals; a started minute does not count."""
    return elapsed(union(intervals)) // MINUTE


def split_after(intervals: Iterable[Interval], first: timedelta) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """Split disjoint sorted intervals into the first ``first`` of elapsed time and the rest."""
    head: list[Interval] = []
    tail: list[Interval] = []
    left = first
    for interval in intervals:
        length = interval.end - interval.start
        if left <= _NOTHING:
            tail.append(interval)
        elif length <= left:
            head.append(interval)
            left -= length
        else:
            middle = interval.start + left
            head.append(Interval(interval.start, middle))
            tail.append(Interval(middle, interval.end))
            left = _NOTHING
    return tuple(head), tuple(tail)
