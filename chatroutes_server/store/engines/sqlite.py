"""SQLite: its connections, settings, transactions and errors, and the SQL that other engines lack.

A committed response survives a crash of the process or the machine: the journal is a write-ahead
log with `synchronous=FULL`, so a commit is on the disk before the server responds. SQLite allows one
writer at a time: `BEGIN IMMEDIATE` makes the writers of another process wait instead of failing
half-way. Readers see the last commit and never wait.

Before each transaction, and before a write is acknowledged, the paths are compared with the open
files, because a write to a deleted file is lost. See `database_file.py` for this check and for the
files that are accepted, and `migrations.py` for the databases of earlier versions.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections import namedtuple
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from chatroutes_server.errors import StartupError
from chatroutes_server.store import database_file, migrations
from chatroutes_server.store.connection import (
    NO_PARAMETERS,
    Connection,
    DatabaseError,
    EngineSql,
    Parameters,
    Row,
)

MMAP_SIZE = 256 * 1024 * 1024  # bytes
BUSY_TIMEOUT = 30  # seconds to wait for another process that uses the file
UPGRADE_TIMEOUT = 1  # seconds to wait for exclusive access, before an upgrade
MAX_ATTEMPT_WAIT = 0.05  # seconds between two attempts to change the journal mode
CACHED_STATEMENTS = 256  # of each connection

T = TypeVar("T")
RowMaker = Callable[[tuple[Any, ...]], Row]
RowMakers = dict[str, RowMaker]  # by statement

SQL: EngineSql = EngineSql(
    seqs_as_json="json_group_array(messages.seq)",
    # One row per branch: one row per message would take twice as long. The index is named because
    # its order is the order in which `group_concat` joins the messages.
    select_own_messages="""
        SELECT branch_id,
            json_group_array(seq) AS seqs,
            json_group_array(id) AS ids,
            group_concat(tree_json, :separator) AS joined_json
        FROM messages INDEXED BY messages_by_conversation
        WHERE conversation_id = :conversation_id AND deleted_at IS NULL
        GROUP BY branch_id
        """,
    lock_conversation="",
    lock_accounts="",
    count_request="",
)


class SQLiteConnection:
    """A connection to a file. See `Connection`."""

    sql: EngineSql = SQL

    def __init__(self, connection: sqlite3.Connection, row_makers: RowMakers) -> None:
        self._connection = connection
        self._row_makers = row_makers
        self._execute = connection.execute

    def execute(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> int:
        return self._execute(statement, parameters).rowcount

    def execute_many(self, statement: str, parameters: Iterable[Parameters]) -> None:
        self._connection.executemany(statement, parameters)

    def fetch_all(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> list[Row]:
        cursor = self._execute(statement, parameters)
        return list(map(self._row_maker(statement, cursor), cursor.fetchall()))

    def fetch_one(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        cursor = self._execute(statement, parameters)
        row = cursor.fetchone()
        return None if row is None else self._row_maker(statement, cursor)(row)

    def fetch_value(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> Any:
        row = self._execute(statement, parameters).fetchone()
        return None if row is None else row[0]

    def roll_back(self) -> None:
        # After some errors, such as a full disk, SQLite has rolled back already.
        if self._connection.in_transaction:
            self._execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def _row_maker(self, statement: str, cursor: sqlite3.Cursor) -> RowMaker:
        if statement not in self._row_makers:
            names = [column[0] for column in cursor.description]
            row_class = namedtuple("Row", names)  # type: ignore[misc]  # noqa: PYI024
            # Twice as fast as `_make`.
            maker = partial(tuple.__new__, row_class)  # pyright: ignore[reportUnknownMemberType]
            self._row_makers[statement] = cast("RowMaker", maker)
        return self._row_makers[statement]


class SQLiteEngine:
    """An open file. See `Engine`.

    Args:
        path: Path of the file. It is created if it does not exist.
        temporary: Whether the file is only used by this process. Commits then do not wait for the
            disk.

    Raises:
        StartupError: If the file cannot be used.
    """

    writer_threads: int = 1
    is_shared: bool = False

    def __init__(self, path: Path, *, temporary: bool = False) -> None:
        self.name: str = f"the database {path}"
        self._path = path
        self._synchronous = "OFF" if temporary else "FULL"
        database_file.check_or_create(path)
        with ExitStack() as on_error:
            try:
                self.opened_exclusively: bool = self._create_or_upgrade()
                # This connection stays open: when the last one is closed, SQLite deletes the files
                # beside the database.
                connection = on_error.enter_context(closing(self._connect()))
                # After the tables are created, because this writes the header: a crash must not
                # leave it without the tables.
                _turn_write_ahead_log_on(connection)
                # Opens the files beside the database.
                connection.execute("SELECT 1 FROM sqlite_master").fetchall()
            except sqlite3.Error as error:
                raise StartupError(f"cannot use {self.name}: {error}") from error
            on_error.pop_all()
        self._row_makers: RowMakers = {}
        self._idle = [SQLiteConnection(connection, self._row_makers)]
        self._files = database_file.FileIdentity(path)

    def run(self, work: Callable[[Connection], T], *, is_write: bool) -> T:
        with self._transaction(is_write) as connection:
            return work(connection)

    @contextmanager
    def _transaction(self, is_write: bool) -> Generator[SQLiteConnection]:
        self._files.require_unchanged()
        try:
            connection = self._take_connection()
            try:
                connection.execute("BEGIN IMMEDIATE" if is_write else "BEGIN")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.roll_back()
                raise
            finally:
                self._idle.append(connection)
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from error
        if is_write:
            self._files.require_unchanged()

    def try_lock(self, names: Collection[str]) -> bool:
        return True  # servers that share a file do not wait for the turns of each other

    def unlock(self, names: Collection[str]) -> None:
        """Do nothing."""

    def notify(self, payload: str) -> None:
        """Do nothing."""

    def listen(self, callback: Callable[[str], None]) -> None:
        """Do nothing."""

    def make_private(self) -> None:
        database_file.make_private(self._path)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _take_connection(self) -> SQLiteConnection:
        with suppress(IndexError):  # several threads take connections
            return self._idle.pop()
        return SQLiteConnection(self._connect(), self._row_makers)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path.absolute(),
            timeout=BUSY_TIMEOUT,
            isolation_level=None,  # otherwise, the driver would start transactions itself
            check_same_thread=False,
            cached_statements=CACHED_STATEMENTS,
        )
        with ExitStack() as on_error:
            on_error.callback(connection.close)
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
            # Without this, reading a long conversation takes a system call for each of thousands of
            # pages. Mapped files must not shrink while they are read, and the server never vacuums
            # the file.
            connection.execute(f"PRAGMA mmap_size = {MMAP_SIZE}")
            on_error.pop_all()
        return connection

    def _create_or_upgrade(self) -> bool:
        """Create or upgrade the tables. Return whether no other process has the database open."""
        deadline = time.monotonic() + UPGRADE_TIMEOUT
        while True:
            # A new connection for each attempt: two servers that start at once prevent each other
            # from exclusive access.
            with closing(self._connect()) as connection:
                _turn_write_ahead_log_off(connection)
                try:
                    return migrations.create_or_upgrade(connection, self._path)
                except migrations.DatabaseInUseError:
                    if time.monotonic() > deadline:
                        raise
            time.sleep(random.uniform(0, MAX_ATTEMPT_WAIT))


def _turn_write_ahead_log_off(connection: sqlite3.Connection) -> None:
    # SQLite does this only if no other connection to the file is open, and fails at once otherwise.
    # The start turns it on again.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = DELETE")


def _turn_write_ahead_log_on(connection: sqlite3.Connection) -> None:
    # SQLite does not wait here for another process that starts at the same time.
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(random.uniform(0, MAX_ATTEMPT_WAIT))
