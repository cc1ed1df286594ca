"""How the local server's responses grow with a conversation: 100 messages against 10,000.

    python benchmarks/server_scale.py [ROUNDS]

Fills two conversations through the server's store, and sends four requests to both in turn, in 30 rounds. Prints a
table of the medians and their ratios.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, Row

from chatroutes_server.store import branches, conversations, messages
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.database import Database

HEADERS = {"Authorization": "ApiKey benchmark"}
QUESTION = "How would you lay out the tables, so that a branch does not copy what it inherits? " * 2
REPLY = "A branch needs its fork point and its own messages. The rest is found by a query. " * 6
SIZES = {"100 messages, 5 branches": (50, 4), "10,000 messages, 500 branches": (5000, 499)}
WARMUPS = 3  # rounds that are not counted
Request = Callable[[], httpx.Response]


def fill(connection: Connection, size: tuple[int, int]) -> tuple[str, str]:
    """Add messages to main and as many to its branches. Return the ids of conversation and branch."""
    half, forks = size
    values: dict[str, Any] = {"title": "Scale", "model": "builtin"}
    conversation_id = conversations.create(connection, LOCAL_USER, values)
    branch = branches.get(connection, conversation_id, None)

    def add(number: int) -> Row[Any]:
        role, content = ("user", QUESTION) if number % 2 == 0 else ("assistant", REPLY)
        return messages.create(connection, branch, role, f"{number}: {content}")

    on_main = [add(number) for number in range(half)]
    for number in range(forks):
        values = {"title": f"Branch {number}", "context_mode": "FULL"}
        fork_point = on_main[(number + 1) * half // forks - 1]
        branch_id = branches.create(connection, conversation_id, fork_point, values)
        branch = branches.get(connection, conversation_id, branch_id)
        for position in range(half * number // forks, half * (number + 1) // forks):
            add(position)
    return conversation_id, branch.id


@contextmanager
def serving(*command: str) -> Generator[httpx.Client]:
    """Run a server that prints its URL, and return a client for it."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    try:
        url = re.search(r"http://\S+", process.stdout.readline() if process.stdout else "")
        if not url:
            raise SystemExit("The server did not start.")
        with httpx.Client(base_url=url[0], headers=HEADERS, timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.communicate()


def requests(client: httpx.Client, ids: tuple[str, str]) -> dict[str, Request]:
    """Return the requests to measure. The branch is the last one, which inherits all of main."""
    path = f"/conversations/{ids[0]}"
    branch = f"{path}/branches/{ids[1]}/messages"
    return {
        "get": lambda: client.get(path).raise_for_status(),
        "get tree": lambda: client.get(f"{path}/tree").raise_for_status(),
        "branch messages": lambda: client.get(branch).raise_for_status(),
        "send": lambda: client.post(branch, json={"content": QUESTION}).raise_for_status(),
    }


def measure(sends: list[Request], rounds: int) -> list[tuple[float, int]]:
    """Send the requests in turn, and return the median time and the size of the response of each."""
    times: list[list[float]] = [[] for _ in sends]
    for _ in range(WARMUPS + rounds):
        for send, taken in zip(sends, times, strict=True):
            began = time.perf_counter()
            send()
            taken.append((time.perf_counter() - began) * 1000)
    medians = [statistics.median(taken[WARMUPS:]) for taken in times]
    return [(ms, len(send().content)) for ms, send in zip(medians, sends, strict=True)]


def main() -> None:
    rounds = int(sys.argv[1]) if sys.argv[1:] else 30
    with tempfile.TemporaryDirectory(prefix="chatroutes-") as folder:
        path = Path(folder, "scale.db")
        database = Database(path)
        filled = [database.write_sync(partial(fill, size=size)) for size in SIZES.values()]
        database.close()
        options = ["--port", "0", "--word-delay", "0", "--api-key", "benchmark"]
        with serving("-m", "chatroutes_server", "--database", str(path), *options) as client:
            small, large = (requests(client, ids) for ids in filled)
            print(f"| request | {' | '.join(SIZES)} | time | response |\n|---|--:|--:|--:|--:|")
            for name in small:
                (fast, few), (slow, many) = measure([small[name], large[name]], rounds)
                times = f"{fast:.1f} ms | {slow:.1f} ms | {slow / fast:.1f} ×"
                print(f"| {name} | {times} | {many / few:.1f} × ({many:,} bytes) |")


if __name__ == "__main__":
    main()
