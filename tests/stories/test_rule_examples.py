"""The invented patients on the pages of the rules: each makes its rule speak, whatever the day."""

from datetime import date, timedelta

import pytest

from cards.explanation import FINDING_EXTENSION
from cds_service.rules.catalog import RULES
from cds_service.stories.playing import play
from cds_service.stories.story_files import example_for
from tests.playing import bundled_policies

A_WEEK = [date(2026, 3, 16) + timedelta(days=day) for day in range(7)]
WITH_EXAMPLE = [rule.id for rule in RULES if example_for(rule.id, A_WEEK[0]) is not None]


@pytest.mark.parametrize("rule", WITH_EXAMPLE)
def test_an_example_makes_its_rule_speak_on_every_day_of_the_week(rule):
    for today in A_WEEK:
        story = example_for(rule, today)
        cards = play(story, story.hook, bundled_policies()).cards
        assert rule in {card["extension"][FINDING_EXTENSION]["rule"] for card in cards}, today
