"""One SQLite file, written by one thread and read by a few.

Nothing that was answered may be lost, whatever kills the process: the journal is a write-ahead
log with `synchronous=FULL`, so a commit is on the disk before it is reported. SQLite lets one
connection write at a time; a queue in front of a single writer thread gives every request its
turn, and `BEGIN IMMEDIATE` makes another process on the same file wait instead of failing half-way.
Readers see the last commit and wait for nobody. The event loop never touches SQLite itself.

A file is ours if its header says so (`application_id`) and its schema is the one this release
knows (`user_version`). Both are read from the bytes of the header before SQLite opens the file,
because opening alone may already write beside it. Anything else is refused and left as it was.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from chatroutes_server.errors import StartupError
from chatroutes_server.store.schema import APPLICATION_ID, VERSION, metadata

READERS = 4
MAPPED = 256 * 1024 * 1024  # bytes of the file, its beginning
BUSY_TIMEOUT = 30  # seconds; only another process on the same file makes anybody wait

T = TypeVar("T")


class Database:
    """The open file. `read` and `write` run a function over a connection, in one transaction.

    `alone` says whether nobody else had the file open when it was opened. With `temporary`, nobody
    will read the file after this process, and nothing waits for the disk.
    """

    def __init__(self, path: Path, *, temporary: bool = False) -> None:
        self._readers_engine, self.opened_exclusively = _open(path, "OFF" if temporary else "FULL")
        self._writer_engine = self._readers_engine.execution_options(begin="IMMEDIATE")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="chatroutes-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="chatroutes-write")

    def write_sync(self, work: Callable[[Connection], T]) -> T:
        """Write, in the caller's thread: for what is done before the server runs."""
        return _transact(self._writer_engine, work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, _transact, self._readers_engine, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, _transact, self._writer_engine, work)

    def close(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        self._readers_engine.dispose()


def _transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def _open(path: Path, synchronous: str) -> tuple[Engine, bool]:
    _refuse_foreign(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path.absolute())),
        pool_size=READERS + 1,
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
    )
    event.listen(engine, "connect", partial(_configure, synchronous))
    event.listen(engine, "begin", _begin)
    try:
        alone = _is_alone(engine)
        with engine.execution_options(begin="EXCLUSIVE").begin() as connection:
            _create_tables(connection, path)
        with engine.connect() as connection:
            # Only now: before the tables are there, a new header could outlive a crash without them.
            connection.connection.cursor().execute("PRAGMA journal_mode = WAL")
    except DatabaseError as error:
        engine.dispose()
        raise StartupError(f"cannot use the database {path}: {error.orig}") from error
    except StartupError:
        engine.dispose()
        raise
    return engine, alone


def _is_alone(engine: Engine) -> bool:
    # SQLite leaves the write-ahead log only if no other connection to the file is open, and says so
    # at once. The log comes back below.
    with engine.connect() as connection:
        try:
            connection.connection.cursor().execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            return False
    return True


def _configure(synchronous: str, connection: sqlite3.Connection, _record: object) -> None:
    # Transactions begin where `_begin` says so, and not where the driver guesses.
    connection.isolation_level = None
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA foreign_keys = ON")
    # A long conversation is thousands of pages, each a call to the system without this. The file never
    # gets smaller under its readers: nothing here gives pages back.
    connection.execute(f"PRAGMA mmap_size = {MAPPED}")


def _begin(connection: Connection) -> None:
    mode: Any = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _refuse_foreign(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StartupError(f"cannot open the database {path}: {error.strerror}") from error
    if not header:
        return
    if not header.startswith(b"SQLite format 3\0") or _number(header, 68) != APPLICATION_ID:
        raise StartupError(f"{path} is not a database of the ChatRoutes server; it was not touched")
    _refuse_version(_number(header, 60), path)


def _refuse_version(version: int, path: Path) -> None:
    if version != VERSION:
        raise StartupError(
            f"the database {path} has version {version} and this release of the ChatRoutes server "
            f"reads version {VERSION}; it was not touched"
        )


def _number(header: bytes, offset: int) -> int:
    return int.from_bytes(header[offset : offset + 4], "big")


def _create_tables(connection: Connection, path: Path) -> None:
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version == 0 and not connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first():
        metadata.create_all(connection, checkfirst=False)
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    else:
        _refuse_version(version, path)
