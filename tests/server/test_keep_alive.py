"""Streams of models that are slow to their first piece, or silent between two."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chatroutes_server import LocalServer, StartupError
from tests.support.server_api import Api, api_with_upstream, post_message
from tests.support.server_events import parse_events
from tests.support.upstream_server import FakeUpstream, Handler, respond_with, stream_reply

COMMENT = ": keep-alive"


@pytest.fixture
def api(upstream: FakeUpstream) -> Iterator[Api]:
    with api_with_upstream(upstream, keep_alive=0.03) as talking:
        yield talking


@pytest.fixture
def path(api: Api) -> str:
    return f"/conversations/{api.conversation()}/messages/stream"


class Slow:
    """Says something before each of these pieces only once it is told to go on."""

    def __init__(self, upstream: FakeUpstream, *pieces: str) -> None:
        self.goes_on = threading.Semaphore(0)
        self._pieces = pieces
        upstream.behaviour = self

    def __call__(self, handler: Handler) -> None:
        assert self.goes_on.acquire(timeout=20)
        handler.start_response()
        for piece in self._pieces:
            handler.send_text(piece)
            assert self.goes_on.acquire(timeout=20)
        handler.send_text("", "stop")


def begin(api: Api, path: str, **headers: str) -> Any:
    return api.http.stream("POST", path, json={"content": "hello"}, headers=headers)


def comments(lines: Iterator[str], count: int) -> list[str]:
    return [line for line in itertools.islice(lines, 2 * count) if line]


def test_a_stream_begins_with_comments_while_the_model_is_slow(
    api: Api, path: str, upstream: FakeUpstream
) -> None:
    slow = Slow(upstream, "Once ", "upon")

    with begin(api, path, **{"Idempotency-Key": "key"}) as response:
        lines = response.iter_lines()
        before = comments(lines, 3)
        slow.goes_on.release()
        first = next(line for line in lines if line and not line.startswith(":"))
        assert next(lines).startswith("id: ")
        assert next(lines) == ""
        between = comments(lines, 3)
        slow.goes_on.release(2)
        rest = [line for line in lines if line.startswith("data: ")]

    assert response.status_code == 200
    assert before == between == [COMMENT] * 3
    # Told again, the stream is the same without its comments.
    again = [
        line
        for line in post_message(api, path, "key").text.split("\n")
        if line.startswith("data: ")
    ]
    assert [first, *rest] == again
    assert len(again) == 4


def test_a_reader_that_comes_back_into_a_silence_is_told_so(
    api: Api, path: str, upstream: FakeUpstream
) -> None:
    slow = Slow(upstream, "Once ", "upon")
    slow.goes_on.release()

    with begin(api, path, **{"Idempotency-Key": "key"}) as first:
        event_id = next(line[4:] for line in first.iter_lines() if line.startswith("id: "))
    headers = {"Idempotency-Key": "key", "Last-Event-ID": event_id}
    with begin(api, path, **headers) as back:
        lines = back.iter_lines()
        silence = comments(lines, 2)
        slow.goes_on.release(2)
        rest = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]

    assert silence == [COMMENT] * 2
    assert [each.get("content") for each in rest] == ["upon", None]


def test_a_failure_that_comes_late_is_an_error_event_and_the_same_key_tries_again(
    api: Api, path: str, upstream: FakeUpstream
) -> None:
    goes_on = threading.Event()

    def fail(handler: Handler) -> None:
        assert goes_on.wait(20)
        respond_with(500, {"error": "too hot"})(handler)

    upstream.behaviour = fail
    with begin(api, path, **{"Idempotency-Key": "key"}) as response:
        lines = response.iter_lines()
        assert comments(lines, 1) == [COMMENT]
        goes_on.set()
        rest = [line for line in lines if line and line != COMMENT]
    stored = api.messages(path.split("/")[2])
    upstream.behaviour = stream_reply("Better now")
    again = post_message(api, path, "key").text

    assert rest[0] == "event: error"
    assert json.loads(rest[1].removeprefix("data: ")) == {
        "type": "error",
        "error": "UPSTREAM_ERROR",
        "message": "upstream llama returned status 500: too hot",
    }
    assert rest[2:] == []
    assert [each["role"] for each in stored] == ["user"]
    assert parse_events(again)[-2][1]["message"]["content"] == "Better now"


def test_a_failure_that_is_known_soon_is_an_error_answer(upstream: FakeUpstream) -> None:
    upstream.behaviour = respond_with(500, {})
    with api_with_upstream(upstream) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"

        refused = api.error("POST", path, json={"content": "hello"})

    assert refused == (502, "UPSTREAM_ERROR", "upstream llama returned status 500")


def test_comments_are_no_events_to_a_fault(api: Api, path: str, upstream: FakeUpstream) -> None:
    read_before_the_end: list[list[str]] = []
    for fault in ("streamMessage:cut_after=1", "streamMessage:malformed"):
        slow = Slow(upstream, "Once ", "upon")
        api.server.faults.add(fault)
        with begin(api, path) as response:
            lines = response.iter_lines()
            seen = comments(lines, 2)
            slow.goes_on.release(3)
            try:
                for line in lines:
                    seen += [line] if line and line != COMMENT else []
            except httpx.RemoteProtocolError:
                pass
        assert seen[:2] == [COMMENT] * 2
        read_before_the_end.append(seen[2:])

    cut, garbled = read_before_the_end
    assert json.loads(cut[0].removeprefix("data: "))["content"] == "Once "
    assert [line.partition(":")[0] for line in cut] == ["data", "id"]
    assert "\ufffd" in garbled[0]


def test_many_readers_of_a_silence_all_read_the_reply(
    api: Api, path: str, upstream: FakeUpstream
) -> None:
    slow = Slow(upstream, "Once ", "upon")
    told: list[list[str]] = []
    all_wait = threading.Barrier(4)

    def follow() -> None:
        with Api(api.server) as own, begin(own, path, **{"Idempotency-Key": "key"}) as response:
            lines = response.iter_lines()
            assert comments(lines, 2) == [COMMENT] * 2
            all_wait.wait(20)
            slow.goes_on.release()
            told.append([line for line in lines if line.startswith("data: {")])

    readers = [threading.Thread(target=follow) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    pieces = [[json.loads(line[6:]).get("content") for line in lines] for lines in told]
    assert pieces == [["Once ", "upon", None]] * 4


@pytest.mark.parametrize("keep_alive", [0, -1, float("nan"), float("inf")])
def test_a_keep_alive_that_is_none_raises(keep_alive: float) -> None:
    with pytest.raises(StartupError, match="keep alive"):
        LocalServer(keep_alive=keep_alive).__enter__()
