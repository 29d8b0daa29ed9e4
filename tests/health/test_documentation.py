"""The documentation cannot drift: what exists is documented, what is documented exists."""

import re
from pathlib import Path

import pytest

from cards.wording import kinds
from cds_service.hooks.services import SERVICES
from cds_service.policies.parameters import PARAMETERS
from cds_service.rules.catalogue import RULES
from cds_service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
STORIES = "\n".join(path.read_text() for path in (ROOT / "tests" / "cases").rglob("*.yaml"))


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
    lists = re.findall(rf"^ *{expectation}: *\[(.*?)\]", STORIES, re.MULTILINE | re.DOTALL)
    named = {name.strip().split(".")[0] for found in lists for name in found.split(",")}
    assert rule.id in named, f"no story in tests/cases in which {rule.id} {expectation}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_words(rule):
    assert any(kind.startswith(f"{rule.id}.") for kind in kinds())


@pytest.mark.parametrize("kind", kinds())
def test_words_belong_to_a_rule(kind):
    assert kind.split(".")[0] in {rule.id for rule in RULES}


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")) + [ROOT / "README.md"], ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
