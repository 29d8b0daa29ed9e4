"""What became of cards: shown, accepted, overridden, ignored, by rule, policy, hook, client, reason or week.

One question to the database counts cards by all of it at once; every table is a sum over its answer.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Select, case, func, select

from cds_service.records.database import Database
from cds_service.records.record_tables import CardRow, DecisionRow, FeedbackRow

NOT_TOLD: Final = "not told"
COMMENT_ONLY: Final = "comment only"
NO_POLICY: Final = "none"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which records count: calls from ``since`` to before ``until``, of a client or hook, cards of a rule."""

    since: datetime | None = None
    until: datetime | None = None
    client: str | None = None
    hook: str | None = None
    rule: str | None = None


EVERY_RECORD: Final = Chosen()


class CardCount(NamedTuple):
    """So many cards that are alike: ``week`` is its Monday like 2026-03-16 (UTC).

    ``outcome`` is ``accepted``, ``overridden`` or None where no feedback came; ``reason`` why it was overridden.
    """

    rule: str
    policy: str
    hook: str
    client: str
    week: str
    state: str
    why: str | None
    outcome: str | None
    reason: str | None
    cards: int


@dataclass(frozen=True, slots=True)
class Insight:
    """Counts of cards that share a key.

    ``shown`` is the denominator: each card once, however often its call was repeated. ``ignored`` were shown, and
    nothing came back. ``withheld`` and ``shadow`` were found and not shown.
    """

    key: str
    shown: int
    accepted: int
    overridden: int
    ignored: int
    withheld: int
    shadow: int


AnySelect: TypeAlias = Select[*tuple[Any, ...]]
InsightKey: TypeAlias = Callable[[CardCount], str | None]
INSIGHT_KEYS: Final[Mapping[str, InsightKey]] = {
    "rule": lambda count: count.rule,
    "policy": lambda count: count.policy,
    "hook": lambda count: count.hook,
    "client": lambda count: count.client,
    "reason": lambda count: count.reason,
    "week": lambda count: count.week,
}


def week_of_call(database: Database) -> ColumnElement[str]:
    """The Monday of the week, in UTC, as text like 2026-03-16."""
    if database.is_postgresql:
        return func.to_char(func.date_trunc("week", func.timezone("UTC", DecisionRow.at)), "YYYY-MM-DD")
    return func.date(DecisionRow.at, "-6 days", "weekday 1")


def reason_of_override() -> ColumnElement[Any]:
    """Why a card was overridden; None for cards that were not."""
    reason_or_comment = func.coalesce(
        FeedbackRow.reason_code, case((FeedbackRow.comment.is_not(None), COMMENT_ONLY), else_=NOT_TOLD)
    )
    return case((FeedbackRow.outcome == "overridden", reason_or_comment), else_=None)


def calls_chosen(query: AnySelect, chosen: Chosen) -> AnySelect:
    """The query over decisions, narrowed to the calls that count; the rule is a matter of cards."""
    if chosen.since is not None:
        query = query.where(DecisionRow.at >= chosen.since)
    if chosen.until is not None:
        query = query.where(DecisionRow.at < chosen.until)
    if chosen.client is not None:
        query = query.where(DecisionRow.client == chosen.client)
    if chosen.hook is not None:
        query = query.where(DecisionRow.hook == chosen.hook)
    return query


def cards_chosen(query: AnySelect, chosen: Chosen) -> AnySelect:
    """The query over decisions with their cards and feedback, narrowed to what counts."""
    query = calls_chosen(query, chosen)
    return query.where(CardRow.rule == chosen.rule) if chosen.rule is not None else query


def with_feedback(query: AnySelect) -> AnySelect:
    """A query from decisions to their cards, and the feedback about these where there is some.

    The text that is added to the id keeps SQLite from the way back, from all cards to their decisions: measured, it
    takes that way for the newest 50 of 100 000 calls, and needs 200 ms where the index of times needs 1.
    """
    return (
        query.select_from(DecisionRow)
        .join(CardRow, CardRow.decision == DecisionRow.id + "")
        .outerjoin(FeedbackRow, (FeedbackRow.client == CardRow.client) & (FeedbackRow.card == CardRow.uuid))
    )


