"""The database: SQLite by default, PostgreSQL by URL; the same tables in both, brought up to date at start."""

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import quote

from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from cds_service.errors import ConfigurationError

HEAD: Final = "0001"
"""The newest migration; a database that has it needs none."""
MIGRATIONS: Final = "cds_service.records:migrations"
MIGRATING: Final = 97545_97546
MATCHING: Final = 97545_97547
CONNECT_SECONDS: Final = 2
BUSY_SECONDS: Final = 5
STATEMENT_MILLISECONDS: Final = 5_000
REST_SECONDS: Final = 5.0
_log: Final = logging.getLogger(__name__)

StoreError: TypeAlias = SQLAlchemyError
"""What every use of the database can end in."""


class Database:
    """One database, for all threads of a process. Not for use across a fork: open it in the process that uses it.

    ``resting`` is true for some seconds after a failure that was told by ``rest``: who can do without the database
    asks it first, so that calls do not wait for a dead one, each in its turn. ``shown`` names it for people.
    """

    def __init__(self, url: str) -> None:
        """Prepare, without connecting.

        Raises:
            ConfigurationError: the URL cannot be used.
        """
        self._rests_until = 0.0
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise ConfigurationError(
                "CDS_DATABASE_URL: not a database URL; write it like sqlite:///records.sqlite3"
            ) from None
        match parsed.get_backend_name():
            case "sqlite" if parsed.database and parsed.database != ":memory:":
                self.file: Path | None = Path(parsed.database).absolute()
                self.shown = f"SQLite file {self.file}"
                self.engine = _sqlite(self.file)
            case "postgresql" | "postgres":
                self.file = None
                self.shown = f"PostgreSQL database {parsed.database or ''} on {parsed.host or 'this machine'}"
                self.engine = _postgresql(parsed)
            case _:
                raise ConfigurationError(
                    f"CDS_DATABASE_URL: {parsed.drivername} is neither a SQLite file nor PostgreSQL; write it like "
                    "sqlite:///records.sqlite3 or postgresql://cds@db.example.org/cds"
                )

    @property
    def resting(self) -> bool:
        """The database failed a moment ago."""
        return time.monotonic() < self._rests_until

    def rest(self, error: StoreError, without: str) -> None:
        """Say that the database failed, and what has to go on without it."""
        self._rests_until = time.monotonic() + REST_SECONDS
        _log.warning(without, extra={"fields": {"error": reason(error)}})

    @property
    def is_postgresql(self) -> bool:
        """PostgreSQL, otherwise SQLite."""
        return self.file is None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries.

        Raises:
            StoreError: the database cannot be used.
        """
        with self.engine.connect().execution_options(begin=None) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or leaves nothing behind.

        Raises:
            StoreError: the database cannot be used, or is full.
        """
        with self.engine.connect().execution_options(begin="BEGIN IMMEDIATE") as connection, connection.begin():
            yield connection

    def reachable(self) -> bool:
        """Whether the database answers and has our tables."""
        try:
            with self.reading() as connection:
                return _version(connection) == HEAD
        except StoreError:
            return False

    def upgrade(self) -> None:
        """Create or migrate the tables; several processes may do so at once, one does the work.

        Raises:
            ConfigurationError: the database cannot be reached or migrated.
        """
        try:
            if self.file is not None:
                self.file.touch(mode=0o600, exist_ok=True)
            if self._is_current():
                return
            with self.writing() as connection:
                if self.is_postgresql:
                    connection.execute(text("SET LOCAL statement_timeout = 0"))
                one_at_a_time(connection, MIGRATING)
                _migrate(connection)
        except CommandError:
            raise ConfigurationError("CDS_DATABASE_URL: the database is of a newer version than this program") from None
        except (OSError, StoreError) as error:
            raise ConfigurationError(self.refusal(error)) from None

    def refusal(self, error: Exception) -> str:
        """Why the service or a command cannot work with this database, and what to do."""
        todo = (
            "check folder and rights, or name another file" if self.file is not None
            else "check that it runs, and host, port, user and password in the URL"
        )  # fmt: skip
        return f"CDS_DATABASE_URL: the database cannot be used: {self.shown}: {_connection_told(error)}; {todo}"

    def close(self) -> None:
        """Give up all connections."""
        self.engine.dispose()

    def _is_current(self) -> bool:
        with self.reading() as connection:
            try:
                return _version(connection) == HEAD
            except DBAPIError as error:
                if error.connection_invalidated or "alembic_version" not in str(error.orig):
                    raise
                return False


def one_at_a_time(connection: Connection, lock: int) -> None:
    """Wait for transactions of the same ``lock`` to end; SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def reason(error: Exception) -> str:
    """What is wrong with the database in a few words, without URL, statement or values."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    if isinstance(cause, sqlite3.Error):
        return str(cause)
    return type(cause).__name__


def _connection_told(error: Exception) -> str:
    """Like ``reason``; where no connection came about also in the server's words, which hold no password."""
    if isinstance(error, OperationalError) and error.statement is None and not isinstance(error.orig, sqlite3.Error):
        return str(error.orig).strip().partition("\n")[0]
    return reason(error)


def _version(connection: Connection) -> str | None:
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _migrate(connection: Connection) -> None:
    from alembic import command  # only a database that is behind needs it, and it takes a moment to load
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=3,
        max_overflow=2,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": STATEMENT_MILLISECONDS,
            "options": f"-c statement_timeout={STATEMENT_MILLISECONDS}",
        },
    )


def _sqlite(file: Path) -> Engine:
    """An engine whose connections never create the file, and that notices when it was taken away or replaced."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(file))}?mode=rw",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "connect", lambda _connection, record: record.info.update(inode=_inode(file)))
    event.listen(engine, "checkout", lambda _connection, record, _proxy: _same_file(file, record.info["inode"]))
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
