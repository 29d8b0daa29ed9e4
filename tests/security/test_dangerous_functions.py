"""Nothing in the program can run what it reads: no shell, evaluated text, pickles, templates or markup from input."""

import ast
import re

import pytest

from tests.supply.locks import ROOT

MODULES = sorted(path for part in ("cds_service", "cards") for path in (ROOT / part).rglob("*.py"))
TEMPLATES = sorted((ROOT / "cds_service").rglob("*.html"))
IMPORTS = {"subprocess", "pty", "pickle", "marshal", "shelve", "dill", "xml", "lxml", "imp", "code"}
CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "render_template_string", "from_string", "Markup"}
HARMLESS = {"re.compile", "platform.system"}
KNOWN = {
    # The words of the cards are templates in files of the program itself; neither a site nor a caller brings any.
    "cards/wording.py": {"from_string"},
    "cards/packets/printed_packet.py": {"from_string"},
    # What templates of the program made, which escape every value that they are filled with.
    "cards/drawing/canvas.py": {"Markup"},
    "cds_service/web/pages/insights/insights_pages.py": {"Markup"},
    # Stylesheets of the program itself.
    "cds_service/audit/report/report_file.py": {"Markup"},
    "cds_service/web/pages/try_it/live_card.py": {"Markup"},
    # Fixed markup around escaped text.
    "cds_service/web/pages/coding_rules.py": {"Markup"},
    # Markdown without HTML; tests/web/try_it holds what becomes of hostile text.
    "cds_service/web/pages/drawn_cards.py": {"Markup"},
}
KNOWN_TEMPLATES = {
    # Pages of the program's own docs; HTML in them is dropped.
    "docs/page.html": "| safe",
}
OWN_SCRIPT = re.compile(r"<script src=\"\{\{ asset\('[a-z.]+'\) \}\}\" defer></script>")


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def called(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            whole = ast.unparse(node.func)
            if whole not in HARMLESS:
                yield whole.rpartition(".")[2]


def dangers(text):
    tree = ast.parse(text)
    return (set(imported(tree)) & IMPORTS) | (set(called(tree)) & CALLS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_runs_what_it_reads(path):
    known = KNOWN.get(str(path.relative_to(ROOT)), set())
    assert known == dangers(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_leaves_a_value_unescaped(path):
    text = OWN_SCRIPT.sub("", path.read_text(encoding="utf-8"))
    text = text.replace(KNOWN_TEMPLATES.get(f"{path.parent.name}/{path.name}", "\0"), "")
    assert not re.search(r"\|\s*(safe|tojson)\b|autoescape|<script|<style[^>]*>[^<]*\{\{|\son\w+\s*=|javascript:", text)


@pytest.mark.parametrize(
    "text", ["import pickle", "from subprocess import run", "os.system(name)", "eval(text)", "Markup(text)"]
)
def test_a_danger_is_found(text):
    assert dangers(text)
