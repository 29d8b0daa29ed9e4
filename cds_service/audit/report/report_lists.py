"""The visits behind each number of a report."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from cds_service.audit.report.report_places import list_anchor
from cds_service.audit.report.report_words import group_name, long_day, patient_name
from cds_service.audit.report.visit_tallies import GROUPS, SHOWN_VERDICTS, RuleTally, Tally

MOST_VISITS_IN_A_LIST: Final = 2_000
"""Visits of a list that a person may still look through; the SQLite file has all."""
_LISTED: Final = """
    SELECT visits.rowid AS number, visits.date, visits.patient, visits.verdict, visits.reasons, {text} AS text,
    coalesce('p' || programs.rowid, 'n' || patients.rowid) AS program
    FROM visits JOIN patients USING (patient) LEFT JOIN programs ON programs.program = visits.program
"""


class ListedVisit(NamedTuple):
    """A visit in a list: where it is told, its date, whose it is, and why it is there."""

    anchor: str
    program: str
    date: str
    patient: str
    why: str


class VisitsOfVerdict(NamedTuple):
    """The visits of one verdict: how many there are, and the first of them."""

    anchor: str
    title: str
    count_in_all: int
    visits: Sequence[ListedVisit]


class VisitList(NamedTuple):
    """The visits of a clinic, therapist, payer, week or rule, by verdict."""

    group: str
    number: int
    anchor: str
    title: str
    parts: Sequence[VisitsOfVerdict]


def lists_of_group(database: sqlite3.Connection, group: str, tallies: Sequence[Tally]) -> Iterator[VisitList]:
    """The lists behind the numbers of a table; ``all`` is the one of all visits."""
    for tally in tallies:
        parts = tuple(
            VisitsOfVerdict(
                list_anchor(group, tally.number, verdict),
                words,
                tally.count(verdict),
                tuple(_visits(database, "" if group == "all" else group, tally.name, verdict)),
            )
            for verdict, words in SHOWN_VERDICTS.items()
            if tally.count(verdict)
        )
        title = f"{GROUPS[group]}: {group_name(group, tally.name)}" if group in GROUPS else "All visits"
        yield VisitList(group, tally.number, list_anchor(group, tally.number), title, parts)


def lists_of_rules(database: sqlite3.Connection, tallies: Sequence[RuleTally]) -> Iterator[VisitList]:
    """The visits that each rule warned about, each with the words of its card."""
    query = (
        _LISTED.format(text="findings.text")
        + "JOIN findings USING (visit) WHERE findings.severity = 'warning' AND findings.rule = ? ORDER BY visits.date, "
        f"visits.rowid, findings.rowid LIMIT {MOST_VISITS_IN_A_LIST}"
    )
    for tally in tallies:
        found = tuple(_listed(row, row["text"]) for row in database.execute(query, (tally.rule,)))
        anchor = list_anchor("rule", tally.number)
        part = VisitsOfVerdict(f"{anchor}-visits", "Warned about", tally.warnings, found)
        yield VisitList("rule", tally.number, anchor, f"Rule: {tally.title}", (part,))


def _visits(database: sqlite3.Connection, column: str, name: str, verdict: str) -> Iterator[ListedVisit]:
    query = _LISTED.format(text="''") + "WHERE visits.verdict = ?"
    values = [verdict]
    if column:
        query += f" AND visits.{column} = ?"
        values.append(name)
    for row in database.execute(f"{query} ORDER BY visits.date, visits.rowid LIMIT {MOST_VISITS_IN_A_LIST}", values):
        yield _listed(row, " ".join(json.loads(row["reasons"])))


def _listed(row: sqlite3.Row, why: str) -> ListedVisit:
    return ListedVisit(f"v{row['number']}", row["program"], long_day(row["date"]), patient_name(row["patient"]), why)
