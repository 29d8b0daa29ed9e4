"""How long records are kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, select, tuple_

from cds_service.records.database import Database
from cds_service.records.record_tables import CardRow, DecisionRow, FeedbackRow
from cds_service.records.small_steps import in_small_steps
from cds_service.records.used_tokens import purge_tokens

CALLS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Purged:
    """What was removed; ``wiped`` is whether nothing of it is left in the bytes of a SQLite database."""

    calls: int
    cards: int
    feedback: int
    tokens: int
    wiped: bool = True


def purge(database: Database, before: datetime, now: datetime) -> Purged:
    """Remove calls before a moment with their cards, suggestions and feedback, older feedback, and expired tokens.

    Feedback goes with its card, however late it came; a comment may hold patient data (CH-F-09). It is done some calls
    at a time, so that a service that runs on is not kept waiting.

    Raises:
        StoreError: the database cannot be used; a call, its cards and their feedback are removed together or not at
            all.
    """
    steps = _Steps(before)
    calls = in_small_steps(database, steps.remove_calls, CALLS_AT_ONCE)
    steps.feedback += in_small_steps(database, steps.remove_feedback, CALLS_AT_ONCE)
    tokens = purge_tokens(database, now)
    return Purged(calls, steps.cards, steps.feedback, tokens, database.wipe_log())


class _Steps:
    """Removes what is older, some at a time, and counts what goes with calls."""

    def __init__(self, before: datetime) -> None:
        self._before = before
        self.cards = 0
        self.feedback = 0

    def remove_calls(self, connection: Connection) -> int:
        oldest = select(DecisionRow.id).where(DecisionRow.at < self._before).order_by(DecisionRow.at)
        ids = connection.scalars(oldest.limit(CALLS_AT_ONCE)).all()
        if not ids:
            return 0
        cards = select(CardRow.client, CardRow.uuid).where(CardRow.decision.in_(ids))
        self.cards += connection.execute(select(func.count()).where(CardRow.decision.in_(ids))).scalar_one()
        self.feedback += connection.execute(
            delete(FeedbackRow).where(tuple_(FeedbackRow.client, FeedbackRow.card).in_(cards))
        ).rowcount
        connection.execute(delete(DecisionRow).where(DecisionRow.id.in_(ids)))
        return len(ids)

    def remove_feedback(self, connection: Connection) -> int:
        old = select(FeedbackRow.client, FeedbackRow.card).where(FeedbackRow.received_at < self._before)
        some = delete(FeedbackRow).where(tuple_(FeedbackRow.client, FeedbackRow.card).in_(old.limit(CALLS_AT_ONCE)))
        return connection.execute(some).rowcount
