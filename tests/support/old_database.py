"""Databases of earlier schema versions, built from the recorded dumps in tests/server/fixtures."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.support.paths import ROOT

FIXTURES = ROOT / "tests" / "server" / "fixtures"

# The table of the idempotency keys, and its name since then.
RENAMED_TABLES = {"first_tries": "idempotency_keys"}


def recorded_versions() -> list[int]:
    """Return the schema versions that have a dump."""
    names = [path.name for path in FIXTURES.glob("database_version_*.sql")]
    return sorted(
        int(name.removeprefix("database_version_").removesuffix(".sql")) for name in names
    )


def create_database(path: Path, version: int) -> None:
    """Create a database of this version, whose idempotency keys are not expired."""
    dump = FIXTURES / f"database_version_{version}.sql"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text("utf-8"))
        table = "first_tries" if version < 4 else "idempotency_keys"
        connection.execute(f"UPDATE {table} SET created_at = ?", [time.time_ns() // 1_000_000])
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")


def read_content(database: Path) -> tuple[int, list[str], dict[str, list[tuple[object, ...]]]]:
    """Return the schema version, the schema as SQL, and the rows of each table."""
    query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
    with closing(sqlite3.connect(database)) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        schema = [sql for (sql,) in connection.execute(query)]
    return version, schema, read_rows(database)


def read_version(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return version


def read_rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of each table, under its present name."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute(query)]
        return {
            RENAMED_TABLES.get(table, table): sorted(
                connection.execute(f"SELECT * FROM {table}"), key=repr
            )
            for table in tables
        }


def read_schema(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {re.sub(r'[\s"]+', " ", sql) for (sql,) in rows}
