"""Connections to SQLite, with a limit to every wait for them."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

CONNECT_SECONDS: Final = 2
BUSY_SECONDS: Final = 5
CONNECTIONS: Final = 10
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON")


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
