"""The database: SQLite by default, PostgreSQL by URL; the same tables in both, brought up to date at start."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cds_service.errors import ConfigurationError
from cds_service.records.engines import (
    BUSY_SECONDS,
    closed_on_return,
    sqlite_engine,
)
from cds_service.records.store_threads import StoreResult, StoreThreads, StoreTooSlowError

HEAD: Final = "0002"
"""The newest migration; a database that has it needs none."""
MIGRATIONS: Final = "cds_service.records:migrations"
MIGRATING: Final = 97545_97546
MATCHING: Final = 97545_97547
RETURN_SECONDS: Final = 0.5
"""How often a database that failed is asked whether it is back."""
CLOSE_SECONDS: Final = 0.5
_log: Final = logging.getLogger(__name__)

StoreError: TypeAlias = SQLAlchemyError
"""What every use of the database can end in."""


class Database:
    """One database, for all threads of a process. Not for use across a fork: open it in the process that uses it.

    ``resting`` is true from a failure that was told by ``rest`` until the database is back, which a thread looks for:
    who can do without the database asks it first, so that no call waits for a dead one. ``silent`` says besides that
    it did not refuse but let somebody wait in vain. ``shown`` names it for people.
    """

    def __init__(self, url: str) -> None:
        """Prepare, without connecting.

        Raises:
            ConfigurationError: the URL cannot be used.
        """
        self.resting = False
        self.silent = False
        self._threads = StoreThreads()
        self._limit = threading.local()
        self._on_return: list[Callable[[], None]] = []
        self._closed = threading.Event()
        self._telling = threading.Lock()
        self._returning: threading.Thread | None = None
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
                self.engine = sqlite_engine(self.file, lambda: getattr(self._limit, "seconds", BUSY_SECONDS))
            case "postgresql" | "postgres":
                self.file = None
                self.shown = f"PostgreSQL database {parsed.database or ''} on {parsed.host or 'this machine'}"
                from cds_service.records.postgresql_engine import postgresql_engine  # a site with SQLite needs none

                self.engine = postgresql_engine(parsed)
            case _:
                raise ConfigurationError(
                    f"CDS_DATABASE_URL: {parsed.drivername} is neither a SQLite file nor PostgreSQL; write it like "
                    "sqlite:///records.sqlite3 or postgresql://cds@db.example.org/cds"
                )
        alone = {"isolation_level": "AUTOCOMMIT"} if self.is_postgresql else {"begin": None}
        self._single = self.engine.execution_options(**alone)
        self._writing = self.engine.execution_options(begin="BEGIN IMMEDIATE")

    @property
    def is_postgresql(self) -> bool:
        """PostgreSQL, otherwise SQLite."""
        return self.file is None

    def within(self, seconds: float, work: Callable[[], StoreResult]) -> StoreResult:
        """The result of work on the database, unless it takes longer.

        SQLite is used by this thread: it waits for nothing but its lock, which has a limit of its own. A PostgreSQL
        server may stand still at any moment, so it is waited for by another thread; see ``StoreThreads.within``.

        Raises:
            StoreError: the database cannot be used, or does not answer in time.
        """
        if self.is_postgresql:
            return self._threads.within(seconds, work)
        self._limit.seconds = seconds
        try:
            return work()
        finally:
            del self._limit.seconds

    def later(self, work: Callable[[], object]) -> None:
        """Have work on the database done for which nobody waits."""
        self._threads.later(work)

    @contextmanager
    def single(self) -> Iterator[Connection]:
        """A connection on which each statement is a transaction of its own, as queries are.

        Raises:
            StoreError: the database cannot be used, or is full.
        """
        with self._single.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or leaves nothing behind, as when nobody waits for it any more.

        Raises:
            StoreError: the database cannot be used, or is full.
        """
        with self._writing.connect() as connection, connection.begin():
            yield connection
            self._threads.check()

    def reachable(self) -> bool:
        """Whether the database answers and has our tables."""
        try:
            with self.single() as connection:
                return _version(connection) == HEAD
        except StoreError:
            return False

    def wipe_log(self) -> bool:
        """Bring SQLite's write-ahead log into the file and empty it; False when others kept it in use.

        What was deleted is overwritten in the file, and stays in the log until then.

        Raises:
            StoreError: the database cannot be used.
        """
        if self.is_postgresql:
            return True
        with self.single() as connection:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        return not busy

    def rest(self, error: StoreError, without: str) -> None:
        """Say that the database failed, and what has to go on without it until it is back."""
        with self._telling:
            self.silent = self.silent or waited_in_vain(error)
            if self.resting:
                return
            self.resting = True
        _log.warning(without, extra={"fields": {"error": reason(error)}})
        self._returning = threading.Thread(target=self._wait_for_return, name="store-return", daemon=True)
        self._returning.start()

    def on_return(self, catch_up: Callable[[], None]) -> None:
        """Call this when the database is back, before anybody else uses it again; it may raise ``StoreError``."""
        self._on_return.append(catch_up)

    def _wait_for_return(self) -> None:
        while not self._closed.is_set():
            try:
                with self.writing() as connection:
                    _version(connection)
                for catch_up in self._on_return:
                    catch_up()
            except StoreError:
                self._closed.wait(RETURN_SECONDS)
                continue
            with self._telling:
                self.resting = self.silent = False
            return

    def without_limit(self, connection: Connection) -> None:
        """Let the statements of this transaction take as long as they need; its connection is closed after it."""
        if self.is_postgresql:
            from cds_service.records.postgresql_engine import without_limit

            without_limit(connection)

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
                self.without_limit(connection)
                one_at_a_time(connection, MIGRATING)
                _migrate(connection)
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
        self._closed.set()
        self._threads.close(CLOSE_SECONDS)
        if self._returning is not None:
            self._returning.join(CLOSE_SECONDS)
        closed_on_return(self.engine)
        self.engine.dispose()

    def _is_current(self) -> bool:
        with self.single() as connection:
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


def waited_in_vain(error: StoreError) -> bool:
    """The database did not refuse: it gave no answer, or no turn, in time."""
    if isinstance(error, StoreTooSlowError | PoolTimeoutError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def is_damage(error: StoreError) -> bool:
    """The SQLite file is no database any more, or contradicts itself."""
    return isinstance(error, DBAPIError) and type(error.orig) is sqlite3.DatabaseError


def _connection_told(error: Exception) -> str:
    """Like ``reason``; where no connection came about also in the server's words, which hold no password."""
    if isinstance(error, OperationalError) and error.statement is None and not isinstance(error.orig, sqlite3.Error):
        return str(error.orig).strip().partition("\n")[0]
    return reason(error)


def _version(connection: Connection) -> str | None:
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _migrate(connection: Connection) -> None:
    """Bring the tables up to date.

    Raises:
        ConfigurationError: they are of a newer version than this program.
    """
    from alembic import command  # only a database that is behind needs it, and it takes a moment to load
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise ConfigurationError("CDS_DATABASE_URL: the database is of a newer version than this program") from None
