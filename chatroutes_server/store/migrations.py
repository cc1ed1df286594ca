"""Schema migrations: the upgrade of a database that an earlier release created.

`MIGRATIONS` maps each schema version to the function that upgrades it to the next version. All
pending migrations run in one transaction, so a failure leaves the database as it was. Before they
run, the database is copied to a file beside it, such as `chatroutes.db.v3-backup`. An earlier
release can open this copy.

An upgrade needs exclusive access, because another process with an earlier release would fail on the
new schema.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from chatroutes_server.errors import StartupError
from chatroutes_server.store.schema import APPLICATION_ID, SCHEMA_VERSION, metadata

logger = logging.getLogger("chatroutes_server")


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
        connection.exec_driver_sql(statement)


MIGRATIONS: dict[int, Callable[[Connection], None]] = {
    3: _rename_first_tries,
}
OLDEST_VERSION = min(MIGRATIONS)


def require_supported(version: int, path: Path) -> None:
    """Raise StartupError if this release can neither read nor upgrade this schema version."""
    if not OLDEST_VERSION <= version <= SCHEMA_VERSION:
        raise StartupError(
            f"the database {path} has version {version}, but this release of the ChatRoutes server "
            f"supports versions {OLDEST_VERSION} to {SCHEMA_VERSION}; the file was not changed"
        )


def create_or_upgrade(engine: Engine, path: Path, *, exclusive: bool) -> None:
    """Create the tables of an empty database, or upgrade the tables of an older one.

    `exclusive` is whether no other process has the database open.

    Raises:
        StartupError: If the database cannot be upgraded.
    """
    with engine.connect() as connection:
        version = _read_version(connection)
    backup = None
    if exclusive and OLDEST_VERSION <= version < SCHEMA_VERSION:
        backup = _back_up(path, version)
    with engine.execution_options(begin="EXCLUSIVE").begin() as connection:
        # Read again: another process may have created or upgraded the tables in the meantime.
        version = _read_version(connection)
        if version == 0 and _is_empty(connection):
            metadata.create_all(connection, checkfirst=False)
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
            return
        require_supported(version, path)
        if version == SCHEMA_VERSION:
            return
        if not exclusive:
            raise StartupError(
                f"cannot upgrade the database {path} while another process uses it; "
                "stop the other process and start again"
            )
        _run_migrations(connection, path, version)
    logger.warning(
        "upgraded the database %s from version %d to %d; a copy of the old version is %s",
        path,
        version,
        SCHEMA_VERSION,
        backup,
    )


def _run_migrations(connection: Connection, path: Path, version: int) -> None:
    try:
        for each in range(version, SCHEMA_VERSION):
            MIGRATIONS[each](connection)
    except DatabaseError as error:
        raise StartupError(
            f"cannot upgrade the database {path} from version {version} to {SCHEMA_VERSION}: "
            f"{error.orig}; the file was not changed"
        ) from error
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _back_up(path: Path, version: int) -> Path:
    """Copy the database to a file beside it, and return the path of the copy.

    An existing copy of the same version is replaced.
    """
    backup = path.with_name(f"{path.name}.v{version}-backup")
    partial = path.with_name(f"{backup.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)  # readable by others only if the database is
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
        shutil.copymode(path, partial)
        partial.replace(backup)
    except (OSError, sqlite3.Error) as error:
        partial.unlink(missing_ok=True)
        raise StartupError(
            f"cannot copy the database {path} to {backup} before its upgrade: {error}; "
            "the database was not changed"
        ) from error
    return backup


def _read_version(connection: Connection) -> int:
    version: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    return version


def _is_empty(connection: Connection) -> bool:
    return connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first() is None
