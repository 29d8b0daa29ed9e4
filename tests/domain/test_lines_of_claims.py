"""Which lines of which claims are of a day and its encounters."""

from datetime import date, timedelta

import pytest

from cds_service.domain.coverage_and_claims import ChargedLine, Claim
from cds_service.domain.history import History

DAY = date(2026, 3, 16)
BEFORE = DAY - timedelta(days=1)
TODAY, OTHER = "Encounter/today", "Encounter/other"


def line(day: date | None = DAY, last: date | None = None, *encounters: str, code: str = "97545") -> ChargedLine:
    return ChargedLine(1, 0, code, ("GP",), 1, day, last, encounters)


def history(*lines: ChargedLine, encounters: tuple[str, ...] = (), status: str = "draft") -> History:
    claim = Claim("Claim/a", status, lines, encounters)
    return History((), (), (), (), (), (claim,))


@pytest.mark.parametrize(
    ("lines", "encounters", "found"),
    [
        ([line()], (), [0]),
        ([line(BEFORE), line()], (), [1]),
        ([line(BEFORE)], (), None),
        ([line(BEFORE)], (TODAY,), None),
        ([line(BEFORE, DAY), line()], (), [1]),
        ([line(None)], (TODAY,), [0]),
        ([line(None)], (), None),
        ([line(None, None, TODAY)], (), [0]),
        ([line(None, None, OTHER)], (TODAY,), None),
        ([line()], (OTHER,), None),
        ([line()], (OTHER, TODAY), [0]),
        ([], (TODAY,), []),
        ([], (), None),
    ],
)
def test_lines_are_of_their_date_and_undated_ones_of_their_encounter(lines, encounters, found):
    claims = history(*lines, encounters=encounters).lines_of(DAY, {TODAY}, {OTHER}, undated=True)
    assert found == (list(claims[0][1]) if claims else None)


def test_undated_lines_of_a_series_are_of_no_date():
    assert () == history(line(None), encounters=(TODAY,)).lines_of(DAY, {TODAY}, set(), undated=False)


@pytest.mark.parametrize(
    ("lines", "over_days"),
    [([line(BEFORE, DAY)], True), ([line()], False), ([line(None, DAY)], False), ([line(), line(BEFORE, DAY)], True)],
)
def test_a_claim_is_over_days_where_one_of_its_lines_is(lines, over_days):
    assert over_days == bool(history(*lines).claims_over_days)


@pytest.mark.parametrize(
    ("lines", "encounters", "status", "unplaced"),
    [
        ([line(None)], (), "draft", True),
        ([line(), line(None)], (), "draft", True),
        ([line(None)], (), "active", False),
        ([line(None)], (TODAY,), "draft", False),
        ([line(None, None, TODAY)], (), "draft", False),
        ([line(None, code="97110")], (), "draft", False),
        ([line()], (), "draft", False),
    ],
)
def test_a_draft_is_unplaced_where_neither_date_nor_encounter_tells_the_visit_of_its_program_line(
    lines, encounters, status, unplaced
):
    assert unplaced == bool(history(*lines, encounters=encounters, status=status).unplaced_claims)
