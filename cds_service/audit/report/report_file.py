"""The report of a look-back: one HTML file without outside parts, or one with a folder of files beside it."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cards.drawing.canvas import stylesheet
from cards.markdown import one_line
from cards.numbers import quantity
from cds_service.audit.report.data_lacks import what_lacks
from cds_service.audit.report.lapsed_programs import lapsed_programs
from cds_service.audit.report.program_pages import programs_with_visits
from cds_service.audit.report.report_lists import VisitList, lists_of_group, lists_of_rules
from cds_service.audit.report.report_pictures import right_picture, sides_picture, weeks_picture_of
from cds_service.audit.report.report_places import (
    LISTS,
    MOST_VISITS_IN_ONE_FILE,
    PROGRAMS,
    REPORT_FILE,
    STYLE_FILE,
    ReportPlaces,
)
from cds_service.audit.report.report_words import (
    claim_lines,
    group_name,
    long_day,
    more_or_less,
    patient_name,
    span_of_days,
)
from cds_service.audit.report.visit_tallies import (
    GROUPS,
    SHOWN_VERDICTS,
    RuleTally,
    Tally,
    by_group,
    by_rule,
    has_dollars,
    in_dollars,
    tally_of_all,
)
from cds_service.audit.results.policy_effect import MOST_VISITS_NAMED, PolicyEffect

VERDICT_MEANINGS: Final[Mapping[str, str]] = {
    "right": "Billed as the record supports.",
    "under-coded": "Less was billed than the record supports.",
    "not billed": "Treated, and no bill on record.",
    "over-coded": "More was billed than the record supports.",
    "billed without support": "Billed without recorded time or the approval that the payer requires, or against its "
    "verified policy.",
    "wrong code or modifier": "The units may be right; a code or modifier is missing, wrong or too many.",
    "not judged": "The record or the payer's policy leaves open what is right.",
}
NO_FEES_WORDS: Final = "Without a fee table no dollars are shown; name yours with --fees."


DIFFERENCE_FILE: Final = "difference.html"
ROWS_TOGETHER: Final = 14
"""Rows of a table that is not divided between two sheets of paper."""


class Report(NamedTuple):
    """What the head of a report says."""

    period: str
    lead: str
    sample: bool
    programs: int
    patients: int
    seen: frozenset[str]
    dollars: bool
    no_fees: str
    facts: Sequence[tuple[str, str]]


class ReportCounts(NamedTuple):
    """All counts of a report."""

    total: Tally
    groups: Mapping[str, Sequence[Tally]]
    rules: Sequence[RuleTally]


def write_report(
    database: sqlite3.Connection, folder: Path, page_style: str, most_in_one: int = MOST_VISITS_IN_ONE_FILE
) -> Path:
    """Write the report of a results file.

    Args:
        database: The results, as ``open_results`` opens them.
        folder: Where ``report.html`` is written, and with many visits the folders beside it.
        page_style: The stylesheet of all pages.
        most_in_one: Visits up to which all is in one file.

    Raises:
        OSError: The folder cannot be written to.
    """
    counts = ReportCounts(
        tally_of_all(database), {column: by_group(database, column) for column in GROUPS}, by_rule(database)
    )
    several = counts.total.visits > most_in_one
    style = _whole_style(page_style)
    _remove_older_parts(folder)
    if several:
        _write_parts(database, folder, counts, style)
    page = _templates().get_template("report.html.j2")
    places = ReportPlaces(several)
    text = page.render(
        style=style,
        places=places,
        report=_head(database, counts),
        total=counts.total,
        tallies=counts.groups,
        rules=counts.rules,
        groups=GROUPS,
        verdicts=SHOWN_VERDICTS,
        meanings=VERDICT_MEANINGS,
        pictures=_pictures(counts),
        rows_together=ROWS_TOGETHER,
        lapsed=lapsed_programs(database),
        lacks=what_lacks(database),
        lists=() if several else _lists(database, counts),
        programs=() if several else programs_with_visits(database),
    )
    file = folder / REPORT_FILE
    partial = file.with_name(f"{REPORT_FILE}.partial")
    partial.write_text(text, encoding="utf-8")
    return partial.replace(file)


def _remove_older_parts(folder: Path) -> None:
    """Remove the files that an earlier report in this folder had beside it."""
    for name in (LISTS, PROGRAMS):
        for file in (folder / name).glob("*.html"):
            file.unlink()
    (folder / STYLE_FILE).unlink(missing_ok=True)


def write_difference(effect: PolicyEffect, policies: str, folder: Path, page_style: str) -> Path:
    """Write what other policies change as ``difference.html``, between the reports of both.

    Raises:
        OSError: The folder cannot be written to.
    """
    page = _templates().get_template("difference.html.j2")
    file = folder / DIFFERENCE_FILE
    text = page.render(
        style=_whole_style(page_style),
        effect=effect,
        policies=policies,
        verdicts=SHOWN_VERDICTS,
        most_named=MOST_VISITS_NAMED,
    )
    file.write_text(text, encoding="utf-8")
    return file


def _whole_style(page_style: str) -> Markup:
    return Markup("\n").join(map(Markup, (page_style, stylesheet(), _own_style())))


def _write_parts(database: sqlite3.Connection, folder: Path, counts: ReportCounts, style: Markup) -> None:
    places = ReportPlaces(several=True, inside=True)
    for name in (LISTS, PROGRAMS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / STYLE_FILE).write_text(style, encoding="utf-8")
    list_page, program_page = (_templates().get_template(f"{name}_page.html.j2") for name in ("list", "program"))
    for found in _lists(database, counts):
        text = list_page.render(places=places, list=found)
        (folder / LISTS / f"{found.group}-{found.number}.html").write_text(text, encoding="utf-8")
    for program in programs_with_visits(database):
        text = program_page.render(places=places, program=program)
        (folder / PROGRAMS / f"{program.anchor}.html").write_text(text, encoding="utf-8")


def _lists(database: sqlite3.Connection, counts: ReportCounts) -> Iterator[VisitList]:
    yield from lists_of_group(database, "all", (counts.total,))
    for column, tallies in counts.groups.items():
        yield from lists_of_group(database, column, tallies)
    yield from lists_of_rules(database, counts.rules)


def _pictures(counts: ReportCounts) -> Mapping[str, Any]:
    weeks = counts.groups["week"]
    drawn = (
        ("Units billed too low or too high", weeks_picture_of(weeks)),
        ("Billed right, percent", right_picture(weeks)),
    )
    sides = {
        column: sides_picture(f"Units by {column}", counts.groups[column]) for column in GROUPS if column != "week"
    }
    return {"weeks": [(title, picture) for title, picture in drawn if picture is not None], **sides}


def _head(database: sqlite3.Connection, counts: ReportCounts) -> Report:
    first, last = database.execute("SELECT coalesce(min(date), ''), coalesce(max(date), '') FROM visits").fetchone()
    (programs,), (patients,) = (
        database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - our own tables
        for table in ("programs", "patients")
    )
    run = dict(database.execute("SELECT fact, value FROM run").fetchall())
    dollars = has_dollars(database)
    return Report(
        period=span_of_days(first, last) if first else "in no visit",
        lead=_lead(counts, patients),
        sample=run.pop("sample", "") == "yes",
        programs=programs,
        patients=patients,
        seen=frozenset(counts.total.by_verdict),
        dollars=dollars,
        no_fees="" if dollars or not counts.total.visits else NO_FEES_WORDS,
        facts=tuple(run.items()),
    )


def _lead(counts: ReportCounts, patients: int) -> str:
    clinics = len([tally for tally in counts.groups["clinic"] if tally.name])
    visits = f"{_thousands(counts.total.visits)} visit{'' if counts.total.visits == 1 else 's'}"
    places = f" in {quantity(clinics, 'clinics')}" if clinics else ""
    unsure = counts.total.count("not judged")
    judged = f" {_thousands(unsure)} could not be judged; the end of this report says why." if unsure else ""
    return f"{visits} of {quantity(patients, 'patients')}{places}, held against what was billed for them.{judged}"


@cache
def _own_style() -> str:
    return (resources.files("cds_service.audit.report") / "templates" / "report.css").read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("cds_service.audit.report"),
        autoescape=True,
        finalize=lambda value: one_line(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        thousands=_thousands,
        count_of=lambda count, unit: f"{_thousands(count)} {unit.removesuffix('s') if count == 1 else unit}",
        more_or_less=more_or_less,
        dollars_more=lambda cents: "no fee on file" if cents is None else more_or_less(cents, in_dollars),
        long_day=long_day,
        patient_name=patient_name,
        claim_lines=claim_lines,
        named=lambda name, column: group_name(column, name),
    )
    return environment


def _thousands(count: float) -> str:
    return f"{count:,}"