def card_counts(database: Database, chosen: Chosen = EVERY_RECORD) -> tuple[CardCount, ...]:
    """Cards by everything they are counted by.

    Raises:
        StoreError: the database cannot be used.
    """
    keys: tuple[ColumnElement[Any], ...] = (
        CardRow.rule.expression,
        func.coalesce(CardRow.policy, NO_POLICY),
        DecisionRow.hook.expression,
        CardRow.client.expression,
        week_of_call(database),
        CardRow.state.expression,
        CardRow.why.expression,
        FeedbackRow.outcome.expression,
        reason_of_override(),
    )
    return tuple(
        CardCount(*row) for row in counted(database, keys, lambda query: cards_chosen(with_feedback(query), chosen))
    )


def counted(
    database: Database, keys: Sequence[ColumnElement[Any]], narrowed: Callable[[AnySelect], AnySelect]
) -> list[Sequence[Any]]:
    """The different values of the keys over the rows of a query, each with the number of its rows at the end.

    Raises:
        StoreError: the database cannot be used.
    """
    named = [key.label(f"key_{number}") for number, key in enumerate(keys)]
    rows = narrowed(select(*named)).subquery().c
    with database.single() as connection:
        return [tuple(row) for row in connection.execute(select(*rows, func.count()).group_by(*rows))]


def insights_by(counts: Iterable[CardCount], by: str) -> tuple[Insight, ...]:
    """Counts for each value of ``by``, one of ``INSIGHT_KEYS``: weeks in their order, others most shown first."""
    sums: dict[str, Counter[str]] = {}
    for count in counts:
        key = INSIGHT_KEYS[by](count)
        if key is not None:
            sums.setdefault(key, Counter())[_column(count)] += count.cards
    found = [_insight(key, sums[key]) for key in sums]
    return tuple(sorted(found, key=lambda row: (0 if by == "week" else -row.shown, row.key)))


def insights(database: Database, by: str = "rule", since: datetime | None = None) -> tuple[Insight, ...]:
    """Counts for each value of ``by`` over the calls since a moment.

    Raises:
        StoreError: the database cannot be used.
    """
    return insights_by(card_counts(database, Chosen(since)), by)


def in_all(counts: Iterable[CardCount]) -> Insight:
    """Counts over all cards."""
    sums: Counter[str] = Counter()
    for count in counts:
        sums[_column(count)] += count.cards
    return _insight("", sums)


def _column(count: CardCount) -> str:
    """What became of these cards: shown ones by their feedback."""
    return count.state if count.state != "shown" else count.outcome or "ignored"


def _insight(key: str, sums: Counter[str]) -> Insight:
    became = {name: sums[name] for name in ("accepted", "overridden", "ignored")}
    return Insight(key, sum(became.values()), **became, withheld=sums["withheld"], shadow=sums["shadow"])


@dataclass(frozen=True, slots=True)
class Totals:
    """Calls on record, those without any card, feedback, and feedback whose card this client never got."""

    calls: int
    without_cards: int
    feedback: int
    unmatched: int


def totals(database: Database, since: datetime | None = None) -> Totals:
    """Counts over everything since a moment.

    Raises:
        StoreError: the database cannot be used.
    """
    calls = select(func.count(), _count(DecisionRow.shown == 0)).select_from(DecisionRow)
    feedback = (
        select(func.count(), _count(CardRow.uuid.is_(None)))
        .select_from(FeedbackRow)
        .outerjoin(CardRow, (FeedbackRow.client == CardRow.client) & (FeedbackRow.card == CardRow.uuid))
    )
    if since is not None:
        calls = calls.where(DecisionRow.at >= since)
        feedback = feedback.where(FeedbackRow.received_at >= since)
    with database.single() as connection:
        return Totals(*connection.execute(calls).one(), *connection.execute(feedback).one())


def number_of_calls(database: Database, since: datetime) -> int:
    """How many calls came since a moment; an index alone answers it.

    Raises:
        StoreError: the database cannot be used.
    """
    with database.single() as connection:
        return connection.execute(select(func.count(DecisionRow.at)).where(DecisionRow.at >= since)).scalar_one()


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
