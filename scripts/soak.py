"""A soak test of local servers: random faults under load, and checks of the stored data. See `scripts/soak`."""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
from soak_postgresql import attack_shared_database
from soak_server import Server, create_conversation, create_conversations
from soak_streams import read_at_once, read_in_turn, stream_all

from tests.support.killed_servers import (
    API_KEY,
    ForkedServers,
    Writer,
    assert_database_intact,
    client_of,
)
from tests.support.raw_http import connect, request_head
from tests.support.upstream_server import (
    UPSTREAM_API_KEY,
    Behaviour,
    FakeUpstream,
    Handler,
    respond_with,
    stream_raw,
    stream_reply,
    stream_then_close,
    stream_then_stall,
)

Attack = Callable[[random.Random, Path, float], str]

SHORT_SECONDS = 2  # for each attack
SECONDS = 20
UPSTREAM_REQUESTS = 20  # at once


def check_stored(writers: list[Writer], url: str) -> None:
    for writer in writers:
        stored = writer.read_stored(url)
        assert stored[: len(writer.acknowledged)] == writer.acknowledged, "a write is lost"
        # A message that was not acknowledged is stored with its reply, without it, or not at all.
        assert len(stored) - len(writer.acknowledged) in (0, 1, 2), "a write was done twice"


def finish(writers: list[Writer], url: str) -> str:
    """Make each writer repeat its last request, and check all of them."""
    with client_of(url) as client:
        for writer in writers:
            writer.write(client)
            assert writer.read_stored(url) == writer.acknowledged, "a write is lost or done twice"
    return f"{sum(writer.sent for writer in writers)} acknowledged writes"


@contextmanager
def writing(writers: list[Writer], urls: list[str], seed: int) -> Iterator[None]:
    """Make all writers send to random servers. Requests may fail."""
    stopped = threading.Event()

    def write(writer: Writer) -> None:
        chance = random.Random(seed + writer.number)
        while not stopped.is_set():
            with suppress(httpx.HTTPError), client_of(chance.choice(urls)) as client:
                for _ in range(5):
                    writer.write(client)

    with ThreadPoolExecutor(len(writers)) as pool:
        futures = [pool.submit(write, writer) for writer in writers]
        try:
            yield
        finally:
            stopped.set()
        for future in futures:
            future.result()


def attack_kills(chance: random.Random, folder: Path, seconds: float, processes: int = 1) -> str:
    """Kill servers under load. With several on one database, the others go on."""
    servers = [ForkedServers(folder) for _ in range(processes)]
    kills = 0
    try:
        urls = [server.start() for server in servers]
        writers = [Writer(urls[0], number) for number in range(chance.randint(2, 6))]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with writing(writers, urls, chance.getrandbits(32)):
                time.sleep(chance.uniform(0, 0.5))
                victim = chance.randrange(processes)
                servers[victim].kill()
                kills += 1
                if processes > 1:  # the other server still runs
                    urls[victim] = servers[victim].start()
            if processes == 1:
                urls[0] = servers[0].start()
            for url in urls:
                check_stored(writers, url)
        result = finish(writers, chance.choice(urls))
    finally:
        for server in servers:
            server.kill()
            server.wait_for_exit()
    assert_database_intact(folder / "x.db")
    return f"{kills} kills, {result}"


def attack_full_disk(chance: random.Random, folder: Path, seconds: float) -> str:
    """Prevent the files of a server from growing for a while."""
    if sys.platform != "linux":
        return "NOT RUN: it needs the limits of another process, which Linux has"
    from tests.support.full_disk import file_sizes, limit_file_size

    database = folder / "x.db"
    fillings = 0
    with Server(folder, "--database", str(database), "--word-delay", "0.001") as server:
        writers = [Writer(server.url, number) for number in range(chance.randint(2, 6))]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with writing(writers, [server.url], chance.getrandbits(32)):
                most = max(file_sizes(folder)) + chance.randint(0, 100_000)
                limit_file_size(server.process.pid, most)
                time.sleep(chance.uniform(0.1, 1))
                limit_file_size(server.process.pid, None)
                fillings += 1
            check_stored(writers, server.url)
        result = finish(writers, server.url)
        server.check()
    assert_database_intact(database)
    return f"{fillings} times full, {result}"


