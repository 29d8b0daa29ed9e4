"""What other policies change: two results of the same visits, held against each other."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from cds_service.audit.results.sqlite_file import open_results

MOST_VISITS_NAMED: Final = 200
"""Visits that change which are named one by one; both results files have all."""
_NO_REFUSAL: Final = "('approved', 'not clear', 'not known', 'not required')"
"""Words of ``visits.approval`` that do not say that an approval is required and missing, denied or ended."""
_DOLLARS: Final = "CASE WHEN {0}.expected_units IS NULL OR {0}.expected_units = 0 THEN 0 ELSE {0}.expected_cents END"
_KEY: Final = "coalesce(visit, '') || '|' || coalesce(program, '') || '|' || rule || '|' || kind || '|' || subject"
_SAID: Final = "severity || '|' || text || '|' || value || '|' || proposes || '|' || recommended"
_KEYED: Final = f"SELECT title, {_KEY} AS key, group_concat({_SAID}, '||') AS said FROM"


class DaysChanged(NamedTuple):
    """Days that change: a day is one patient's date of service, and counts once.

    Attributes:
        in_all: Days looked at.
        other_lines: Days whose supported lines are others.
        billable: Days that can be billed only with the other policies: the record supports a line.
        not_billable: Days that can no longer be billed.
        without_approval: Days that only with the other policies lack an approval that the payer requires.
        no_longer_without: Days that no longer lack one.
        other_result: Days whose bill compares in another way.
    """

    in_all: int
    other_lines: int = 0
    billable: int = 0
    not_billable: int = 0
    without_approval: int = 0
    no_longer_without: int = 0
    other_result: int = 0

    @property
    def anything(self) -> bool:
        """Whether any day changes."""
        return any(self[1:])


class EffectOnPayer(NamedTuple):
    """What changes for a payer: units and dollars in cents that the record supports; None where a fee is missing."""

    payer: str
    days: DaysChanged
    units: float
    cents: int | None


class EffectOnRule(NamedTuple):
    """How many findings of a rule are gone, new, or say something else."""

    rule: str
    gone: int
    new: int
    changed: int


class EffectOnVisit(NamedTuple):
    """A visit that changes: the lines that the record supports and how the bill compares, before and after."""

    date: str
    patient: str
    payer: str
    lines: tuple[str, str]
    approval: tuple[str, str]
    verdict: tuple[str, str]


class PolicyEffect(NamedTuple):
    """All that changes; ``visits`` are the first of those that do."""

    payers: Sequence[EffectOnPayer]
    rules: Sequence[EffectOnRule]
    visits: Sequence[EffectOnVisit] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether nothing changes."""
        return not self.rules and not any(payer.days.anything for payer in self.payers)

    @property
    def total(self) -> EffectOnPayer:
        """All payers together."""
        days = DaysChanged(*map(sum, zip(DaysChanged(0), *(payer.days for payer in self.payers), strict=True)))
        cents = [payer.cents for payer in self.payers]
        known = [amount for amount in cents if amount is not None]
        return EffectOnPayer(
            "", days, sum(payer.units for payer in self.payers), sum(known) if len(known) == len(cents) else None
        )


def policy_effect(before: Path, after: Path) -> PolicyEffect:
    """The difference between two files of results, made of the same input.

    Raises:
        FileNotFoundError: One of the files is missing.
    """
    with closing(open_results(before)) as database:
        open_results(after).close()
        database.execute("ATTACH ? AS later", (f"{after.absolute().as_uri()}?mode=ro",))
        return PolicyEffect(_by_payer(database), _by_rule(database), _visits(database))


def _by_payer(database: sqlite3.Connection) -> tuple[EffectOnPayer, ...]:
    """By the payer as first read; units and dollars are those that the record is said to support, after less before."""
    query = f"""
        WITH days AS (
            SELECT v.payer,
                   max(v.expected <> w.expected) AS other_lines,
                   max(v.expected <> '') AS billable, max(w.expected <> '') AS billable_later,
                   max(v.approval NOT IN {_NO_REFUSAL}) AS lacks, max(w.approval NOT IN {_NO_REFUSAL}) AS lacks_later,
                   max(v.verdict <> w.verdict) AS other_result,
                   sum(coalesce(w.expected_units, 0) - coalesce(v.expected_units, 0)) AS units,
                   sum({_DOLLARS.format("w")} - ({_DOLLARS.format("v")})) AS cents,
                   max(({_DOLLARS.format("w")}) IS NULL OR ({_DOLLARS.format("v")}) IS NULL) AS no_fee
            FROM main.visits AS v JOIN later.visits AS w USING (visit) GROUP BY v.payer, v.patient, v.date
        )
        SELECT payer, sum(units), sum(cents), max(no_fee), count(*), sum(other_lines),
               sum(billable_later > billable), sum(billable_later < billable),
               sum(lacks_later > lacks), sum(lacks_later < lacks), sum(other_result)
        FROM days GROUP BY payer ORDER BY payer
    """  # noqa: S608 - our own columns
    return tuple(
        EffectOnPayer(payer, DaysChanged(*days), units, None if no_fee else cents)
        for payer, units, cents, no_fee, *days in database.execute(query)
    )


def _by_rule(database: sqlite3.Connection) -> tuple[EffectOnRule, ...]:
    """By the title of the rule; several findings of a rule that are about the same are counted together."""
    query = f"""
        WITH before AS ({_KEYED} main.findings GROUP BY title, key),
             after AS ({_KEYED} later.findings GROUP BY title, key),
             found AS (
                 SELECT title, 1 AS gone, 0 AS new, 0 AS changed FROM before WHERE key NOT IN (SELECT key FROM after)
                 UNION ALL
                 SELECT title, 0, 1, 0 FROM after WHERE key NOT IN (SELECT key FROM before)
                 UNION ALL
                 SELECT before.title, 0, 0, 1 FROM before JOIN after USING (key) WHERE before.said <> after.said
             )
        SELECT title, sum(gone), sum(new), sum(changed) FROM found GROUP BY title ORDER BY title
    """  # noqa: S608 - our own columns
    return tuple(EffectOnRule(*row) for row in database.execute(query))


def _visits(database: sqlite3.Connection) -> tuple[EffectOnVisit, ...]:
    query = """
        SELECT v.date, v.patient, v.payer, v.expected, w.expected, v.approval, w.approval, v.verdict, w.verdict
        FROM main.visits AS v JOIN later.visits AS w USING (visit)
        WHERE v.expected <> w.expected OR v.approval <> w.approval OR v.verdict <> w.verdict
        ORDER BY v.date, v.rowid LIMIT ?
    """
    return tuple(
        EffectOnVisit(date, patient, payer, (before, after), (approval, later), (verdict, verdict_later))
        for date, patient, payer, before, after, approval, later, verdict, verdict_later in database.execute(
            query, (MOST_VISITS_NAMED,)
        )
    )
