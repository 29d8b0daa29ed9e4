"""What calls did not tell, how long they took, and how they ended."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, cast, func

from cds_service.records.database import Database
from cds_service.records.insights import EVERY_RECORD, AnySelect, Chosen, calls_chosen, counted, week_of_call
from cds_service.records.record_tables import DecisionRow

TENTHS: Final = 10
"""Latency is counted in tenths of a millisecond, so that a median needs no row by itself."""


@dataclass(frozen=True, slots=True)
class CallCount:
    """So many calls of a hook, client and week with the same outcome; ``shadow`` ones showed nothing."""

    hook: str
    client: str
    week: str
    outcome: str
    shadow: bool
    calls: int


@dataclass(frozen=True, slots=True)
class FactMissing:
    """A fact, in how many calls it was missing, and how many calls noted what was missing."""

    fact: str
    calls: int
    of: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Calls of a hook, and milliseconds: half of them took no longer than ``median``, 95 percent than ``p95``."""

    hook: str
    calls: int
    median: float
    p95: float


def call_counts(database: Database, chosen: Chosen = EVERY_RECORD) -> tuple[CallCount, ...]:
    """Calls by everything they are counted by.

    Raises:
        StoreError: the database cannot be used.
    """
    keys: tuple[ColumnElement[Any], ...] = (
        DecisionRow.hook.expression,
        DecisionRow.client.expression,
        week_of_call(database),
        DecisionRow.outcome.expression,
        DecisionRow.shadow.expression,
    )
    return tuple(CallCount(*row) for row in counted(database, keys, lambda query: calls_chosen(query, chosen)))


def facts_missing(database: Database, chosen: Chosen = EVERY_RECORD) -> tuple[FactMissing, ...]:
    """Facts that calls did not tell, the most frequent first.

    Raises:
        StoreError: the database cannot be used.
    """
    calls: Counter[str] = Counter()
    noted = 0
    noting = partial(_noting, chosen=chosen)
    for missing, count in counted(database, (DecisionRow.missing.expression,), noting):
        noted += count
        calls.update(dict.fromkeys(missing.split(), count))
    return tuple(
        FactMissing(fact, count, noted) for fact, count in sorted(calls.items(), key=lambda row: (-row[1], row[0]))
    )


def latencies(database: Database, chosen: Chosen = EVERY_RECORD) -> tuple[Latency, ...]:
    """Milliseconds of the calls of each hook, to a tenth.

    Raises:
        StoreError: the database cannot be used.
    """
    tenths = cast(func.round(DecisionRow.latency * TENTHS), Integer)
    rows = counted(database, (DecisionRow.hook.expression, tenths), lambda query: calls_chosen(query, chosen))
    by_hook: dict[str, list[tuple[int, int]]] = {}
    for hook, value, count in sorted(rows, key=tuple):
        by_hook.setdefault(hook, []).append((value, count))
    return tuple(_latencies(by_hook))


def _noting(query: AnySelect, chosen: Chosen) -> AnySelect:
    """Calls that noted what was missing, if only that nothing was."""
    return calls_chosen(query, chosen).where(DecisionRow.missing.is_not(None))


def _latencies(by_hook: dict[str, list[tuple[int, int]]]) -> Iterator[Latency]:
    for hook, values in sorted(by_hook.items()):
        calls = sum(count for _, count in values)
        yield Latency(hook, calls, _share(values, calls * 0.5), _share(values, calls * 0.95))


def _share(values: Sequence[tuple[int, int]], calls: float) -> float:
    """The least value that is reached by so many calls."""
    reached = 0
    for value, count in values:
        reached += count
        if reached >= ceil(calls):
            return value / TENTHS
    return values[-1][0] / TENTHS
