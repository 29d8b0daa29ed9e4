from datetime import date

import pytest

from cds_service.hooks.program_picture import timeline_of_answer
from cds_service.stories import load
from cds_service.stories.playing import play
from tests.playing import bundled_policies


@pytest.fixture
def program_in_time():
    """The timeline of a bundled story with an approval that has a number."""
    story = load("texas-hardening-pt-pta", date(2026, 3, 16))
    return timeline_of_answer(play(story, "encounter-discharge", bundled_policies()).answered)
