"""What a look-back could not know: facts that are missing, visits that were not judged, lines that were not used."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from cards.numbers import capital

MOST_SENTENCES: Final = 12
"""Entries of a list; the SQLite file has all."""


class Lacking(NamedTuple):
    """A fact that was not known, how often, and the rules that could not answer."""

    what: str
    why: str
    visits: int
    patients: int
    rules: Sequence[str]


class SaidOften(NamedTuple):
    """A sentence, and how many visits or lines it is said of."""

    text: str
    times: int


class WhatLacks(NamedTuple):
    """All of it, the most frequent first."""

    facts: Sequence[Lacking]
    not_judged: Sequence[SaidOften]
    caveats: Sequence[SaidOften]
    bad_lines: Sequence[SaidOften]
    set_aside: Sequence[SaidOften]


def what_lacks(database: sqlite3.Connection) -> WhatLacks:
    """What the data lacks."""
    of_visits = "SELECT value, count(*) FROM visits, json_each({0}) {1} GROUP BY value ORDER BY count(*) DESC, value"
    bad = "SELECT file || ': ' || why, lines FROM bad_line_counts ORDER BY lines DESC, file, why"
    aside = "SELECT set_aside, count(*) FROM patients WHERE set_aside <> '' GROUP BY set_aside ORDER BY count(*) DESC"
    return WhatLacks(
        facts=_facts(database),
        not_judged=_told(database, of_visits.format("reasons", "WHERE verdict = 'not judged'")),
        caveats=_told(database, of_visits.format("caveats", "")),
        bad_lines=_told(database, bad),
        set_aside=_told(database, aside),
    )


def _facts(database: sqlite3.Connection) -> tuple[Lacking, ...]:
    query = """
        SELECT fact, why, count(DISTINCT visit) AS visits, count(DISTINCT patient) AS patients, min(rules) AS rules
        FROM gaps GROUP BY fact, why ORDER BY visits DESC, patients DESC, fact, why LIMIT ?
    """
    return tuple(
        Lacking(capital(row["fact"]), row["why"], row["visits"], row["patients"], json.loads(row["rules"]))
        for row in database.execute(query, (MOST_SENTENCES,))
    )


def _told(database: sqlite3.Connection, query: str) -> tuple[SaidOften, ...]:
    return tuple(SaidOften(text, count) for text, count in database.execute(f"{query} LIMIT {MOST_SENTENCES}"))
