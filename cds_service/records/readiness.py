"""Whether what comes now could be kept: by how the last writes ended, and where nothing was written lately by a try."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete

from cds_service.hooks.feedback import CardFeedback, OverrideReason
from cds_service.records.database import Database, StoreError, is_damage, waited_in_vain
from cds_service.records.kept_feedback import keep_feedback
from cds_service.records.record_tables import FeedbackRow

READY_SECONDS: Final = 1.0
"""Longest wait of a question for readiness."""
PROOF_SECONDS: Final = 10.0
"""How long a write that went well proves that the next one would."""
PROBE: Final = "readiness"
PROBE_CLIENT: Final = ""
"""Whose feedback the try is: no client has an empty name."""


class Readiness:
    """Told how writes end. ``clock`` counts seconds.

    A damaged file stays damaged: a try that goes well proves nothing then, only feedback that is kept does.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._proven_until = 0.0
        self._calls_fail = False
        self._feedback_fails = False
        self._is_damaged = False

    def calls(self, error: Exception | None = None) -> None:
        """How the writing of calls ended; it is tried again by itself until it goes well."""
        self._calls_fail = error is not None
        self._prove(error)

    def feedback(self, error: StoreError | None = None) -> None:
        """How the writing of feedback ended."""
        self._feedback_fails = error is not None
        self._is_damaged = error is not None and is_damage(error)
        self._prove(error)

    def ready(self) -> bool:
        """Whether calls and feedback could be kept now."""
        if self._calls_fail or self._is_damaged or self._database.resting:
            return False
        try:
            return self._database.within(READY_SECONDS, self._check)
        except StoreError as error:
            if waited_in_vain(error):
                self._database.rest(error, "the database is not ready")
            return False

    def _prove(self, error: Exception | None) -> None:
        self._proven_until = self._clock() + PROOF_SECONDS if error is None else 0.0

    def _check(self) -> bool:
        if not self._database.reachable():
            return False
        if self._feedback_fails or self._clock() >= self._proven_until:
            self._write()
            self.feedback()
        return True

    def _write(self) -> None:
        """Keep feedback of the size of a long comment, committed, and remove it."""
        now = datetime.now(UTC)
        reason = OverrideReason(comment="x" * 4000)
        entry = CardFeedback(card=PROBE, outcome="overridden", at=now, reason=reason)
        keep_feedback(self._database, PROBE_CLIENT, PROBE, [entry], now)
        with self._database.writing() as connection:
            connection.execute(delete(FeedbackRow).where(FeedbackRow.client == PROBE_CLIENT))
