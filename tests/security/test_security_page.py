import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
THREATS, _, STANDARD = PAGE.partition("## Threats")[2].partition("\n## OWASP ASVS ")
NAMED = re.findall(r"`((?:[a-z]+/)+test_[a-z_]+\.py)`(?:: ([^|;]*))?", THREATS + STANDARD)
REQUIRED = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2,
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4,
    "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3,
    "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5,
    "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip
"""How many requirements of level 1 and 2 each section of ASVS 5.0.0 has; they come first in each.

Chapters 6 (authentication of people), 7 (sessions) and 17 (WebRTC) are named as a whole.
"""


def rows_of(text):
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [row for row in lines if row[0] not in {"threat", "requirement", "---"}]


def test_every_threat_is_answered_and_names_its_test():
    rows = rows_of(THREATS)
    assert rows
    assert [] == [row for row in rows if len(row) != 3 or not re.search(r"`[a-z/_]+\.py`", row[2])]


def test_every_requirement_of_the_standard_stands_once():
    required = {f"{section}.{number}" for section, most in REQUIRED.items() for number in range(1, most + 1)}
    listed = [requirement for row in rows_of(STANDARD) for requirement in _meant(row[0], required)]
    assert sorted([*required, "6", "7", "17"]) == sorted(listed)


def _meant(cell, required):
    """The requirements that a cell like ``1.2.3, 4.4.1 to 4.4.4`` names."""
    for part in cell.split(", "):
        first, _, last = part.partition(" to ")
        if not last:
            yield first
        else:
            yield from (number for number in required if _place(first) <= _place(number) <= _place(last))


def _place(number):
    return tuple(map(int, number.split(".")))


def test_a_requirement_that_is_held_names_its_test():
    held = rows_of(STANDARD.partition("| requirement | for the site to do |")[0])
    assert held
    assert [] == [row for row in held if len(row) != 3 or not re.search(r"`[a-z/_]+\.py`: .", row[2])]


@pytest.mark.parametrize(("path", "titles"), NAMED)
def test_a_test_that_the_page_names_exists(path, titles):
    names = " ".join(re.findall(r"def test_(\w+)", (TESTS / path).read_text())).replace("_", " ")
    assert [] == [title for title in map(str.strip, titles.split(",")) if title and not _in_order(title, names)]


def _in_order(title, names):
    """Whether a test's name holds the words of the text."""
    return re.sub(r"[^a-z0-9 ]", " ", title.lower()).strip() in names


def test_every_reason_that_the_log_can_give_is_explained():
    sources = [(TESTS.parent / "cds_service" / "security" / name).read_text() for name in ("tokens.py", "gate.py")]
    reasons = set(re.findall(r'(?:Unauthenticated|Forbidden)\("([a-z-]+)"', "".join(sources)))
    table = PAGE.partition("| reason in the log |")[2].partition("\n\n")[0]
    assert reasons == set(re.findall(r"`([a-z-]+)`", re.sub(r" \| .* \|$", "", table, flags=re.MULTILINE)))
