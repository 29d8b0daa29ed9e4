"""Wrong tokens at the door of the insights, counted for all workers together, and sessions that were ended."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from cds_service.records.database import Database
from cds_service.records.record_tables import EndedSessionRow, SignInAttemptRow

WINDOW: Final = timedelta(minutes=5)
"""Wrong tokens count for so long."""
MOST_OF_AN_ADDRESS: Final = 5
MOST_IN_ALL: Final = 50
EVERYBODY: Final = "all"


class SignInAttempts:
    """Counts wrong tokens by address and in all: whoever has too many waits until its window ends.

    The counts stand in the database, so that all workers agree. No more than ``MOST_IN_ALL`` addresses can be on
    record: then all wait, and nothing more is written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert: Any = postgresql.insert if database.is_postgresql else sqlite.insert

    def wait(self, source: str, now: datetime) -> int:
        """Seconds until ``source`` may try again; 0 for now.

        Raises:
            StoreError: the database cannot be used.
        """
        counted = select(SignInAttemptRow).where(SignInAttemptRow.source.in_((source, EVERYBODY)))
        with self._database.single() as connection:
            rows = connection.execute(counted).all()
        full = [row.since for row in rows if row.wrong >= _most(row.source)]
        return max((_seconds_left(since, now) for since in full), default=0)

    def wrong(self, source: str, now: datetime) -> None:
        """Count a wrong token; what is older than the window is forgotten.

        Raises:
            StoreError: the database cannot be used.
        """
        new = self._insert(SignInAttemptRow)
        counted = new.on_conflict_do_update(
            index_elements=["source"], set_={"wrong": SignInAttemptRow.wrong + new.excluded.wrong}
        )
        with self._database.writing() as connection:
            connection.execute(delete(SignInAttemptRow).where(SignInAttemptRow.since <= now - WINDOW))
            for name in sorted((source, EVERYBODY)):
                connection.execute(counted, {"source": name, "since": now, "wrong": 1})

    def right(self, source: str) -> None:
        """Forget the wrong tokens of an address whose user knew the right one at last.

        Raises:
            StoreError: the database cannot be used.
        """
        with self._database.writing() as connection:
            connection.execute(delete(SignInAttemptRow).where(SignInAttemptRow.source == source))


def end_session(database: Database, session: str, until: datetime, now: datetime) -> None:
    """Have a session end before its time, for all workers; ``until`` is when it would have ended by itself.

    Raises:
        StoreError: the database cannot be used.
    """
    insert: Any = postgresql.insert if database.is_postgresql else sqlite.insert
    with database.writing() as connection:
        connection.execute(delete(EndedSessionRow).where(EndedSessionRow.until < now - WINDOW))
        connection.execute(insert(EndedSessionRow).on_conflict_do_nothing(), {"id": session, "until": until})


def has_ended(database: Database, session: str) -> bool:
    """Whether a session was ended before its time.

    Raises:
        StoreError: the database cannot be used.
    """
    with database.single() as connection:
        ended = connection.execute(select(EndedSessionRow.id).where(EndedSessionRow.id == session))
        return ended.first() is not None


def _most(source: str) -> int:
    return MOST_IN_ALL if source == EVERYBODY else MOST_OF_AN_ADDRESS


def _seconds_left(since: datetime, now: datetime) -> int:
    return max(0, int((since + WINDOW - now).total_seconds()) + 1) if since + WINDOW > now else 0
