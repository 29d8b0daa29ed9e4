import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
TABLE = (TESTS.parent / "docs" / "conformance.md").read_text(encoding="utf-8")
GROUPS = {"CH-D": 14, "CH-R": 18, "CH-C": 7, "CH-P": 16, "CH-F": 10, "CH-H": 13}


@pytest.mark.parametrize("requirement", [f"{g}-{n:02}" for g, last in GROUPS.items() for n in range(1, last + 1)])
def test_every_requirement_stands_once_in_the_conformance_table(requirement):
    rows = [line for line in TABLE.splitlines() if line.startswith("|")]
    assert [requirement] == [found for row in rows for found in re.findall(rf"^\| .*?({requirement})\b.*?\|", row)]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:[a-z]+/)+(?:[a-z_]+\.py)?)`", TABLE))))
def test_every_place_that_the_conformance_table_names_exists(path):
    assert (TESTS / path).exists()
