"""Readers that leave while a model elsewhere is asked for them.

Without an Idempotency-Key the upstream is let go; with one the work is finished and kept.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api, api_with_upstream
from tests.support.server_events import parse_events
from tests.support.upstream_server import (
    Behaviour,
    FakeUpstream,
    Handler,
    respond_with,
    stream_reply,
    stream_then_stall,
)

OPERATIONS = ["send", "send to branch", "stream", "summarise", "summarise anew", "suggest"]
ERRANDS = OPERATIONS[3:]


@pytest.fixture
def api(upstream: FakeUpstream) -> Iterator[Api]:
    with api_with_upstream(upstream, keep_alive=0.05) as talking:
        yield talking


class Request(NamedTuple):
    """One of the requests that a model is asked for, and what is stored before it."""

    api: Api
    conversation_id: str
    path: str
    body: Any

    def stored(self) -> Any:
        path = f"/conversations/{self.conversation_id}/checkpoints"
        checkpoints = self.api.data("GET", path)["checkpoints"]
        return self.api.messages(self.conversation_id), checkpoints

    def again(self, key: str, **body: Any) -> Any:
        headers = {"Idempotency-Key": key}
        return self.api.http.post(self.path, json={**self.body, **body}, headers=headers)


def prepare(api: Api, upstream: FakeUpstream, operation: str) -> Request:
    """Make a conversation in which the operation is possible, and forget what was asked for it."""
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}"
    anchor_id = api.send(conversation_id, "hello")["message"]["id"]
    branch_id = api.main_branch(conversation_id)["id"]
    anchor = {"branchId": branch_id, "anchorMessageId": anchor_id}
    asks: dict[str, tuple[str, Any]] = {
        "send": (f"{path}/messages", {"content": "go"}),
        "send to branch": (f"{path}/branches/{branch_id}/messages", {"content": "go"}),
        "stream": (f"{path}/messages/stream", {"content": "go"}),
        "summarise": (f"{path}/checkpoints", anchor),
        "suggest": ("/autobranch/suggest-branches", {"text": "or", "hybridDetection": True}),
    }
    if operation == "summarise anew":
        made = api.data("POST", f"{path}/checkpoints", json=anchor)["checkpoint"]
        asks[operation] = f"/checkpoints/{made['id']}/recreate", {}
    upstream.requests.clear()
    upstream.request_received.clear()
    return Request(api, conversation_id, *asks[operation])


def leave(request: Request, upstream: FakeUpstream, seen: bytes = b"", key: str = "") -> None:
    """Ask, and hang up once the upstream was asked and this was seen."""
    server = request.api.server
    address = urlsplit(server.base_url)
    body = json.dumps(request.body, separators=(",", ":")).encode()
    head = (
        f"POST {address.path}{request.path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {server.api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        + (f"Idempotency-Key: {key}\r\n" if key else "")
        + "\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        assert upstream.request_received.wait(20)
        received = b""
        while seen not in received:
            piece = connection.recv(4096)
            assert piece, received
            received += piece


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("headers", [True, False], ids=["silent", "mute"])
def test_without_a_key_the_upstream_is_let_go_when_the_reader_leaves(
    api: Api, upstream: FakeUpstream, operation: str, headers: bool
) -> None:
    request = prepare(api, upstream, operation)
    messages, checkpoints = request.stored()
    upstream.behaviour = stream_then_stall(headers=headers)

    leave(request, upstream)

    assert upstream.client_disconnected.wait(20)
    after = request.stored()
    assert [each for each in after[0] if each["content"] != "go"] == messages
    assert after[1] == checkpoints


def test_a_reader_that_leaves_after_a_comment_lets_the_upstream_go_too(
    api: Api, upstream: FakeUpstream
) -> None:
    request = prepare(api, upstream, "stream")
    upstream.behaviour = stream_then_stall()

    leave(request, upstream, b"\r\n: ")

    assert upstream.client_disconnected.wait(20)


def test_what_was_received_for_a_reader_that_left_is_stored(
    api: Api, upstream: FakeUpstream
) -> None:
    request = prepare(api, upstream, "stream")
    upstream.behaviour = stream_then_stall("Once ", "upon")

    leave(request, upstream, b'"upon"')

    assert upstream.client_disconnected.wait(20)
    while len(stored := api.messages(request.conversation_id)) < 4:
        pass
    assert [each["content"] for each in stored[2:]] == ["go", "Once upon"]
    assert stored[3]["metadata"]["finishReason"] == "cancelled"


class Held:
    """Speaks once it is let go on."""

    def __init__(self, *pieces: str) -> None:
        self.goes_on = threading.Event()
        self._speak: Behaviour = stream_reply(*pieces)

    def __call__(self, handler: Handler) -> None:
        assert self.goes_on.wait(20)
        self._speak(handler)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_with_a_key_the_work_is_finished_although_the_reader_left(
    api: Api, upstream: FakeUpstream, operation: str
) -> None:
    request = prepare(api, upstream, operation)
    upstream.behaviour = held = Held("[]")

    leave(request, upstream, key="gone")
    with ThreadPoolExecutor(1) as pool:
        meanwhile = pool.submit(request.again, "gone")
        refused = request.again("gone", content="other", text="other")
        held.goes_on.set()
        joined = meanwhile.result()
    stored = request.stored()
    later = request.again("gone")

    assert joined.is_success
    if operation == "stream":
        assert parse_events(joined.text) == parse_events(later.text)
    else:
        assert joined.json() == later.json()
    assert request.stored() == stored
    assert len(upstream.requests) == 1
    assert not upstream.client_disconnected.is_set()
    assert refused.status_code == 409


@pytest.mark.parametrize("operation", ERRANDS)
def test_work_that_failed_when_its_reader_had_left_is_done_by_the_next_try(
    api: Api, upstream: FakeUpstream, operation: str
) -> None:
    request = prepare(api, upstream, operation)
    checkpoints = request.stored()[1]
    goes_on = threading.Event()

    def fail(handler: Handler) -> None:
        assert goes_on.wait(20)
        respond_with(500, {})(handler)

    upstream.behaviour = fail
    leave(request, upstream, key="failed")
    with ThreadPoolExecutor(1) as pool:
        joined = pool.submit(request.again, "failed")
        goes_on.set()
    failed = request.stored()[1]
    upstream.behaviour = stream_reply("[]")
    again = request.again("failed")

    assert joined.result().status_code == 502
    assert failed == checkpoints
    assert again.is_success


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("key", ["", "kept"])
def test_a_server_stops_quietly_while_an_upstream_is_asked(
    upstream: FakeUpstream, caplog: pytest.LogCaptureFixture, operation: str, key: str
) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    named = [f"llama={upstream.url}"]
    with (
        ThreadPoolExecutor(1) as pool,
        ExitStack() as later,
        LocalServer(upstreams=named) as server,
    ):
        api = later.enter_context(Api(server))
        request = prepare(api, upstream, operation)
        upstream.behaviour = stream_then_stall()
        asking = pool.submit(api.http.post, request.path, json=request.body, headers=headers)
        assert upstream.request_received.wait(20)

    assert asking.exception() is not None
    assert upstream.client_disconnected.wait(20)
    assert caplog.messages == []
