"""The start with a database in PostgreSQL: what is rejected, and what is upgraded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatroutes_server import LocalServer, StartupError
from chatroutes_server.store.migrations import MIGRATIONS as SQLITE_MIGRATIONS
from chatroutes_server.store.schema import SCHEMA_VERSION
from tests.support.markers import REASON, single_python
from tests.support.paths import ROOT
from tests.support.postgresql import PostgreSQL

pytestmark = single_python

engine = pytest.importorskip("chatroutes_server.store.engines.postgresql", reason=REASON)

PASSWORD = "secret-password"


@pytest.fixture
def database(postgresql: PostgreSQL) -> str:
    return postgresql.create_database()


def name(url: str) -> str:
    """Return the name of the database."""
    return url.partition("@/")[2].partition("?")[0]


def start(database: str) -> None:
    with LocalServer(database=database):
        pass


def test_the_script_runs_a_server_until_ctrl_c(postgresql: PostgreSQL) -> None:
    """The fixture skips this test where PostgreSQL is not installed."""
    command = [sys.executable, "-m", "tests.support.postgresql"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        database = process.stdout.readline().strip()
        start(database)
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    with pytest.raises(StartupError, match="cannot use"):
        start(database)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://u:{}@127.0.0.1:1/x", "cannot use .*u@127.0.0.1:1/x: .*refused"),
        ("postgres://u:{}@127.0.0.1:1/x", "cannot use .*u@127.0.0.1:1/x: .*refused"),
        ("postgresql://127.0.0.1:1/x?password={}", "cannot use .*//127.0.0.1:1/x: .*refused"),
        ("postgresql://u:{}@127.0.0.1:x/x", "invalid URL of a database"),
        ("postgresql://u:{}@127.0.0.1:1/x?unknown=1", "cannot use .*u@127.0.0.1:1/x: .*unknown"),
        ("postgresql://u:{}@missing.invalid/x", "cannot use .*u@missing.invalid/x: "),
        ("POSTGRESQL://u:{}@127.0.0.1:1/x", "cannot use .*u@127.0.0.1:1/x: .*refused"),
        ("postgresql://ü:%2F%40{}@127.0.0.1:1/ü", "cannot use .*ü@127.0.0.1:1/ü: .*refused"),
        ("postgresql://u:/#?%{}@127.0.0.1:1/x", "cannot use .*u@127.0.0.1:1/x: .*refused"),
        ("postgresql://u:@{}@127.0.0.1:1/x", "invalid URL of a database: .* as %XX"),
        ("postgresql://u:a@{}@127.0.0.1:1/x", "invalid URL of a database: .* as %XX"),
        ("postgresql://u:{}@127.0.0.1:1/x%00y", "invalid URL of a database"),
        ("postgresql://u:{}@[::1/x", "invalid URL of a database"),
        ("postgresql://u:{}@127.0.0.1:99999/x", "cannot use .*u@127.0.0.1:99999/x: .*port"),
        ("postgresql:u:{}@127.0.0.1:1/x", "invalid URL of a database"),
        ("postgresql+psycopg://u:{}@127.0.0.1:1/x", r"unsupported database 'postgresql\+psycopg'"),
        ("mysql://u:{}@127.0.0.1/x", "unsupported database 'mysql': expected the path"),
    ],
)
def test_database_that_cannot_be_reached_raises(url: str, message: str) -> None:
    with pytest.raises(StartupError, match=message) as raised:
        start(url.format(PASSWORD))

    assert PASSWORD not in str(raised.value)
    assert "\n" not in str(raised.value)
    # The errors of the driver are not in the traceback.
    assert raised.value.__cause__ is None


def test_missing_database_raises(postgresql: PostgreSQL) -> None:
    with pytest.raises(StartupError, match=r'cannot use .*/missing: .*"missing" does not exist'):
        start(postgresql.url("missing"))


def test_database_of_another_program_is_rejected_unchanged(
    postgresql: PostgreSQL, database: str
) -> None:
    postgresql.execute("CREATE TABLE conversations (id TEXT)", name(database))

    with pytest.raises(StartupError, match="tables of another program in the schema public"):
        start(database)

    tables = "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'public'"
    assert postgresql.execute(tables, name(database)) == "conversations"


@pytest.mark.parametrize("version", [SCHEMA_VERSION - 1, SCHEMA_VERSION + 1])
def test_database_of_another_version_is_rejected(
    postgresql: PostgreSQL, database: str, version: int
) -> None:
    start(database)
    postgresql.execute(f"UPDATE schema_version SET version = {version}", name(database))

    with pytest.raises(StartupError, match=f"has version {version}, but .* supports version"):
        start(database)


def test_database_with_another_encoding_is_rejected(postgresql: PostgreSQL) -> None:
    postgresql.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")

    with pytest.raises(StartupError, match="the encoding UTF8"):
        start(postgresql.url("latin"))


@pytest.mark.parametrize("package", ["psycopg", "sqlalchemy"])
def test_missing_package_names_the_extra(tmp_path: Path, package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None; from chatroutes_server.cli import main; "
        f"sys.exit(main(['--port', '0', '--database', 'postgresql://u:{PASSWORD}@127.0.0.1:1/x']))"
    )

    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert 'pip install "chatroutes[postgres]"' in result.stderr
    assert result.stderr.count("\n") == 1
    assert PASSWORD not in result.stdout + result.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_earlier_version_has_a_migration() -> None:
    assert set(engine.MIGRATIONS) == set(range(engine.FIRST_VERSION, SCHEMA_VERSION))
    assert set(SQLITE_MIGRATIONS) == set(range(min(SQLITE_MIGRATIONS), SCHEMA_VERSION))


def make_older(postgresql: PostgreSQL, database: str) -> None:
    """Turn the database into one of the version before, without a table."""
    start(database)
    postgresql.execute("DROP TABLE generated_keys", name(database))
    postgresql.execute(f"UPDATE schema_version SET version = {SCHEMA_VERSION - 1}", name(database))


CREATE_KEYS = "CREATE TABLE generated_keys (api_key TEXT PRIMARY KEY, created_at BIGINT NOT NULL)"


def test_older_database_is_upgraded(postgresql: PostgreSQL, database: str) -> None:
    make_older(postgresql, database)

    engine.PostgreSQLEngine(database, {SCHEMA_VERSION - 1: [CREATE_KEYS]}).close()

    version = postgresql.execute("SELECT version FROM schema_version", name(database))
    assert version == str(SCHEMA_VERSION)
    start(database)


def test_failed_upgrade_changes_nothing(postgresql: PostgreSQL, database: str) -> None:
    make_older(postgresql, database)

    with pytest.raises(StartupError, match=r"cannot use .*missing"):
        engine.PostgreSQLEngine(database, {SCHEMA_VERSION - 1: [CREATE_KEYS, "DROP TABLE missing"]})

    engine.PostgreSQLEngine(database, {SCHEMA_VERSION - 1: [CREATE_KEYS]}).close()


def test_upgrade_while_another_server_runs_is_rejected(
    postgresql: PostgreSQL, database: str
) -> None:
    with LocalServer(database=database):
        older = f"UPDATE schema_version SET version = {SCHEMA_VERSION - 1}"
        postgresql.execute(older, name(database))
        with pytest.raises(StartupError, match="stop the other servers and start again"):
            engine.PostgreSQLEngine(database, {SCHEMA_VERSION - 1: [CREATE_KEYS]})
