"""The rows of a look-back made files for people and programs: SQLite, CSV, Parquet where wanted, and the report."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from cds_service.audit.report.report_file import write_report
from cds_service.audit.results.csv_files import write_csv
from cds_service.audit.results.result_tables import RESULT_TABLES, BadLineCountRow
from cds_service.audit.results.sqlite_file import RESULTS_FILE, ResultsError, open_results, write_sqlite
from cds_service.audit.rows import BadLineRow, PatientRows
from cds_service.audit.steps.stopped import LookBackStopped

CSV_FOLDER: Final = "csv"
PARQUET_FOLDER: Final = "parquet"
TableWriter: TypeAlias = Callable[[sqlite3.Connection, Path], tuple[Path, ...]]
"""Writes all tables of results into a folder."""


class AuditOutcome(NamedTuple):
    """Where the files are, and how many visits each verdict has."""

    report: Path
    results: Path
    tables: tuple[Path, ...]
    verdicts: Mapping[str, int]


def parquet_writer() -> TableWriter:
    """What writes the tables as Parquet.

    Raises:
        LookBackStopped: It is not installed.
    """
    try:
        from cds_service.audit.results.parquet_files import write_parquet  # an extra: most look-backs need none
    except ImportError:
        raise LookBackStopped(
            "Parquet files need the package pyarrow, which is not installed.",
            "Install it with: pip install 'work-rehab-cds[parquet]'.",
        ) from None
    return write_parquet


def write_outcome(
    patients: Iterable[PatientRows],
    bad_lines: Iterable[BadLineRow],
    bad_counts: Iterable[BadLineCountRow],
    facts: Mapping[str, str],
    out: Path,
    page_style: str,
    write_parquet: TableWriter | None = None,
) -> AuditOutcome:
    """Write ``results.sqlite``, ``csv/``, ``report.html`` and, where wanted, ``parquet/`` into a folder.

    Args:
        patients: The rows of each patient, in the order in which they are to stand; read once, not held in memory.
        bad_lines: Lines that no patient could be found for, or the first of them.
        bad_counts: How many there are in all.
        facts: What the report tells of the run: version, policies, period. ``sample`` is ``yes`` for invented patients.
        out: The folder.
        page_style: The stylesheet of all pages.
        write_parquet: As ``parquet_writer`` gives it; None for no Parquet files: those of an earlier run are removed.

    Raises:
        ResultsError: The disk is full or the folder cannot be written to.
    """
    results = out / RESULTS_FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_sqlite(patients, bad_lines, bad_counts, facts, results)
        with closing(open_results(results)) as database:
            tables = write_csv(database, out / CSV_FOLDER)
            if write_parquet is None:
                _remove_older_parquet(out / PARQUET_FOLDER)
            else:
                tables += write_parquet(database, out / PARQUET_FOLDER)
            report = write_report(database, out, page_style)
            verdicts = dict(database.execute("SELECT verdict, count(*) FROM visits GROUP BY verdict").fetchall())
    except OSError as problem:
        raise ResultsError(out, problem) from None
    return AuditOutcome(report, results, tables, verdicts)


def _remove_older_parquet(folder: Path) -> None:
    """Remove the tables of an earlier run: they would stand beside results that say something else."""
    for table in RESULT_TABLES:
        (folder / f"{table.name}.parquet").unlink(missing_ok=True)
