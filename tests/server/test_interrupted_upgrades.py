"""Upgrades that are killed, and upgrades by two processes at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest

from chatroutes_server.store.database import Database
from chatroutes_server.store.migrations import OLDEST_VERSION
from chatroutes_server.store.schema import SCHEMA_VERSION
from tests.support.old_database import create_database, read_content, read_rows, read_version
from tests.support.paths import ROOT

# Opens the database of each line of the input, and prints the log of that.
PROGRAM = """
import logging, sys
from pathlib import Path
from chatroutes_server.store.database import Database

logging.basicConfig(stream=sys.stdout, format="%(message)s")
databases = []
print("ready", flush=True)
for line in sys.stdin:
    try:
        databases.append(Database(Path(line.strip())))
    except BaseException as error:
        print(repr(error))
    print("done", flush=True)
"""
ROUNDS = 5
MANY_ROWS = 30_000  # enough for an upgrade to take some time


class Opener:
    """A process that opens databases."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._output.readline() == "ready\n"

    @property
    def _output(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def open(self, database: Path) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{database}\n")
        self.process.stdin.flush()

    def read_log(self) -> list[str]:
        lines: list[str] = []
        while (line := self._output.readline()) != "done\n":
            assert line, "the process ended"
            lines.append(line)
        return lines

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def openers() -> Iterator[tuple[Opener, Opener]]:
    both = Opener(), Opener()
    yield both
    for each in both:
        each.kill()


def test_two_processes_at_once_upgrade_once(tmp_path: Path, openers: tuple[Opener, Opener]) -> None:
    for number in range(ROUNDS):
        database = tmp_path / f"{number}.db"
        create_database(database, OLDEST_VERSION)
        before = read_content(database)

        for opener in openers:
            opener.open(database)
        logs = [line for opener in openers for line in opener.read_log()]

        assert len(logs) == 1, logs
        assert logs[0].startswith("upgraded the database")
        assert read_version(database) == SCHEMA_VERSION
        assert read_content(database.with_name(f"{number}.db.v{OLDEST_VERSION}-backup")) == before


def test_two_processes_at_once_create_a_database(
    tmp_path: Path, openers: tuple[Opener, Opener]
) -> None:
    for number in range(ROUNDS):
        database = tmp_path / f"{number}.db"

        for opener in openers:
            opener.open(database)

        assert [opener.read_log() for opener in openers] == [[], []]
        assert read_version(database) == SCHEMA_VERSION


def header_version(database: Path) -> int:
    with database.open("rb") as file:
        return int.from_bytes(file.read(64)[60:], "big")


@pytest.mark.parametrize("delay", [0, 0.02])
@pytest.mark.parametrize("file", [f".v{OLDEST_VERSION}-backup.partial", "-journal"])
def test_killed_upgrade_leaves_the_old_or_the_new_version(
    tmp_path: Path, file: str, delay: float
) -> None:
    database = tmp_path / "chat.db"
    create_database(database, OLDEST_VERSION)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number LIMIT ?) "
            "INSERT INTO first_tries (user_id, key, operation, path, body_hash, created_at) "
            "SELECT 'user_local', n, 'createConversation', '/', '', 0 FROM number",
            [MANY_ROWS],
        )
        connection.commit()
    rows = read_rows(database)
    old = read_content(database)
    opener = Opener()

    opener.open(database)
    started = database.with_name(f"{database.name}{file}")
    while not started.exists() and header_version(database) == OLDEST_VERSION:
        pass
    deadline = time.perf_counter() + delay
    while time.perf_counter() < deadline:
        pass
    opener.kill()

    version = read_version(database)
    assert version in (OLDEST_VERSION, SCHEMA_VERSION)
    assert read_rows(database).items() >= rows.items()  # a migration may add a table
    if version == OLDEST_VERSION:
        assert read_content(database) == old
    Database(database).close()
    assert read_version(database) == SCHEMA_VERSION
    assert read_rows(database).items() >= rows.items()  # a migration may add a table
    assert read_content(database.with_name(f"chat.db.v{OLDEST_VERSION}-backup")) == old
    assert not database.with_name(f"chat.db.v{OLDEST_VERSION}-backup.partial").exists()
