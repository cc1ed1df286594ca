"""Kills, two processes on one file, and many streams at once: nothing is lost or mixed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatroutes_server import LocalServer
from tests.support.paths import ROOT
from tests.support.server_api import Api
from tests.support.server_command import READY_LINE
from tests.support.server_events import parse_event_ids

KILLS = 50
WRITERS = 4
STREAMS = 200

# Importing takes longer than everything else: done once, each server is a fork.
FORKS = """
import os, sys
import chatroutes_server.server
from chatroutes_server.cli import main
from chatroutes_server.contract import load_contract
load_contract()
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        os._exit(main(["--port", "0", "--api-key", "k", "--word-delay", "0.001", "--database", "x.db"]))
    print(pid, flush=True)
    os.waitpid(pid, 0)
"""


class Forks:
    """Servers on one database, one after the other, in processes that can be killed."""

    def __init__(self, folder: Path) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-c", FORKS],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._pid = 0

    def start(self) -> str:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write("\n")
        self._parent.stdin.flush()
        self._pid = int(self._parent.stdout.readline())
        match = READY_LINE.fullmatch(self._parent.stdout.readline())
        assert match is not None
        return match[1]

    def kill(self) -> None:
        # Once dead and waited for, it has no number any more; none is to be killed twice.
        pid, self._pid = self._pid, 0
        if pid:
            os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        self._parent.communicate(timeout=20)


@pytest.fixture
def forks(tmp_path: Path) -> Iterator[Forks]:
    started = Forks(tmp_path)
    yield started
    try:
        started.kill()
    finally:
        started.end()


class Writer:
    """Sends one message after the other, each under a key, and notes what was answered."""

    def __init__(self, url: str, number: int) -> None:
        self.number = number
        self.sent = 0
        self.answered: list[tuple[str, str]] = []
        with httpx.Client(base_url=url, headers={"X-API-Key": "k"}, verify=False) as client:
            created = client.post("/conversations", json={"title": "x"}).json()
        self.path = f"/conversations/{created['data']['conversation']['id']}/messages"

    def write(self, client: httpx.Client) -> None:
        """Send the next message, or the last one again if it was not answered."""
        content = f"writer {self.number} message {self.sent}"
        headers = {"Idempotency-Key": content}
        if self.sent % 2:
            response = client.post(self.path, json={"content": content}, headers=headers)
            data = response.raise_for_status().json()["data"]
        else:
            path = self.path + "/stream"
            response = client.post(path, json={"content": content}, headers=headers)
            data = json.loads(parse_event_ids(response.raise_for_status().text)[-2][1])
        for name in ("userMessage", "assistantMessage"):
            self.answered.append((data[name]["id"], data[name]["content"]))
        self.sent += 1

    def write_until_killed(self, url: str, answered: threading.Semaphore) -> None:
        with httpx.Client(
            base_url=url, headers={"X-API-Key": "k"}, timeout=30, verify=False
        ) as client:
            try:
                while True:
                    self.write(client)
                    answered.release()
            except httpx.TransportError:
                pass

    def stored(self, url: str) -> list[tuple[str, str]]:
        # No certificates are loaded here, which takes longer than a kill and a start.
        headers = {"X-API-Key": "k"}
        response = httpx.get(url + self.path, headers=headers, timeout=30, verify=False)
        return [(each["id"], each["content"]) for each in response.json()["data"]["messages"]]


def assert_sound(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT count(*) FROM pending_replies").fetchone() == (0,)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks")
def test_kills_under_load_lose_nothing_that_was_answered(forks: Forks, tmp_path: Path) -> None:
    url = forks.start()
    writers = [Writer(url, number) for number in range(WRITERS)]
    for kill in range(KILLS):
        answered = threading.Semaphore(0)
        threads = [
            threading.Thread(target=writer.write_until_killed, args=(url, answered))
            for writer in writers
        ]
        for thread in threads:
            thread.start()
        for _ in range(kill % 3):  # the others are somewhere in between then
            answered.acquire()
        forks.kill()
        for thread in threads:
            thread.join()
        url = forks.start()
        for writer in writers:
            stored = writer.stored(url)
            assert stored[: len(writer.answered)] == writer.answered
            # What was not answered is there whole, or not at all.
            assert len(stored) - len(writer.answered) in (0, 2)

    with httpx.Client(base_url=url, headers={"X-API-Key": "k"}, timeout=30, verify=False) as client:
        for writer in writers:
            writer.write(client)
            assert writer.stored(url) == writer.answered
    forks.kill()
    assert_sound(tmp_path / "x.db")


def test_two_processes_on_one_database_lose_and_mix_nothing(tmp_path: Path) -> None:
    servers = [Forks(tmp_path), Forks(tmp_path)]
    try:
        urls = [server.start() for server in servers]
        writers = [Writer(urls[number % 2], number) for number in range(WRITERS)]

        def write(number: int) -> None:
            with (
                httpx.Client(
                    base_url=urls[0], headers={"X-API-Key": "k"}, timeout=60, verify=False
                ) as one,
                httpx.Client(
                    base_url=urls[1], headers={"X-API-Key": "k"}, timeout=60, verify=False
                ) as other,
            ):
                for turn in range(10):
                    writers[number].write((one, other)[(number + turn) % 2])

        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write, range(WRITERS)))
        for writer in writers:
            assert writer.stored(urls[0]) == writer.stored(urls[1]) == writer.answered

        # One is killed under load and comes back, while the other goes on.
        answered = threading.Semaphore(0)
        killed = threading.Thread(target=writers[0].write_until_killed, args=(urls[0], answered))
        killed.start()
        with httpx.Client(
            base_url=urls[1], headers={"X-API-Key": "k"}, timeout=60, verify=False
        ) as other:
            for _ in range(5):
                writers[1].write(other)
            answered.acquire()
            servers[0].kill()
            killed.join()
            urls[0] = servers[0].start()
            writers[0].write(other)
        for writer in writers:
            assert writer.stored(urls[0]) == writer.stored(urls[1]) == writer.answered
    finally:
        for server in servers:
            server.kill()
            server.end()
    assert_sound(tmp_path / "x.db")


def test_the_same_key_at_two_processes_at_once_does_the_work_once(tmp_path: Path) -> None:
    database = tmp_path / "shared.db"
    with (
        LocalServer(database=database, word_delay=0.001) as one,
        LocalServer(database=database, word_delay=0.001) as other,
        Api(one) as first,
        Api(other) as second,
    ):
        conversation_id = first.conversation()
        path = f"/conversations/{conversation_id}/messages"

        def send(number: int) -> Any:
            api = (first, second)[number % 2]
            headers = {"Idempotency-Key": f"key {number // 4}"}
            return api.data("POST", path, json={"content": f"{number // 4}"}, headers=headers)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(send, range(32)))

        for start in range(0, 32, 4):
            assert answers[start : start + 4] == [answers[start]] * 4
        assert len(first.messages(conversation_id)) == 16


def test_200_streams_at_once_lose_and_mix_nothing() -> None:
    with LocalServer(word_delay=0.05) as server, Api(server) as api:
        conversations = [api.conversation() for _ in range(20)]
        texts = asyncio.run(stream_at_once(server, conversations))

        assert len(texts) == STREAMS
        answers: dict[str, tuple[str, str]] = {}
        for number, text in enumerate(texts):
            *pieces, complete, done = [data for _, data in parse_event_ids(text)]
            assert done == "[DONE]"
            reply = json.loads(complete)["message"]
            told = "".join(json.loads(piece)["content"] for piece in pieces)
            assert told == reply["content"]
            assert told.endswith(f'You wrote: "stream {number}"')
            answers[reply["id"]] = (reply["conversationId"], told)
        assert len(answers) == STREAMS
        for conversation_id in conversations:
            stored = api.messages(conversation_id)
            assert len(stored) == 2 * STREAMS // len(conversations)
            for each in stored:
                if each["role"] == "assistant":
                    assert answers[each["id"]] == (conversation_id, each["content"])


async def stream_at_once(server: LocalServer, conversations: list[str]) -> list[str]:
    async def one(client: httpx.AsyncClient, number: int) -> str:
        path = f"/conversations/{conversations[number % len(conversations)]}/messages/stream"
        body = {"content": f"stream {number}"}
        async with client.stream("POST", path, json=body) as response:
            return "".join([piece async for piece in response.aiter_text()])

    async with httpx.AsyncClient(
        base_url=server.base_url,
        headers={"X-API-Key": server.api_key},
        limits=httpx.Limits(max_connections=None),
        timeout=60,
    ) as client:
        return await asyncio.gather(*(one(client, number) for number in range(STREAMS)))
