"""Of a search that was cut short nothing is asserted that the rest could refute, and no claim is recommended."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.ehr.judging import problems
from cds_service.errors import DataNeeded
from cds_service.hooks.answer import Answerer
from cds_service.hooks.call import read_call
from cds_service.policies.stack import PolicyStack
from cds_service.stories import load

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 10)
ANSWERER = Answerer(
    policies=PolicyStack.load(),
    clock=lambda: datetime(2026, 3, 10, 12, tzinfo=UTC),
    public_url="https://cds.example.org",
    source_label="Work Rehab CDS",
    max_cards=50,
)
REQUEST = json.dumps(load("clean-program", TODAY).request("encounter-discharge"))
RESTS_ON = ("procedures", "coverage", "carePlans", "authorizations", "charges")
ASSERTED = (
    "overdue by",
    "none on record",
    "none on or before",
    "Record start and stop",
    "Get authorization",
    "Settle authorization",
)


def answered(change):
    request = json.loads(REQUEST)
    request["prefetch"]["charges"] = None
    change(request["prefetch"])
    answer = ANSWERER.answer(read_call(json.dumps(request).encode(), "work-rehab-visit"))
    assert [] == problems(answer)
    return answer


def recommended(answer):
    return any(
        suggestion.get("isRecommended") for card in answer["cards"] for suggestion in card.get("suggestions", [])
    )


def test_the_whole_record_is_recommended():
    assert recommended(answered(lambda _: None))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(RESTS_ON), st.data())
def test_no_part_of_a_record_is_taken_for_the_whole(key, data):
    def cut(prefetch):
        entries = prefetch[key].get("entry", []) if prefetch[key] else []
        kept = data.draw(st.lists(st.sampled_from(entries), min_size=1, unique_by=id)) if entries else []
        hint = data.draw(st.sampled_from(["total", "next", "both"]))
        prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "entry": kept}
        if hint != "next":
            prefetch[key]["total"] = len(entries) + 1
        if hint != "total":
            prefetch[key]["link"] = [{"relation": "next", "url": "https://ehr.example.org/fhir/page/2"}]

    with suppress(DataNeeded):
        answer = answered(cut)
        said = json.dumps(answer["cards"])
        assert answer.get("extension"), "an empty list would say that all is well"
        assert not recommended(answer)
        assert key != "procedures" or not any(words in said for words in ASSERTED)
