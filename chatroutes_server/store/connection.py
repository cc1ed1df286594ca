"""The connection to the database: SQL text with named parameters, and rows as named tuples.

The statements are constants of the modules that use them, with parameters such as `:branch_id`.
Statements that differ between the database engines are in `engines/`, one module per engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from chatroutes_server.errors import ServiceUnavailableError

T = TypeVar("T")

Parameters = Mapping[str, Any]
NO_PARAMETERS: Parameters = {}


class DatabaseError(Exception):
    """The database cannot execute a statement or commit a transaction."""


class DatabaseUnavailableError(DatabaseError, ServiceUnavailableError):
    """The database cannot be reached, or cannot be used at the moment."""


class Row(Protocol):
    """A row of a result: a named tuple. The statement names its columns."""

    def __getattr__(self, column: str) -> Any: ...

    def __getitem__(self, index: int) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


@dataclass(frozen=True)
class EngineSql:
    """The SQL that differs between the engines."""

    # An aggregate: the `seq` of messages as a JSON array, in any order.
    seqs_as_json: str
    # The own messages of each branch of a conversation that has any: `branch_id`, the lists `seqs` and
    # `ids` as JSON arrays, and `joined_json`, their `tree_json`, in the order of `seq`.
    select_own_messages: str
    # The locks, until the end of a transaction, are empty if the engine has one writer at a time.
    # The end of a SELECT that locks a row of `conversations`.
    lock_conversation: str
    # A statement that locks the accounts and the generated key.
    lock_accounts: str
    # Counts a request of `:user_id` in its window, and returns `requests` and `milliseconds_left`. A
    # rejected request is counted as one more than `:limit`. Empty if each server has its own windows.
    count_request: str


class Connection(Protocol):
    """A connection within a transaction."""

    @property
    def sql(self) -> EngineSql: ...

    def execute(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> int:
        """Execute a statement without a result, and return the number of changed rows."""
        ...

    def execute_many(self, statement: str, parameters: Iterable[Parameters]) -> None:
        """Execute a statement once for each of the parameters."""
        ...

    def fetch_all(
        self, statement: str, parameters: Parameters = NO_PARAMETERS
    ) -> Sequence[Row]: ...

    def fetch_one(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        """Return the first row, or None if there is none."""
        ...

    def fetch_value(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> Any:
        """Return the first column of the first row, or None if there is no row."""
        ...


class Engine(Protocol):
    """An open database. Its methods can be called in any thread.

    Attributes:
        name: The database, in error messages.
        opened_exclusively: Whether no other process had the database open at the start.
        writer_threads: The number of transactions that may write at the same time.
        is_shared: Whether servers on several machines can use the database.
    """

    name: str
    opened_exclusively: bool
    writer_threads: int
    is_shared: bool

    def run(self, work: Callable[[Connection], T], *, is_write: bool) -> T:
        """Run a function in a transaction, and return its result after the commit.

        The function may run twice, so it must not change anything but the database.

        Raises:
            DatabaseError: If a statement or the commit fails.
        """
        ...

    def try_lock(self, names: Collection[str]) -> bool:
        """Lock branches for this process, and return False if another process has locked one of them.

        Raises:
            DatabaseUnavailableError: If the database is not available.
        """
        ...

    def unlock(self, names: Collection[str]) -> None:
        """Release a lock of branches.

        Raises:
            DatabaseUnavailableError: If the database is not available. It has released the lock then.
        """
        ...

    def notify(self, payload: str) -> None:
        """Send a notification to all servers of the database, also to this one.

        Raises:
            DatabaseUnavailableError: If the database is not available.
        """
        ...

    def listen(self, callback: Callable[[str], None]) -> None:
        """Call a function in another thread with each notification."""
        ...

    def make_private(self) -> None:
        """Prepare the database for storing a secret.

        Raises:
            StartupError: If other users of the machine could read the secret.
        """
        ...

    def close(self) -> None: ...


def insert_into(table: str, columns: Iterable[str]) -> str:
    """Return an INSERT statement whose parameters have the names of the columns."""
    names = list(columns)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) "
        f"VALUES ({', '.join(f':{name}' for name in names)})"
    )


def assignments(columns: Iterable[str]) -> str:
    """Return the assignments of an UPDATE statement whose parameters have the names of the columns."""
    return ", ".join(f"{name} = :{name}" for name in columns)
