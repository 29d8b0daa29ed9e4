import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
THREATS = PAGE.partition("## Threats")[2]
NAMED = re.findall(r"`((?:[a-z]+/)+test_[a-z_]+\.py)`(?:: ([^|;]*))?", THREATS)


def test_every_threat_is_answered_and_names_its_test():
    rows = [row.strip("| ").split(" | ") for row in THREATS.splitlines() if row.startswith("| ")][2:]
    assert [] == [row for row in rows if len(row) != 3 or not re.search(r"`[a-z/_]+\.py`", row[2])]


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
