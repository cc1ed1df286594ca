"""The local server beside a bare Starlette application, at its start, under load, and with a long conversation.

    python -m benchmarks.server_speed [--only PART] [--quick] [--before FOLDER] [--output FILE]

`--before` is another checkout, whose start is compared with this one. The requests to both servers alternate, because a
ratio must not depend on other work on the machine. A ratio is one of CPU times of the server, which depend on it less
than the time that passes. The times are those of the process's CPU clock, which exists on Linux.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import pyperf

from chatroutes_server.store import branches, conversations, messages
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.connection import Connection, Row
from chatroutes_server.store.database import Database

ROOT = Path(__file__).resolve().parents[1]
OPTIONS = ["--port", "0", "--word-delay", "0", "--api-key", "benchmark", "--database"]
HEADERS = {"Authorization": "ApiKey benchmark"}
QUESTION = "How would you lay out the tables, so that a branch does not copy what it inherits? " * 2
REPLY = "A branch needs its fork point and its own messages. The rest is found by a query. " * 6
SIZES = {"100 messages, 5 branches": (50, 4), "10,000 messages, 500 branches": (5000, 499)}
LONG = "word " * 500  # the built-in model repeats it, so the reply has an event for each word
suite: list[pyperf.Benchmark] = []


def record(name: str, values: Iterable[float], unit: str = "second") -> float:
    """Add a benchmark to the output, and return the median."""
    run = pyperf.Run(list(values), metadata={"name": name, "unit": unit}, collect_metadata=False)
    suite.append(pyperf.Benchmark([run]))
    return float(suite[-1].median())


class Server:
    """A running server, and a client of it. The end of its `with` block stops the server."""

    def __init__(self, *command: str, folder: Path = ROOT) -> None:
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        self.start = self.cpu_time()
        if not (url := re.search(r"http://\S+", line)):
            raise SystemExit("The server did not start.")
        self.client = httpx.Client(base_url=url[0], headers=HEADERS, timeout=300)

    def cpu_time(self) -> float:
        """Return the CPU time of the server, in seconds."""
        return time.clock_gettime(~self.process.pid << 3 | 2)  # clock_getcpuclockid(3)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.process.terminate()
        self.process.communicate()

    def create(self) -> str:
        created = self.client.post("/conversations", json={"title": "Speed"}).raise_for_status()
        return f"/conversations/{created.json()['data']['conversation']['id']}"

    def post(self, path: str, content: str = QUESTION) -> httpx.Response:
        return self.client.post(path, json={"content": content}).raise_for_status()

    def edit(self, message_id: str, content: str) -> httpx.Response:
        path = f"/messages/{message_id}"
        return self.client.patch(path, json={"content": content}).raise_for_status()

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path).raise_for_status()


@contextmanager
def serving(*options: str, checkout: Path = ROOT) -> Generator[Server]:
    """Run the local server of a checkout with a new database."""
    with tempfile.TemporaryDirectory(prefix="chatroutes-") as folder:
        command = ["-m", "chatroutes_server", *OPTIONS, f"{folder}/x.db", *options]
        with Server(*command, folder=checkout) as server:
            yield server


def compare(options: argparse.Namespace) -> None:
    """Compare the CPU time of requests with that of the bare application."""
    works: dict[str, Callable[[Server, str], Any]] = {
        "list": lambda server, _: server.get("/conversations"),
        "get": lambda server, path: server.get(path),
        "send": lambda server, path: server.post(f"{path}/messages"),
        "stream": lambda server, path: server.post(f"{path}/messages/stream"),
        "long stream": lambda server, path: server.post(f"{path}/messages/stream", LONG),
    }
    with (
        serving() as own,
        tempfile.TemporaryDirectory(prefix="chatroutes-") as folder,
        Server("-m", "benchmarks.bare_server", f"{folder}/bare.db") as bare,
    ):
        taken: dict[tuple[str, Server], list[float]] = {}
        for server in (own, bare):
            for _number in range(20):
                server.create()
        for number in range(options.rounds * len(works)):
            name = list(works)[number % len(works)]
            for server in (own, bare):
                path = server.create()
                for _number in range(3 if name == "get" else 1):
                    server.post(f"{path}/messages")
                began = server.cpu_time()
                count = options.count if "stream" not in name else options.count // 5
                for _number in range(count):
                    works[name](server, path)
                taken.setdefault((name, server), []).append((server.cpu_time() - began) / count)
        events = len(LONG.split()) - len(QUESTION.split())
        for server in (own, bare):
            pairs = zip(taken["long stream", server], taken["stream", server], strict=True)
            taken["event", server] = [(long - short) / events for long, short in pairs]
    print("| request | local server | bare application | ratio |\n|---|--:|--:|--:|")
    for name in ("list", "get", "send", "stream", "event"):
        ratio = statistics.median(
            a / b for a, b in zip(taken[name, own], taken[name, bare], strict=True)
        )
        times = [
            record(f"{name}/{who}", taken[name, server])
            for who, server in (("own", own), ("bare", bare))
        ]
        print(f"| {name} | {times[0] * 1e6:,.0f} µs | {times[1] * 1e6:,.0f} µs | {ratio:.2f} × |")


def start(options: argparse.Namespace) -> None:
    """Compare the CPU time of an import and of the first start with those of another checkout."""
    folders = {"now": ROOT, "before": options.before or ROOT}
    code = "import chatroutes_server.server, time; print(time.process_time())"
    taken: dict[tuple[str, str], list[float]] = {}
    for _ in range(options.rounds):
        for name, folder in folders.items():
            environment = {**os.environ, "PYTHONPATH": str(folder)}
            command = [sys.executable, "-c", code]
            imported = subprocess.run(
                command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True
            )
            taken.setdefault(("import", name), []).append(float(imported.stdout))
            with serving(checkout=folder) as server:
                taken.setdefault(("first start", name), []).append(server.start)
    print("| | now | before | ratio |\n|---|--:|--:|--:|")
    for each in ("import", "first start"):
        now, before = (record(f"{each}/{name}", taken[each, name]) for name in folders)
        print(f"| {each} | {now * 1e3:.0f} ms | {before * 1e3:.0f} ms | {now / before:.2f} × |")


def streams(options: argparse.Namespace) -> None:
    """Start 1,000 streams at once, each in its conversation, with the default delay between the words."""
    with serving("--word-delay", "0.02") as server:
        paths = [f"{server.create()}/messages/stream" for _ in range(options.streams)]
        began, before = time.perf_counter(), server.cpu_time()

        async def read(number: int) -> tuple[float, float]:
            address = server.client.base_url
            reader, writer = await asyncio.open_connection(address.host, address.port)
            body = json.dumps({"content": QUESTION})
            head = f"POST {address.path}{paths[number][1:]} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: benchmark\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write((head + body).encode())
            await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b"data: ")
            first = time.perf_counter() - began
            await reader.readuntil(b"[DONE]")
            writer.close()
            return first, time.perf_counter() - began

        async def read_all() -> list[tuple[float, float]]:
            return await asyncio.gather(*map(read, range(options.streams)))

        own = time.process_time()
        firsts, ends = zip(*asyncio.run(read_all()), strict=True)
        own, cpu = time.process_time() - own, server.cpu_time() - before
    median = record("first event of many streams", firsts)
    print(
        f"{options.streams:,} streams: first event after {median:.2f} s (median) and {max(firsts):.2f} s (last),"
    )
    per_stream = f"{cpu / options.streams * 1e3:.1f} ms of CPU time of the server for each stream"
    print(f"all complete after {max(ends):.2f} s, with {per_stream},")
    print(f"and {own / options.streams * 1e3:.1f} ms of the program that reads them.")


def memory(options: argparse.Namespace) -> None:
    """Print the memory of the server while it responds to many requests."""
    with serving() as server:
        path = server.create()
        server.post(f"{path}/messages")
        print("| requests | memory of the server |\n|--:|--:|")
        for number in range(options.requests + 1):
            if number % (options.requests // 5) == 0:
                info = psutil.Process(server.process.pid).memory_info()
                size = info.rss - info.shared  # without the pages of the database, which it maps
                print(f"| {number:,} | {size / 1e6:.1f} MB |")
                record(f"memory after {number} requests", [size], "byte")
            if number % 50 == 49:
                path = server.create()
            elif number % 10 == 0:
                server.post(f"{path}/messages")
            else:
                server.get(("/conversations", path)[number % 2])


def scale(options: argparse.Namespace) -> None:
    """Compare a conversation of 10,000 messages with one of 100."""
    sizes = {"10 messages": (5, 2), "40 messages": (20, 4)} if options.quick else SIZES
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chatroutes-"))
        database = Database(Path(folder, "x.db"))
        filled = [database.write_sync(partial(fill, size=size)) for size in sizes.values()]
        database.close()
        command = ["-m", "chatroutes_server", *OPTIONS, f"{folder}/x.db"]
        server = stack.enter_context(Server(*command))
        print(
            f"| request | {' | '.join(sizes)} | ratio | ratio of CPU times |\n|---|--:|--:|--:|--:|"
        )
        reads = ("get", "get tree", "branch messages")
        for name in (*reads, *(f"{each} after a change" for each in reads), "send"):
            taken: list[list[tuple[float, float]]] = [[], []]
            for number in range(3 + options.rounds):
                for (conversation_id, branch_id, message_id), times in zip(
                    filled, taken, strict=True
                ):
                    path = f"/conversations/{conversation_id}"
                    branch = f"{path}/branches/{branch_id}/messages"
                    paths = {"get": path, "get tree": f"{path}/tree", "branch messages": branch}
                    read, _, change = name.partition(" after ")
                    if change:
                        server.edit(message_id, f"{number}: {QUESTION}")
                    began, before = time.perf_counter(), server.cpu_time()
                    server.post(branch) if name == "send" else server.get(paths[read])
                    times.append((time.perf_counter() - began, server.cpu_time() - before))
            small, large = (
                record(f"{name}/{size}", (wall for wall, _ in times[3:]))
                for size, times in zip(sizes, taken, strict=True)
            )
            cpu = [statistics.median(cpu for _, cpu in times[3:]) for times in taken]
            ratios = f"{large / small:.1f} × | {cpu[1] / cpu[0]:.1f} ×"
            print(f"| {name} | {small * 1e3:.1f} ms | {large * 1e3:.1f} ms | {ratios} |")


def fill(connection: Connection, size: tuple[int, int]) -> tuple[str, str, str]:
    """Add messages to main and as many to its branches.

    Returns the ids of the conversation, its last branch and the last message.
    """
    half, forks = size
    values: dict[str, Any] = {"title": "Scale", "model": "builtin"}
    conversation_id = conversations.create(connection, LOCAL_USER, values)
    branch = branches.get(connection, conversation_id, None)

    def add(number: int) -> Row:
        role, content = ("user", QUESTION) if number % 2 == 0 else ("assistant", REPLY)
        return messages.create(connection, branch, role, f"{number}: {content}")

    on_main = [add(number) for number in range(half)]
    for number in range(forks):
        values = {"title": f"Branch {number}", "context_mode": "FULL"}
        fork_point = on_main[(number + 1) * half // forks - 1]
        branch_id = branches.create(connection, conversation_id, fork_point, values)
        branch = branches.get(connection, conversation_id, branch_id)
        for position in range(half * number // forks, half * (number + 1) // forks):
            last = add(position)
    return conversation_id, branch.id, last.id


PARTS = {"compare": compare, "start": start, "streams": streams, "scale": scale, "memory": memory}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server_speed")
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part")
    parser.add_argument("--quick", action="store_true", help="one round, and less work")
    parser.add_argument("--before", type=Path, help="another checkout, for the part `start`")
    parser.add_argument("--output", type=Path, help="a file in the format of pyperf")
    options = parser.parse_args(arguments)
    # Rounds, requests to each server in a round, streams at once, and requests of the part `memory`.
    numbers = (1, 5, 20, 100) if options.quick else (10, 50, 1000, 50_000)
    options.rounds, options.count, options.streams, options.requests = numbers
    for name in options.only or PARTS:
        print(f"\n## {name}\n", flush=True)
        PARTS[name](options)
    if options.output:
        pyperf.BenchmarkSuite(suite).dump(str(options.output), replace=True)


if __name__ == "__main__":
    main()
