"""The SQLite file of a look-back: plain tables with foreign keys and indexes, the same bytes for the same rows."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from cds_service.audit.results.result_tables import RESULT_TABLES, BadLineCountRow, cells, rows_by_table
from cds_service.audit.rows import BadLineRow, PatientRows, ResultRow
from cds_service.errors import CdsError

RESULTS_FILE: Final = "results.sqlite"


class ResultsError(CdsError):
    """A file of results could not be written; the part files are untouched."""

    def __init__(self, file: Path, why: object) -> None:
        super().__init__(
            f"{file}: not written: {why}",
            "Make room or name another folder, then run the same command with --resume; nothing is worked out again.",
        )

    def __str__(self) -> str:
        return f"{self.text}. {self.hint}"


def write_sqlite(
    patients: Iterable[PatientRows],
    bad_lines: Iterable[BadLineRow],
    bad_counts: Iterable[BadLineCountRow],
    facts: Mapping[str, str],
    file: Path,
) -> None:
    """Write all rows into a new SQLite file in the place of an older one.

    Args:
        patients: The rows of each patient, in the order in which they are to stand.
        bad_lines: Lines that no patient could be found for, or the first of them.
        bad_counts: How many of those there are in all.
        facts: What is to be known of the run itself (table ``run``): version, policies, period, input.
        file: Where the finished file stands; until then it has ``.partial`` after its name.

    Raises:
        ResultsError: The disk is full or the folder cannot be written to.
    """
    partial = file.with_name(f"{file.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        database = sqlite3.connect(partial, isolation_level=None)
        try:
            _fill(database, patients, bad_lines, bad_counts, facts)
        finally:
            database.close()
        partial.replace(file)
    except (sqlite3.OperationalError, OSError) as problem:
        partial.unlink(missing_ok=True)
        raise ResultsError(file, problem) from None


def open_results(file: Path) -> sqlite3.Connection:
    """The file, to be read only.

    Raises:
        FileNotFoundError: There is none.
    """
    if not file.is_file():
        raise FileNotFoundError(file)
    database = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database


def _fill(
    database: sqlite3.Connection,
    patients: Iterable[PatientRows],
    bad_lines: Iterable[BadLineRow],
    bad_counts: Iterable[BadLineCountRow],
    facts: Mapping[str, str],
) -> None:
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN")
    database.execute("CREATE TABLE run (fact TEXT PRIMARY KEY, value TEXT)")
    database.executemany("INSERT INTO run VALUES (?, ?)", facts.items())
    inserts = {
        table.name: f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(table.columns))})"  # noqa: S608 - our names
        for table in RESULT_TABLES
    }
    for table in RESULT_TABLES:
        create, *_ = table.definitions
        database.execute(create)
    counted = Counter({(bad.file, bad.kind, bad.why): bad.lines for bad in bad_counts})

    def insert(rows: Mapping[str, Iterable[ResultRow]]) -> None:
        for table in RESULT_TABLES:
            database.executemany(inserts[table.name], (cells(row, table) for row in rows.get(table.name, ())))

    for patient in patients:
        insert(rows_by_table(patient))
        counted.update((bad.file, bad.kind, bad.why) for bad in patient.bad_lines)
    counts = (BadLineCountRow(*kind, lines) for kind, lines in sorted(counted.items()))
    insert({"bad_lines": bad_lines, "bad_line_counts": counts})
    for table in RESULT_TABLES:
        _, *indexes = table.definitions
        for index in indexes:
            database.execute(index)
    database.execute("COMMIT")
