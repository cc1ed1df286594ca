"""Client disconnects during a request to an upstream.

Without an Idempotency-Key, the upstream request is cancelled. With a key, a reply continues for the resume
window, and other operations complete. See `test_resume_window` for the end of the window.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from queue import Queue
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

OPERATIONS = [
    "sendMessage",
    "sendBranchMessage",
    "streamMessage",
    "createCheckpoint",
    "recreateCheckpoint",
    "suggestBranches",
]
SINGLE_FLIGHT_OPERATIONS = OPERATIONS[3:]


@pytest.fixture
def api(upstream: FakeUpstream) -> Iterator[Api]:
    with api_with_upstream(upstream, keep_alive=0.05, resume_window=600) as client:
        yield client


class PreparedRequest(NamedTuple):
    """A request of an operation that calls a model."""

    api: Api
    conversation_id: str
    path: str
    body: Any

    def stored(self) -> Any:
        path = f"/conversations/{self.conversation_id}/checkpoints"
        checkpoints = self.api.data("GET", path)["checkpoints"]
        return self.api.messages(self.conversation_id), checkpoints

    def repeat(self, key: str, **body: Any) -> Any:
        headers = {"Idempotency-Key": key}
        return self.api.http.post(self.path, json={**self.body, **body}, headers=headers)


def prepare(api: Api, upstream: FakeUpstream, operation: str) -> PreparedRequest:
    """Create the objects that the operation needs, and clear the recorded upstream requests."""
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}"
    anchor_id = api.send(conversation_id, "hello")["message"]["id"]
    branch_id = api.main_branch(conversation_id)["id"]
    anchor = {"branchId": branch_id, "anchorMessageId": anchor_id}
    path_and_body: dict[str, tuple[str, Any]] = {
        "sendMessage": (f"{path}/messages", {"content": "go"}),
        "sendBranchMessage": (f"{path}/branches/{branch_id}/messages", {"content": "go"}),
        "streamMessage": (f"{path}/messages/stream", {"content": "go"}),
        "createCheckpoint": (f"{path}/checkpoints", anchor),
        "suggestBranches": (
            "/autobranch/suggest-branches",
            {"text": "or", "hybridDetection": True},
        ),
    }
    if operation == "recreateCheckpoint":
        checkpoint = api.data("POST", f"{path}/checkpoints", json=anchor)["checkpoint"]
        path_and_body[operation] = f"/checkpoints/{checkpoint['id']}/recreate", {}
    upstream.requests.clear()
    upstream.request_received.clear()
    return PreparedRequest(api, conversation_id, *path_and_body[operation])


def send_and_disconnect(
    request: PreparedRequest, upstream: FakeUpstream, until: bytes = b"", key: str = ""
) -> None:
    """Send the request, and disconnect when the upstream has it and the response contains `until`."""
    server = request.api.server
    address = urlsplit(server.base_url)
    body = json.dumps(request.body, separators=(",", ":")).encode()
    head = (
        f"POST {address.path}{request.path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {server.api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        + (f"Idempotency-Key: {key}\r\n" if key else "")
        + "\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(head.encode() + body)
        assert upstream.request_received.wait(60)
        received = b""
        while until not in received:
            chunk = connection.recv(4096)
            assert chunk, received
            received += chunk


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("headers", [True, False], ids=["headers sent", "no headers"])
def test_disconnect_without_a_key_cancels_the_upstream_request(
    api: Api, upstream: FakeUpstream, operation: str, headers: bool
) -> None:
    request = prepare(api, upstream, operation)
    messages, checkpoints = request.stored()
    upstream.behaviour = stream_then_stall(headers=headers)

    send_and_disconnect(request, upstream)

    assert upstream.client_disconnected.wait(60)
    api.send(request.conversation_id, "next", model="builtin")  # waits until the reply is stored
    after = request.stored()
    assert after[0][: len(messages)] == messages
    if operation not in SINGLE_FLIGHT_OPERATIONS:
        question, reply = after[0][len(messages) : -2]
        assert (question["content"], reply["content"]) == ("go", "")
        assert reply["metadata"]["finishReason"] == "cancelled"
    assert after[1] == checkpoints


def test_disconnect_after_a_comment_cancels_the_upstream_request(
    api: Api, upstream: FakeUpstream
) -> None:
    request = prepare(api, upstream, "streamMessage")
    upstream.behaviour = stream_then_stall()

    send_and_disconnect(request, upstream, b"\r\n: ")

    assert upstream.client_disconnected.wait(60)


def test_partial_reply_is_stored_after_a_disconnect(api: Api, upstream: FakeUpstream) -> None:
    request = prepare(api, upstream, "streamMessage")
    upstream.behaviour = stream_then_stall("Once ", "upon")

    send_and_disconnect(request, upstream, b'"upon"')

    assert upstream.client_disconnected.wait(60)
    api.send(request.conversation_id, "next", model="builtin")  # waits until the reply is stored
    stored = api.messages(request.conversation_id)
    assert [each["content"] for each in stored[2:4]] == ["go", "Once upon"]
    assert stored[3]["metadata"]["finishReason"] == "cancelled"


class HeldReply:
    """Streams a reply after `released` is set."""

    def __init__(self, *texts: str) -> None:
        self.released = threading.Event()
        self._stream: Behaviour = stream_reply(*texts)

    def __call__(self, handler: Handler) -> None:
        assert self.released.wait(60)
        self._stream(handler)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation_with_a_key_completes_after_a_disconnect(
    api: Api, upstream: FakeUpstream, operation: str
) -> None:
    request = prepare(api, upstream, operation)
    upstream.behaviour = held_reply = HeldReply("[]")

    send_and_disconnect(request, upstream, key="key")
    with ThreadPoolExecutor(1) as pool:
        concurrent = pool.submit(request.repeat, "key")
        conflict = request.repeat("key", content="other", text="other")
        held_reply.released.set()
        concurrent_response = concurrent.result()
    stored = request.stored()
    repeated = request.repeat("key")

    assert concurrent_response.is_success
    if operation == "streamMessage":
        assert parse_events(concurrent_response.text) == parse_events(repeated.text)
    else:
        assert concurrent_response.json() == repeated.json()
    assert request.stored() == stored
    assert len(upstream.requests) == 1
    assert not upstream.client_disconnected.is_set()
    assert conflict.status_code == 409


@pytest.mark.parametrize("operation", SINGLE_FLIGHT_OPERATIONS)
def test_retry_runs_an_operation_that_failed_after_a_disconnect(
    api: Api, upstream: FakeUpstream, operation: str
) -> None:
    request = prepare(api, upstream, operation)
    checkpoints = request.stored()[1]
    released = threading.Event()

    def fail(handler: Handler) -> None:
        assert released.wait(60)
        respond_with(500, {})(handler)

    upstream.behaviour = fail
    send_and_disconnect(request, upstream, key="key")
    with ThreadPoolExecutor(1) as pool:
        concurrent_response = pool.submit(request.repeat, "key")
        released.set()
    failed = request.stored()[1]
    upstream.behaviour = stream_reply("[]")
    retried = request.repeat("key")

    assert concurrent_response.result().status_code == 502
    assert failed == checkpoints
    assert retried.is_success


@pytest.mark.parametrize("key", ["", "key"])
def test_server_stops_without_log_messages_during_upstream_requests(
    upstream: FakeUpstream, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    disconnects: Queue[None] = Queue()

    def stall(handler: Handler) -> None:
        stream_then_stall()(handler)
        disconnects.put(None)

    with (
        ThreadPoolExecutor(len(OPERATIONS)) as pool,
        ExitStack() as stack,
        LocalServer(upstreams=[f"llama={upstream.url}"]) as server,
    ):
        api = stack.enter_context(Api(server))
        requests = {operation: prepare(api, upstream, operation) for operation in OPERATIONS}
        upstream.behaviour = stall
        pending: dict[str, Future[Any]] = {}
        for operation, request in requests.items():
            headers = {"Idempotency-Key": f"{key} {operation}"} if key else {}
            upstream.request_received.clear()
            pending[operation] = pool.submit(
                api.http.post, request.path, json=request.body, headers=headers
            )
            assert upstream.request_received.wait(60), operation

    for operation, response in pending.items():
        assert response.exception() is not None, operation
        disconnects.get(timeout=60)
    assert caplog.messages == []
