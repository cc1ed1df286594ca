"""How the local server's answers grow with a conversation: 100 messages against 10,000.

    python benchmarks/server_scale.py

Starts a server on a temporary database, fills a small and a large conversation through the
server's own store, and measures four calls over HTTP, in rounds that ask both in turn. Prints a
Markdown table of the medians and of their ratios.
"""

from __future__ import annotations

import argparse
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, Row

from chatroutes_server.store import branches, conversations, messages
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.database import Database

TARGET = 10  # times the small conversation's median
WARMING_UP = 3  # rounds that are not counted
# A message of a person and one of a model, of about the length that they have in a chat.
QUESTION = "How would you lay out the tables, so that a branch does not copy what it inherits? " * 2
REPLY = (
    "A branch needs its fork point and its own messages; what it inherits is found by query. " * 6
)


@dataclass(frozen=True)
class Size:
    messages: int
    branches: int  # with the main branch


@dataclass(frozen=True)
class Filled:
    size: Size
    conversation_id: str
    branch_id: str  # the last one


SMALL = Size(100, 5)
LARGE = Size(10_000, 500)


def fill(connection: Connection, size: Size) -> Filled:
    """Give half of the messages to the main branch, and the rest evenly to branches that fork from it."""
    conversation_id = conversations.create(
        connection, LOCAL_USER, {"title": f"{size.messages} messages", "model": "builtin"}
    )
    main = branches.get(connection, conversation_id, None)
    on_main = size.messages // 2
    rows = [_add(connection, main, number) for number in range(on_main)]
    branch = main
    count = size.branches - 1
    written = on_main
    for number in range(1, count + 1):
        fork_point = rows[number * on_main // count - 1]
        values = {"title": f"Branch {number}", "context_mode": "FULL"}
        branch_id = branches.create(connection, conversation_id, fork_point, values)
        branch = branches.get(connection, conversation_id, branch_id)
        until = on_main + (size.messages - on_main) * number // count
        for position in range(until - written):
            _add(connection, branch, position)
        written = until
    return Filled(size, conversation_id, branch.id)


def _add(connection: Connection, branch: Row[Any], number: int) -> Row[Any]:
    role, content = ("user", QUESTION) if number % 2 == 0 else ("assistant", REPLY)
    return messages.create(connection, branch, role, f"{number}: {content}")


@contextmanager
def serving(database: Path) -> Generator[httpx.Client, None, None]:
    """Run the server in a process of its own, so that it shares no interpreter with what measures."""
    key = secrets.token_hex(16)
    options = ["--database", str(database), "--port", "0", "--word-delay", "0", "--api-key", key]
    process = subprocess.Popen(
        [sys.executable, "-m", "chatroutes_server", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        ready = re.search(r"http://\S+", line)
        if ready is None:
            raise SystemExit("the server did not start")
        headers = {"Authorization": f"ApiKey {key}"}
        with httpx.Client(base_url=ready[0], headers=headers, timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.communicate()


def calls(client: httpx.Client, filled: Filled) -> dict[str, Callable[[], httpx.Response]]:
    path = f"/conversations/{filled.conversation_id}"
    of_branch = f"{path}/branches/{filled.branch_id}/messages"
    return {
        "get": lambda: client.get(path),
        "get tree": lambda: client.get(f"{path}/tree"),
        "branch messages": lambda: client.get(of_branch),
        "send": lambda: client.post(of_branch, json={"content": QUESTION}),
    }


@dataclass(frozen=True)
class Measured:
    milliseconds: float  # the median
    size: int  # of the last answer, in bytes


def measure(client: httpx.Client, filled: list[Filled], rounds: int) -> dict[str, list[Measured]]:
    """Time every call on every conversation, in turn, so that the machine's moods hit all alike."""
    asked = [calls(client, each) for each in filled]
    times: dict[str, list[list[float]]] = {name: [[] for _ in filled] for name in asked[0]}
    sizes: dict[str, list[int]] = {name: [0 for _ in filled] for name in asked[0]}
    for round_number in range(WARMING_UP + rounds):
        for name in times:
            for which, by_name in enumerate(asked):
                started = time.perf_counter()
                response = by_name[name]()
                took = time.perf_counter() - started
                response.raise_for_status()
                sizes[name][which] = len(response.content)
                if round_number >= WARMING_UP:
                    times[name][which].append(took * 1000)
    return {
        name: [
            Measured(statistics.median(took), size)
            for took, size in zip(times[name], sizes[name], strict=True)
        ]
        for name in times
    }


def table(found: dict[str, list[Measured]]) -> str:
    lines = [
        f"| call | {SMALL.messages:,} messages, {SMALL.branches} branches "
        f"| {LARGE.messages:,} messages, {LARGE.branches} branches | time | answer |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, (small, large) in found.items():
        ratio = large.milliseconds / small.milliseconds
        over = "" if ratio < TARGET else f", over the {TARGET} ×"
        lines.append(
            f"| {name} | {small.milliseconds:.2f} ms | {large.milliseconds:.2f} ms "
            f"| {ratio:.1f} ×{over} | {large.size / small.size:.1f} × ({large.size:,} bytes) |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how answers grow with a conversation.")
    parser.add_argument("--rounds", type=int, default=30, help="of all calls, counted (default 30)")
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="chatroutes-") as folder:
        path = Path(folder, "scale.db")
        database = Database(path)
        try:
            filled = [database.write_sync(partial(fill, size=size)) for size in (SMALL, LARGE)]
        finally:
            database.close()
        with serving(path) as client:
            found = measure(client, filled, rounds)
    sys.stdout.write(table(found) + "\n")


if __name__ == "__main__":
    main()
