"""Upgrades of databases that earlier releases created."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer, StartupError
from chatroutes_server.store.database import Database
from chatroutes_server.store.migrations import MIGRATIONS, OLDEST_VERSION
from chatroutes_server.store.schema import SCHEMA, SCHEMA_VERSION
from tests.support.full_disk import full_disk
from tests.support.old_database import (
    create_database,
    read_content,
    read_rows,
    read_schema,
    read_version,
    recorded_versions,
)
from tests.support.server_api import Api

CONVERSATION = "/conversations/conv_3c9d34b70c4bee2dc6471715"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database of schema version 3."""
    path = tmp_path / "chat.db"
    create_database(path, 3)
    return path


def start(database: Path) -> None:
    with LocalServer(database=database):
        pass


def list_files(database: Path) -> list[str]:
    return sorted(each.name for each in database.parent.iterdir())


def replay(api: Api, path: str, body: str, key: str) -> Any:
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    return api.http.post(path, content=body, headers=headers)


def test_every_version_has_a_migration_and_a_recorded_database() -> None:
    versions = list(range(OLDEST_VERSION, SCHEMA_VERSION))

    assert list(MIGRATIONS) == versions
    assert recorded_versions() == versions


@pytest.mark.parametrize("version", MIGRATIONS)
def test_upgrade_keeps_every_row_of_every_table(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.db"
    create_database(path, version)
    before = read_rows(path)

    Database(path).close()

    after = read_rows(path)
    assert (
        set(before) <= set(after) == set(re.findall(r"CREATE TABLE (\w+)", SCHEMA))
    )  # a migration may add a table
    for table, rows in before.items():
        assert rows
        # A migration adds columns at the end.
        assert [row[: len(rows[0])] for row in after[table]] == rows


@pytest.mark.parametrize("version", MIGRATIONS)
def test_upgraded_database_has_the_current_schema(tmp_path: Path, version: int) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    create_database(old, version)

    start(old)
    start(new)

    assert read_schema(old) == read_schema(new)
    assert read_version(old) == SCHEMA_VERSION
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_version_3_database_keeps_its_idempotency_keys(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT key, status, answer FROM first_tries"
        stored = {key: (status, answer) for key, status, answer in connection.execute(query)}

    with LocalServer(database=database) as server, Api(server) as api:
        title = '{"title":"Recorded with schema version 3"}'
        created = replay(api, "/conversations", title, "create")
        sent = replay(api, f"{CONVERSATION}/messages", '{"content":"hello"}', "send")
        conflict = replay(api, f"{CONVERSATION}/messages", '{"content":"other"}', "send")
        stream_body = '{"content":"hello","model":"llama"}'
        streamed = replay(api, f"{CONVERSATION}/messages/stream", stream_body, "stream")

    assert (created.status_code, created.text) == stored["create"]
    assert (sent.status_code, sent.text) == stored["send"]
    assert conflict.status_code == 409
    data = [line[6:] for line in streamed.text.split("\n") if line.startswith("data: {")]
    chunks = [json.loads(each).get("content") for each in data]
    assert chunks == ["Ünder", "stood, in odd chu", "nks", None]


def test_version_3_database_keeps_its_messages_and_interrupted_replies(database: Path) -> None:
    with LocalServer(database=database) as server, Api(server) as api:
        messages = api.messages(CONVERSATION.removeprefix("/conversations/"))

    assert [each["content"] for each in messages[:5]] == [
        "hello",
        "edited",
        "hello",
        "Ünderstood, in odd chunks",
        "interrupted",
    ]
    # The crash interrupted this reply. It keeps the id that the killed server had sent.
    assert messages[5]["id"] == "msg_fe74626d7124845dbd210e60"
    assert 'You wrote: "interrupted"' in messages[5]["content"]


def test_upgraded_database_gets_a_generated_key_and_is_made_private(database: Path) -> None:
    database.chmod(0o644)

    with LocalServer(database=database) as first, Api(first) as api:
        assert api.messages(CONVERSATION.removeprefix("/conversations/"))
        mode = database.stat().st_mode & 0o777
        key = first.api_key
    with LocalServer(database=database) as second:
        assert second.api_key == key

    assert mode == 0o600


def test_upgrade_keeps_a_copy_of_the_old_database(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = read_content(database)

    start(database)
    upgraded_files = list_files(database)
    start(database)

    backup = database.with_name("chat.db.v3-backup")
    assert upgraded_files == list_files(database) == ["chat.db", "chat.db.v3-backup"]
    assert read_content(backup) == before
    assert caplog.messages == [
        f"upgraded the database {database} from version 3 to {SCHEMA_VERSION}; "
        f"a copy of the old version is {backup}"
    ]


def test_copy_can_be_read_by_its_owner_only(database: Path) -> None:
    database.chmod(0o644)

    start(database)

    assert database.with_name("chat.db.v3-backup").stat().st_mode & 0o777 == 0o600


def test_failed_migration_leaves_the_database_as_it_was(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE ix_idempotency_keys_created_at (id TEXT)")
    before = read_content(database)

    with pytest.raises(
        StartupError, match=r"cannot upgrade .* from version 3 .* already"
    ) as raised:
        start(database)

    assert str(database) in str(raised.value)
    assert read_content(database) == before
    # After the cause is removed, the next start upgrades the database.
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DROP TABLE ix_idempotency_keys_created_at")
    start(database)
    assert read_version(database) == SCHEMA_VERSION


def test_failed_copy_leaves_the_database_as_it_was(database: Path) -> None:
    database.with_name("chat.db.v3-backup").mkdir()
    before = read_content(database)

    with pytest.raises(StartupError, match=r"cannot copy the database .* before its upgrade"):
        start(database)

    assert read_content(database) == before
    assert list_files(database) == ["chat.db", "chat.db.v3-backup"]


@pytest.mark.parametrize("size", [5_000, 30_000, 100_000])
def test_upgrade_on_a_full_disk_leaves_the_database_as_it_was(database: Path, size: int) -> None:
    before = read_content(database)

    with full_disk(size), pytest.raises(StartupError, match=str(database)):
        start(database)

    assert read_content(database) == before
    assert list_files(database) == ["chat.db"]
    start(database)
    assert read_version(database) == SCHEMA_VERSION


def test_database_in_use_is_not_upgraded(database: Path) -> None:
    before = read_content(database)

    with closing(sqlite3.connect(database)) as other:
        other.execute("SELECT 1 FROM conversations").fetchone()
        with pytest.raises(StartupError, match="while another process uses it"):
            start(database)

    assert read_content(database) == before
    assert list_files(database) == ["chat.db"]


@pytest.mark.parametrize("version", [1, OLDEST_VERSION - 1, SCHEMA_VERSION + 1])
def test_other_versions_are_rejected(database: Path, version: int) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    before = database.read_bytes()

    with pytest.raises(StartupError, match=f"has version {version}, but .* supports versions"):
        start(database)

    assert database.read_bytes() == before
    assert list_files(database) == ["chat.db"]
