"""What became of cards: shown, accepted, overridden, ignored, by rule, policy, hook, client, reason or week."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, case, func, select

from cds_service.records.database import Database
from cds_service.records.record_tables import CardRow, DecisionRow, FeedbackRow

InsightKey: TypeAlias = Callable[[Database], ColumnElement[Any]]

NOT_TOLD: Final = "not told"


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


def _week(database: Database) -> ColumnElement[Any]:
    """The Monday of the week, in UTC, as text like 2026-03-16."""
    if database.is_postgresql:
        return func.to_char(func.date_trunc("week", func.timezone("UTC", DecisionRow.at)), "YYYY-MM-DD")
    return func.date(DecisionRow.at, "-6 days", "weekday 1")


def _reason(_database: Database) -> ColumnElement[Any]:
    """Why a card was overridden; cards that were not have no key here."""
    reason_or_comment = func.coalesce(
        FeedbackRow.reason_code, case((FeedbackRow.comment.is_not(None), "comment only"), else_=NOT_TOLD)
    )
    return case((FeedbackRow.outcome == "overridden", reason_or_comment), else_=None)


INSIGHT_KEYS: Final[Mapping[str, InsightKey]] = {
    "rule": lambda _: CardRow.rule.expression,
    "policy": lambda _: func.coalesce(CardRow.policy, "none"),
    "hook": lambda _: DecisionRow.hook.expression,
    "client": lambda _: CardRow.client.expression,
    "reason": _reason,
    "week": _week,
}


def insights(database: Database, by: str = "rule", since: datetime | None = None) -> tuple[Insight, ...]:
    """Counts for each value of ``by``, one of ``INSIGHT_KEYS``, over the calls since a moment; those most shown first.

    Raises:
        StoreError: the database cannot be used.
    """
    cards = (
        select(INSIGHT_KEYS[by](database).label("key"), CardRow.state, FeedbackRow.outcome)
        .join(DecisionRow, CardRow.decision == DecisionRow.id)
        .outerjoin(FeedbackRow, (FeedbackRow.client == CardRow.client) & (FeedbackRow.card == CardRow.uuid))
    )
    if since is not None:
        cards = cards.where(DecisionRow.at >= since)
    card = cards.subquery().c
    shown = card.state == "shown"
    query = (
        select(
            card.key,
            _count(shown),
            _count(shown & (card.outcome == "accepted")),
            _count(shown & (card.outcome == "overridden")),
            _count(shown & card.outcome.is_(None)),
            _count(card.state == "withheld"),
            _count(card.state == "shadow"),
        )
        .where(card.key.is_not(None))
        .group_by(card.key)
    )
    with database.single() as connection:
        found = [Insight(*row) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda row: (by == "week", -row.shown if by != "week" else 0, row.key)))


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
    said = (
        select(func.count(), _count(CardRow.uuid.is_(None)))
        .select_from(FeedbackRow)
        .outerjoin(CardRow, (FeedbackRow.client == CardRow.client) & (FeedbackRow.card == CardRow.uuid))
    )
    if since is not None:
        calls = calls.where(DecisionRow.at >= since)
        said = said.where(FeedbackRow.received_at >= since)
    with database.single() as connection:
        return Totals(*connection.execute(calls).one(), *connection.execute(said).one())


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
