"""Programs with their picture, their visits, and what was found at each visit, with value and citation."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from cards.numbers import capital, quantity
from cards.timeline.program_view import ProgramView, program_view
from cds_service.audit.kept_timeline import timeline_kept
from cds_service.audit.report.report_words import claim_lines, long_day, patient_name, program_name, span_of_days
from cds_service.audit.report.visit_tallies import SHOWN_VERDICTS, in_dollars

BADGES: Final[Mapping[str, str]] = {
    "right": "good",
    "under-coded": "info",
    "not billed": "info",
    "over-coded": "warning",
    "wrong code or modifier": "warning",
    "billed without support": "critical",
}
"""The kind of badge that shows a verdict; plain for others."""


class FoundHere(NamedTuple):
    """A finding as the report tells it."""

    title: str
    warning: bool
    text: str
    facts: Sequence[str]
    value: str
    policy: str
    source: str
    href: str
    confidence: str
    caveats: Sequence[str]


class VisitHere(NamedTuple):
    """A visit as the report tells it."""

    anchor: str
    date: str
    week: str
    time: str
    expected: Sequence[str]
    billed: Sequence[str]
    dollars: str
    verdict: str
    badge: str
    reasons: Sequence[str]
    caveats: Sequence[str]
    findings: Sequence[FoundHere]
    gaps: Sequence[str]
    encounter: str


class ProgramHere(NamedTuple):
    """A program as the report tells it; ``view`` is None where no timeline was kept."""

    anchor: str
    title: str
    lead: str
    view: ProgramView | None
    findings: Sequence[FoundHere]
    visits: Sequence[VisitHere]


def programs_with_visits(database: sqlite3.Connection) -> Iterator[ProgramHere]:
    """Every program, then the visits of each patient that belong to none."""
    for row in database.execute("SELECT rowid AS number, * FROM programs ORDER BY rowid"):
        yield _program(database, row)
    alone = (
        "SELECT patients.rowid AS number, patient, min(date) AS first, max(date) AS last FROM visits "
        "JOIN patients USING (patient) WHERE program IS NULL GROUP BY patients.rowid ORDER BY patients.rowid"
    )
    for row in database.execute(alone):
        title = f"{patient_name(row['patient'])}: visits in no program, {span_of_days(row['first'], row['last'])}"
        visits = _visits_here(database, "visits.program IS NULL AND visits.patient = ?", row["patient"])
        yield ProgramHere(f"n{row['number']}", title, "", None, (), tuple(visits))


def _program(database: sqlite3.Connection, row: sqlite3.Row) -> ProgramHere:
    name, when = program_name(row["kind"]), span_of_days(row["first"], row["last"])
    lead = (row["clinic"], row["payer"], quantity(row["visits"], "visits"), row["state_text"])
    return ProgramHere(
        anchor=f"p{row['number']}",
        title=f"{patient_name(row['patient'])}: {name}, {when}",
        lead=" · ".join(filter(None, lead)),
        view=program_view(timeline_kept(row["timeline"])) if row["timeline"] else None,
        findings=tuple(_findings(database, "visit IS NULL AND program = ?", row["program"])),
        visits=tuple(_visits_here(database, "visits.program = ?", row["program"])),
    )


def _visits_here(database: sqlite3.Connection, where: str, key: str) -> Iterator[VisitHere]:
    query = f"SELECT rowid AS number, * FROM visits WHERE {where} ORDER BY date, rowid"  # noqa: S608 - our own words
    for row in database.execute(query, (key,)):
        gaps = database.execute("SELECT fact, why FROM gaps WHERE visit = ? ORDER BY rowid", (row["visit"],))
        yield VisitHere(
            anchor=f"v{row['number']}",
            date=long_day(row["date"]),
            week=f"Week\N{NO-BREAK SPACE}{row['week_of_program']}" if row["week_of_program"] else "",
            time=f"{row['minutes']}\N{NO-BREAK SPACE}min" if row["minutes"] else "no time on record",
            expected=claim_lines(row["expected"]),
            billed=claim_lines(row["billed"]),
            dollars=_dollars(row),
            verdict=SHOWN_VERDICTS.get(row["verdict"], capital(row["verdict"])),
            badge=BADGES.get(row["verdict"], "plain"),
            reasons=json.loads(row["reasons"]),
            caveats=json.loads(row["caveats"]),
            findings=tuple(_findings(database, "visit = ?", row["visit"])),
            gaps=tuple(f"{capital(gap['fact'])}: {gap['why']}" for gap in gaps),
            encounter=row["encounter"],
        )


def _dollars(row: sqlite3.Row) -> str:
    """``$64 less than supported``; "" where the dollars are not known or the same."""
    expected, billed = row["expected_cents"], row["billed_cents"] if row["billed_units"] else 0
    if expected is None or billed is None or expected == billed:
        return ""
    apart = in_dollars(abs(expected - billed))
    return f"{apart} less than the record supports" if billed < expected else f"{apart} more than the record supports"


def _findings(database: sqlite3.Connection, where: str, key: str) -> Iterator[FoundHere]:
    query = f"SELECT * FROM findings WHERE {where} ORDER BY severity <> 'warning', rowid"  # noqa: S608 - our own words
    for row in database.execute(query, (key,)):
        since = f", since {long_day(row['since'])}" if row["since"] else ""
        yield FoundHere(
            title=row["title"],
            warning=row["severity"] == "warning",
            text=row["text"],
            facts=json.loads(row["facts"]),
            value=row["value"],
            policy=f"{row['policy']}{since}" if row["policy"] else "",
            source=row["source"],
            href=row["href"] if row["href"].startswith(("https://", "http://")) else "",
            confidence=row["confidence"],
            caveats=json.loads(row["caveats"]),
        )
