"""What others may import, and that it is all: five names, each in the program of docs/library.md or described there."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import cards
import cds_service
from cds_service.errors import DataNeeded
from cds_service.stories import load
from tests.playing import bundled_policies, play

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "library.md").read_text()
SURFACE = {cds_service: ["create_app", "evaluate", "load_policies"], cards: ["Card", "compose"]}
NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)


@pytest.mark.parametrize("package", SURFACE, ids=lambda package: package.__name__)
def test_the_public_surface_is_this_and_no_more(package):
    assert SURFACE[package] == package.__all__
    assert all(getattr(package, name).__name__ == name for name in package.__all__)
    documented = set(re.findall(rf"\| `{package.__name__}\.(\w+)", PAGE))
    assert set(SURFACE[package]) == documented
    with pytest.raises(AttributeError, match="no attribute 'unheard_of'"):
        _ = package.unheard_of


@pytest.mark.parametrize("package", SURFACE, ids=lambda package: package.__name__)
def test_a_package_alone_loads_nothing_of_ours(package):
    program = f"import sys, {package.__name__}; print(sorted(n for n in sys.modules if n.split('.')[0] in "
    program += "{'cards', 'cds_service', 'flask', 'msgspec', 'pydantic'}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout
    assert f"['{package.__name__}']\n" == loaded


def test_the_program_of_the_page_prints_what_the_page_says(capsys):
    program, printed = re.search(r"```python\n(.*?)```\n\nprints\n\n```\n(.*?)```", PAGE, re.DOTALL).groups()
    exec(compile(program, "docs/library.md", "exec"), {})  # noqa: S102 - our own page
    assert printed == capsys.readouterr().out


@pytest.mark.parametrize("hook", ["encounter-discharge", "encounter-start", "patient-view"])
def test_the_library_finds_what_a_hook_call_finds(hook):
    story = load("texas-hardening-pt-pta", NOW.date())
    prefetch = story.request(hook)["prefetch"]
    by_call = play(story, hook).answered.evaluation
    by_library = cds_service.evaluate(
        hook, prefetch, bundled_policies(), now=NOW, encounter=story.material.encounter, jurisdiction="US-TX"
    )
    assert by_call.findings == by_library.findings


def test_a_whole_record_finds_what_its_prefetch_finds():
    story = load("texas-hardening-pt-pta", NOW.date())
    hook, encounter = "encounter-discharge", story.material.encounter
    by_record, by_prefetch = (
        cds_service.evaluate(hook, record, bundled_policies(), now=NOW, encounter=encounter, jurisdiction="US-TX")
        for record in (story.resources, story.request(hook)["prefetch"])
    )
    assert by_prefetch.findings == by_record.findings


def test_drafts_are_what_an_order_is_about():
    story = load("order-without-code", NOW.date())
    prefetch = story.request("order-sign")["prefetch"]
    found = cds_service.evaluate("order-sign", prefetch, bundled_policies(), now=NOW, drafts=story.drafts)
    assert "program-code" in {finding.rule for finding in found.findings}
    assert cds_service.evaluate("order-sign", prefetch, bundled_policies(), now=NOW) is None


def test_what_cannot_be_asked_is_refused_in_words():
    patient = {"resourceType": "Patient", "id": "p1"}
    with pytest.raises(ValueError, match="no hook is called 'visit'; there are: order-select"):
        cds_service.evaluate("visit", [patient], bundled_policies(), now=NOW)
    with pytest.raises(ValueError, match="the record has no patient with an id"):
        cds_service.evaluate("patient-view", [], bundled_policies(), now=NOW)
    with pytest.raises(DataNeeded):
        cds_service.evaluate("patient-view", {"patient": patient}, bundled_policies(), now=NOW)
    assert cds_service.evaluate("patient-view", [patient], bundled_policies(), now=NOW) is None
