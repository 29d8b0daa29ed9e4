"""Which tokens were used, agreed upon by all workers (CH-X-09)."""

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import Insert, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from cds_service.records.database import Database, StoreError
from cds_service.records.record_tables import UsedTokenRow
from cds_service.records.small_steps import in_small_steps

PURGE_EVERY: Final = 1_000
"""New tokens between two removals of expired ones, in each process."""
PURGE_AT_ONCE: Final = 200
TOKEN_SECONDS: Final = 1.0
"""Longest wait of a call for the database."""
MOST_UNWRITTEN: Final = 100_000
LONGEST_USE: Final = timedelta(hours=1, minutes=2)
"""How long before its end a token can be used at most: its longest lifetime, and twice the leeway for clocks."""


class Seen(Protocol):
    """A memory of used tokens."""

    def seen(self, issuer: str, jti: str, until: datetime) -> bool:
        """Whether the token was used before; if not, it is now."""
        ...


class DatabaseReplay:
    """Remembers tokens in the database, and in ``own``, the memory of this process, as well.

    While the database fails, a token counts once in each process: hook calls go on, and a token that is used again
    is still refused by the process that saw it. What was used meanwhile is written once the database is back.
    """

    def __init__(self, database: Database, own: Seen) -> None:
        self._database = database
        self._own = own
        self._new = 0
        self._insert = _insert_new(database)
        self._unwritten: deque[dict[str, Any]] = deque(maxlen=MOST_UNWRITTEN)
        database.on_return(self._catch_up)

    def seen(self, issuer: str, jti: str, until: datetime) -> bool:
        """Whether the token was used before; if not, it is now.

        ``until`` is when the token expires, leeway included. Atomic: of several that ask at once, in any process,
        exactly one is told False.
        """
        if self._own.seen(issuer, jti, until):
            return True
        token = {"issuer": issuer, "jti": jti, "until": until}
        if self._database.resting:
            self._unwritten.append(token)
            return False
        try:
            return not self._database.within(TOKEN_SECONDS, lambda: self._is_new(token))
        except StoreError as error:
            self._unwritten.append(token)
            self._database.rest(error, "tokens remembered by this process only")
        return False

    def _is_new(self, token: dict[str, Any]) -> bool:
        with self._database.single() as connection:
            is_new = connection.execute(self._insert, token).rowcount == 1
        self._new += 1
        if self._new % PURGE_EVERY == 0:
            self._database.later(lambda: purge_tokens(self._database, datetime.now(UTC)))
        return is_new

    def _catch_up(self) -> None:
        while self._unwritten:
            token = self._unwritten[0]
            with self._database.single() as connection:
                connection.execute(self._insert, token)
            self._unwritten.popleft()


def purge_tokens(database: Database, now: datetime) -> int:
    """Forget tokens that have expired by the clock and by the newest token; how many.

    A clock that had jumped ahead would have tokens forgotten that open a call again once it is set back. So they stay
    until one came that was not valid as early: it was used ``LONGEST_USE`` before its end at the earliest.

    Raises:
        StoreError: the database cannot be used.
    """
    with database.single() as connection:
        newest = connection.execute(select(func.max(UsedTokenRow.until))).scalar()
    if newest is None:
        return 0
    expired = (
        select(UsedTokenRow.issuer, UsedTokenRow.jti)
        .where(UsedTokenRow.until < min(now, newest - LONGEST_USE))
        .limit(PURGE_AT_ONCE)
    )
    some = delete(UsedTokenRow).where(tuple_(UsedTokenRow.issuer, UsedTokenRow.jti).in_(expired))
    return in_small_steps(database, lambda connection: connection.execute(some).rowcount, PURGE_AT_ONCE)


def _insert_new(database: Database) -> Insert:
    insert: Any = postgresql.insert if database.is_postgresql else sqlite.insert
    new: Insert = insert(UsedTokenRow).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return new
