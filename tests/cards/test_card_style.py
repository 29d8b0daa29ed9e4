"""What cards say over all stories: how long it is, and words that must not return (docs/style.md)."""

import re
from functools import cache
from statistics import median

import pytest

from cds_service.domain.terms import ELEMENT_WORDS
from cds_service.policies.parameters import PARAMETERS
from cds_service.rules.catalog import RULES
from tests.playing import CASES, bundled_policies, play, stories_of

pytestmark = pytest.mark.slow

TYPICAL_LENGTH = 350
MOST_LENGTH = 900
MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
GONE = {
    "a word of ours for the minimum": r"\bleast (first|further)\b|\btold\b",
    "wants": r"\bwants?\b",
    "an announcement before something known": r"\bNot known:",
    "a British date": rf"\b\d{{1,2}} ({MONTH})\b(?! \d)",
    "an ISO date": r"(?<![\w/-])20\d\d-\d\d-\d\d(?![\w-])",
    "a time of 24 hours": r"(?<![+\d-])(0\d|1[3-9]|2[0-3]):[0-5]\d\b",
    "a raw value": r"\b(after-max-weeks|after-visits-or-days|outside-guidelines|accredited-and-listed|cms-8)\b",
    "a kind without a name": r"\bunknown: ",
    "the id of an element": r"\bD-\d",
    "a line with its modifiers apart": r"\b\d{5} x\d+ \+ |\bx\d+, (GP|GO|GN)\b",
}
IDS = {rule.id for rule in RULES if "-" in rule.id} - {"pair-edit", "plan-of-care"}


@cache
def cards():
    stories = (story for path in sorted(CASES.rglob("*.yaml")) for story in stories_of(path))
    played = (play(story, hook) for story in stories for hook in story.hooks)
    return [card for answered in played if answered.refused is None for card in answered.cards]


def without_addresses(text):
    return re.sub(r"\]\([^)\s]*\)", "]", text)


def said(card):
    """What a person reads: summary, detail and labels, without the names of sources and what payers' texts say."""
    detail = "\n".join(
        re.sub(r"\([^()]*\[.*\]\)|\(.*\)\.?$", "", line)
        for line in without_addresses(card.get("detail", "")).splitlines()
        if not line.startswith("- Sources differ")
    )
    labels = [suggestion["label"] for suggestion in (*card.get("suggestions", []), *card["links"][:1])]
    return "\n".join((card["summary"], detail, *labels))


def test_a_detail_is_short():
    lengths = [len(card["detail"]) for card in cards()]

    assert max(lengths) <= MOST_LENGTH
    assert median(lengths) <= TYPICAL_LENGTH


def test_a_summary_is_never_cut():
    assert [] == [card["summary"] for card in cards() if len(card["summary"]) >= 140]


@pytest.mark.parametrize("pattern", GONE.values(), ids=GONE.keys())
def test_words_that_are_gone_do_not_return(pattern):
    assert set() == {text for text in map(said, cards()) if re.search(pattern, text)}


def test_rules_policies_parameters_and_resources_have_names():
    ids = IDS | {policy.id for policy in bundled_policies().policies if "-" in policy.id} | set(PARAMETERS)
    named = re.compile(rf"(?<![\w/])({'|'.join(map(re.escape, ids))})(?![\w/])|\b[A-Z][A-Za-z]+/[\w.-]+-\d+\b")

    assert set() == {match.group() for text in map(said, cards()) for match in named.finditer(text)}


def test_labels_of_parameters_are_in_the_same_language():
    wrong = re.compile(r"\b(least|told|wants?)\b")

    assert [] == [
        parameter.label
        for parameter in PARAMETERS.values()
        if wrong.search(f"{parameter.label} {parameter.meaning.split('.')[0]}")
    ]


def test_facts_can_be_read_without_space_between_columns():
    for card in cards():
        rows = [line for line in card["detail"].splitlines() if line.startswith("| ")][2:]
        assert all(re.match(r"\| [^|]+: \| [^|]+ \|$", row) for row in rows), rows


def test_every_element_of_the_record_has_a_name():
    assert {f"D-{number}" for number in range(1, 21)} == set(ELEMENT_WORDS)
