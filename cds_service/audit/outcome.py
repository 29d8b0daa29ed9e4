"""The rows of a look-back made files for people and programs: SQLite, CSV and the report."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from cds_service.audit.report.report_file import write_report
from cds_service.audit.results.csv_files import write_csv
from cds_service.audit.results.result_tables import BadLineCountRow
from cds_service.audit.results.sqlite_file import RESULTS_FILE, ResultsError, open_results, write_sqlite
from cds_service.audit.rows import BadLineRow, PatientRows

CSV_FOLDER: Final = "csv"


class AuditOutcome(NamedTuple):
    """Where the files are, and how many visits each verdict has."""

    report: Path
    results: Path
    tables: tuple[Path, ...]
    verdicts: Mapping[str, int]


def write_outcome(
    patients: Iterable[PatientRows],
    bad_lines: Iterable[BadLineRow],
    bad_counts: Iterable[BadLineCountRow],
    facts: Mapping[str, str],
    out: Path,
    page_style: str,
) -> AuditOutcome:
    """Write ``results.sqlite``, ``csv/`` and ``report.html`` into a folder.

    Args:
        patients: The rows of each patient, in the order in which they are to stand; read once, not held in memory.
        bad_lines: Lines that no patient could be found for, or the first of them.
        bad_counts: How many there are in all.
        facts: What the report tells of the run: version, policies, period. ``sample`` is ``yes`` for invented patients.
        out: The folder.
        page_style: The stylesheet of all pages.

    Raises:
        ResultsError: The disk is full or the folder cannot be written to.
    """
    results = out / RESULTS_FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_sqlite(patients, bad_lines, bad_counts, facts, results)
        with closing(open_results(results)) as database:
            tables = write_csv(database, out / CSV_FOLDER)
            report = write_report(database, out, page_style)
            verdicts = dict(database.execute("SELECT verdict, count(*) FROM visits GROUP BY verdict").fetchall())
    except OSError as problem:
        raise ResultsError(out, problem) from None
    return AuditOutcome(report, results, tables, verdicts)
