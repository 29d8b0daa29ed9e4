"""Treatment time is a union: nothing counts twice, and cutting a session changes nothing."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.intervals import Interval, elapsed, minutes, overlap, split_after, subtract, union

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)


def span(start: int, length: int) -> Interval:
    return Interval(MIDNIGHT + timedelta(minutes=start), MIDNIGHT + timedelta(minutes=start + length))


spans = st.builds(span, st.integers(0, 1200), st.integers(1, 300))
lists = st.lists(spans, max_size=8)


def minutes_by_counting(intervals: list[Interval]) -> int:
    """The definition: each minute of the day that lies in at least one interval."""
    covered = {
        minute
        for interval in intervals
        for minute in range(
            int((interval.start - MIDNIGHT).total_seconds() // 60), int((interval.end - MIDNIGHT).total_seconds() // 60)
        )
    }
    return len(covered)


@given(lists)
def test_minutes_are_those_of_the_union_not_of_the_sum(intervals):
    assert minutes(intervals) == minutes_by_counting(intervals)


@given(lists, lists)
def test_what_is_subtracted_is_no_longer_counted(intervals, removed):
    shared = overlap(intervals, removed)
    assert minutes(subtract(intervals, removed)) == minutes(intervals) - minutes(shared)


@given(lists, st.data())
def test_cutting_a_session_in_two_changes_nothing(intervals, data):
    if not intervals:
        return
    cut = data.draw(st.sampled_from(intervals))
    length = int((cut.end - cut.start).total_seconds() // 60)
    at = cut.start + timedelta(minutes=data.draw(st.integers(0, length)))
    pieces = [Interval(cut.start, at), Interval(at, cut.end)]
    rest = [interval for interval in intervals if interval is not cut]
    assert minutes(intervals) == minutes([*rest, *(piece for piece in pieces if piece.start < piece.end)])


@given(lists, spans)
def test_more_treatment_never_makes_fewer_minutes(intervals, extra):
    assert minutes([*intervals, extra]) >= minutes(intervals)


@given(lists, st.integers(0, 600))
def test_splitting_after_the_first_block_loses_no_time(intervals, first):
    merged = union(intervals)
    head, tail = split_after(merged, timedelta(minutes=first))
    assert elapsed(merged) == elapsed(head) + elapsed(tail)
    assert min(timedelta(minutes=first), elapsed(merged)) == elapsed(head)


def test_the_lost_hour_of_spring_is_not_treated():
    chicago = ZoneInfo("America/Chicago")
    start = datetime(2026, 3, 8, 1, 30, tzinfo=chicago).astimezone(timezone(timedelta(hours=-6)))
    end = datetime(2026, 3, 8, 3, 30, tzinfo=chicago).astimezone(timezone(timedelta(hours=-5)))
    assert minutes([Interval(start, end)]) == 60


def test_a_session_over_midnight_keeps_its_length():
    assert minutes([span(22 * 60, 240)]) == 240


def test_times_that_only_touch_share_nothing():
    assert overlap([span(60, 60)], [span(0, 60), span(120, 60)]) == ()


def test_a_split_between_two_sessions_cuts_neither():
    morning, noon = span(0, 60), span(90, 60)
    assert split_after((morning, noon), timedelta(minutes=60)) == ((morning,), (noon,))


def test_sessions_that_touch_are_one():
    assert union([span(60, 60), span(0, 60)]) == (span(0, 120),)


def test_what_begins_or_ends_with_a_session_leaves_the_rest_of_it_only():
    session = [span(0, 60)]
    assert subtract(session, [span(0, 30)]) == (span(30, 30),)
    assert subtract(session, [span(30, 30)]) == (span(0, 30),)


def test_a_started_minute_does_not_count():
    assert str(minutes([Interval(MIDNIGHT, MIDNIGHT + timedelta(seconds=119))])) == "1"