def attack_descriptors(chance: random.Random, folder: Path, seconds: float) -> str:
    """Open more streams than the server has descriptors, beside connections that send nothing."""
    statuses: Counter[int] = Counter()
    descriptors = chance.randint(100, 256)
    with Server(folder, descriptors=descriptors) as server:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            paths = create_conversations(server.url, chance.randint(10, 2 * descriptors))
            with ExitStack() as silent:
                for _ in range(chance.randint(0, descriptors)):
                    silent.enter_context(connect(server.url))
                statuses += asyncio.run(stream_all(server.url, paths))
            server.check()
    assert set(statuses) <= {200, 503}, statuses
    return f"{statuses[200]} served and {statuses[503]} refused with {descriptors} descriptors"


def attack_many_streams(chance: random.Random, folder: Path, seconds: float) -> str:
    """Open hundreds of streams at once."""
    statuses: Counter[int] = Counter()
    with Server(folder, "--word-delay", "0.02") as server:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            paths = create_conversations(server.url, chance.randint(100, 500))
            statuses += asyncio.run(stream_all(server.url, paths))
            server.check()
    assert set(statuses) == {200}, statuses
    return f"{statuses[200]} streams served"


def attack_slow_clients(chance: random.Random, folder: Path, seconds: float) -> str:
    """Connect, and send and read nothing or little."""
    post = request_head("POST", "/conversations", "Content-Length: 1000")
    text = (chance.choice(["x", "x" * 999 + " "]) * 900_000)[:900_000]
    large = json.dumps({"content": text}).encode()
    latencies: list[float] = []
    connections = 0
    with Server(folder, "--word-delay", "0") as server:
        path = create_conversation(server.url)
        with client_of(server.url) as client:
            for _ in range(5):
                client.post(path, json={"content": "x" * 200_000}).raise_for_status()
        length = f"Content-Length: {len(large)}"
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            # In one conversation, each reply would make the other responses longer.
            stream = f"{create_conversation(server.url)}/stream"
            head = request_head("POST", stream, "Content-Type: application/json", length)
            sent = [
                b"",
                post[: chance.randrange(len(post))],
                post + b"x" * chance.randrange(1000),
                request_head("POST", "/nothing", "Content-Length: 99999999"),
                request_head("GET", path),
                head + large,
                chance.randbytes(100),
            ]
            with ExitStack() as stack, client_of(server.url) as client:
                for _ in range(chance.randint(10, 60)):
                    connection = stack.enter_context(connect(server.url))
                    connection.sendall(chance.choice(sent))
                    connections += 1
                for _ in range(10):
                    began = time.monotonic()
                    assert client.get("/models").status_code == 200
                    latencies.append(time.monotonic() - began)
            server.check()
    assert max(latencies) < 10, "other clients wait"
    return f"{connections} slow clients, others waited {max(latencies):.2f} s at most"


