"""Overrides of late, in memory: hook calls look them up without the database, which the processes share them through.

Feedback that comes to this process, and feedback that its records are matched with, is known at once. What came to
another process is known a moment later: a thread looks for feedback that is new. Feedback may turn up late, because a
transaction took its time, a clock is behind, or the record of its card was written after it, so the thread looks back a
little each time, and further back from time to time.
"""

import logging
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, Select, select

from cds_service.domain.findings import Severity
from cds_service.records.database import Database, StoreError
from cds_service.records.record_tables import CardRow, FeedbackRow

OVERRIDDEN: Final = "overridden"
LOOK_SECONDS: Final = 0.5
LEARN_SECONDS: Final = 0.5
LOOKS_TO_A_LONG_ONE: Final = 60
LOOK_BACK: Final = timedelta(seconds=15)
LONG_LOOK_BACK: Final = timedelta(minutes=10)
MOST_EPISODES: Final = 50_000
"""Episodes with overrides in memory, about 0.5 kB each; of more, those longest without feedback are not known."""
_log: Final = logging.getLogger(__name__)

EpisodeHashes: TypeAlias = tuple[str, str, str]
"""Client, and the hashes of patient and episode."""

_OVERRIDES: Final = (
    select(
        FeedbackRow.client,
        FeedbackRow.patient,
        FeedbackRow.episode,
        FeedbackRow.received_at,
        CardRow.rule,
        CardRow.kind,
        CardRow.subject,
        CardRow.severity,
        CardRow.joined,
    )
    .join(CardRow, (FeedbackRow.client == CardRow.client) & (FeedbackRow.card == CardRow.uuid))
    .where(FeedbackRow.outcome == OVERRIDDEN, CardRow.state == "shown")
)
_FEEDBACK: Final[Select[*tuple[Any, ...]]] = select(
    FeedbackRow.client,
    FeedbackRow.patient,
    FeedbackRow.episode,
    FeedbackRow.card,
    FeedbackRow.outcome,
    FeedbackRow.outcome_at,
    FeedbackRow.received_at,
).where(FeedbackRow.patient.is_not(None))


@dataclass(frozen=True, slots=True)
class Override:
    """A finding that was on an overridden card; ``subject`` is a hash, ``at`` when the override came in."""

    rule: str
    kind: str
    subject: str
    severity: Severity
    at: datetime


class RecentOverrides:
    """What was overridden within so many days, at most."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._days: timedelta | None = None
        self._known: dict[EpisodeHashes, tuple[Override, ...]] = {}
        self._seen: set[Row[Any]] = set()
        self._last = self._last_long = clock()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def known(self) -> int:
        """In how many episodes something was overridden lately."""
        return len(self._known)

    def remember(self, days: int) -> None:
        """Load the overrides of so many days, and keep up with the database from now on.

        Raises:
            StoreError: the database cannot be used.
        """
        self._days = timedelta(days=days)
        self._last = self._last_long = self._clock()
        newest = _OVERRIDES.where(FeedbackRow.received_at >= self._since()).order_by(FeedbackRow.received_at)
        with self._lock, self._database.single() as connection:
            self._seen = _feedback_since(connection, self._last - LONG_LOOK_BACK)
            self._take(_by_episode(connection.execute(newest)))
        self._thread = threading.Thread(target=self._keep_up, name="overrides", daemon=True)
        self._thread.start()

    def of(self, episode: Callable[[], EpisodeHashes]) -> tuple[Override, ...]:
        """The overrides of an episode, whose hashes are made only if there are any overrides at all."""
        if not self._known:
            return ()
        since = self._since()
        return tuple(override for override in self._known.get(episode(), ()) if override.at >= since)

    def learn(self, client: str, cards: Collection[str]) -> None:
        """Take in feedback on these cards that was just kept; what cannot be read now is found later."""
        query = _FEEDBACK.where(FeedbackRow.client == client, FeedbackRow.card.in_(cards))

        def read() -> None:
            with self._database.single() as connection:
                self._reload(connection, set(map(_episode, connection.execute(query))))

        if self._days is not None:
            with suppress(StoreError):
                self._database.within(LEARN_SECONDS, read)

    def matched(self, episodes: Collection[EpisodeHashes]) -> None:
        """Take in feedback of these episodes, which came before its card and is matched with it now."""
        if self._days is not None and episodes:
            with suppress(StoreError), self._database.single() as connection:
                self._reload(connection, episodes)

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=LOOK_SECONDS)

    def look(self, *, far: bool = False) -> None:
        """Take in feedback that came to others since the last look.

        Raises:
            StoreError: the database cannot be used; what is known stays.
        """
        now = self._clock()
        since = min(now, self._last_long) - LONG_LOOK_BACK if far else min(now, self._last) - LOOK_BACK
        with self._database.single() as connection:
            found = _feedback_since(connection, since)
            self._reload(connection, set(map(_episode, found - self._seen)))
        self._seen = found if far else self._seen | found
        self._last = now
        if far:
            self._last_long = now
            self._forget()

    def _keep_up(self) -> None:
        looks = 0
        while not self._closed.wait(LOOK_SECONDS):
            looks += 1
            with suppress(StoreError):
                self.look(far=looks % LOOKS_TO_A_LONG_ONE == 0)

    def _since(self) -> datetime:
        return self._clock() - (self._days or timedelta())

    def _reload(self, connection: Connection, episodes: Iterable[EpisodeHashes]) -> None:
        """Read all overrides of these episodes anew: a later word on a card may have taken one back."""
        for client, patient, episode in episodes:
            about = (FeedbackRow.client == client) & (FeedbackRow.patient == patient) & (FeedbackRow.episode == episode)
            recent = FeedbackRow.received_at >= self._since()
            with self._lock:
                found = _by_episode(connection.execute(_OVERRIDES.where(about, recent)))
                self._known.pop((client, patient, episode), None)
                self._take(found)

    def _take(self, found: dict[EpisodeHashes, tuple[Override, ...]]) -> None:
        self._known.update(found)
        if len(self._known) > MOST_EPISODES:
            _log.warning("too many overrides", extra={"fields": {"episodes": len(self._known)}})
            for episode in list(self._known)[: len(self._known) - MOST_EPISODES]:
                del self._known[episode]

    def _forget(self) -> None:
        since = self._since()
        with self._lock:
            for episode, overrides in list(self._known.items()):
                if all(override.at < since for override in overrides):
                    del self._known[episode]


def _feedback_since(connection: Connection, since: datetime) -> set[Row[Any]]:
    return set(connection.execute(_FEEDBACK.where(FeedbackRow.received_at >= since)))


def _by_episode(rows: Iterable[Row[Any]]) -> dict[EpisodeHashes, tuple[Override, ...]]:
    found: dict[EpisodeHashes, tuple[Override, ...]] = {}
    for row in rows:
        found[_episode(row)] = (*found.pop(_episode(row), ()), *_overrides(row))
    return found


def _episode(row: Row[Any]) -> EpisodeHashes:
    return sys.intern(row.client), row.patient, row.episode


def _overrides(row: Row[Any]) -> Iterator[Override]:
    rule, kind = sys.intern(row.rule), sys.intern(row.kind)
    yield Override(rule, kind, row.subject, Severity(row.severity), row.received_at)
    for joined in row.joined:
        severity = Severity(joined["severity"])
        yield Override(joined["rule"], joined["kind"], joined["subject"], severity, row.received_at)
