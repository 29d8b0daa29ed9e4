"""The documentation cannot drift: what exists is documented, what is documented exists."""

import re
import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from cards.policy_values import CONFIDENCE_WORDS, NOT_ITS_OWN
from cards.wording import kinds
from cds_service.app.assembly import answerer_for
from cds_service.app.settings import Settings
from cds_service.hooks.call import read_call
from cds_service.hooks.services import SERVICES
from cds_service.policies.parameters import PARAMETERS
from cds_service.rules.catalog import RULES
from cds_service.stories import build
from cds_service.stories.expectations import Expect
from cds_service.stories.language import StoryWords
from cds_service.yaml_files import YamlFile
from tests.health import samples
from tests.playing import CASES, bundled_policies, check, play, stories_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
STORY_PAGE = (ROOT / "docs" / "stories.md").read_text()
TESTING_PAGE = (ROOT / "docs" / "testing.md").read_text()


def test_settings_are_all_documented_and_no_others():
    documented = set(re.findall(r"^\| `(CDS_[A-Z_]+)`", CONFIGURATION, re.MULTILINE))
    assert {f"CDS_{name.upper()}" for name in Settings.model_fields} == documented


def test_services_and_hooks_are_in_the_readme():
    for service in SERVICES:
        line = next(line for line in README.splitlines() if line.startswith(f"| `{service.id}`"))
        assert service.hook in line


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_tells_its_law_and_its_sources(rule):
    assert len(rule.law) > 80, "the docstring of a rule's check is the law in words"
    assert rule.sources
    assert all(parameter.name in PARAMETERS for parameter in rule.parameters)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize("expectation", ["fires", "silent"])
def test_a_rule_has_stories(rule, expectation):
    assert rule.id in named(expectation), f"no story in tests/cases in which {rule.id} {expectation}"


@cache
def named(expectation):
    """Rules that stories name under one of their expectations."""
    stories = (story for path in CASES.rglob("*.yaml") for story in stories_of(path))
    names = (name for story in stories for name in getattr(story.expect, expectation))
    return {name.split(".")[0] for name in names}


def test_the_card_in_the_readme_is_the_one_that_is_printed():
    quoted = samples.quoted(ROOT / "README.md")["the card"]
    assert samples.SAMPLES["the card"]() == quoted, "python -m tests.health.samples renews it"
    example = re.search(r'^\| summary \|.* as in "(.*)" \|$', README, re.MULTILINE)[1]
    assert f" {example} " in quoted


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_a_sample_in_the_pages_is_what_the_service_gives(name):
    pages = {page.name: samples.quoted(page) for page in PAGES}
    quoted = {page: found[name] for page, found in pages.items() if name in found}
    assert quoted, f"no page quotes the sample {name}"
    for page, text in quoted.items():
        assert samples.SAMPLES[name]() == text, f"{page}: python -m tests.health.samples renews it"


def test_every_sample_in_the_pages_is_made_by_the_tests():
    marked = {name for page in PAGES for name in re.findall(r"^<!-- sample: (.+) -->$", page.read_text(), re.MULTILINE)}
    assert set(samples.SAMPLES) == marked
    assert marked == {name for page in PAGES for name in samples.quoted(page)}


def test_commands_in_the_readme_work_as_printed_after_the_install():
    blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    bare = [
        line for block in blocks for line in block.splitlines() if re.search(r"(?<![/\w-])(cds-service|pytest) ", line)
    ]
    assert [] == bare


def test_the_readme_names_a_subset_of_the_tests_that_is_there():
    quick = re.search(r'^\.venv/bin/pytest -q -m "not slow" (tests/.*)$', README, re.MULTILINE)[1]
    assert all((ROOT / folder).is_dir() for folder in quick.split())
    assert f'-m "not slow" {quick}' in TESTING_PAGE


def test_the_slow_tests_are_run_by_the_command_of_the_readme():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert any(marker.startswith("slow: ") for marker in options["markers"])
    assert "-m" not in options["addopts"].split()
    assert re.search(r"&& \.venv/bin/pytest -q$", README, re.MULTILINE)


@pytest.mark.parametrize("words", [*CONFIDENCE_WORDS.values(), NOT_ITS_OWN])
def test_the_readme_explains_how_sure_cards_are_in_their_words(words):
    assert f"*{words}*" in README.replace("\n", " ")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_words(rule):
    assert any(kind.startswith(f"{rule.id}.") for kind in kinds())


@pytest.mark.parametrize("kind", kinds())
def test_words_belong_to_a_rule(kind):
    assert kind.split(".")[0] in {rule.id for rule in RULES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def keys_of_table(page, heading):
    """The names in the first column of the table below a heading."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize(("heading", "kind"), [("What a story says", StoryWords), ("What it expects", Expect)])
def test_every_key_of_a_story_is_on_the_story_page(heading, kind):
    assert sorted(kind.model_fields) == sorted(keys_of_table(STORY_PAGE, heading))


def test_where_sources_differ_is_listed_as_the_policies_have_it():
    page = (ROOT / "docs" / "policy-layers.md").read_text()
    listed = {
        (layer, row[1])
        for row in re.finditer(r"`conflict` of `([a-z_.]+)`(.*?) \|$", page, re.MULTILINE)
        for layer in layers_named(row[2])
    }
    held = {
        (policy.id, value.parameter)
        for policy in bundled_policies().policies
        for dated in policy.values.values()
        for value in dated
        if value.conflict is not None
    }
    assert held == listed


def layers_named(text):
    """The policies a row names: ``in`` some, ``also in`` others beside the general one, which needs no name."""
    named = re.findall(r"`([a-z-]+)`", text)
    return named if named and "also in" not in text else ["generic", *named]


def test_the_example_of_the_story_page_is_a_story_that_holds():
    example = re.search(r"```yaml\n(.*?)```", STORY_PAGE, re.DOTALL)[1]
    story = build(YamlFile("example", example).content, date(2026, 1, 14))
    assert [] == check(story, play(story, story.hook))


def test_the_request_of_the_connection_page_is_answered_with_a_card():
    page = (ROOT / "docs" / "connect.md").read_text()
    request = re.search(r"-d '(\{.*?\n\})'", page, re.DOTALL)[1]
    answer = answerer_for(Settings(), bundled_policies()).answer(read_call(request.encode(), "work-rehab-order"))
    assert any("97545" in card["summary"] for card in answer["cards"])


def test_the_reading_path_is_read_in_fifteen_minutes():
    section = (ROOT / "docs" / "design.md").read_text().partition("## Fifteen minutes")[2].partition("\n## ")[0]
    files = [ROOT / "docs" / target for target in re.findall(r"\]\(([^)]+)\)", section)]
    lines = {file.name: len(file.read_text().splitlines()) for file in files}
    assert "reassessment.py" in lines
    assert sum(lines.values()) <= 1200, f"the path has grown: {lines}"
