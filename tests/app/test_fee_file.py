"""The fee table: what counts for a line, and how a bad row is told."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest

from cds_service.app.fee_file import ReloadableFees, fees_from
from cds_service.domain.fees import amount, line_amount
from cds_service.errors import ConfigurationError

HEADER = "code,modifier,amount,from\n"
DAY = date(2026, 3, 16)


class Line(NamedTuple):
    code: str
    modifiers: tuple[str, ...] = ()
    units: float = 1


@pytest.fixture
def fees(tmp_path):
    def made(rows, header=HEADER):
        file = tmp_path / "fees.csv"
        file.write_bytes((header + rows).encode() if isinstance(rows, str) else rows)
        return fees_from(file)

    return made


def test_units_are_charged_by_the_row_of_their_code(fees):
    table = fees("97545,,180,2026-01-01\n97546,,90.50,2026-01-01\n")
    lines = [Line("97545", ("WH", "GP")), Line("97546", ("WH", "GP"), 2)]
    assert Decimal("361.00") == amount(lines, DAY, table)


def test_the_row_that_says_most_of_the_modifiers_counts_then_the_newest(fees):
    table = fees(
        "97546,,90,2026-01-01\n97546,CQ,70,2025-01-01\n97546,CQ,76.50,2026-01-01\n97546,CQ,80,2026-04-01\n"
        "97546,WH CQ,77,2025-06-01\n"
    )
    assert Decimal(90) == line_amount(Line("97546", ("GP",)), DAY, table)
    assert Decimal("76.50") == line_amount(Line("97546", ("GP", "CQ")), DAY, table)
    assert Decimal(70) == line_amount(Line("97546", ("GP", "CQ")), date(2025, 12, 31), table)
    assert Decimal(77) == line_amount(Line("97546", ("WH", "GP", "CQ")), DAY, table)


def test_two_rows_that_say_equally_much_of_a_line_leave_it_without_an_amount(fees):
    table = fees("97546,WH,95,2026-01-01\n97546,CQ,70,2026-01-01\n")
    assert line_amount(Line("97546", ("WH", "CQ")), DAY, table) is None


def test_a_line_without_a_fee_leaves_the_total_unknown(fees):
    table = fees("97545,,180,2026-01-01\n")
    assert amount([Line("97545"), Line("97546")], DAY, table) is None
    assert line_amount(Line("97545"), date(2025, 12, 31), table) is None
    assert amount([], DAY, table) is None


def test_a_code_that_nobody_knows_is_allowed_and_blank_lines_are_passed_over(fees):
    assert {"W0001"} == set(fees("\nW0001,,12,2026-01-01\n\n").by_code)


def test_a_file_of_a_spreadsheet_with_a_byte_order_mark_is_read(fees):
    assert fees(("\ufeff" + HEADER + '"97545","","180.00","2026-01-01"\r\n').encode())


def test_without_a_file_there_is_no_fee():
    assert not fees_from(None)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("9754,,180,2026-01-01", "'9754' is not a code; write five letters or digits"),
        ("97545,WHX,180,2026-01-01", "'WHX' is not a modifier; write two letters or digits"),
        ("97545,,-180,2026-01-01", "-180 is negative; write the dollars"),
        ("97545,,$180,2026-01-01", "'$180' is not an amount; write dollars and cents without sign, like 128.50"),
        ("97545,,NaN,2026-01-01", "'NaN' is not an amount"),
        ("97545,,180.555,2026-01-01", "'180.555' is not an amount"),
        ("97545,,99999999,2026-01-01", "99999999 dollars for a unit is too much"),
        ("97545,,180,01/01/2026", "'01/01/2026' is not a date; write the first day that the amount holds"),
        ("97545,,180,2026-02-30", "'2026-02-30' is not a date"),
        ("97545,180,2026-01-01", "the row does not have four fields"),
        ("97545,,180,2026-01-01,x", "the row does not have four fields"),
        ("97545,,180,2026-01-01\n97545,,190,2026-01-01", "97545 from 2026-01-01 stands in line 2 already; keep one"),
    ],
)
def test_a_bad_row_is_told_with_file_line_and_what_to_do(fees, row, reason):
    line = 3 if "\n" in row else 2
    with pytest.raises(ConfigurationError) as refusal:
        fees(row)
    assert f"fees.csv:{line}: {reason}" in str(refusal.value)
    assert str(refusal.value).startswith("CDS_FEES: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"code;modifier;amount;from\n", "fees.csv:1: the first line is not code,modifier,amount,from"),
        (b"", "fees.csv:1: the first line is not code,modifier,amount,from"),
        (b'code,modifier,amount,from\n97545,"WH,180', "not readable as CSV: unexpected end of data; save the table"),
        (b"\xff\xfe", "fees.csv: the file is not UTF-8 text; save it as CSV in UTF-8"),
    ],
)
def test_a_file_that_is_no_fee_table_is_told_as_a_whole(fees, content, reason):
    with pytest.raises(ConfigurationError, match="CDS_FEES: ") as refusal:
        fees(content)
    assert reason in str(refusal.value)


def test_a_reload_exchanges_the_table_and_a_bad_file_leaves_the_old_one(tmp_path, caplog):
    file = tmp_path / "fees.csv"
    file.write_text(f"{HEADER}97545,,180,2026-01-01\n")
    fees = ReloadableFees(file)
    file.write_text(f"{HEADER}97545,,190,2026-01-01\n")
    fees.reload()
    assert Decimal(190) == amount([Line("97545")], DAY, fees.current)
    file.write_text(f"{HEADER}97545,,-1,2026-01-01\n")
    fees.reload()
    assert Decimal(190) == amount([Line("97545")], DAY, fees.current)
    assert ["fees-not-reloaded"] == [record.message for record in caplog.records if record.levelname == "ERROR"]
