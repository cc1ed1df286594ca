"""The SQLite database: one writer thread and a few reader threads.

A committed response survives a crash of the process or the machine: the journal is a write-ahead
log with `synchronous=FULL`, so a commit is on the disk before the server responds. SQLite allows
one writer at a time. Requests wait for the single writer thread in its queue (see `write_queue.py`),
and `BEGIN IMMEDIATE` makes the writers of another process wait instead of failing half-way. Readers
see the last commit and never wait. The event loop does not call SQLite.

Before each transaction, and before a write is acknowledged, the paths are compared with the open
files, because a write to a deleted file is lost. See `database_file.py` for this check and for the
files that are accepted, and `migrations.py` for the databases of earlier versions.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from threading import Condition
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DatabaseError

from chatroutes_server.errors import StartupError
from chatroutes_server.store import accounts, database_file, migrations
from chatroutes_server.store.write_queue import WriteQueue

READER_THREADS = 4
MMAP_SIZE = 256 * 1024 * 1024  # bytes
BUSY_TIMEOUT = 30  # seconds to wait for another process that uses the file
UPGRADE_TIMEOUT = 1  # seconds to wait for exclusive access, before an upgrade
MAX_ATTEMPT_WAIT = 0.05  # seconds between two attempts to change the journal mode

T = TypeVar("T")


class Database:
    """An open database. `read` and `write` run a function in one transaction.

    Args:
        path: Path of the SQLite file. It is created if it does not exist.
        temporary: Whether the file is only used by this process. Commits then do not wait for the
            disk.

    Attributes:
        opened_exclusively: Whether no other process had the file open at the start.

    Raises:
        StartupError: If the file cannot be used.
    """

    def __init__(self, path: Path, *, temporary: bool = False) -> None:
        self._path = path
        self._engine, self.opened_exclusively = _open(path, "OFF" if temporary else "FULL")
        self._files = database_file.FileIdentity(path)
        self._writes = WriteQueue(self._write)
        self._idle: list[Connection] = []  # taking one from the pool takes longer than a query
        self._running = 0  # transactions
        self._changed = Condition()

    # The threads of anyio still work while the interpreter waits for the threads of a program that
    # ends. Those of `concurrent.futures` do not. A limiter belongs to the event loop in which it is
    # created.

    @cached_property
    def _readers(self) -> CapacityLimiter:
        return CapacityLimiter(READER_THREADS)

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await to_thread.run_sync(self._run_in_transaction, work, limiter=self._readers)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run a function in a transaction, and return its result after the commit.

        See `write_queue.py`: the function must not change anything but the database, because it may
        run twice.
        """
        return await self._writes.write(work)

    def write_sync(self, work: Callable[[Connection], T]) -> T:
        """Write in the calling thread, before the server runs.

        Raises:
            StartupError: If the database cannot be used.
        """
        with _startup_errors(self._path):
            return self._write(work)

    def generated_key(self) -> str:
        """Return the generated API key of this database, before the server runs.

        The file is made private before a new key is stored in it, because other users may be able to
        read an existing file.

        Raises:
            StartupError: If the database cannot be used, or cannot be made private.
        """
        key = self.write_sync(accounts.find_generated_key)
        if key is None:
            database_file.make_private(self._path)
            key = self.write_sync(accounts.get_or_create_generated_key)
        return key

    def close(self) -> None:
        """Wait for the transactions that run, and close the file."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running)
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self._run_in_transaction(work, is_write=True)

    def _run_in_transaction(self, work: Callable[[Connection], T], is_write: bool = False) -> T:
        with self._changed:
            self._running += 1
        try:
            self._files.require_unchanged()
            connection = self._idle.pop() if self._idle else self._engine.connect()
            with self._keep_if_successful(connection), connection.begin():
                if is_write:
                    # An event of SQLAlchemy could do this, but makes all other statements slower.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                else:
                    # This waits for nothing and cannot fail, so it needs no error of SQLAlchemy.
                    connection.connection.cursor().execute("BEGIN")
                result = work(connection)
            if is_write:
                # Before `close` can go on, because SQLite deletes the files beside the database then.
                self._files.require_unchanged()
            return result
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    @contextmanager
    def _keep_if_successful(self, connection: Connection) -> Generator[None]:
        """Keep a connection for the next transaction; after an error, return it to the pool."""
        try:
            yield
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)


def _open(path: Path, synchronous: str) -> tuple[Engine, bool]:
    database_file.check_or_create(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path.absolute())),
        pool_size=READER_THREADS + 1,
        hide_parameters=True,  # errors are logged, and the texts of users must not be
        pool_reset_on_return=None,  # each transaction is committed or rolled back before
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
    )
    event.listen(engine, "connect", partial(_configure, synchronous))
    with ExitStack() as on_error:
        on_error.callback(engine.dispose)
        with _startup_errors(path):
            exclusive = _create_or_upgrade(engine, path)
            with engine.connect() as connection:
                cursor = connection.connection.cursor()
                # Last, because this writes the header: a crash must not leave it without the tables.
                _turn_write_ahead_log_on(cursor)
                # Opens the files beside the database.
                cursor.execute("SELECT 1 FROM sqlite_master").fetchall()
        on_error.pop_all()
    return engine, exclusive


def _create_or_upgrade(engine: Engine, path: Path) -> bool:
    """Create or upgrade the tables. Return whether no other process has the database open."""
    deadline = time.monotonic() + UPGRADE_TIMEOUT
    while True:
        _turn_write_ahead_log_off(engine)
        try:
            return migrations.create_or_upgrade(engine, path)
        except migrations.DatabaseInUseError:
            if time.monotonic() > deadline:
                raise
        # Two servers that start at once prevent each other from exclusive access. Close the
        # connection, so that one of them gets it.
        engine.dispose()
        time.sleep(random.uniform(0, MAX_ATTEMPT_WAIT))


def _turn_write_ahead_log_off(engine: Engine) -> None:
    # SQLite does this only if no other connection to the file is open, and fails at once otherwise.
    # `_open` turns it on again.
    with engine.connect() as connection, suppress(sqlite3.OperationalError):
        connection.connection.cursor().execute("PRAGMA journal_mode = DELETE")


def _turn_write_ahead_log_on(cursor: DBAPICursor) -> None:
    # SQLite does not wait here for another process that starts at the same time.
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(random.uniform(0, MAX_ATTEMPT_WAIT))


@contextmanager
def _startup_errors(path: Path) -> Generator[None]:
    """Turn an error of the database into a StartupError."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:
        reason = error.orig if isinstance(error, DatabaseError) else error
        raise StartupError(f"cannot use the database {path}: {reason}") from error


def _configure(synchronous: str, connection: sqlite3.Connection, _record: object) -> None:
    # The server starts the transactions. Without this, the driver would start them itself.
    connection.isolation_level = None
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA foreign_keys = ON")
    # Without this, reading a long conversation takes a system call for each of thousands of pages.
    # Mapped files must not shrink while they are read, and the server never vacuums the file.
    connection.execute(f"PRAGMA mmap_size = {MMAP_SIZE}")
