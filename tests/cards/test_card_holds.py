"""Do not bill 97545 for a telehealth visit never stands beside charges; once it is overridden, they are asked about."""

from pathlib import Path

import pytest

from cards.composition import compose
from tests.playing import play, stories_of

STORIES = Path(__file__).parents[1] / "cases" / "coverage" / "telehealth.yaml"


@pytest.fixture
def answered():
    story = next(story for story in stories_of(STORIES) if story.title.startswith("Do not bill stands alone"))
    return play(story, story.hooks[0]).answered


def rules(composition):
    return [group.host.finding.rule for group in composition.shown]


def test_what_is_withheld_is_told_with_its_reason(answered):
    composition = compose(answered.evaluation, settings=answered.settings)
    assert "visit-charges" not in rules(composition)
    (held,) = [card for card in composition.withheld if card.group.host.finding.rule == "visit-charges"]
    assert "held by telehealth" == held.why


def test_once_overridden_the_charges_are_shown_and_not_recommended(answered):
    unwanted = {finding.key: "overridden" for finding in answered.evaluation.findings if finding.rule == "telehealth"}
    composition = compose(answered.evaluation, settings=answered.settings, unwanted=unwanted)
    assert "telehealth" not in rules(composition)
    (shown,) = [group for group in composition.shown if group.host.finding.rule == "visit-charges"]
    assert not any(proposal.recommended for proposal in shown.host.finding.proposals)
    assert "telehealth" in shown.caveats[0].why
