"""The database: a few threads that read and write. The event loop does not call the database.

SQLite has one writer at a time. Requests wait for it in a queue, whose writes are committed together
(see `write_queue.py`). What is specific to an engine is in `engines/`.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Condition
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from chatroutes_server.errors import StartupError
from chatroutes_server.store import accounts
from chatroutes_server.store.connection import (
    Connection,
    DatabaseError,
    DatabaseUnavailableError,
    Engine,
)
from chatroutes_server.store.engines.sqlite import SQLiteEngine
from chatroutes_server.store.write_queue import WriteQueue

READER_THREADS = 4
LOCK_INTERVAL = 1  # seconds after which a lock is tried again, because its owner may have died
UNLOCKED = "unlocked"  # the notification that a server has released a lock
POSTGRESQL_SCHEMES = ("postgresql", "postgres")
# A longer scheme than the drive of a Windows path. The rest of a URL may have a password.
URL_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(?://|.*@)", re.IGNORECASE)

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
        self._unlocked = asyncio.Event()  # another server has released a lock

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

    @cached_property
    def _lockers(self) -> CapacityLimiter:
        return CapacityLimiter(1)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run a function in a transaction, and return its result after the commit.

        The function must not change anything but the database, because it may run twice.
        """
        if self._engine.writer_threads == 1:
            return await self._writes.write(work)
        return await to_thread.run_sync(self._write, work, limiter=self._writers)

    async def lock(
        self,
        branch_ids: Collection[str],
        is_ended: Callable[[], bool],
        waiting: Callable[[], str | None],
    ) -> bool:
        """Wait until no other server uses the branches, and lock them.

        Returns False if `is_ended` returns True before. The other servers are notified with the result
        of `waiting`, again and again while this one waits.

        Raises:
            DatabaseUnavailableError: If the database is not available.
        """
        if not self.is_shared:
            return True
        while not is_ended():
            unlocked = self._unlocked
            attempt = asyncio.ensure_future(self._try_lock(branch_ids))
            try:
                if await asyncio.shield(attempt):
                    return True
            except asyncio.CancelledError:
                with suppress(DatabaseUnavailableError):
                    if await attempt:  # which would not be released otherwise
                        await self.unlock(branch_ids)
                raise
            payload = waiting()
            if payload is not None:
                await self.notify(payload)
            with suppress(TimeoutError):
                await asyncio.wait_for(unlocked.wait(), LOCK_INTERVAL)
        return False

    async def _try_lock(self, branch_ids: Collection[str]) -> bool:
        return await to_thread.run_sync(self._engine.try_lock, branch_ids, limiter=self._lockers)

    async def unlock(self, branch_ids: Collection[str]) -> None:
        """Release a lock of branches."""
        if self.is_shared:
            with suppress(DatabaseUnavailableError):  # the lock is lost with the connection
                await to_thread.run_sync(self._engine.unlock, branch_ids, limiter=self._lockers)
            await self.notify(UNLOCKED)

    async def is_unlocked(self, branch_id: str) -> bool:
        """Return whether no other server has locked the branch.

        Raises:
            DatabaseUnavailableError: If the database is not available.
        """
        is_unlocked = await self._try_lock([branch_id])
        if is_unlocked:
            await self.unlock([branch_id])
        return is_unlocked

    async def notify(self, payload: str) -> None:
        """Send a notification to the servers that share the database. It can be lost."""
        if self.is_shared:
            with suppress(DatabaseUnavailableError):
                await to_thread.run_sync(self._engine.notify, payload, limiter=self._lockers)

    def listen(self, callback: Callable[[str], None]) -> None:
        """Call a function in the running event loop with each notification."""
        loop = asyncio.get_running_loop()

        def on_notification(payload: str) -> None:
            with suppress(RuntimeError):  # the event loop is closed
                loop.call_soon_threadsafe(self._on_notification, payload, callback)

        self._engine.listen(on_notification)

    def _on_notification(self, payload: str, callback: Callable[[str], None]) -> None:
        if payload == UNLOCKED:
            self._unlocked.set()
            self._unlocked = asyncio.Event()
        else:
            callback(payload)

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
    if not os.fspath(location):
        raise StartupError("invalid database '': expected the path of a file")
    url = URL_SCHEME.match(location) if isinstance(location, str) else None
    if not isinstance(location, str) or url is None:
        return SQLiteEngine(Path(location), temporary=temporary)
    if url[1].lower() not in POSTGRESQL_SCHEMES:
        raise StartupError(
            f"unsupported database {url[1]!r}: expected the path of a file or postgresql://user@host/name"
        )
    try:
        from chatroutes_server.store.engines.postgresql import PostgreSQLEngine
    except ImportError as error:
        raise StartupError(
            'a PostgreSQL database needs the extra postgres: pip install "chatroutes[postgres]"'
        ) from error
    return PostgreSQLEngine(location)
