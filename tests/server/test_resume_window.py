"""Replies without clients: they continue for the resume window, and are then stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from chatroutes_server import LocalServer
from chatroutes_server.errors import StartupError
from tests.support.held_replies import HeldReplies, full, partial
from tests.support.open_stream import OpenStream
from tests.support.raw_http import connect, request_head
from tests.support.server_api import Api, api_with_upstream, post_with_key
from tests.support.server_command import Command
from tests.support.server_events import parse_events
from tests.support.upstream_server import FakeUpstream

LONG = 600  # seconds; a test does not wait for the end of this window


@contextmanager
def running_api(upstream: FakeUpstream, resume_window: float) -> Generator[tuple[Api, str]]:
    """Run a server, and create a conversation whose model is the upstream."""
    with api_with_upstream(upstream, keep_alive=0.02, resume_window=resume_window) as api:
        yield api, api.conversation(model="llama")


def disconnect_during_stream(api: Api, conversation_id: str, question: str, key: str) -> OpenStream:
    """Open a stream, and close the connection after the first text."""
    with OpenStream(api, conversation_id, question, key) as stream:
        stream.read_text()
    return stream


def disconnect_during_send(
    api: Api, replies: HeldReplies, path: str, question: str, key: str
) -> None:
    """Send a message, and close the connection when the upstream has begun its reply."""
    body = json.dumps({"content": question}, separators=(",", ":")).encode()
    headers = f"Content-Length: {len(body)}", f"Idempotency-Key: {key}"
    head = request_head(
        "POST", path, "Content-Type: application/json", *headers, key=api.server.api_key
    )
    with connect(api.server.base_url) as connection:
        connection.sendall(head + body)
        assert replies[question].started.wait(60)


def wait_for_turn(api: Api, conversation_id: str) -> None:
    """Return when the earlier turns are stored."""
    api.send(conversation_id, "last", model="builtin")


def assert_cancelled(message: Any, content: str) -> None:
    assert (message["role"], message["content"]) == ("assistant", content)
    assert message["metadata"]["finishReason"] == "cancelled"


@pytest.mark.parametrize("window", [0, 0.05])
@pytest.mark.parametrize("operation", ["stream", "send"])
def test_reply_is_stopped_after_the_window(
    held_upstream: FakeUpstream, replies: HeldReplies, window: float, operation: str
) -> None:
    with running_api(held_upstream, window) as (api, conversation_id):
        path = f"/conversations/{conversation_id}/messages"
        if operation == "stream":
            disconnect_during_stream(api, conversation_id, "q0", "key")
        else:
            disconnect_during_send(api, replies, path, "q0", "key")
        assert replies["q0"].closed.wait(60)
        wait_for_turn(api, conversation_id)
        stored = api.messages(conversation_id)
        retry_path = f"{path}/stream" if operation == "stream" else path
        retried = post_with_key(api, retry_path, {"content": "q0"}, "key")

    # The server may have received no text yet when the client of a send disconnects.
    text = partial("q0") if operation == "stream" else stored[1]["content"]
    assert partial("q0").startswith(text)
    assert [each["content"] for each in stored[:3]] == ["q0", text, "last"]
    assert_cancelled(stored[1], text)
    assert retried.headers["idempotent-replayed"] == "true"
    if operation == "stream":
        *chunks, end, done = [event for _, event in parse_events(retried.text)]
        assert "".join(each["content"] for each in chunks) == text
        assert end["choices"][0]["finish_reason"] == "cancelled"
        assert (end["message"], done) == (stored[1], "[DONE]")
    else:
        assert retried.json()["data"]["message"] == stored[1]
    assert len(held_upstream.requests) == 1


def test_stream_continues_for_a_client_that_reconnects(
    held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    with running_api(held_upstream, LONG) as (api, conversation_id):
        first = disconnect_during_stream(api, conversation_id, "q0", "key")
        with OpenStream(api, conversation_id, "q0", "key", first.event_id) as resumed:
            replies.release("q0")
            rest = resumed.read_all()
        stored = api.messages(conversation_id)

    assert first.text + rest == full("q0")
    assert resumed.end["message"] == stored[1]
    assert stored[1]["metadata"]["finishReason"] == "stop"
    assert len(held_upstream.requests) == 1


def test_retry_of_a_send_within_the_window_gets_the_whole_reply(
    held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    with running_api(held_upstream, LONG) as (api, conversation_id):
        path = f"/conversations/{conversation_id}/messages"
        disconnect_during_send(api, replies, path, "q0", "key")
        api.messages(conversation_id)  # the server processes the disconnect first
        replies.release("q0")
        retried = post_with_key(api, path, {"content": "q0"}, "key").json()["data"]

    assert retried["message"]["content"] == full("q0")
    assert len(held_upstream.requests) == 1


def test_new_message_stops_an_abandoned_reply(
    held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    with running_api(held_upstream, LONG) as (api, conversation_id):
        disconnect_during_stream(api, conversation_id, "q0", "key")
        replies.release("q1")
        api.send(conversation_id, "q1")
        stored = api.messages(conversation_id)

    assert replies["q0"].closed.wait(60)
    assert [each["content"] for each in stored] == ["q0", partial("q0"), "q1", full("q1")]
    assert_cancelled(stored[1], partial("q0"))
    assert replies["q1"].contexts == [["q0", partial("q0"), "q1"]]


@pytest.mark.parametrize("key", ["", "other"], ids=["without key", "with key"])
def test_waiting_message_stops_an_abandoned_reply(
    held_upstream: FakeUpstream, replies: HeldReplies, key: str
) -> None:
    replies.release("q1")
    with running_api(held_upstream, LONG) as (api, conversation_id), ExitStack() as streams:
        first = streams.enter_context(OpenStream(api, conversation_id, "q0", "key"))
        first.read_text()
        waiting = streams.enter_context(OpenStream(api, conversation_id, "q1", key))
        waiting.read_first()
        first.disconnect()
        assert replies["q0"].closed.wait(60)
        text = waiting.read_all()
        stored = api.messages(conversation_id)

    assert text == full("q1")
    assert [each["content"] for each in stored] == ["q0", partial("q0"), "q1", full("q1")]
    assert_cancelled(stored[1], partial("q0"))
    assert replies["q1"].contexts == [["q0", partial("q0"), "q1"]]


def test_waiting_message_on_another_branch_does_not_stop_a_reply(
    held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    with running_api(held_upstream, LONG) as (api, conversation_id), ExitStack() as streams:
        branch_id = api.branch(conversation_id, "other")["id"]
        left, running, waiting = (
            streams.enter_context(OpenStream(api, conversation_id, question, question, **fields))
            for question, fields in [
                ("q0", {}),
                ("q1", {"branchId": branch_id}),
                ("q2", {"branchId": branch_id}),
            ]
        )
        left.read_text()
        running.read_text()
        waiting.read_first()
        left.disconnect()
        replies.release("q1", "q2")
        waiting.read_all()
        with OpenStream(api, conversation_id, "q0", "q0", left.event_id) as resumed:
            replies.release("q0")
            assert left.text + resumed.read_all() == full("q0")


def test_message_on_another_branch_does_not_stop_a_reply(
    held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    with running_api(held_upstream, LONG) as (api, conversation_id):
        branch_id = api.branch(conversation_id, "other")["id"]
        first = disconnect_during_stream(api, conversation_id, "q0", "key")
        api.send(conversation_id, "q1", branchId=branch_id, model="builtin")
        with OpenStream(api, conversation_id, "q0", "key", first.event_id) as resumed:
            replies.release("q0")
            assert first.text + resumed.read_all() == full("q0")


def test_reply_continues_while_another_client_follows_it(
    held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    with running_api(held_upstream, 0) as (api, conversation_id):
        with ExitStack() as stack:
            follower = stack.enter_context(OpenStream(api, conversation_id, "q0", "key"))
            follower.read_text()
            disconnect_during_stream(api, conversation_id, "q0", "key")
            replies.release("q0")
            assert follower.read_all() == full("q0")
        assert follower.end["choices"][0]["finish_reason"] == "stop"


def test_stream_without_a_key_is_stopped_at_once(
    held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    with running_api(held_upstream, LONG) as (api, conversation_id):
        disconnect_during_stream(api, conversation_id, "q0", "")
        assert replies["q0"].closed.wait(60)
        wait_for_turn(api, conversation_id)
        stored = api.messages(conversation_id)

    assert_cancelled(stored[1], partial("q0"))


@pytest.mark.parametrize("window", [0, LONG])
def test_builtin_model_follows_the_same_rule(window: float) -> None:
    with LocalServer(word_delay=60, resume_window=window) as server, Api(server) as api:
        conversation_id = api.conversation()
        first = disconnect_during_stream(api, conversation_id, "q0", "key")
        with OpenStream(api, conversation_id, "q1") as following:
            following.read_text()
            stored = api.messages(conversation_id)

    assert [each["content"] for each in stored] == ["q0", first.text, "q1"]
    assert_cancelled(stored[1], first.text)


def test_empty_reply_is_not_sent_to_a_model(
    held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    held_upstream.behaviour = lambda handler: handler.wait_for_disconnect()
    with running_api(held_upstream, 0) as (api, conversation_id):
        with OpenStream(api, conversation_id, "q0") as stream:
            stream.read_until(":")
        assert held_upstream.client_disconnected.wait(60)
        held_upstream.behaviour = replies
        replies.release("q1")
        sent = api.send(conversation_id, "q1")
        stored = api.messages(conversation_id)

    assert [each["content"] for each in stored] == ["q0", "", "q1", full("q1")]
    assert replies["q1"].contexts == [["q0", "q1"]]
    assert sent["message"]["metadata"]["context_message_count"] == 2


@pytest.mark.parametrize("window", [-1, 600.5, float("nan"), float("inf")])
def test_invalid_window_is_rejected(window: float) -> None:
    with pytest.raises(StartupError, match="invalid resume window"):
        LocalServer(resume_window=window).__enter__()


def test_window_is_an_option_of_the_command(start_command: Callable[..., Command]) -> None:
    code, _, error = start_command("--resume-window", "601").wait_for_exit()

    assert code == 2
    assert "invalid resume window 601.0: expected 0 to 600 seconds" in error
