"""The database file: which files are accepted, and what is stored."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatroutes_server import LocalServer, StartupError
from chatroutes_server.store import conversations
from chatroutes_server.store.connection import Connection
from chatroutes_server.store.database import Database
from tests.support.server_api import Api


def start(database: Path) -> None:
    with LocalServer(database=database):
        pass


def assert_rejected_unchanged(database: Path, message: str) -> None:
    before = database.read_bytes()

    with pytest.raises(StartupError, match=message) as raised:
        start(database)

    assert str(database) in str(raised.value)
    assert database.read_bytes() == before
    assert [each.name for each in database.parent.iterdir()] == [database.name]


@pytest.mark.parametrize("content", [b"hello", b"x" * 5000, b"SQLite format 3\0", b"\0"])
def test_file_that_is_not_a_database_is_rejected_unchanged(tmp_path: Path, content: bytes) -> None:
    database = tmp_path / "notes.txt"
    database.write_bytes(content)

    assert_rejected_unchanged(database, "not a database of the ChatRoutes server")


def test_database_of_another_program_is_rejected_unchanged(tmp_path: Path) -> None:
    database = tmp_path / "other.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE conversations (id TEXT)")

    assert_rejected_unchanged(database, "not a database of the ChatRoutes server")


def test_database_of_an_unknown_version_is_rejected_unchanged(tmp_path: Path) -> None:
    database = tmp_path / "old.db"
    start(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 99")

    assert_rejected_unchanged(database, "has version 99")


def test_empty_file_becomes_a_database(tmp_path: Path) -> None:
    database = tmp_path / "empty.db"
    database.touch()

    start(database)

    assert database.stat().st_size > 0


@pytest.mark.parametrize("path", ["", "missing/folder/chat.db"])
def test_invalid_path_raises(tmp_path: Path, path: str) -> None:
    with pytest.raises(StartupError, match="the database"):
        start(tmp_path / path)


def test_database_uses_a_write_ahead_log_and_valid_foreign_keys(tmp_path: Path) -> None:
    database = tmp_path / "chat.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        api.send(conversation_id, "one")
        api.branch(conversation_id, "Aside")

    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_changes_in_the_same_millisecond_increase_updated_at(tmp_path: Path) -> None:
    def mark_updated_repeatedly(connection: Connection) -> list[int]:
        conversation_id = conversations.create(
            connection, "user_local", {"title": "x", "model": "m"}
        )
        times: list[int] = []
        for _ in range(100):
            conversations.mark_updated(connection, conversation_id)
            times.append(conversations.get(connection, conversation_id).updated_at)
        return times

    database = Database(tmp_path / "chat.db")
    times = asyncio.run(database.write(mark_updated_repeatedly))
    database.close()

    assert times == sorted(set(times))


def test_updated_message_keeps_its_previous_versions(tmp_path: Path) -> None:
    database = tmp_path / "chat.db"
    with LocalServer(database=database) as server, Api(server) as api:
        message_id = api.send(api.conversation(), "first")["userMessage"]["id"]
        for content in ("second", "third"):
            api.data("PATCH", f"/messages/{message_id}", json={"content": content})

    with closing(sqlite3.connect(database)) as connection:
        versions = connection.execute(
            "SELECT content FROM message_versions WHERE message_id = ? ORDER BY seq", [message_id]
        ).fetchall()
    assert versions == [("first",), ("second",)]


def test_deleted_conversation_leaves_no_rows(tmp_path: Path) -> None:
    database = tmp_path / "chat.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        message_id = api.send(conversation_id, "one")["userMessage"]["id"]
        api.data("PATCH", f"/messages/{message_id}", json={"content": "two"})
        api.branch(conversation_id, "Aside", message_id)
        api.data("DELETE", f"/conversations/{conversation_id}")

    with closing(sqlite3.connect(database)) as connection:
        for table in ("conversations", "branches", "messages", "message_versions"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@pytest.fixture
def fast_thread_switches() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("fast_thread_switches")
def test_close_waits_until_a_write_is_acknowledged(tmp_path: Path) -> None:
    # SQLite deletes the files beside the database when it is closed. The check of these files after
    # the commit must come before.
    async def close_during_a_write(database: Database) -> None:
        began = threading.Event()
        write = asyncio.create_task(database.write(lambda _: began.set()))
        await asyncio.to_thread(began.wait)
        await asyncio.to_thread(database.close)
        await write

    for number in range(40):
        asyncio.run(close_during_a_write(Database(tmp_path / f"{number}.db", temporary=True)))
