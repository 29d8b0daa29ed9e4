"""Which tokens were used, agreed upon by all workers (CH-X-09)."""

from datetime import UTC, datetime
from typing import Final, Protocol

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError

from cds_service.records.database import Database, StoreError
from cds_service.records.record_tables import UsedTokenRow

PURGE_EVERY: Final = 1_000
"""New tokens between two removals of expired ones, in each process."""


class Seen(Protocol):
    """A memory of used tokens."""

    def seen(self, issuer: str, jti: str, until: datetime) -> bool:
        """Whether the token was used before; if not, it is now."""
        ...


class DatabaseReplay:
    """Remembers tokens in the database, and in ``own``, the memory of this process, as well.

    While the database fails, a token counts once in each process: hook calls go on, and a token that is used again
    is still refused by the process that saw it.
    """

    def __init__(self, database: Database, own: Seen) -> None:
        self._database = database
        self._own = own
        self._new = 0

    def seen(self, issuer: str, jti: str, until: datetime) -> bool:
        """Whether the token was used before; if not, it is now.

        ``until`` is when the token expires, leeway included. Atomic: of several that ask at once, in any process,
        exactly one is told False.
        """
        if self._own.seen(issuer, jti, until):
            return True
        if self._database.resting:
            return False
        try:
            with self._database.writing() as connection:
                connection.execute(insert(UsedTokenRow), {"issuer": issuer, "jti": jti, "until": until})
            self._new += 1
            if self._new % PURGE_EVERY == 0:
                purge_tokens(self._database, datetime.now(UTC))
        except IntegrityError:
            return True
        except StoreError as error:
            self._database.rest(error, "tokens remembered by this process only")
        return False


def purge_tokens(database: Database, now: datetime) -> int:
    """Forget tokens that have expired; how many.

    Raises:
        StoreError: the database cannot be used.
    """
    with database.writing() as connection:
        return connection.execute(delete(UsedTokenRow).where(UsedTokenRow.until < now)).rowcount
