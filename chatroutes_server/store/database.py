"""The database: a few threads that read and write. The event loop does not call the database.

SQLite has one writer at a time. Requests wait for it in a queue, whose writes are committed together
(see `write_queue.py`). What is specific to an engine is in `engines/`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from threading import Condition
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from chatroutes_server.errors import StartupError
from chatroutes_server.store import accounts
from chatroutes_server.store.connection import Connection, DatabaseError, Engine
from chatroutes_server.store.engines.sqlite import SQLiteEngine
from chatroutes_server.store.write_queue import WriteQueue

READER_THREADS = 4
POSTGRESQL_SCHEMES = ("postgresql://", "postgres://")

T = TypeVar("T")


class Database:
    """An open database. `read` and `write` run a function in one transaction.

    Args:
        location: Path of a SQLite file, or the URL of a PostgreSQL database such as
            `postgresql://user@host/name`. A file is created if it does not exist.
        temporary: Whether a file is only used by this process. Commits then do not wait for the disk.

    Attributes:
        opened_exclusively: Whether no other process had the database open at the start.
        is_shared: Whether servers on several machines can use the database.

    Raises:
        StartupError: If the database cannot be used.
    """

    def __init__(self, location: str | os.PathLike[str], *, temporary: bool = False) -> None:
        self._engine = _open(location, temporary)
        self.opened_exclusively: bool = self._engine.opened_exclusively
        self.is_shared: bool = self._engine.is_shared
        self._writes = WriteQueue(self._write)
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

    @cached_property
    def _writers(self) -> CapacityLimiter:
        return CapacityLimiter(self._engine.writer_threads)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run a function in a transaction, and return its result after the commit.

        The function must not change anything but the database, because it may run twice.
        """
        if self._engine.writer_threads == 1:
            return await self._writes.write(work)
        return await to_thread.run_sync(self._write, work, limiter=self._writers)

    def write_sync(self, work: Callable[[Connection], T]) -> T:
        """Write in the calling thread, before the server runs.

        Raises:
            StartupError: If the database cannot be used.
        """
        try:
            return self._write(work)
        except DatabaseError as error:
            raise StartupError(f"cannot use {self._engine.name}: {error}") from error

    def generated_key(self) -> str:
        """Return the generated API key of this database, before the server runs.

        Raises:
            StartupError: If the database cannot be used, or cannot be made private.
        """
        key = self.write_sync(accounts.find_generated_key)
        if key is None:
            self._engine.make_private()
            key = self.write_sync(accounts.get_or_create_generated_key)
        return key

    def close(self) -> None:
        """Wait for the transactions that run, and close the database."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running)
        self._engine.close()

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self._run_in_transaction(work, is_write=True)

    def _run_in_transaction(self, work: Callable[[Connection], T], is_write: bool = False) -> T:
        with self._changed:
            self._running += 1
        try:
            return self._engine.run(work, is_write=is_write)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()


def _open(location: str | os.PathLike[str], temporary: bool) -> Engine:
    if not isinstance(location, str) or not location.startswith(POSTGRESQL_SCHEMES):
        return SQLiteEngine(Path(location), temporary=temporary)
    try:
        from chatroutes_server.store.engines.postgresql import PostgreSQLEngine
    except ImportError as error:
        raise StartupError(
            'a PostgreSQL database needs the extra postgres: pip install "chatroutes[postgres]"'
        ) from error
    return PostgreSQLEngine(location)
