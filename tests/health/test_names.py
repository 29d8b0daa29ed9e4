"""Names say what they hold: no pronouns, no module name twice, no public name in several modules."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("cds_service", "cards")
PRONOUNS = {
    *("one", "other", "others", "both", "everything", "anything", "nothing"),
    *("given", "told", "ours", "theirs", "mine", "these", "those", "who", "whose"),
}
TEMPLATES = {".html", ".j2", ".yaml"}
PACKAGE_FILES = {"__init__", "__main__"}
IN_EACH_OF_A_KIND = {
    "RULES": "each topic of rules lists its own, and the catalog puts them together",
    "blueprint": "each page registers its routes under this name, as Flask applications do",
    **dict.fromkeys(
        ("revision", "down_revision", "branch_labels", "depends_on", "upgrade", "downgrade"),
        "each migration of the database has them, as Alembic reads them",
    ),
    "init_app": "what stands around all pages joins the application under this name, as Flask extensions do",
}
"""Names that several modules of one kind have to share, with the reason."""


def modules(*folders):
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@cache
def parsed(path):
    return ast.parse(path.read_text())


def variables(tree):
    """Every variable and argument with its line; names of functions, modules and attributes are not variables."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name, node.lineno


def public_names(tree):
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))


@pytest.mark.parametrize("folder", [*CODE, "tests"])
def test_no_variable_is_a_pronoun(folder):
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in modules(folder)
        for name, line in variables(parsed(path))
        if name in PRONOUNS
    ]
    assert not found, f"name what the variable holds (`line`, `visit`, `coverage`), in {', '.join(found)}"


def test_no_variable_of_a_template_is_a_pronoun():
    templates = [path for folder in CODE for path in (ROOT / folder).rglob("*") if path.suffix in TEMPLATES]
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in templates
        for name in re.findall(r"{%-? *(?:for|set) (\w+)", path.read_text())
        if name in PRONOUNS
    ]
    assert templates
    assert not found, f"name what the variable holds, in {', '.join(found)}"


def test_no_module_name_stands_twice():
    places = defaultdict(list)
    for path in modules(*CODE):
        if path.stem not in PACKAGE_FILES:
            places[path.stem].append(str(path.relative_to(ROOT)))
    twice = {name: paths for name, paths in places.items() if len(paths) > 1}
    assert not twice, f"give each module a name of its own, so that it is found in one guess: {twice}"


def test_no_public_name_is_defined_in_several_modules():
    places = defaultdict(set)
    for path in modules(*CODE):
        for name in public_names(parsed(path)):
            if not name.startswith("_"):
                places[name].add(str(path.relative_to(ROOT)))
    several = {
        name: sorted(paths) for name, paths in places.items() if len(paths) > 1 and name not in IN_EACH_OF_A_KIND
    }
    assert not several, f"import it where it means the same, else rename it after what it is: {several}"


@pytest.mark.parametrize("name", IN_EACH_OF_A_KIND)
def test_a_shared_name_is_still_shared(name):
    holders = [path for path in modules(*CODE) if name in public_names(parsed(path))]
    assert len(holders) > 1, f"{name} stands in one module now; take it out of IN_EACH_OF_A_KIND"
