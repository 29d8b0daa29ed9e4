"""The records behind the numbers of the insights, page by page: no patient, no hash, no comment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select

from cds_service.records.database import Database
from cds_service.records.insights import (
    NO_POLICY,
    Chosen,
    calls_chosen,
    cards_chosen,
    reason_of_override,
    week_of_call,
    with_feedback,
)
from cds_service.records.record_tables import CardRow, DecisionRow, FeedbackRow

PAGE_ROWS: Final = 50
CARD_STATES: Final = ("shown", "accepted", "overridden", "ignored", "withheld", "shadow")
"""What a card may be listed by; the first holds the three that follow it."""

_OF_CALL: Final = (DecisionRow.at, DecisionRow.client, DecisionRow.service, DecisionRow.hook, DecisionRow.latency)
"""What both lists tell of a call first."""


@dataclass(frozen=True, slots=True)
class CardsWanted:
    """Which cards are listed, besides those that are chosen: all that is None does not matter."""

    state: str | None = None
    policy: str | None = None
    reason: str | None = None
    why: str | None = None
    week: str | None = None


@dataclass(frozen=True, slots=True)
class CallsWanted:
    """Which calls are listed, besides those that are chosen: a ``fact`` that was missing, an outcome, a week."""

    fact: str | None = None
    outcome: str | None = None
    week: str | None = None


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A card with its call; ``became`` is one of ``CARD_STATES`` without the first. ``latency`` in milliseconds."""

    at: datetime
    client: str
    service: str
    hook: str
    latency: float
    rule: str
    kind: str
    policy: str
    state: str
    outcome: str | None
    why: str | None
    reason: str | None

    @property
    def became(self) -> str:
        """What became of it."""
        return self.state if self.state != "shown" else self.outcome or "ignored"


@dataclass(frozen=True, slots=True)
class ListedCall:
    """A call: how it ended, its counts, the facts it did not tell. ``latency`` in milliseconds."""

    at: datetime
    client: str
    service: str
    hook: str
    latency: float
    outcome: str
    shadow: bool
    shown: int
    withheld: int
    missing: str | None


def listed_cards(
    database: Database, chosen: Chosen, wanted: CardsWanted, first: int = 0, most: int = PAGE_ROWS
) -> tuple[ListedCard, ...]:
    """Cards, the newest call first, from place ``first``.

    Raises:
        StoreError: the database cannot be used.
    """
    columns = (
        *_OF_CALL,
        CardRow.rule,
        CardRow.kind,
        func.coalesce(CardRow.policy, NO_POLICY),
        CardRow.state,
        FeedbackRow.outcome,
        CardRow.why,
        reason_of_override(),
    )
    query = cards_chosen(with_feedback(select(*columns)), chosen).where(*_of_cards(database, wanted))
    ordered = query.order_by(DecisionRow.at.desc(), DecisionRow.id, CardRow.rank)
    with database.single() as connection:
        return tuple(ListedCard(*row) for row in connection.execute(ordered.offset(first).limit(most)))


def cards_in_list(database: Database, chosen: Chosen, wanted: CardsWanted) -> int:
    """How many cards the list has.

    Raises:
        StoreError: the database cannot be used.
    """
    total = cards_chosen(with_feedback(select(func.count())), chosen).where(*_of_cards(database, wanted))
    with database.single() as connection:
        return int(connection.execute(total).scalar_one())


def listed_calls(
    database: Database, chosen: Chosen, wanted: CallsWanted, first: int = 0, most: int = PAGE_ROWS
) -> tuple[ListedCall, ...]:
    """Calls, the newest first, from place ``first``.

    Raises:
        StoreError: the database cannot be used.
    """
    columns = (
        *_OF_CALL,
        DecisionRow.outcome,
        DecisionRow.shadow,
        DecisionRow.shown,
        DecisionRow.withheld,
        DecisionRow.missing,
    )
    query = calls_chosen(select(*columns), chosen).where(*_of_calls(database, wanted))
    ordered = query.order_by(DecisionRow.at.desc(), DecisionRow.id)
    with database.single() as connection:
        return tuple(ListedCall(*row) for row in connection.execute(ordered.offset(first).limit(most)))


def calls_in_list(database: Database, chosen: Chosen, wanted: CallsWanted) -> int:
    """How many calls the list has.

    Raises:
        StoreError: the database cannot be used.
    """
    total = calls_chosen(select(func.count()).select_from(DecisionRow), chosen).where(*_of_calls(database, wanted))
    with database.single() as connection:
        return int(connection.execute(total).scalar_one())


def _of_cards(database: Database, wanted: CardsWanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        conditions += _in_state(wanted.state)
    if wanted.policy is not None:
        conditions.append(func.coalesce(CardRow.policy, NO_POLICY) == wanted.policy)
    if wanted.reason is not None:
        conditions.append(reason_of_override() == wanted.reason)
    if wanted.why is not None:
        conditions.append(CardRow.why == wanted.why)
    if wanted.week is not None:
        conditions.append(week_of_call(database) == wanted.week)
    return conditions


def _in_state(state: str) -> list[ColumnElement[bool]]:
    if state in {"withheld", "shadow"}:
        return [CardRow.state == state]
    shown = CardRow.state == "shown"
    if state == "shown":
        return [shown]
    return [shown, FeedbackRow.outcome.is_(None) if state == "ignored" else FeedbackRow.outcome == state]


def _of_calls(database: Database, wanted: CallsWanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.fact is not None:
        conditions.append(DecisionRow.missing.contains(f" {wanted.fact} ", autoescape=True))
    if wanted.outcome is not None:
        conditions.append(DecisionRow.outcome == wanted.outcome)
    if wanted.week is not None:
        conditions.append(week_of_call(database) == wanted.week)
    return conditions
