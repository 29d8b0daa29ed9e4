"""The answer does not change when all times of a request are written in another offset from UTC."""

import json
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.hooks.answer import Answerer
from cds_service.hooks.call import read_call
from cds_service.stories import bundled, load
from cds_service.stories.story_dates import rewritten
from tests.playing import bundled_policies

pytestmark = pytest.mark.slow

CENTRAL = ZoneInfo("America/Chicago")
ANSWERER = Answerer(
    policies=bundled_policies(),
    clock=lambda: datetime(2026, 3, 16, 9, tzinfo=CENTRAL),
    public_url="https://cds.example.org",
    source_label="Work Rehab CDS",
    max_cards=50,
    time_zone=CENTRAL,
)
REQUESTS = [
    (story.hook, story.service, story.request()) for story in (load(name, date(2026, 3, 16)) for name in bundled())
]


def answer(service, request):
    return ANSWERER.answer(read_call(json.dumps(request).encode(), service))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(REQUESTS), st.integers(-12 * 4, 14 * 4).map(lambda quarters: timedelta(minutes=15 * quarters)))
def test_the_offset_in_which_times_are_written_does_not_change_the_answer(asked, offset):
    _, service, request = asked
    assert answer(service, request) == answer(service, rewritten(request, timezone(offset)))
