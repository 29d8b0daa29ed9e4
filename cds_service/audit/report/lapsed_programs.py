"""Programs that were treated after the payer's approval had ended, with what was billed for those visits."""

import sqlite3
from typing import NamedTuple

from cds_service.audit.report.report_words import long_day, patient_name, program_name
from cds_service.audit.report.visit_tallies import UnitsAndDollars


class LapsedProgram(NamedTuple):
    """A program with an approval that lapsed; ``lapsed`` is the first visit after its end."""

    anchor: str
    title: str
    clinic: str
    payer: str
    lapsed: str
    visits: int
    billed: UnitsAndDollars


def lapsed_programs(database: sqlite3.Connection) -> tuple[LapsedProgram, ...]:
    """The programs with an approval that lapsed, by day and program."""
    query = """
        SELECT programs.rowid AS number, programs.*, sum(visits.billed_units) AS units,
               CASE WHEN count(*) = count(visits.billed_cents) THEN sum(visits.billed_cents) END AS cents
        FROM programs JOIN visits ON visits.program = programs.program AND visits.date >= programs.approval_lapsed
             AND visits.verdict = 'billed without support'
        WHERE programs.approval_lapsed <> '' GROUP BY programs.rowid ORDER BY programs.approval_lapsed, programs.rowid
    """
    return tuple(
        LapsedProgram(
            f"p{row['number']}",
            f"{patient_name(row['patient'])}, {program_name(row['kind'])}",
            row["clinic"],
            row["payer"],
            long_day(row["approval_lapsed"]),
            row["visits_without_approval"],
            UnitsAndDollars(row["units"], row["cents"]),
        )
        for row in database.execute(query)
    )
