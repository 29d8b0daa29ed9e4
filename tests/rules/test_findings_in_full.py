"""All that the rules find in some stories is what is written of it, to the last fact, value and open question."""

import pytest

from cds_service.rules.catalog import RULES
from tests.rules.findings_in_full import found_in, stories_in_full

WRITTEN = list(stories_in_full())


@pytest.mark.parametrize(
    ("folder", "heading", "lines"), [pytest.param(*story, id=f"{story[0]}: {story[1]}") for story in WRITTEN]
)
def test_a_story_finds_what_is_written_of_it(folder: str, heading: str, lines: str):
    assert lines == found_in(folder, heading)


def test_every_rule_finds_something_in_full():
    findings = "".join(lines for _, _, lines in WRITTEN)
    assert [] == [rule.id for rule in RULES if f": {rule.id}." not in findings]
