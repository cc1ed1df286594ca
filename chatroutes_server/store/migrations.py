"""Schema migrations: the upgrade of a SQLite database that an earlier release created.

`MIGRATIONS` maps each schema version to the function that upgrades it to the next version. All
pending migrations run in one transaction, so a failure or a crash leaves the database as it was.
Before they run, the database is copied to a file beside it, such as `chatroutes.db.v3-backup`. An
earlier release can open this copy.

An upgrade needs exclusive access, because another process with an earlier release would fail on the
new schema.

To change the schema, change `schema.py`, increase SCHEMA_VERSION, add a migration here and to MIGRATIONS
in `engines/postgresql.py`, and add a database of the previous version to `tests/server/fixtures`. The
first version in PostgreSQL is 5. Its migrations run in one transaction, too, and need exclusive access.
Back up the database with the tools of PostgreSQL.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from chatroutes_server.errors import StartupError
from chatroutes_server.store.schema import APPLICATION_ID, SCHEMA_VERSION, statements

logger: logging.Logger = logging.getLogger("chatroutes_server")

TYPES = {
    "integer": "INTEGER",
    "serial": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
    "rowid": "INTEGER NOT NULL",
    "fork_key": ",\n    FOREIGN KEY(fork_seq) REFERENCES messages (seq)",
}


class DatabaseInUseError(StartupError):
    """The database cannot be upgraded because another process has it open."""


def _rename_first_tries(connection: Connection) -> None:
    for statement in (
        "ALTER TABLE first_tries RENAME TO idempotency_keys",
        "ALTER TABLE idempotency_keys RENAME COLUMN answer TO response_body",
        "ALTER TABLE idempotency_keys RENAME COLUMN piece_lengths TO chunk_lengths",
        "DROP INDEX ix_first_tries_user_message_id",
        "DROP INDEX ix_first_tries_created_at",
        "CREATE INDEX ix_idempotency_keys_user_message_id ON idempotency_keys (user_message_id)",
        "CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at)",
    ):
        connection.execute(statement)


def _add_generated_keys(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE generated_keys "
        "( api_key TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (api_key) )"
    )


MIGRATIONS: dict[int, Callable[[Connection], None]] = {
    3: _rename_first_tries,
    4: _add_generated_keys,
}
OLDEST_VERSION = min(MIGRATIONS)


def require_supported(version: int, path: Path) -> None:
    """Raise StartupError if this release can neither read nor upgrade this schema version."""
    if not OLDEST_VERSION <= version <= SCHEMA_VERSION:
        raise StartupError(
            f"the database {path} has version {version}, but this release of the ChatRoutes server "
            f"supports versions {OLDEST_VERSION} to {SCHEMA_VERSION}; its data was not changed"
        )


def create_or_upgrade(connection: Connection, path: Path) -> bool:
    """Create the tables of an empty database, or upgrade the tables of an older one.

    Call this after an attempt to turn the write-ahead log off. It stays on while another process has
    the database open.

    Returns:
        Whether no other process has the database open.

    Raises:
        DatabaseInUseError: If an upgrade needs exclusive access.
        StartupError: If the database cannot be upgraded.
    """
    # IMMEDIATE excludes other writers, and allows the copy to be made through another connection.
    connection.execute("BEGIN IMMEDIATE")
    # Commits at the end, or rolls back after an error.
    with connection:
        exclusive: bool = _query(connection, "PRAGMA journal_mode") != "wal"
        version: int = _query(connection, "PRAGMA user_version")
        if version == 0 and _query(connection, "SELECT count(*) FROM sqlite_master") == 0:
            for statement in statements(TYPES):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            return exclusive
        require_supported(version, path)
        if version == SCHEMA_VERSION:
            return exclusive
        if not exclusive:
            raise DatabaseInUseError(
                f"cannot upgrade the database {path} while another process uses it; "
                "stop the other process and start again"
            )
        backup = _back_up(path, version)
        _run_migrations(connection, path, version)
    logger.warning(
        "upgraded the database %s from version %d to %d; a copy of the old version is %s",
        path,
        version,
        SCHEMA_VERSION,
        backup,
    )
    return exclusive


def _run_migrations(connection: Connection, path: Path, version: int) -> None:
    try:
        for each in range(version, SCHEMA_VERSION):
            MIGRATIONS[each](connection)
    except sqlite3.DatabaseError as error:
        raise StartupError(
            f"cannot upgrade the database {path} from version {version} to {SCHEMA_VERSION}: "
            f"{error}; its data was not changed"
        ) from error
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _back_up(path: Path, version: int) -> Path:
    """Copy the database to a file beside it, and return the path of the copy.

    An existing copy of the same version is replaced.
    """
    backup = path.with_name(f"{path.name}.v{version}-backup")
    partial = path.with_name(f"{backup.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
        partial.replace(backup)
    except (OSError, sqlite3.Error) as error:
        partial.unlink(missing_ok=True)
        raise StartupError(
            f"cannot copy the database {path} to {backup} before its upgrade: {error}; "
            "the database was not changed"
        ) from error
    return backup


def _query(connection: Connection, statement: str) -> Any:
    return connection.execute(statement).fetchone()[0]
