import threading

import pytest
from sqlalchemy import event

from cds_service.records import recent_overrides
from cds_service.records.database import Database
from tests.records.keeping import OVERDUE, accepted, keeping, overridden
from tests.records.test_faults import eventually

VIEW = (OVERDUE, "patient-view")
AT_FOUR = "2026-03-16T16:00:00Z"


@pytest.fixture
def second(kept, url):
    """Another process that keeps its records in the same database."""
    started = keeping(Database(url))
    assert started.records.pseudonyms == kept.records.pseudonyms
    yield started
    started.records.close()


def override_all(kept):
    cards = kept.call(*VIEW).json["cards"]
    kept.written().feedback(*map(overridden, cards))
    return cards


def test_what_was_overridden_in_another_process_is_held_back_a_moment_later(kept, second):
    override_all(kept)
    eventually(lambda: second.cards(*VIEW) == [])


def test_what_was_overridden_before_the_start_is_held_back_by_the_first_call(kept, url):
    override_all(kept)
    started = keeping(Database(url))
    assert [] == started.cards(*VIEW)
    started.records.close()


def test_what_is_accepted_afterwards_in_another_process_is_shown_again(kept, second):
    cards = override_all(kept)
    eventually(lambda: second.cards(*VIEW) == [])
    kept.feedback(*[accepted(card, outcomeTimestamp=AT_FOUR) for card in cards])
    assert ["reassessment.overdue"] == kept.cards(*VIEW)
    eventually(lambda: second.cards(*VIEW) == ["reassessment.overdue"])


def test_feedback_that_came_long_ago_and_is_matched_now_is_found_by_a_look_that_goes_back_further(kept, second):
    kept.feedback(*map(overridden, kept.call(*VIEW).json["cards"]))
    kept.written()
    second.clock.pass_days(5 / (24 * 60))
    second.records.overrides.look(far=True)
    assert [] == second.cards(*VIEW)


def test_a_clock_that_was_ahead_hides_no_feedback(kept, second):
    second.clock.pass_days(1)
    second.records.overrides.look()
    second.clock.pass_days(-1)
    override_all(kept)
    eventually(lambda: second.cards(*VIEW) == [])


def test_a_hook_call_asks_the_database_nothing_but_whether_its_token_was_used(kept):
    override_all(kept)
    asked = []

    def note(_connection, _cursor, statement, *_):
        if threading.current_thread().name not in {"records", "overrides"}:
            asked.append(statement.split()[:3])

    event.listen(kept.records.database.engine, "before_cursor_execute", note)
    assert [] == kept.cards(*VIEW)
    assert [["INSERT", "INTO", "used_token"]] == asked


def test_of_too_many_episodes_those_with_the_latest_feedback_are_known(kept, monkeypatch):
    monkeypatch.setattr(recent_overrides, "MOST_EPISODES", 1)
    override_all(kept)
    second_view = ("past-six-weeks-without-approval", "patient-view")
    kept.feedback(*map(overridden, kept.call(*second_view).json["cards"]))
    kept.written()
    assert ["reassessment.overdue"] == kept.cards(*VIEW)
    assert "program-duration.over" not in kept.cards(*second_view)


def test_what_is_too_old_is_forgotten(kept):
    override_all(kept)
    assert 1 == kept.records.overrides.known
    kept.clock.pass_days(8)
    kept.records.overrides.look(far=True)
    assert 0 == kept.records.overrides.known


def test_while_the_database_cannot_be_read_what_is_known_stays(kept):
    override_all(kept)
    with kept.records.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE card RENAME TO elsewhere")
    kept.records.overrides.learn("https://ehr.example.org", {"any"})
    assert [] == kept.cards(*VIEW)
    with kept.records.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO card")
