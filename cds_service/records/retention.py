"""How long records are kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select

from cds_service.records.database import Database
from cds_service.records.record_tables import CardRow, DecisionRow, FeedbackRow
from cds_service.records.used_tokens import purge_tokens


@dataclass(frozen=True, slots=True)
class Purged:
    """What was removed."""

    calls: int
    cards: int
    feedback: int
    tokens: int


def purge(database: Database, before: datetime, now: datetime) -> Purged:
    """Remove calls before a moment with their cards, suggestions and feedback, older feedback, and expired tokens.

    Feedback goes with its card, however late it came; a comment may hold patient data (CH-F-09).

    Raises:
        StoreError: the database cannot be used; calls, cards and feedback are removed together or not at all.
    """
    old = select(DecisionRow.id).where(DecisionRow.at < before)
    about_old = (
        select(CardRow.uuid)
        .where(CardRow.client == FeedbackRow.client, CardRow.uuid == FeedbackRow.card, CardRow.decision.in_(old))
        .exists()
    )
    with database.writing() as connection:
        feedback = connection.execute(
            delete(FeedbackRow).where(or_(FeedbackRow.received_at < before, about_old))
        ).rowcount
        cards = connection.execute(select(func.count()).where(CardRow.decision.in_(old))).scalar_one()
        calls = connection.execute(delete(DecisionRow).where(DecisionRow.at < before)).rowcount
    return Purged(calls, cards, feedback, purge_tokens(database, now))
