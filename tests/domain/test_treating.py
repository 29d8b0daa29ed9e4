"""Who gave which minutes."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.care import Performer, Role, Session
from cds_service.domain.codes import Discipline, Program
from cds_service.domain.intervals import Interval, elapsed, union
from cds_service.domain.treating import alone, time_by_roles

EIGHT = datetime(2026, 3, 16, 8, tzinfo=UTC)
PT, PTA = Role(Discipline.PT, assistant=False), Role(Discipline.PT, assistant=True)
AIDE = Performer("aide", None, "PT aide")
STRANGER = Performer("stranger", None)


def session(start, length, *people):
    begun = EIGHT + timedelta(minutes=start)
    period = Interval(begun, begun + timedelta(minutes=length))
    performers = tuple(
        person if isinstance(person, Performer) else Performer(person.title, person) for person in people
    )
    return Session("Procedure/p", date(2026, 3, 16), Program.UNKNOWN, period=period, performers=performers)


def minutes_alone(*sessions):
    whole = union(session.period for session in sessions)
    return alone(time_by_roles(sessions, whole), [Discipline.PT]) // timedelta(minutes=1)


def test_time_beside_a_therapist_is_not_the_assistants():
    assert minutes_alone(session(0, 60, PT), session(30, 60, PTA)) == 30


def test_time_beside_somebody_unknown_is_not_the_assistants():
    assert minutes_alone(session(0, 60, STRANGER), session(30, 60, PTA)) == 30


def test_an_aide_takes_nothing_from_the_assistant():
    assert minutes_alone(session(0, 60, AIDE), session(30, 60, PTA)) == 60


spans = st.tuples(st.integers(0, 300), st.integers(1, 200), st.sampled_from([PT, PTA, AIDE, STRANGER]))


@given(st.lists(spans, min_size=1, max_size=6))
def test_every_minute_belongs_to_exactly_one_set_of_people(stretches):
    sessions = [session(*stretch) for stretch in stretches]
    whole = union(session.period for session in sessions)
    assert elapsed(whole) == sum(time_by_roles(sessions, whole).values(), timedelta())
