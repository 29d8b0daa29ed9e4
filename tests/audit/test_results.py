"""Rows as tables: a SQLite file that other programs open as it is, and CSV files that run nothing."""

import csv
import re
import sqlite3
from pathlib import Path

import msgspec
import pytest

from cds_service.audit.results.csv_files import write_csv
from cds_service.audit.results.result_tables import RESULT_TABLES, BadLineCountRow
from cds_service.audit.results.sqlite_file import ResultsError, open_results, write_sqlite
from cds_service.audit.rows import BadLineRow, PatientRows
from tests.audit.made_rows import finding, gap, line, patient_rows, under_coded, visit

BAD = BadLineRow("Claim.ndjson", 7, "The line is no JSON.", "broken")
COUNT = BadLineCountRow(BAD.file, BAD.kind, BAD.why, 5_000)
SHORT = under_coded("p2", 1)
ROWS = (
    patient_rows("p1", visit("p1"), visit("p1", 1), findings=[finding(visit("p1"))]),
    patient_rows("p2", SHORT, gaps=[gap(SHORT)], lines=[line(SHORT)]),
    PatientRows("p3", set_aside="The patient has 900,001 resources.", resources=900_001, bad_lines=(BAD,)),
)
FACTS = {"version": "0.1.0"}


@pytest.fixture
def results(tmp_path):
    write_sqlite(ROWS, [BAD], [COUNT], FACTS, tmp_path / "results.sqlite")
    with open_results(tmp_path / "results.sqlite") as database:
        yield database
    database.close()


def count(database, table):
    return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names of the test


def test_every_row_is_in_its_table(results):
    assert {table.name: count(results, table.name) for table in RESULT_TABLES} == {
        "patients": 3,
        "programs": 2,
        "visits": 3,
        "lines": 1,
        "findings": 1,
        "gaps": 1,
        "bad_lines": 2,
        "bad_line_counts": 1,
    }


@pytest.mark.parametrize("table", RESULT_TABLES, ids=lambda table: table.name)
def test_no_field_of_a_row_is_left_out(results, table):
    columns = [row["name"] for row in results.execute(f"PRAGMA table_info({table.name})")]
    assert list(table.row.__struct_fields__) == columns


def test_a_visit_without_a_program_refers_to_none(tmp_path):
    alone = visit("p1", program="")
    rows = PatientRows("p1", (alone,))
    write_sqlite([rows], [], [], {}, tmp_path / "results.sqlite")
    with open_results(tmp_path / "results.sqlite") as database:
        assert database.execute("SELECT program FROM visits").fetchone()[0] is None
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()


def test_references_lead_to_rows_that_are_there(results):
    assert results.execute("PRAGMA foreign_key_check").fetchall() == []
    assert results.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_each_reference_has_an_index(results):
    for table in RESULT_TABLES:
        for column in table.refers:
            plan = results.execute(f"EXPLAIN QUERY PLAN SELECT 1 FROM {table.name} WHERE {column} = ''").fetchone()  # noqa: S608
            assert "USING" in plan["detail"], f"{table.name}.{column} is looked up by reading the whole table"


def test_sentences_are_a_json_list_that_can_be_counted(results):
    why = results.execute("SELECT value FROM visits, json_each(reasons)").fetchall()
    assert [row[0] for row in why] == ["97546: 2 units are supported, 1 was billed."]


def test_dollars_that_nobody_knows_are_null_and_not_0(tmp_path):
    write_sqlite([patient_rows("p1", visit(expected_cents=None))], [], [], {}, tmp_path / "r.sqlite")
    with open_results(tmp_path / "r.sqlite") as database:
        assert database.execute("SELECT expected_cents FROM visits").fetchone()[0] is None
    database.close()


def test_the_same_rows_are_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        write_sqlite(ROWS, [BAD], [COUNT], FACTS, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_an_older_file_is_replaced_only_by_a_whole_one(tmp_path):
    file = tmp_path / "results.sqlite"
    write_sqlite(ROWS, [], [], {}, file)
    before = file.read_bytes()

    def broken():
        yield ROWS[0]
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(ResultsError, match=r"disk is full") as refused:
        write_sqlite(broken(), [], [], {}, file)
    assert "Make room or name another folder, then run the same command with --resume" in str(refused.value)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["results.sqlite"]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    with pytest.raises(ResultsError, match=r"nowhere"):
        write_sqlite(ROWS, [], [], {}, tmp_path / "nowhere" / "results.sqlite")


def test_a_spreadsheet_runs_nothing_of_a_name(tmp_path):
    hostile = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx"]
    visits = [visit("p1", day, clinic=name) for day, name in enumerate(hostile)]
    write_sqlite([patient_rows("p1", *visits)], [], [], {}, tmp_path / "r.sqlite")
    with open_results(tmp_path / "r.sqlite") as database:
        write_csv(database, tmp_path)
    database.close()
    with (tmp_path / "visits.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [f"'{name}" for name in hostile] == [row["clinic"] for row in csv.DictReader(file)]


def test_csv_files_hold_what_the_tables_hold(results, tmp_path):
    files = write_csv(results, tmp_path / "csv")
    assert [f"{table.name}.csv" for table in RESULT_TABLES] == [file.name for file in files]
    with (tmp_path / "csv" / "visits.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == ["right", "right", "under-coded"]
    assert rows[2]["reasons"] == "97546: 2 units are supported, 1 was billed."
    assert rows[2]["expected_units"] == "3"


def test_every_field_of_every_row_is_explained():
    for table in RESULT_TABLES:
        explained = table.row.__doc__
        for field in msgspec.structs.fields(table.row):
            assert f"        {field.name}:" in explained, f"{table.row.__name__} does not say what {field.name} means"


LOOK_BACK_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lookback.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", RESULT_TABLES, ids=lambda table: table.name)
def test_the_documentation_tells_every_column_and_no_other(table):
    section = re.search(
        rf"^### {table.name.replace('_', ' ')}$(.*?)(?=^### |\Z)", LOOK_BACK_PAGE, re.MULTILINE | re.DOTALL
    )
    documented = re.findall(r"^\| `(\w+)` \|", section[1], re.MULTILINE)
    assert [column.name for column in table.columns] == documented


def test_lines_that_are_not_listed_are_counted(results):
    assert results.execute("SELECT lines FROM bad_line_counts").fetchone()[0] == 5_001
