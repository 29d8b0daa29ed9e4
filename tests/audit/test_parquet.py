"""The tables as Parquet: typed, the same rows as in SQLite, written in pieces."""

import importlib.util
import json
from contextlib import closing
from datetime import date

import pytest

from cds_service.audit.outcome import PARQUET_FOLDER, write_outcome
from cds_service.audit.results.result_tables import RESULT_TABLES
from cds_service.audit.results.sqlite_file import open_results, write_sqlite
from cds_service.audit.rows import BadLineRow, PatientRows
from tests.audit.made_rows import finding, gap, line, patient_rows, under_coded, visit

if importlib.util.find_spec("pyarrow") is None:
    pytest.skip("pyarrow is not installed: it is the extra parquet", allow_module_level=True)

import pyarrow as pa
from pyarrow.parquet import ParquetFile, read_table

from cds_service.audit.results.parquet_files import ROWS_AT_ONCE, write_parquet

BAD = BadLineRow("Claim.ndjson", 7, "The line is no JSON.", "broken")
SHORT = under_coded("p2", 1, expected_cents=None)
ALONE = visit("p4", program="")
ROWS = (
    patient_rows(
        "p1", visit("p1"), visit("p1", 1), findings=[finding(visit("p1"), proposes=True, facts=("240 min", "Week 1"))]
    ),
    patient_rows("p2", SHORT, gaps=[gap(SHORT)], lines=[line(SHORT, units=1.5)]),
    PatientRows("p3", set_aside="The patient has 900,001 resources.", resources=900_001, bad_lines=(BAD,)),
    PatientRows("p4", (ALONE,), findings=(finding(ALONE, since=""),)),
)


@pytest.fixture
def results(tmp_path):
    write_sqlite(ROWS, [BAD], [], {}, tmp_path / "results.sqlite")
    with closing(open_results(tmp_path / "results.sqlite")) as database:
        yield database


def in_sqlite(value):
    """A value of a Parquet file as SQLite has it; no day is "" there."""
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


@pytest.mark.parametrize("table", RESULT_TABLES, ids=lambda table: table.name)
def test_a_parquet_file_holds_what_the_sqlite_table_holds(results, tmp_path, table):
    write_parquet(results, tmp_path)
    found = read_table(tmp_path / f"{table.name}.parquet").to_pylist()
    rows = [dict(row) for row in results.execute(f"SELECT * FROM {table.name} ORDER BY rowid")]  # noqa: S608
    assert len(rows) == len(found)
    for row, values in zip(rows, found, strict=True):
        assert list(row) == list(values)
        days = {name for name, value in row.items() if value == "" and values[name] is None}
        assert row == {name: "" if name in days else in_sqlite(value) for name, value in values.items()}


def test_columns_have_the_types_of_what_they_hold(results, tmp_path):
    write_parquet(results, tmp_path)
    visits, findings, lines = (
        ParquetFile(tmp_path / f"{name}.parquet").schema_arrow for name in ("visits", "findings", "lines")
    )
    assert visits.field("date").type == visits.field("week").type == findings.field("since").type == pa.date32()
    assert visits.field("expected_cents").type == visits.field("minutes").type == pa.int64()
    assert visits.field("reasons").type == findings.field("facts").type == pa.list_(pa.string())
    assert findings.field("proposes").type == findings.field("recommended").type == pa.bool_()
    assert lines.field("units").type == pa.float64()


def test_what_nobody_knows_is_null(results, tmp_path):
    write_parquet(results, tmp_path)
    assert read_table(tmp_path / "visits.parquet").column("expected_cents").to_pylist()[2] is None
    assert read_table(tmp_path / "visits.parquet").column("program").to_pylist()[3] is None
    assert read_table(tmp_path / "findings.parquet").column("since").to_pylist()[1] is None


def test_the_same_rows_are_the_same_bytes_in_parquet(results, tmp_path):
    first, second = (write_parquet(results, tmp_path / name) for name in ("first", "second"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def test_many_rows_are_written_in_pieces_that_do_not_grow(tmp_path):
    visits = [visit("p1", day) for day in range(3 * ROWS_AT_ONCE)]
    write_sqlite([patient_rows("p1", *visits)], [], [], {}, tmp_path / "results.sqlite")
    with closing(open_results(tmp_path / "results.sqlite")) as database:
        write_parquet(database, tmp_path, row_group=1)
    file = ParquetFile(tmp_path / "visits.parquet")
    groups = [file.metadata.row_group(place).num_rows for place in range(file.metadata.num_row_groups)]
    assert groups == [ROWS_AT_ONCE] * 3
    assert [row["date"] for row in read_table(tmp_path / "visits.parquet").to_pylist()] == [
        date.fromisoformat(held.date) for held in visits
    ]


def test_parquet_files_of_an_earlier_run_do_not_stay_beside_other_results(tmp_path):
    write_outcome(ROWS, [], [], {}, tmp_path, "", write_parquet)
    files = {file.name for file in (tmp_path / PARQUET_FOLDER).iterdir()}
    assert files == {f"{table.name}.parquet" for table in RESULT_TABLES}
    write_outcome(ROWS[:1], [], [], {}, tmp_path, "")
    assert not list((tmp_path / PARQUET_FOLDER).iterdir())
