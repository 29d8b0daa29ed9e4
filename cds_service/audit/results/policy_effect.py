"""What other policies change: two results of the same visits, held against each other."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from cds_service.audit.results.sqlite_file import open_results

_DOLLARS: Final = "CASE WHEN {0}.expected_units IS NULL OR {0}.expected_units = 0 THEN 0 ELSE {0}.expected_cents END"
_KEY: Final = "coalesce(visit, '') || '|' || coalesce(program, '') || '|' || rule || '|' || kind || '|' || subject"
_SAID: Final = "severity || '|' || text || '|' || value || '|' || proposes || '|' || recommended"
_KEYED: Final = f"SELECT title, {_KEY} AS key, group_concat({_SAID}, '||') AS said FROM"


class EffectOnPayer(NamedTuple):
    """What changes for the visits of a payer; dollars in cents, None where a fee is missing."""

    payer: str
    visits: int
    changed_visits: int
    units: float
    cents: int | None
    verdicts: int


class EffectOnRule(NamedTuple):
    """How many findings of a rule are gone, new, or say something else."""

    rule: str
    gone: int
    new: int
    changed: int


class PolicyEffect(NamedTuple):
    """All that changes."""

    payers: Sequence[EffectOnPayer]
    rules: Sequence[EffectOnRule]

    @property
    def is_nothing(self) -> bool:
        """Whether nothing changes."""
        return not self.rules and not any(payer.changed_visits or payer.verdicts for payer in self.payers)


def policy_effect(before: Path, after: Path) -> PolicyEffect:
    """The difference between two files of results, made of the same input.

    Raises:
        FileNotFoundError: One of the files is missing.
    """
    with closing(open_results(before)) as database:
        open_results(after).close()
        database.execute("ATTACH ? AS later", (f"{after.absolute().as_uri()}?mode=ro",))
        return PolicyEffect(_by_payer(database), _by_rule(database))


def _by_payer(database: sqlite3.Connection) -> tuple[EffectOnPayer, ...]:
    """By the payer as first read; units and dollars are those that the record is said to support, after less before."""
    query = f"""
        SELECT v.payer, count(*), sum(v.expected <> w.expected),
               sum(coalesce(w.expected_units, 0) - coalesce(v.expected_units, 0)),
               sum({_DOLLARS.format("w")} - ({_DOLLARS.format("v")})),
               max(({_DOLLARS.format("w")}) IS NULL OR ({_DOLLARS.format("v")}) IS NULL),
               sum(v.verdict <> w.verdict)
        FROM main.visits AS v JOIN later.visits AS w USING (visit) GROUP BY v.payer ORDER BY v.payer
    """  # noqa: S608 - our own columns
    return tuple(
        EffectOnPayer(payer, visits, changed, units, None if no_fee else cents, verdicts)
        for payer, visits, changed, units, cents, no_fee, verdicts in database.execute(query)
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
