"""PostgreSQL: its connections, schema, transactions and errors, and the SQL that other engines lack.

Any number of server processes can share a database. A transaction that changes a conversation locks
its row first. So the changes of a conversation happen one after the other, and its message numbers
grow in the order of the commits. Reading transactions see one snapshot.

A transaction that fails before its commit, because of another transaction or a closed connection, runs
once more. If PostgreSQL is still not available, requests get 503, and later requests connect again.
If the connection closes during the commit, it is unknown whether the transaction was committed, so it
does not run again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeVar, cast
from urllib.parse import unquote

import psycopg
from psycopg.types.string import StrDumperUnknown, TextLoader
from sqlalchemy import URL, Connection, TextClause, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from chatroutes_server.errors import StartupError
from chatroutes_server.store.connection import (
    NO_PARAMETERS,
    DatabaseError,
    DatabaseUnavailableError,
    EngineSql,
    Parameters,
    Row,
)
from chatroutes_server.store.connection import Connection as StoreConnection
from chatroutes_server.store.engines.postgresql_session import ALIVE, ServerSession
from chatroutes_server.store.schema import APPLICATION_ID, SCHEMA_VERSION, statements

logger: logging.Logger = logging.getLogger("chatroutes_server")

READERS, WRITERS = 4, 8  # connections of each process
CONNECT_TIMEOUT = 5  # seconds
KEEPALIVES = {"idle": 30, "interval": 5, "count": 3}  # of idle connections, in seconds
LOCK_TIMEOUT = 30  # seconds to wait for the transaction of another process
ATTEMPTS = 5  # of a transaction that conflicts with others
RETRY_AFTER = 2  # seconds
# Another transaction caused the failure: a conflict, a deadlock, or the same unique key.
CONFLICTS = {"40001", "40P01", "23505"}
# The role may not write, the database is a standby, or the tables are not there.
UNAVAILABLE = {"25006", "3F000", "42501", "42P01"}

TYPES = {
    "integer": "BIGINT",
    "serial": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "rowid": "BIGINT GENERATED ALWAYS AS IDENTITY",
    "fork_key": "",
}
MORE_TABLES = (
    "ALTER TABLE branches ADD FOREIGN KEY (fork_seq) REFERENCES messages (seq)",
    "CREATE TABLE schema_version (version BIGINT NOT NULL)",
    f"INSERT INTO schema_version VALUES ({SCHEMA_VERSION})",
    # Unlogged: a crash may reset the windows, and a request does not wait for the disk.
    """
    CREATE UNLOGGED TABLE rate_limits (
        user_id TEXT PRIMARY KEY, ends_at BIGINT NOT NULL, requests BIGINT NOT NULL
    )
    """,
)

# The statements that upgrade a version of the tables to the next one. See `migrations.py`.
Migrations = Mapping[int, Sequence[str]]
FIRST_VERSION = 5
MIGRATIONS: Migrations = {}

SQL: EngineSql = EngineSql(
    seqs_as_json="json_agg(messages.seq)::text",
    select_own_messages="""
        SELECT branch_id,
            json_agg(seq ORDER BY seq)::text AS seqs,
            json_agg(id ORDER BY seq)::text AS ids,
            string_agg(tree_json, :separator ORDER BY seq) AS joined_json
        FROM messages
        WHERE conversation_id = :conversation_id AND deleted_at IS NULL
        GROUP BY branch_id
        """,
    lock_conversation="FOR UPDATE OF conversations",
    lock_accounts="LOCK TABLE api_keys IN EXCLUSIVE MODE",
    # A rejected request is stored as one more than the limit.
    count_request="""
        WITH clock (now) AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
        INSERT INTO rate_limits AS windows (user_id, ends_at, requests)
        SELECT :user_id, now + :window, 1 FROM clock
        ON CONFLICT (user_id) DO UPDATE SET
            ends_at = CASE
                WHEN windows.ends_at <= excluded.ends_at - :window THEN excluded.ends_at
                ELSE windows.ends_at
            END,
            requests = CASE
                WHEN windows.ends_at <= excluded.ends_at - :window THEN 1
                ELSE least(windows.requests, :limit) + 1
            END
        RETURNING requests, ends_at - (SELECT now FROM clock) AS milliseconds_left
        """,
)

T = TypeVar("T")

# A text cannot contain U+0000 in PostgreSQL. It is stored as two code points, the first of which is
# not a character. This code point is stored as two as well.
ESCAPE = "\U0010ffff"


class EscapingDumper(StrDumperUnknown):
    """Writes a text without U+0000."""

    def dump(self, obj: str) -> Any:
        if "\0" in obj or ESCAPE in obj:
            obj = obj.replace(ESCAPE, f"{ESCAPE}1").replace("\0", f"{ESCAPE}0")
        return super().dump(obj)


class EscapingLoader(TextLoader):
    """Reads a text that `EscapingDumper` wrote."""

    def load(self, data: Any) -> Any:
        value = super().load(data)
        if isinstance(value, str) and ESCAPE in value:
            value = value.replace(f"{ESCAPE}0", "\0").replace(f"{ESCAPE}1", ESCAPE)
        return value


class PostgreSQLConnection:
    """A connection in a transaction. See `Connection`."""

    sql: EngineSql = SQL

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> int:
        return self._connection.execute(_parse(statement), dict(parameters)).rowcount

    def execute_many(self, statement: str, parameters: Iterable[Parameters]) -> None:
        rows = [dict(each) for each in parameters]
        if rows:
            self._connection.execute(_parse(statement), rows)

    def fetch_all(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        rows = self._connection.execute(_parse(statement), dict(parameters)).all()
        return cast("Sequence[Row]", rows)

    def fetch_one(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        row = self._connection.execute(_parse(statement), dict(parameters)).first()
        return cast("Row | None", row)

    def fetch_value(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> Any:
        return self._connection.execute(_parse(statement), dict(parameters)).scalar()


@lru_cache(256)
def _parse(statement: str) -> TextClause:
    return text(statement)


class PostgreSQLEngine:
    """A database on a server. See `Engine`.

    Args:
        url: The URL of the database, such as `postgresql://user:password@host:5432/name`.
        migrations: The upgrades of earlier versions.

    Raises:
        StartupError: If the database cannot be used.
    """

    writer_threads: int = WRITERS
    is_shared: bool = True

    def __init__(self, url: str, migrations: Migrations = MIGRATIONS) -> None:
        parsed = _parse_url(url)
        self._migrations = migrations
        self.name: str = f"the database {_without_secrets(parsed)}"
        self._engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=READERS + WRITERS + 2,  # and those of the session
            hide_parameters=True,  # errors are logged, and the texts of users must not be
            isolation_level="READ COMMITTED",
            connect_args={
                "connect_timeout": CONNECT_TIMEOUT,
                "application_name": "chatroutes-server",
                **{f"keepalives_{name}": value for name, value in KEEPALIVES.items()},
            },
        )
        self._readers = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        event.listen(self._engine, "connect", _configure)
        self._session = ServerSession(self._engine)
        try:
            self._create_or_upgrade()
            self.opened_exclusively: bool = self._session.open()
        except BaseException as error:
            self.close()
            if isinstance(error, DBAPIError):
                raise StartupError(f"cannot use {self.name}: {_reason(error)}") from None
            raise

    def run(self, work: Callable[[StoreConnection], T], *, is_write: bool) -> T:
        engine = self._engine if is_write else self._readers
        for attempt in range(1, ATTEMPTS + 1):
            committing = False
            try:
                self._session.open()
                with engine.connect() as connection, connection.begin() as transaction:
                    result = work(PostgreSQLConnection(connection))
                    committing = True
                    transaction.commit()
                return result
            except DBAPIError as error:
                is_disconnected = error.connection_invalidated or _sqlstate(error) is None
                if is_disconnected:
                    self._session.lose()
                if _is_unavailable(error):
                    # The pool may have had closed connections. It has none after this error.
                    if committing or attempt > 1 or not is_disconnected:
                        raise self._unavailable(error) from None
                elif committing or _sqlstate(error) not in CONFLICTS or attempt == ATTEMPTS:
                    # Without the error of the driver, which quotes the values of users.
                    kind = type(error.orig).__name__
                    raise DatabaseError(f"{kind}, SQLSTATE {_sqlstate(error)}") from None
        raise AssertionError("unreachable")

    def try_lock(self, names: Collection[str]) -> bool:
        return self._use_session(lambda: self._session.try_lock(names))

    def unlock(self, names: Collection[str]) -> None:
        self._use_session(lambda: self._session.unlock(names))

    def notify(self, payload: str) -> None:
        self._use_session(lambda: self._session.notify(payload))

    def listen(self, callback: Callable[[str], None]) -> None:
        self._session.listen(callback)

    def make_private(self) -> None:
        """Do nothing: the roles of the database decide who reads it."""

    def close(self) -> None:
        self._session.close()
        self._engine.dispose()

    def _create_or_upgrade(self) -> None:
        """Create the tables of an empty database, or upgrade those of an earlier release."""
        with self._engine.begin() as connection:
            # Two servers that start at once create the tables one after the other.
            connection.execute(text(f"SELECT pg_advisory_xact_lock({APPLICATION_ID}, 0)"))
            schema = connection.execute(text("SELECT current_schema()")).scalar()
            encoding = connection.execute(text("SHOW server_encoding")).scalar()
            if schema is None or encoding != "UTF8":
                raise StartupError(
                    f"cannot use {self.name}: it needs a schema in the search path, and the encoding UTF8"
                )
            tables = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
            names = set(connection.execute(tables).scalars())
            if not names:
                for statement in (*statements(TYPES), *MORE_TABLES):
                    connection.execute(text(statement))
                return
            if "schema_version" not in names or "pending_replies" not in names:
                raise StartupError(
                    f"{self.name} has tables of another program in the schema {schema}; "
                    "nothing was changed; use an empty database or schema"
                )
            version = connection.execute(text("SELECT version FROM schema_version")).scalar()
            if version != SCHEMA_VERSION:
                self._upgrade(connection, version)

    def _upgrade(self, connection: Connection, version: int | None) -> None:
        """Run the migrations in the transaction of the connection."""
        supported = sorted({*self._migrations, SCHEMA_VERSION})
        first, last = supported[0], supported[-1]
        versions = f"{first}" if first == last else f"{first} to {last}"
        if version is None or version not in supported:
            raise StartupError(
                f"{self.name} has version {version}, but this release of the ChatRoutes server "
                f"supports version {versions}; its data was not changed"
            )
        # A server of an earlier release would fail on the new tables.
        if not connection.execute(text(f"SELECT pg_try_advisory_xact_lock({ALIVE})")).scalar():
            raise StartupError(
                f"cannot upgrade {self.name} while other servers use it; "
                "stop the other servers and start again"
            )
        for each in range(version, SCHEMA_VERSION):
            for statement in self._migrations[each]:
                connection.execute(text(statement))
        connection.execute(text(f"UPDATE schema_version SET version = {SCHEMA_VERSION}"))
        logger.warning("upgraded %s from version %d to %d", self.name, version, SCHEMA_VERSION)

    def _use_session(self, work: Callable[[], T]) -> T:
        try:
            with suppress(DBAPIError):
                return work()
            # The connection may have been closed for a while. The new session locks its branches again.
            self._session.lose()
            return work()
        except DBAPIError as error:
            self._session.lose()
            raise self._unavailable(error) from None

    def _unavailable(self, error: DBAPIError) -> DatabaseUnavailableError:
        logger.error("%s is not available: %s", self.name, _reason(error))
        return DatabaseUnavailableError(
            "the database is not available, try again later", retry_after=RETRY_AFTER
        )


def _configure(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.adapters.register_dumper(str, EscapingDumper)
    for type_name in ("text", "varchar"):
        connection.adapters.register_loader(type_name, EscapingLoader)
    autocommit, connection.autocommit = connection.autocommit, True
    connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}s'".encode())
    # PostgreSQL releases the locks of a machine that has lost its network or its power within a minute.
    for name, value in KEEPALIVES.items():
        connection.execute(f"SET tcp_keepalives_{name} = {value}".encode())
    connection.autocommit = autocommit


def _parse_url(url: str) -> URL:
    with suppress(ArgumentError, ValueError):
        parsed = make_url(url)
        # A host with "@" has a part of the password. A NUL would end the parameters of the driver.
        if "@" not in (parsed.host or "") and unquote(url).isprintable():
            return parsed
    # The message must not contain the URL, which may have a password.
    raise StartupError(
        "invalid URL of a database: expected postgresql://user:password@host:port/name, "
        "with special characters of the password as %XX"
    )


def _without_secrets(url: URL) -> str:
    user = "" if url.username is None else f"{url.username}@"
    port = "" if url.port is None else f":{url.port}"
    host = f"[{url.host}]" if ":" in (url.host or "") else url.host or ""
    return f"postgresql://{user}{host}{port}/{url.database or ''}"


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _is_unavailable(error: DBAPIError) -> bool:
    """Return whether the database caused the error, and not the statement or its values."""
    if _sqlstate(error) in CONFLICTS:
        return False
    return (
        error.connection_invalidated
        or isinstance(error.orig, (psycopg.OperationalError, psycopg.InterfaceError))
        or _sqlstate(error) in UNAVAILABLE
    )


def _reason(error: DBAPIError) -> str:
    """Return the message of the driver in one line, without passwords and values of users."""
    message = str(error.orig) or type(error.orig).__name__
    return " ".join(message.split("\n")[0].split())
