"""Keep-alive comments: streams of models that send nothing for a while."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chatroutes_server import LocalServer, StartupError
from chatroutes_server.generation.generation import Chunk, Generation
from tests.support.manual_clock import ManualClockLoop
from tests.support.server_api import Api, api_with_upstream, post_message
from tests.support.server_events import parse_events
from tests.support.upstream_server import FakeUpstream, Handler, respond_with, stream_reply

COMMENT = ": keep-alive"


@pytest.fixture
def api(upstream: FakeUpstream) -> Iterator[Api]:
    with api_with_upstream(upstream, keep_alive=0.03) as client:
        yield client


@pytest.fixture
def path(api: Api) -> str:
    return f"/conversations/{api.conversation()}/messages/stream"


class SlowReply:
    """Streams these texts, each after `released` is released once."""

    def __init__(self, upstream: FakeUpstream, *texts: str) -> None:
        self.released = threading.Semaphore(0)
        self._texts = texts
        upstream.behaviour = self

    def __call__(self, handler: Handler) -> None:
        assert self.released.acquire(timeout=60)
        handler.start_response()
        for text in self._texts:
            handler.send_text(text)
            assert self.released.acquire(timeout=60)
        handler.send_text("", "stop")


def open_stream(api: Api, path: str, **headers: str) -> Any:
    return api.http.stream("POST", path, json={"content": "hello"}, headers=headers)


def read_comments(lines: Iterator[str], count: int) -> list[str]:
    return [line for line in itertools.islice(lines, 2 * count) if line]


def test_comments_are_sent_while_the_model_is_silent(
    api: Api, path: str, upstream: FakeUpstream
) -> None:
    slow_reply = SlowReply(upstream, "Once ", "upon")

    with open_stream(api, path, **{"Idempotency-Key": "key"}) as response:
        lines = response.iter_lines()
        before = read_comments(lines, 3)
        slow_reply.released.release()
        first = next(line for line in lines if line and not line.startswith(":"))
        assert next(lines).startswith("id: ")
        assert next(lines) == ""
        between = read_comments(lines, 3)
        slow_reply.released.release(2)
        rest = [line for line in lines if line.startswith("data: ")]

    assert response.status_code == 200
    assert before == between == [COMMENT] * 3
    # A replayed stream has no comments.
    replayed = [
        line
        for line in post_message(api, path, "key").text.split("\n")
        if line.startswith("data: ")
    ]
    assert [first, *rest] == replayed
    assert len(replayed) == 4


def test_resumed_stream_gets_comments(api: Api, path: str, upstream: FakeUpstream) -> None:
    slow_reply = SlowReply(upstream, "Once ", "upon")
    slow_reply.released.release()

    with open_stream(api, path, **{"Idempotency-Key": "key"}) as first:
        event_id = next(line[4:] for line in first.iter_lines() if line.startswith("id: "))
    headers = {"Idempotency-Key": "key", "Last-Event-ID": event_id}
    with open_stream(api, path, **headers) as resumed:
        lines = resumed.iter_lines()
        comments = read_comments(lines, 2)
        slow_reply.released.release(2)
        rest = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]

    assert comments == [COMMENT] * 2
    assert [each.get("content") for each in rest] == ["upon", None]


def test_a_failure_that_comes_late_is_an_error_event_and_the_same_key_tries_again(
    api: Api, path: str, upstream: FakeUpstream
) -> None:
    released = threading.Event()

    def fail(handler: Handler) -> None:
        assert released.wait(60)
        respond_with(500, {"error": "too hot"})(handler)

    upstream.behaviour = fail
    with open_stream(api, path, **{"Idempotency-Key": "key"}) as response:
        lines = response.iter_lines()
        assert read_comments(lines, 1) == [COMMENT]
        released.set()
        rest = [line for line in lines if line and line != COMMENT]
    stored = api.messages(path.split("/")[2])
    upstream.behaviour = stream_reply("Better now")
    replayed = post_message(api, path, "key").text

    assert rest[0] == "event: error"
    assert json.loads(rest[1].removeprefix("data: ")) == {
        "type": "error",
        "error": "UPSTREAM_ERROR",
        "message": "upstream llama returned status 500: too hot",
    }
    assert rest[2:] == []
    assert [each["role"] for each in stored] == ["user"]
    assert parse_events(replayed)[-2][1]["message"]["content"] == "Better now"


def test_early_failure_is_an_error_response(upstream: FakeUpstream) -> None:
    upstream.behaviour = respond_with(500, {})
    with api_with_upstream(upstream) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"

        error = api.error("POST", path, json={"content": "hello"})

    assert error == (502, "UPSTREAM_ERROR", "upstream llama returned status 500")


def test_faults_do_not_count_comments_as_events(
    api: Api, path: str, upstream: FakeUpstream
) -> None:
    lines_by_fault: list[list[str]] = []
    for fault in ("streamMessage:cut_after=1", "streamMessage:malformed"):
        slow_reply = SlowReply(upstream, "Once ", "upon")
        api.server.faults.add(fault)
        with open_stream(api, path) as response:
            lines = response.iter_lines()
            received = read_comments(lines, 2)
            slow_reply.released.release(3)
            try:
                for line in lines:
                    received += [line] if line and line != COMMENT else []
            except httpx.RemoteProtocolError:
                pass
        assert received[:2] == [COMMENT] * 2
        lines_by_fault.append(received[2:])

    cut, malformed = lines_by_fault
    assert json.loads(cut[0].removeprefix("data: "))["content"] == "Once "
    assert [line.partition(":")[0] for line in cut] == ["data", "id"]
    assert "\ufffd" in malformed[0]


def test_concurrent_clients_get_comments_and_the_reply(
    api: Api, path: str, upstream: FakeUpstream
) -> None:
    slow_reply = SlowReply(upstream, "Once ", "upon")
    data_lines: list[list[str]] = []
    barrier = threading.Barrier(4)

    def read_stream() -> None:
        with (
            Api(api.server) as client,
            open_stream(client, path, **{"Idempotency-Key": "key"}) as response,
        ):
            lines = response.iter_lines()
            assert read_comments(lines, 2) == [COMMENT] * 2
            barrier.wait(60)
            slow_reply.released.release()
            data_lines.append([line for line in lines if line.startswith("data: {")])

    threads = [threading.Thread(target=read_stream) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    texts = [[json.loads(line[6:]).get("content") for line in lines] for lines in data_lines]
    assert texts == [["Once ", "upon", None]] * 4


@pytest.mark.parametrize("keep_alive", [0, -1, float("nan"), float("inf")])
def test_invalid_keep_alive_raises(keep_alive: float) -> None:
    with pytest.raises(StartupError, match="keep alive"):
        LocalServer(keep_alive=keep_alive).__enter__()


async def batches_at(times: dict[float, str]) -> list[int]:
    """Add a chunk, or none, at each of these times. Return how many batches have arrived each time."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ManualClockLoop)
    generation = Generation()
    batches: list[list[Chunk]] = []

    async def read() -> None:
        async for batch in generation.chunk_batches(0, keep_alive=10):
            batches.append(batch)

    task = asyncio.create_task(read())
    await loop.advance(0)
    counts: list[int] = []
    for time, text in times.items():
        loop.now = time
        if text:
            generation.chunks.append(text)
            generation.notify()
        await loop.advance(time)
        counts.append(len(batches))
    task.cancel()
    return counts


def test_silence_begins_after_the_last_chunk() -> None:
    with asyncio.Runner(loop_factory=ManualClockLoop) as runner:
        counts = runner.run(
            batches_at({5: "Once ", 8: "upon", 11: "", 17: "", 18.1: "", 28: "", 28.2: ""})
        )

    assert counts == [1, 2, 2, 2, 3, 3, 4]
