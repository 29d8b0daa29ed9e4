"""Bills in a few lines each: ``stories/*.yaml``, a file for each module of the package. See ``bill_stories``."""

import pytest

from tests.billing.bill_stories import all_doubts, bill_told_by, stories, summary

TOLD_APART = {"story", "because", "doubts", "no doubts"}
INPUT = {
    "treated", "yesterday", "services", "plans", "program", "claims", "orders", "ordered already", "payers", "policy",
    "encounter", "injury", "unavailable", "approvals", "accidents", "claim number", "diagnoses",
}  # fmt: skip


@pytest.mark.parametrize("story", [pytest.param(story, id=name) for name, story in stories()])
def test_a_bill_is_as_its_story_tells(story):
    bill = bill_told_by(story)
    doubts = all_doubts(bill)
    expected = {name: part for name, part in story.items() if name not in TOLD_APART | INPUT}
    found = summary(bill)
    assert expected == {name: found.get(name) for name in expected}
    for words in story.get("doubts", ()):
        assert any(words in doubt for doubt in doubts), f"{words!r} is not among {doubts}"
    for words in story.get("no doubts", ()):
        assert not any(words in doubt for doubt in doubts), f"{words!r} is among {doubts}"


def test_every_part_of_the_package_has_its_stories():
    assert len({name.partition(":")[0] for name, _ in stories()}) >= 8
