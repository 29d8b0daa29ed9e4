"""A site's changed value changes answers only for dates of service from its first day on."""

from datetime import date, timedelta

import pytest

from cds_service.policies.stack import PolicyStack
from cds_service.stories import build
from cds_service.stories.playing import play

CHANGE = date(2026, 7, 1)
HEAD = """\
policy: site-saga
title: Saga Insurance (invented)
match: {payer: Saga Insurance}
status: partial
values:
  authorization.required:
"""
VALUE = """\
    - from: %s
      value: %s
      source: {title: Invented agreement, retrieved: 2026-01-02}
      confidence: verified
"""
BEFORE = HEAD + VALUE % ("2026-01-01", "never")
CHANGED = BEFORE + VALUE % (CHANGE, "always")
BOTH_SIDES = """\
title: The day before
today: 2026-06-30
patient: {state: IA}
coverage: {payer: Saga Insurance}
visits: [{day: today, from: "08:00", minutes: 120}]
expect: {silent: [authorization], values: {authorization.required: never}}
---
title: The first day
today: 2026-07-01
patient: {state: IA}
coverage: {payer: Saga Insurance}
visits: [{day: today, from: "08:00", minutes: 120}]
expect: {fires: [authorization.missing], layers: {authorization.required: site-saga}}
"""


@pytest.fixture
def saga(tmp_path):
    """A folder with one story for each side of the change."""
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "saga.yaml").write_text(BOTH_SIDES)
    return tmp_path


@pytest.fixture
def answers(saga):
    """The whole answers to a visit some days from the change, without and with it."""

    def both(days):
        return [answer(saga, policy, CHANGE + timedelta(days=days)) for policy in (BEFORE, CHANGED)]

    return both


def answer(folder, policy, day):
    (folder / "site-saga.yaml").write_text(policy)
    visit = {
        "patient": {"state": "IA"},
        "coverage": {"payer": "Saga Insurance"},
        "visits": [{"day": "today", "from": "08:00", "minutes": 120}],
    }
    return play(build(visit, day), "encounter-discharge", PolicyStack.load([folder])).answer


@pytest.mark.parametrize("days", [-180, -1])
def test_the_whole_answer_for_an_earlier_date_of_service_stays_as_it_was(answers, days):
    without, changed = answers(days)
    assert without == changed


@pytest.mark.parametrize("days", [0, 180])
def test_from_its_first_day_on_the_answer_is_another(answers, days):
    without, changed = answers(days)
    assert without != changed


@pytest.mark.parametrize(
    ("policy", "failed"),
    [
        (CHANGED, set()),
        (BEFORE, {"The first day"}),
        (HEAD + VALUE % ("2026-01-01", "always"), {"The day before"}),
        (BEFORE + VALUE % ("2026-06-30", "always"), {"The day before"}),
        (BEFORE + VALUE % ("2026-07-02", "always"), {"The first day"}),
    ],
    ids=["changed", "not changed", "changed in place", "a day early", "a day late"],
)
def test_stories_on_both_sides_hold_the_change_to_its_day(run, saga, policy, failed):
    (saga / "site-saga.yaml").write_text(policy)
    done = run("test", saga)
    assert failed == {line.partition(": ")[2] for line in done.output.splitlines() if line.startswith("failed")}
    assert bool(failed) == bool(done.exit_code)
