"""Every visit of any program lies in exactly one week of its picture, over midnight and over a change of the clocks."""

import itertools
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cds_service.consultation.timelines.program_timelines import timeline_of
from cds_service.consultation.timelines.weeks import weeks_of
from cds_service.domain.care import Appointment, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart
from cds_service.domain.codes import Program
from cds_service.domain.intervals import Interval
from cds_service.domain.program_timeline import VisitInTime
from tests.billing.bill_stories import policy_of

CENTRAL = ZoneInfo("America/Chicago")
POLICY = policy_of({"program.max_weeks": {"conditioning": 6, "hardening": 6}})
BEGIN = date(2026, 2, 20)
STARTS = st.integers(0, 24 * 60 * 40).map(lambda minutes: timedelta(minutes=minutes))
LENGTHS = st.integers(1, 300)


def session(start, minutes):
    """A treatment by the clocks of the place; its date is that of its start there."""
    midnight = datetime(BEGIN.year, BEGIN.month, BEGIN.day, tzinfo=CENTRAL)
    begun = (midnight.astimezone(ZoneInfo("UTC")) + start).astimezone(CENTRAL)
    ends = (begun.astimezone(ZoneInfo("UTC")) + timedelta(minutes=minutes)).astimezone(CENTRAL)
    return Session(f"Procedure/{start}", begun.date(), Program.CONDITIONING, period=Interval(begun, ends))


@given(st.lists(st.tuples(STARTS, LENGTHS), min_size=1, max_size=20))
def test_every_visit_lies_in_exactly_one_week(treatments):
    sessions = tuple(sorted((session(*treatment) for treatment in treatments), key=lambda held: held.date))
    day = max(held.date for held in sessions)
    case = Case(Moment.VISIT_CLOSE, day, day, Chart("Patient/p", sessions=sessions, zone=CENTRAL))
    timeline = timeline_of(case, POLICY)
    for held in {held.date for held in sessions if held.date in case.episode.dates}:
        weeks = [week for week in timeline.weeks if week.first <= held <= week.last]
        assert [1] == [sum(visit.date == held for visit in week.visits) for week in weeks]
    assert sum(visit.minutes or 0 for visit in timeline.treated) == sum(
        case.visits[day].minutes for day in case.episode.dates
    )
    assert timeline.week is not None


@given(st.lists(st.integers(-60, 200), min_size=1, unique=True, max_size=30), st.integers(-20, 20), st.integers(1, 100))
def test_weeks_leave_no_day_out_and_hold_none_twice(days, counted, longer):
    visits = tuple(VisitInTime(BEGIN + timedelta(days=day), None) for day in sorted(days))
    first, last = visits[0].date, visits[-1].date + timedelta(days=longer)
    weeks = weeks_of(visits, BEGIN + timedelta(days=counted), first, last)
    assert visits == tuple(visit for week in weeks for visit in week.visits)
    assert weeks[0].first <= first <= weeks[0].last
    assert weeks[-1].first <= last <= weeks[-1].last
    assert all(after.first - before.last == timedelta(days=1) for before, after in itertools.pairwise(weeks))
    assert [week.number for week in weeks if week.number is not None] == list(
        range(1, 1 + sum(week.number is not None for week in weeks))
    ) or counted < days[0]


@given(st.lists(st.integers(0, 40), max_size=8))
def test_booked_visits_are_shown_beside_those_held_and_never_twice(days):
    held = session(timedelta(hours=9), 120)
    booked = tuple(
        Appointment(f"Appointment/{place}", BEGIN + timedelta(days=day)) for place, day in enumerate(sorted(days))
    )
    case = Case(Moment.BOOKING, BEGIN, BEGIN, Chart("Patient/p", sessions=(held,), zone=CENTRAL), appointments=booked)
    timeline = timeline_of(case, POLICY)
    assert {BEGIN + timedelta(days=day) for day in days} - {BEGIN} == {visit.date for visit in timeline.booked}
    assert [BEGIN] == [visit.date for visit in timeline.treated]
