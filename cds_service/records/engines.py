"""Connections to SQLite and PostgreSQL, with a limit to every wait for them.

A PostgreSQL server that stands still keeps its connections: the network answers for it, so that neither TCP keepalives
nor the server's own time limits end a wait. Each statement therefore has a limit on this side as well.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

CONNECT_SECONDS: Final = 2
BUSY_SECONDS: Final = 5
STATEMENT_MILLISECONDS: Final = 5_000
SILENT_SECONDS: Final = 6.0
"""Longest wait for a statement on this side: the server, if it lives, gives up before."""
IDLE_MILLISECONDS: Final = 15_000
"""Longest pause within a transaction: a process that stands still keeps its locks no longer."""
CONNECTIONS: Final = 10
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON")


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


def closed_on_return(engine: Engine) -> None:
    """Close connections that are still in use when their users let go of them: nobody takes them up again."""

    def close(connection: DBAPIConnection | None, _record: ConnectionPoolEntry) -> None:
        if connection is not None:
            connection.close()

    event.listen(engine.pool, "checkin", close)


def sqlite_engine(file: Path, busy_seconds: Callable[[], float]) -> Engine:
    """Connections that never create the file, and that notice when it was taken away or replaced.

    What is deleted is overwritten in the file (CH-F-09: a comment may hold patient data). ``busy_seconds`` says how
    long to wait for the lock of another connection, at each use anew.
    """

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(file))}?mode=rw",
            uri=True,
            timeout=busy_seconds(),
            isolation_level=None,
            check_same_thread=False,
        )
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=CONNECTIONS // 2,
        max_overflow=CONNECTIONS // 2,
        pool_timeout=CONNECT_SECONDS,
        pool_use_lifo=True,
    )

    def checkout(connection: sqlite3.Connection, record: ConnectionPoolEntry, _proxy: object) -> None:
        _same_file(file, record.info["inode"])
        seconds = busy_seconds()
        if record.info.get("busy") != seconds:
            connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
            record.info["busy"] = seconds

    event.listen(engine, "connect", lambda _connection, record: record.info.update(inode=_inode(file)))
    event.listen(engine, "checkout", checkout)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Begin as a writer at once where the caller writes: a reader that turns writer could not wait for its turn.

    Who only reads needs no transaction: each query sees one state of the database.
    """
    statement = connection.get_execution_options().get("begin", "BEGIN")
    if statement is not None:
        connection.exec_driver_sql(statement)


def _inode(file: Path) -> int | None:
    try:
        return os.stat(file).st_ino  # noqa: PTH116 - on every use of the database, and three times as fast
    except OSError:
        return None


def _same_file(file: Path, inode: int | None) -> None:
    if inode is None or _inode(file) != inode:
        raise DisconnectionError("the database file is gone")
