"""Connections to PostgreSQL, with a limit to every wait for them; loaded only where the database is one.

A server that stands still keeps its connections: the network answers for it, so that neither TCP keepalives nor the
server's own time limits end a wait. Each statement therefore has a limit on this side as well.
"""

from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from cds_service.records.engines import CONNECT_SECONDS, CONNECTIONS

STATEMENT_MILLISECONDS: Final = 5_000
SILENT_SECONDS: Final = 6.0
"""Longest wait for a statement on this side: the server, if it lives, gives up before."""
IDLE_MILLISECONDS: Final = 15_000
"""Longest pause within a transaction: a process that stands still keeps its locks no longer."""


class LimitedConnection(psycopg.Connection[Any]):
    """A connection that is closed when a statement gets no answer for ``silent_seconds``; None waits for good."""

    silent_seconds: float | None = SILENT_SECONDS

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:  # noqa: ANN401 - as psycopg
        """Wait for the server.

        Raises:
            OperationalError: it is silent; the connection is closed.
        """
        try:
            return super().wait(gen, interval, self.silent_seconds if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - psycopg has no public name for it
            self.close()
            raise psycopg.OperationalError("no answer in time") from None


def postgresql_engine(url: URL) -> Engine:
    """Connections to a PostgreSQL server."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=CONNECTIONS // 2,
        max_overflow=CONNECTIONS // 2,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": STATEMENT_MILLISECONDS,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "options": f"-c statement_timeout={STATEMENT_MILLISECONDS} "
            f"-c idle_in_transaction_session_timeout={IDLE_MILLISECONDS}",
        },
    )
    event.listen(engine, "do_connect", lambda _dialect, _record, args, options: _connected(args, options))
    return engine


def _connected(args: list[Any], options: dict[str, Any]) -> LimitedConnection:
    return LimitedConnection.connect(*args, **options)


def without_limit(connection: Connection) -> None:
    """Let the statements of this transaction take as long as they need; its connection is closed after it."""
    if isinstance(connection.connection.driver_connection, LimitedConnection):
        connection.connection.driver_connection.silent_seconds = None
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.detach()
