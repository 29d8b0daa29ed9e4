"""Everything that is kept, behind one object: calls, feedback, used tokens."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Final, Protocol, Self
from uuid import uuid4

from cds_service.errors import ConfigurationError, FeedbackNotStored
from cds_service.hooks.answer import Answered
from cds_service.hooks.call import HookCall
from cds_service.hooks.feedback import CardFeedback
from cds_service.records.database import Database, StoreError, waited_in_vain
from cds_service.records.entries import Occasion, entry_of, naming, refused
from cds_service.records.insights import number_of_calls
from cds_service.records.kept_feedback import keep_feedback
from cds_service.records.pseudonyms import Pseudonyms, pseudonyms_with
from cds_service.records.readiness import Readiness
from cds_service.records.recent_overrides import RecentOverrides
from cds_service.records.suppression import Suppression
from cds_service.records.used_tokens import DatabaseReplay, Seen
from cds_service.records.writer import Counts, Writer
from cds_service.security.clients import Caller

FEEDBACK_SECONDS: Final = 2.0
"""Longest wait for feedback to be kept."""
COUNT_SECONDS: Final = 1.0
"""Longest wait for a number on a page."""


def _utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class Keeps(Protocol):
    """Who keeps records of calls and feedback."""

    def answered(
        self, call: HookCall, answered: Answered, caller: Caller, *, body: bytes, reply: bytes, milliseconds: float
    ) -> None:
        """Keep a call and its answer. Never fails."""
        ...

    def refused(self, call: HookCall, outcome: str, caller: Caller, *, body: bytes, milliseconds: float) -> None:
        """Keep a call that was not answered: ``data-needed`` or ``failed``. Never fails."""
        ...

    def feedback(self, service: str, entries: Iterable[CardFeedback], caller: Caller) -> None:
        """Keep feedback; raises ``FeedbackNotStored``."""
        ...

    def reachable(self) -> bool:
        """Whether feedback could be kept now."""
        ...

    def secret(self, purpose: str) -> bytes:
        """A secret of 32 bytes for one purpose, the same in every process of the service."""
        ...

    def calls_since(self, moment: datetime) -> int | None:
        """How many calls were kept since then; None where that cannot be known."""
        ...


class NothingKept:
    """Keeps nothing, and says so when feedback comes; its secrets are those of one process."""

    def __init__(self) -> None:
        self._pseudonyms = Pseudonyms(token_bytes())

    def answered(self, *_: object, **__: object) -> None:
        """Forget it."""

    def refused(self, *_: object, **__: object) -> None:
        """Forget it."""

    def feedback(self, *_: object) -> None:
        """Refuse it."""
        raise FeedbackNotStored

    def reachable(self) -> bool:
        """There is nothing to reach."""
        return True

    def secret(self, purpose: str) -> bytes:
        """A secret for one purpose, of this process."""
        return self._pseudonyms.secret(purpose)

    def calls_since(self, _: datetime) -> None:
        """There are none."""


class Records:
    """What is kept of calls and feedback, in one database."""

    def __init__(
        self, database: Database, pseudonyms: Pseudonyms, writer: Writer, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self.database = database
        self.pseudonyms = pseudonyms
        self.writer = writer
        self.clock = clock
        self.overrides = RecentOverrides(database, clock)
        self.readiness = Readiness(database)
        writer.on_written = self.readiness.calls
        writer.on_matched = self.overrides.matched

    @classmethod
    def on(cls, database: Database, key: str | None = None, clock: Callable[[], datetime] = _utc_now) -> Self:
        """Records in a database whose tables are up to date; ``key`` is the site's own for patient hashes.

        Raises:
            ConfigurationError: the database cannot be used.
        """
        return cls(database, pseudonyms_with(key, database), Writer(database), clock)

    def answered(
        self, call: HookCall, answered: Answered, caller: Caller, *, body: bytes, reply: bytes, milliseconds: float
    ) -> None:
        """Keep a call and its answer, soon. When the store is gone for long, the record is dropped and counted."""
        occasion = Occasion(id=str(uuid4()), at=self.clock(), body=body, milliseconds=milliseconds)
        names = naming(self.pseudonyms, call, caller)
        self.writer.put(entry_of(call, answered, reply, caller, occasion, names))

    def refused(self, call: HookCall, outcome: str, caller: Caller, *, body: bytes, milliseconds: float) -> None:
        """Keep a call that was not answered: ``data-needed`` or ``failed``."""
        occasion = Occasion(id=str(uuid4()), at=self.clock(), body=body, milliseconds=milliseconds)
        self.writer.put(refused(call, outcome, caller, occasion, naming(self.pseudonyms, call, caller)))

    def feedback(self, service: str, entries: Iterable[CardFeedback], caller: Caller) -> None:
        """Keep all of these entries, before this returns.

        Raises:
            FeedbackNotStored: the store failed; none was kept.
        """
        if self.database.silent:
            raise FeedbackNotStored
        client, said = caller.client.issuer, list(entries)
        try:
            self.database.within(
                FEEDBACK_SECONDS, lambda: keep_feedback(self.database, client, service, said, self.clock())
            )
        except StoreError as error:
            self.readiness.feedback(error)
            if waited_in_vain(error):
                self.database.rest(error, "feedback refused")
            raise FeedbackNotStored from error
        self.readiness.feedback()
        self.overrides.learn(client, {entry.card for entry in said})

    def reachable(self) -> bool:
        """Whether calls and feedback could be kept now."""
        return self.readiness.ready()

    def secret(self, purpose: str) -> bytes:
        """A secret for one purpose, the same in every process that uses this database or the site's own key."""
        return self.pseudonyms.secret(purpose)

    def calls_since(self, moment: datetime) -> int | None:
        """How many calls were kept since then; None while the database cannot be used."""
        if self.database.resting:
            return None
        try:
            return self.database.within(COUNT_SECONDS, lambda: number_of_calls(self.database, moment))
        except StoreError:
            return None

    def counts(self) -> Counts:
        """Records written, dropped and waiting since the start of this process."""
        return self.writer.counts()

    def replay(self, own: Seen) -> DatabaseReplay:
        """Which tokens were used; ``own`` is the memory of this process."""
        return DatabaseReplay(self.database, own)

    def suppression(self, days: int) -> Suppression:
        """What not to show again within so many days of its override.

        Raises:
            ConfigurationError: the database cannot be used.
        """
        try:
            self.overrides.remember(days)
        except StoreError as error:
            raise ConfigurationError(self.database.refusal(error)) from None
        return Suppression(self.overrides, self.pseudonyms)

    def close(self) -> None:
        """Write what is waiting and let go of the database."""
        self.writer.close()
        self.overrides.close()
        self.database.close()