def attack_upstreams(chance: random.Random, folder: Path, seconds: float) -> str:
    """Serve the replies of a model that is hostile."""
    bomb = gzip.compress(gzip.compress(b"\n" * 64 * 1024 * 1024))
    statuses: Counter[int] = Counter()

    def chunk(text: str) -> str:
        return "data: " + json.dumps({"choices": [{"delta": {"content": text}}]}) + "\n\n"

    def repeat(data: bytes, pause: float) -> Callable[[Handler], None]:
        def behave(handler: Handler) -> None:
            handler.start_response()
            handler.repeat(data, pause)

        return behave

    def send_bomb(handler: Handler) -> None:
        handler.start_response(Content_Encoding=chance.choice(["gzip", "gzip, gzip", "deflate"]))
        handler.wfile.write(bomb)

    def behaviour() -> Callable[[Handler], None]:
        part = UPSTREAM_API_KEY[chance.randrange(8) :]
        return chance.choice(
            [
                stream_reply("Hello", " there"),
                stream_then_close("Once "),
                stream_then_stall("Once "),
                stream_raw(chance.randbytes(1000).decode("utf-8", "surrogateescape")),
                stream_raw(chunk("x") * 1000, "data: " + "[" * 100_000 + "\n\n"),
                stream_raw("data: " + "x" * chance.randrange(3_000_000)),
                respond_with(401, {"error": {"message": f"wrong key {part.upper()}"}}),
                repeat(
                    chance.choice([b"\n", b": ping\n", chunk("").encode(), b"data: {}\n"]), 0.01
                ),
                repeat(b"\n" * 65536, 0),
                send_bomb,
            ]
        )

    with FakeUpstream() as upstream:
        option = f"llama={upstream.url},key=UPSTREAM_KEY,timeout=0.3"
        with Server(folder, "--upstream", option) as server:
            path = create_conversation(server.url, "llama")
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                # Some behaviours last for seconds, so many of them are served at once.
                behaviours = [behaviour() for _ in range(UPSTREAM_REQUESTS)]

                def behave(handler: Handler, behaviours: list[Behaviour] = behaviours) -> None:
                    behaviours.pop()(handler)

                upstream.behaviour = behave

                def send(number: int) -> httpx.Response:
                    with client_of(server.url) as client:
                        suffix = "/stream" if number % 2 else ""
                        return client.post(path + suffix, json={"content": "hello"})

                with ThreadPoolExecutor(UPSTREAM_REQUESTS) as pool:
                    for response in pool.map(send, range(UPSTREAM_REQUESTS)):
                        statuses[response.status_code] += 1
                        assert UPSTREAM_API_KEY[-6:] not in response.text.lower(), "a key is shown"
                server.check()
    assert set(statuses) <= {200, 502, 504}, statuses
    return f"statuses {dict(sorted(statuses.items()))}"


def attack_cut_streams(chance: random.Random, folder: Path, seconds: float) -> str:
    """Cut the connections of the SDK while it reads many streams at once."""
    with Server(folder, "--word-delay", "0.01") as server:
        count = 1000 if seconds >= SECONDS else 50
        result = asyncio.run(read_at_once(server.url, API_KEY, chance, count))
        server.check()
    return result


def attack_stream_memory(chance: random.Random, folder: Path, seconds: float) -> str:
    """Cut, stop and close streams of the SDK, one after the other, and check its memory."""
    with Server(folder, "--word-delay", "0") as server:
        count = 20_000 if seconds >= SECONDS else 200
        result = asyncio.run(read_in_turn(server.url, API_KEY, chance, count))
        server.check()
    return result


ATTACKS: dict[str, Attack] = {
    "kills": attack_kills,
    "two-processes": partial(attack_kills, processes=2),
    "shared-database": attack_shared_database,
    "full-disk": attack_full_disk,
    "descriptors": attack_descriptors,
    "many-streams": attack_many_streams,
    "slow-clients": attack_slow_clients,
    "upstreams": attack_upstreams,
    "cut-streams": attack_cut_streams,
    "stream-memory": attack_stream_memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long to attack; default 10")
    parser.add_argument("--short", action="store_true", help="each attack once, for a few seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="default: random")
    parser.add_argument("--only", choices=ATTACKS, action="append", help="only this attack")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    number = 0
    while number == 0 or (not options.short and time.monotonic() < end):
        for name in options.only or ATTACKS:
            print(f"{name}, seed {options.seed + number}: ", end="", flush=True)
            chance = random.Random(f"{name} {options.seed + number}")
            with tempfile.TemporaryDirectory(prefix="chatroutes-soak-") as folder:
                seconds = SHORT_SECONDS if options.short else SECONDS
                print(ATTACKS[name](chance, Path(folder), seconds), flush=True)
        number += 1


if __name__ == "__main__":
    main()
