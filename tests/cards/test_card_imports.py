import ast
import sys
from pathlib import Path

import cards

ALLOWED = {"cards", "cds_service.domain", "cds_service.yaml_files", "jinja2", "msgspec"}
FORBIDDEN_NAMES = {"uuid4", "now", "today", "utcnow", "random"}
MODULES = sorted(Path(cards.__file__).parent.glob("*.py"))


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_cards_import_only_the_domain_the_reader_of_yaml_and_two_libraries():
    for file in MODULES:
        for name in imported(ast.parse(file.read_text())):
            standard = name.partition(".")[0] in sys.stdlib_module_names
            permitted = any(name == allowed or name.startswith(f"{allowed}.") for allowed in ALLOWED)
            assert standard or permitted, f"{file.name} imports {name}; hand it in from outside instead"


def test_cards_read_no_clock_and_no_random_numbers():
    for file in MODULES:
        calls = {
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call)
        }
        assert not calls & FORBIDDEN_NAMES, f"{file.name}: pass it in through CardSettings"
