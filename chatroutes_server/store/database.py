"""The SQLite database: one writer thread and a few reader threads.

A committed response survives a crash of the process or the machine: the journal is a write-ahead
log with `synchronous=FULL`, so a commit is on the disk before the server responds. SQLite allows
one writer at a time. Requests wait for the single writer thread in its queue, and `BEGIN IMMEDIATE`
makes the writers of another process wait instead of failing half-way. Readers see the last commit
and never wait. The event loop does not call SQLite.

A database of this server has its `application_id` in the header, and its schema version in
`user_version`. Both are read from the bytes of the header before SQLite opens the file, because
SQLite may write files beside it when it opens it. Other files and unsupported versions are rejected
and not changed. See `migrations.py` for earlier versions.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property, partial
from pathlib import Path
from threading import Condition
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from chatroutes_server.errors import StartupError
from chatroutes_server.store import migrations
from chatroutes_server.store.schema import APPLICATION_ID

READER_THREADS = 4
MMAP_SIZE = 256 * 1024 * 1024  # bytes
BUSY_TIMEOUT = 30  # seconds to wait for another process that uses the file

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
        self._reader_engine, self.opened_exclusively = _open(path, "OFF" if temporary else "FULL")
        self._writer_engine = self._reader_engine.execution_options(begin="IMMEDIATE")
        self._running = 0  # transactions
        self._changed = Condition()

    # The threads of anyio still work while the interpreter waits for the threads of a program that
    # ends. Those of `concurrent.futures` do not. A limiter belongs to the event loop in which it is
    # created.

    @cached_property
    def _readers(self) -> CapacityLimiter:
        return CapacityLimiter(READER_THREADS)

    @cached_property
    def _writer(self) -> CapacityLimiter:
        return CapacityLimiter(1)

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await to_thread.run_sync(
            self._run_in_transaction, self._reader_engine, work, limiter=self._readers
        )

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await to_thread.run_sync(
            self._run_in_transaction, self._writer_engine, work, limiter=self._writer
        )

    def write_sync(self, work: Callable[[Connection], T]) -> T:
        """Write in the calling thread, before the server runs."""
        return self._run_in_transaction(self._writer_engine, work)

    def close(self) -> None:
        """Wait for the transactions that run, and close the file."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running)
        self._reader_engine.dispose()

    def _run_in_transaction(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        with self._changed:
            self._running += 1
        try:
            with engine.begin() as connection:
                return work(connection)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()


def _open(path: Path, synchronous: str) -> tuple[Engine, bool]:
    _check_header(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path.absolute())),
        pool_size=READER_THREADS + 1,
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
    )
    event.listen(engine, "connect", partial(_configure, synchronous))
    event.listen(engine, "begin", _begin)
    with ExitStack() as on_error:
        on_error.callback(engine.dispose)
        try:
            exclusive = _has_exclusive_access(engine)
            migrations.create_or_upgrade(engine, path, exclusive=exclusive)
            with engine.connect() as connection:
                # Last, because this writes the header: a crash must not leave it without the tables.
                connection.connection.cursor().execute("PRAGMA journal_mode = WAL")
        except DatabaseError as error:
            raise StartupError(f"cannot use the database {path}: {error.orig}") from error
        on_error.pop_all()
    return engine, exclusive


def _has_exclusive_access(engine: Engine) -> bool:
    # SQLite turns the write-ahead log off only if no other connection to the file is open, and fails
    # at once otherwise. `_open` turns it on again.
    with engine.connect() as connection:
        try:
            connection.connection.cursor().execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            return False
    return True


def _configure(synchronous: str, connection: sqlite3.Connection, _record: object) -> None:
    # `_begin` starts the transactions. Without this, the driver would start them itself.
    connection.isolation_level = None
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA foreign_keys = ON")
    # Without this, reading a long conversation takes a system call for each of thousands of pages.
    # Mapped files must not shrink while they are read, and the server never vacuums the file.
    connection.execute(f"PRAGMA mmap_size = {MMAP_SIZE}")


def _begin(connection: Connection) -> None:
    mode: Any = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _check_header(path: Path) -> None:
    """Raise StartupError if the file is not a database of this server, or of another version."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StartupError(f"cannot open the database {path}: {error.strerror}") from error
    if not header:
        return
    application_id, version = _read_integer(header, 68), _read_integer(header, 60)
    if not header.startswith(b"SQLite format 3\0") or application_id != APPLICATION_ID:
        raise StartupError(
            f"{path} is not a database of the ChatRoutes server; the file was not changed"
        )
    migrations.require_supported(version, path)


def _read_integer(header: bytes, offset: int) -> int:
    return int.from_bytes(header[offset : offset + 4], "big")
