import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cds_service.records.insights import INSIGHT_KEYS, Insight, Totals, insights, totals
from cds_service.records.retention import Purged, purge
from tests.records.keeping import NOW, accepted, keeping, overridden
from tests.security.signing import ISSUER, client

ELSEWHERE = {"uuid": "00000000-0000-4000-8000-000000000000"}


@pytest.fixture
def history(kept):
    """Two discharges and one view in one week, one view in the next: six cards of three rules."""
    first = kept.call().json["cards"]
    kept.call("past-six-weeks-without-approval", "patient-view")
    kept.feedback(overridden(first[0], "planned-next-visit"), accepted(first[1]), overridden(ELSEWHERE))
    kept.clock.pass_days(8)
    second = kept.call().json["cards"]
    kept.feedback(overridden(second[0], outcomeTimestamp="2026-03-24T15:00:01Z"))
    return kept.written()


def by(kept, name, since=None):
    return {row.key: row for row in insights(kept.records.database, name, since)}


def test_every_card_is_counted_by_rule_with_what_became_of_it(history):
    assert {
        "reassessment": Insight("reassessment", shown=2, accepted=0, overridden=2, ignored=0, withheld=0, shadow=0),
        "visit-charges": Insight("visit-charges", shown=2, accepted=1, overridden=0, ignored=1, withheld=0, shadow=0),
        "program-duration": Insight("program-duration", 1, accepted=0, overridden=0, ignored=1, withheld=0, shadow=0),
    } == by(history, "rule")


def test_what_was_shown_most_stands_first(history):
    assert ["reassessment", "visit-charges", "program-duration"] == [
        row.key for row in insights(history.records.database, "rule")
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("hook", {"encounter-discharge": 4, "patient-view": 1}),
        ("client", {ISSUER: 5}),
        ("week", {"2026-03-16": 3, "2026-03-23": 2}),
        ("reason", {"planned-next-visit": 1, "not told": 1}),
    ],
)
def test_cards_are_counted_by_anything_that_can_be_asked(history, name, shown):
    assert shown == {key: row.shown for key, row in by(history, name).items()}


@pytest.mark.parametrize("name", [name for name in INSIGHT_KEYS if name != "reason"])
def test_whatever_is_asked_every_card_is_counted_once(history, name):
    counted = by(history, name).values()
    assert 5 == sum(row.shown for row in counted)
    assert (1, 2, 2) == tuple(sum(getattr(row, n) for row in counted) for n in ("accepted", "overridden", "ignored"))


def test_weeks_stand_in_their_order(history):
    assert ["2026-03-16", "2026-03-23"] == [row.key for row in insights(history.records.database, "week")]


@pytest.mark.parametrize(("days", "week"), [(6, "2026-03-16"), (7, "2026-03-23"), (-1, "2026-03-09")])
def test_a_week_begins_on_monday(kept, days, week):
    kept.clock.pass_days(days)
    kept.call()
    assert [week] == list(by(kept.written(), "week"))


def test_only_calls_since_a_moment_count(history):
    since = NOW + timedelta(days=1)
    assert {"reassessment": 1, "visit-charges": 1} == {
        key: row.shown for key, row in by(history, "rule", since).items()
    }
    assert Totals(calls=1, without_cards=0, feedback=1, unmatched=0) == totals(history.records.database, since)
    assert 1 == history.records.calls_since(since)


def test_totals_tell_calls_and_feedback_that_matches_no_card(history):
    history.call("clean-program")
    assert Totals(calls=4, without_cards=1, feedback=4, unmatched=1) == totals(history.written().records.database)


def test_what_only_a_shadow_saw_is_no_denominator(database):
    kept = keeping(database, clients=(client(mode="shadow"),))
    kept.call()
    assert [(0, 1)] * 2 == [(row.shown, row.shadow) for row in insights(kept.written().records.database)]
    kept.records.close()


def test_purging_removes_what_is_old_with_everything_that_hangs_on_it(history):
    moment = NOW + timedelta(days=1)
    assert Purged(calls=2, cards=3, feedback=3, tokens=0) == purge(history.records.database, moment, NOW)
    assert (1, 2, 1) == tuple(map(history.count, ("decision", "card", "feedback")))
    assert (
        history.count("suggestion")
        == history.rows("SELECT count(*) FROM suggestion s JOIN card ON card.client = s.client AND card.uuid = s.card")[
            0
        ][0]
    )


def test_late_feedback_goes_with_its_card(kept):
    card = kept.call().json["cards"][0]
    kept.clock.pass_days(30)
    kept.feedback(overridden(card))
    purge(kept.written().records.database, NOW + timedelta(days=1), NOW)
    assert 0 == kept.count("feedback")


def command(url, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "cds_service.cli", *arguments],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd()), "CDS_DATABASE_URL": url, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


@pytest.mark.usefixtures("history")
def test_the_command_prints_a_table(url):
    printed = command(url, "insights", "--by", "rule")
    assert "reassessment" in printed
    assert "3 calls, 0 of them without cards; 4 feedback, 1 of it about cards not on record." in printed


@pytest.mark.usefixtures("history")
def test_the_command_prints_json(url):
    counted = json.loads(command(url, "insights", "--by", "week", "--since", "2026-03-20", "--json"))
    assert ["2026-03-23"] == [row["key"] for row in counted["counts"]]
    assert 1 == counted["totals"]["calls"]


def test_the_purge_command_keeps_the_days_it_is_told(history, url):
    assert "removed: 0 calls" in command(url, "records", "purge", "--older-than", "36500")
    assert "removed: 3 calls with 5 cards, 4 feedback" in command(url, "records", "purge", "--older-than", "0")
    assert 0 == history.count("decision")
