"""Writes what is kept of calls off the hot path: a bounded queue and one thread that writes many entries at once."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from cds_service.records.database import Database, reason
from cds_service.records.entries import Entry, Row
from cds_service.records.kept_feedback import match_feedback
from cds_service.records.recent_overrides import EpisodeHashes
from cds_service.records.record_tables import Base, CardRow, DecisionRow, SuggestionRow

MOST_WAITING: Final = 10_000
"""Entries in memory. When the store is gone for longer, new ones are dropped and counted."""
BATCH: Final = 200
LINGER_SECONDS: Final = 0.25
RETRY_SECONDS: Final = 1.0
DRAIN_SECONDS: Final = 10.0
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of entries since the start of this process; ``dropped`` ones are lost."""

    written: int = 0
    dropped: int = 0
    waiting: int = 0


class Writer:
    """Takes entries without ever waiting or failing, and writes them soon.

    The thread is no daemon: when the main thread ends, by the end of the program or of a server's worker, it writes
    what is waiting and ends too. It gives up after ``drain_seconds`` when the store is not to be had.
    ``on_written`` is told how a try to write ended, ``on_matched`` the episodes of feedback that had come
    before its card.
    """

    def __init__(
        self,
        database: Database,
        most_waiting: int = MOST_WAITING,
        linger_seconds: float = LINGER_SECONDS,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        self._database = database
        self._most_waiting = most_waiting
        self._linger = linger_seconds
        self._drain = drain_seconds
        self._waiting: deque[Entry] = deque()
        self._written = 0
        self._dropped = 0
        self._failing = False
        self._in_hand = 0
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self.on_written: Callable[[Exception | None], None] = lambda _: None
        self.on_matched: Callable[[Collection[EpisodeHashes]], None] = lambda _: None
        self._starting = threading.Lock()

    def put(self, entry: Entry) -> bool:
        """Take an entry; False when there are too many waiting and it is dropped."""
        if len(self._waiting) + self._in_hand >= self._most_waiting or self._closing.is_set():
            self._dropped += 1
            return False
        self._waiting.append(entry)
        if self._thread is None:
            self._start()
        return True

    def counts(self) -> Counts:
        """For metrics."""
        return Counts(self._written, self._dropped, len(self._waiting) + self._in_hand)

    def flush(self, seconds: float) -> bool:
        """Wait until everything taken so far is written or dropped; False when that takes longer."""
        until = time.monotonic() + seconds
        while self._waiting or self._in_hand:
            if time.monotonic() >= until:
                return False
            time.sleep(self._linger / 10)
        return True

    def close(self) -> None:
        """Write what is waiting, and end; later entries are dropped."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="records", daemon=False)
                self._thread.start()

    def _run(self) -> None:
        """Write what waits, then let some more gather; once ended, go on until nothing waits or time is up."""
        main = threading.main_thread()
        give_up: float | None = None
        batch: list[Entry] = []
        while True:
            if give_up is None and (self._closing.is_set() or not main.is_alive()):
                give_up = time.monotonic() + self._drain
            batch = self._write(batch or self._take())
            if batch and give_up is not None and time.monotonic() >= give_up:
                self._give_up(batch)
                return
            if batch:
                self._pause(RETRY_SECONDS if give_up is None else self._linger)
            elif give_up is None:
                self._pause(self._linger)
            elif not self._waiting:
                return

    def _pause(self, seconds: float) -> None:
        if self._closing.is_set():
            time.sleep(seconds)
        else:
            self._closing.wait(seconds)

    def _take(self) -> list[Entry]:
        batch: list[Entry] = []
        while self._waiting and len(batch) < BATCH:
            self._in_hand += 1
            batch.append(self._waiting.popleft())
        return batch

    def _write(self, batch: list[Entry]) -> list[Entry]:
        """Those that have to wait because the store is not to be had; an entry that cannot be kept is dropped."""
        if not batch:
            return []
        try:
            self._insert(batch)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with an entry, the others have to be written
            if not _is_of_an_entry(error):
                self._unavailable(error)
                return batch
            if len(batch) > 1:
                return [left for entry in batch for left in self._write([entry])]
            _log.error("record not kept", extra={"fields": {"error": type(error).__name__}})
            self._done(dropped=1)
            return []
        self._failing = False
        self._done(written=len(batch))
        self.on_written(None)
        return []

    def _insert(self, batch: Sequence[Entry]) -> None:
        with self._database.writing() as connection:
            matched = insert_entries(connection, batch)
        self.on_matched(matched)

    def _done(self, *, written: int = 0, dropped: int = 0) -> None:
        self._written += written
        self._dropped += dropped
        self._in_hand -= written + dropped

    def _unavailable(self, error: Exception) -> None:
        self.on_written(error)
        if not self._failing:
            _log.error("records are waiting", extra={"fields": {"error": reason(error)}})
        self._failing = True

    def _give_up(self, batch: Sequence[Entry]) -> None:
        lost = len(batch) + len(self._waiting)
        self._waiting.clear()
        self._dropped += lost
        self._in_hand = 0
        _log.error("records lost", extra={"fields": {"records": lost}})


def _is_of_an_entry(error: Exception) -> bool:
    """An entry cannot be written as it is; anything else is wrong with the store, and may pass."""
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | IntegrityError)
    return isinstance(error, StatementError) or not isinstance(error, SQLAlchemyError | OSError | MemoryError)


def insert_entries(connection: Connection, batch: Sequence[Entry]) -> Collection[EpisodeHashes]:
    """Write entries. What stands already stays: a call that is repeated repeats its cards. Once shown is shown.

    Returns:
        The episodes of feedback that had come before its card.
    """
    insert: Callable[[type[Base]], Any] = (
        postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    )
    connection.execute(insert(DecisionRow).on_conflict_do_nothing(), [entry.decision for entry in batch])
    cards = [row for entry in batch for row in entry.cards]
    matched: Collection[EpisodeHashes] = ()
    if cards:
        new = insert(CardRow)
        became_shown = new.on_conflict_do_update(
            index_elements=["client", "uuid"],
            set_={"state": new.excluded.state, "why": new.excluded.why},
            where=new.excluded.state == "shown",
        )
        connection.execute(became_shown, cards)
        matched = match_feedback(connection, cards)
    suggestions: list[Row] = [row for entry in batch for row in entry.suggestions]
    if suggestions:
        connection.execute(insert(SuggestionRow).on_conflict_do_nothing(), suggestions)
    return matched
