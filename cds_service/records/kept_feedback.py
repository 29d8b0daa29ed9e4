"""Keeps feedback: all entries of a request or none, each card's latest word once (CH-F-01, CH-F-08)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cds_service.hooks.feedback import CardFeedback
from cds_service.records.database import MATCHING, Database, one_at_a_time
from cds_service.records.entries import Row
from cds_service.records.record_tables import CardRow, DecisionRow, FeedbackRow

NO_PATIENT: Final[dict[str, Any]] = {"patient": None, "episode": None}

REPLACED: Final = (
    "service",
    "outcome",
    "reason_system",
    "reason_code",
    "comment",
    "suggestions",
    "outcome_at",
    "received_at",
    "patient",
    "episode",
)


def keep_feedback(
    database: Database, client: str, service: str, entries: Iterable[CardFeedback], received: datetime
) -> None:
    """Keep what a client says of its cards.

    The same entry again changes nothing; a later outcome of the same card replaces the earlier one, and an earlier
    one that comes late does not. That the card is not on record is no fault (CH-F-05).

    Raises:
        StoreError: the database cannot be used; nothing was kept.
    """
    insert: Callable[[type[FeedbackRow]], Any] = postgresql.insert if database.is_postgresql else sqlite.insert
    new = insert(FeedbackRow)
    latest_word = new.on_conflict_do_update(
        index_elements=["client", "card"],
        set_={name: new.excluded[name] for name in REPLACED},
        where=new.excluded.outcome_at >= FeedbackRow.outcome_at,
    )
    latest = {entry.card: entry for entry in sorted(entries, key=lambda entry: entry.at)}
    with database.writing() as connection:
        one_at_a_time(connection, MATCHING)
        about = _about(connection, client, latest)
        rows = [_row(client, service, entry, received) | about.get(card, NO_PATIENT) for card, entry in latest.items()]
        connection.execute(latest_word, sorted(rows, key=itemgetter("card")))


def match_feedback(connection: Connection, cards: Iterable[Row]) -> set[tuple[str, str, str]]:
    """Tell feedback that came before its card was written whom the card is about: client, patient and episode."""
    one_at_a_time(connection, MATCHING)
    matched = set()
    by_client: dict[str, list[str]] = {}
    for card in cards:
        by_client.setdefault(card["client"], []).append(card["uuid"])
    for client, uuids in by_client.items():
        waiting = select(FeedbackRow.card).where(
            FeedbackRow.client == client, FeedbackRow.card.in_(uuids), FeedbackRow.patient.is_(None)
        )
        for uuid, about in _about(connection, client, connection.scalars(waiting).all()).items():
            early = (FeedbackRow.client == client) & (FeedbackRow.card == uuid)
            connection.execute(update(FeedbackRow).where(early).values(about))
            matched.add((client, about["patient"], about["episode"]))
    return matched


def _about(connection: Connection, client: str, cards: Collection[str]) -> Mapping[str, dict[str, Any]]:
    """Patient and episode of those cards that are on record."""
    if not cards:
        return {}
    query = (
        select(CardRow.uuid, DecisionRow.patient, DecisionRow.episode)
        .join(DecisionRow, CardRow.decision == DecisionRow.id)
        .where(CardRow.client == client, CardRow.uuid.in_(cards))
    )
    return {row.uuid: {"patient": row.patient, "episode": row.episode} for row in connection.execute(query)}


def _row(client: str, service: str, entry: CardFeedback, received: datetime) -> dict[str, object]:
    return {
        "client": client,
        "card": entry.card,
        "service": service,
        "outcome": entry.outcome,
        "reason_system": entry.reason.system if entry.reason else None,
        "reason_code": entry.reason.code if entry.reason else None,
        "comment": entry.reason.comment if entry.reason else None,
        "suggestions": list(entry.suggestions),
        "outcome_at": entry.at,
        "received_at": received,
    }
