"""What must hold for the charges of every visit, whatever its sessions: proved through the whole service."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.domain.units import TimeRule, quarters, units
from cds_service.stories import build
from tests.playing import charges, play

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 16)
DAY_START = 6 * 60

spans = st.tuples(st.integers(0, 600), st.integers(1, 300))
days = st.lists(spans, min_size=1, max_size=5)


def clock(minute):
    return f"{(DAY_START + minute) // 60:02}:{(DAY_START + minute) % 60:02}"


def closing(sessions, **more):
    """A visit of today with these (start, minutes) sessions, closing."""
    recorded = [{"from": clock(start), "to": clock(start + length)} for start, length in sessions]
    return build({"patient": {"state": "TX"}, "visits": [{"day": "today", "sessions": recorded}], **more}, TODAY)


def units_of(story):
    """Units by code of the first proposed claim."""
    text = charges(play(story, "encounter-discharge"))
    lines = [line.split() for line in text.split("; ")] if text != "none" else []
    assert len({line[0] for line in lines}) == len(lines), f"a code stands twice: {text}"
    return {line[0]: int(line[1].removeprefix("x")) for line in lines}


def minutes_of(sessions):
    return len({minute for start, length in sessions for minute in range(start, start + length)})


@settings(max_examples=60, deadline=None)
@given(days)
def test_units_follow_the_union_of_the_sessions_and_never_their_sum(sessions):
    one_long = [(0, min(minutes_of(sessions), 23 * 60 - DAY_START))]
    if minutes_of(sessions) == one_long[0][1]:
        assert units_of(closing(one_long)) == units_of(closing(sessions))


@settings(max_examples=60, deadline=None)
@given(days)
def test_a_further_hour_never_stands_without_exactly_one_first_block(sessions):
    found = units_of(closing(sessions))
    assert found.get("97545", 0) in {0, 1}
    assert "97546" not in found or found["97545"] == 1


@settings(max_examples=40, deadline=None)
@given(days, st.data())
def test_cutting_a_session_in_two_changes_no_charge(sessions, data):
    start, length = sessions[0]
    at = data.draw(st.integers(1, max(1, length - 1)))
    cut = [(start, at), (start + at, length - at), *sessions[1:]] if length > at else sessions
    assert units_of(closing(sessions)) == units_of(closing(cut))


@settings(max_examples=40, deadline=None)
@given(days, spans)
def test_more_treatment_never_makes_fewer_units(sessions, extra):
    fewer, more = units_of(closing(sessions)), units_of(closing([*sessions, extra]))
    assert all(more.get(code, 0) >= count for code, count in fewer.items())


@settings(max_examples=30, deadline=None)
@given(days, st.integers(30, 200))
def test_a_second_encounter_of_the_date_never_brings_a_second_first_block(sessions, length):
    recorded = [{"from": clock(start), "to": clock(start + lasts)} for start, lasts in sessions]
    evening = {"from": "19:00", "minutes": length}
    visits = [{"day": "today", "sessions": recorded}, {"day": "today", **evening}]
    found = units_of(build({"patient": {"state": "TX"}, "visits": visits}, TODAY))
    assert found.get("97545", 0) in {0, 1}


services = st.lists(st.tuples(st.sampled_from(["97110", "97112", "97530"]), st.integers(0, 600), st.integers(1, 90)))


@settings(max_examples=60, deadline=None)
@given(days, services)
def test_no_minute_counts_twice_neither_among_services_nor_for_the_program(sessions, given_services):
    """The total of 15-minute units is that of the minutes in any service; the program has what is left."""
    recorded = [{"from": clock(start), "to": clock(start + length)} for start, length in sessions]
    beside = [
        {"code": code, "from": clock(start), "to": clock(start + length)} for code, start, length in given_services
    ]
    found = units_of(build({"visits": [{"day": "today", "sessions": recorded, "services": beside}]}, TODAY))
    in_services = {minute for _, start, length in given_services for minute in range(start, start + length)}
    treated = {minute for start, length in sessions for minute in range(start, start + length)}
    program = units(len(treated - in_services), TimeRule(full=120, minimum=91, additional=31))
    timed = {code: count for code, count in found.items() if code not in {"97545", "97546"}}
    assert (program.first, program.further) == (found.get("97545", 0), found.get("97546", 0))
    if treated - in_services:
        assert quarters(len(in_services)) == sum(timed.values())
