"""Turns: the messages of a branch are replied to one after the other, in the order of arrival."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from chatroutes_server.generation.turns import MAX_WAITING_TURNS
from tests.support.held_replies import HeldReplies, full
from tests.support.open_stream import OpenStream
from tests.support.server_api import Api, api_with_upstream, post_with_key
from tests.support.upstream_server import FakeUpstream, Handler, respond_with


@pytest.fixture
def api(held_upstream: FakeUpstream) -> Iterator[Api]:
    # Streams that wait are known by their comments.
    with api_with_upstream(held_upstream, keep_alive=0.02, resume_window=600) as client:
        yield client


@pytest.fixture
def streams() -> Iterator[ExitStack]:
    """Close all streams before the server stops."""
    with ExitStack() as stack:
        yield stack


def open_stream(streams: ExitStack, api: Api, *arguments: Any, **fields: Any) -> OpenStream:
    """Open a stream. Its turn runs or waits then."""
    stream = streams.enter_context(OpenStream(api, *arguments, **fields))
    stream.read_first()
    return stream


def contents(api: Api, conversation_id: str, branch_id: str | None = None) -> list[str]:
    return [each["content"] for each in api.messages(conversation_id, branch_id)]


def test_concurrent_sends_are_replied_to_one_after_the_other(api: Api) -> None:
    conversation_id = api.conversation(model="builtin")
    with ThreadPoolExecutor(4) as pool:
        sending = [pool.submit(api.send, conversation_id, f"q{number}") for number in range(4)]
    sent = [each.result() for each in sending]

    stored = api.messages(conversation_id)
    assert [each["role"] for each in stored] == ["user", "assistant"] * 4
    for data in sent:
        position = stored.index(data["userMessage"])
        assert stored[position + 1] == data["message"]
        assert data["message"]["metadata"]["context_message_count"] == position + 1


@pytest.mark.parametrize("keys", [False, True], ids=["without keys", "with keys"])
def test_waiting_messages_are_replied_to_in_the_order_of_arrival(
    api: Api, replies: HeldReplies, streams: ExitStack, keys: bool
) -> None:
    conversation_id = api.conversation(model="llama")
    questions = ["q0", "q1", "q2", "q3"]
    opened = [
        open_stream(streams, api, conversation_id, question, key=question if keys else "")
        for question in questions
    ]
    replies.release(*questions)
    texts = [stream.read_all() for stream in opened]

    expected = [text for question in questions for text in (question, full(question))]
    assert texts == [full(question) for question in questions]
    assert contents(api, conversation_id) == expected
    for number, (question, stream) in enumerate(zip(questions, opened, strict=True)):
        assert replies[question].contexts == [expected[: 2 * number + 1]]
        for field in ("id", "model", "created"):
            assert stream.chunk[field] == stream.end[field]
        assert stream.chunk["id"] == stream.end["message"]["id"]
        assert stream.chunk["model"] == "llama"


def test_waiting_turn_is_not_visible(api: Api, replies: HeldReplies, streams: ExitStack) -> None:
    conversation_id = api.conversation(model="llama")
    path = f"/conversations/{conversation_id}"
    running = open_stream(streams, api, conversation_id, "q0")
    running.read_text()

    def visible() -> list[Any]:
        return [
            api.data("GET", f"{path}/messages"),
            api.data("GET", f"{path}/tree"),
            api.data("GET", f"{path}/branches"),
            api.data("GET", path),
            api.data("GET", "/conversations"),
        ]

    before = visible()
    waiting = open_stream(streams, api, conversation_id, "q1")
    during = visible()
    replies.release("q0", "q1")
    waiting.read_all()

    assert during == before
    assert waiting.end["userMessage"]["createdAt"] >= running_end(running)["createdAt"]
    assert len(api.messages(conversation_id)) == 4


def running_end(stream: OpenStream) -> Any:
    stream.read_all()
    return stream.end["message"]


def test_branches_do_not_wait_for_each_other(
    api: Api, replies: HeldReplies, streams: ExitStack
) -> None:
    conversation_id = api.conversation(model="llama")
    branch_ids = [api.branch(conversation_id, title)["id"] for title in ("one", "two")]
    first = open_stream(streams, api, conversation_id, "q0")
    others = [
        open_stream(streams, api, conversation_id, branch_id, branchId=branch_id)
        for branch_id in branch_ids
    ]
    for stream in (first, *others):
        stream.read_text()

    replies.release(*branch_ids)
    assert [stream.read_all() for stream in others] == [full(each) for each in branch_ids]
    assert contents(api, conversation_id) == ["q0"]


def test_main_branch_by_its_id_is_the_same_branch(
    api: Api, replies: HeldReplies, streams: ExitStack
) -> None:
    conversation_id = api.conversation(model="llama")
    main_id = api.main_branch(conversation_id)["id"]
    first = open_stream(streams, api, conversation_id, "q0")
    second = open_stream(streams, api, conversation_id, "q1", branchId=main_id)
    replies.release("q1", "q0")

    assert (first.read_all(), second.read_all()) == (full("q0"), full("q1"))
    assert contents(api, conversation_id) == ["q0", full("q0"), "q1", full("q1")]


def test_attempts_with_one_key_are_one_turn(
    api: Api, replies: HeldReplies, streams: ExitStack
) -> None:
    conversation_id = api.conversation(model="llama")
    open_stream(streams, api, conversation_id, "q0")
    attempts = [open_stream(streams, api, conversation_id, "q1", key="same") for _ in range(3)]
    last = open_stream(streams, api, conversation_id, "q2")
    attempts.append(open_stream(streams, api, conversation_id, "q1", key="same"))
    conflict = post_with_key(
        api, f"/conversations/{conversation_id}/messages/stream", {"content": "other"}, "same"
    )
    replies.release("q0", "q1", "q2")

    assert conflict.status_code == 409
    assert {stream.read_all() for stream in attempts} == {full("q1")}
    assert last.read_all() == full("q2")
    expected = ["q0", full("q0"), "q1", full("q1"), "q2", full("q2")]
    assert contents(api, conversation_id) == expected


def test_waiting_message_without_a_key_is_not_sent_after_a_disconnect(
    api: Api, replies: HeldReplies, streams: ExitStack
) -> None:
    conversation_id = api.conversation(model="llama")
    first = open_stream(streams, api, conversation_id, "q0")
    open_stream(streams, api, conversation_id, "left").disconnect()
    last = open_stream(streams, api, conversation_id, "q1")
    replies.release("q0", "q1")

    assert (first.read_all(), last.read_all()) == (full("q0"), full("q1"))
    assert contents(api, conversation_id) == ["q0", full("q0"), "q1", full("q1")]
    assert not replies["left"].contexts


def test_waiting_message_with_a_key_keeps_its_place_for_the_resume_window(
    api: Api, replies: HeldReplies, streams: ExitStack
) -> None:
    conversation_id = api.conversation(model="llama")
    first = open_stream(streams, api, conversation_id, "q0")
    waiting = open_stream(streams, api, conversation_id, "q1", key="key")
    waiting.disconnect()
    back = open_stream(streams, api, conversation_id, "q1", key="key")
    last = open_stream(streams, api, conversation_id, "q2")
    replies.release("q0", "q1", "q2")

    texts = [stream.read_all() for stream in (first, back, last)]
    assert texts == [full("q0"), full("q1"), full("q2")]
    assert len(contents(api, conversation_id)) == 6


def test_retry_of_a_removed_message_is_a_new_turn(
    api: Api, replies: HeldReplies, streams: ExitStack
) -> None:
    conversation_id = api.conversation(model="llama")
    first = open_stream(streams, api, conversation_id, "q0")
    open_stream(streams, api, conversation_id, "q1", key="key").disconnect()
    second = open_stream(streams, api, conversation_id, "q2")  # removes the abandoned turn
    retried = open_stream(streams, api, conversation_id, "q1", key="key")
    replies.release("q0", "q1", "q2")

    texts = [stream.read_all() for stream in (first, second, retried)]
    assert texts == [full("q0"), full("q2"), full("q1")]
    expected = ["q0", full("q0"), "q2", full("q2"), "q1", full("q1")]
    assert contents(api, conversation_id) == expected


def test_too_many_waiting_messages_are_rejected(
    held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    count = MAX_WAITING_TURNS
    with (
        ExitStack() as streams,
        api_with_upstream(held_upstream, keep_alive=0.5) as api,
        Api(api.server) as other,  # for more connections
        ThreadPoolExecutor(count) as pool,
    ):
        conversation_id = api.conversation(model="llama")
        first = open_stream(streams, api, conversation_id, "q0")
        opening = [
            pool.submit(open_stream, streams, other, conversation_id, f"w{number}", model="builtin")
            for number in range(count)
        ]
        waiting = [each.result() for each in opening]
        path = f"/conversations/{conversation_id}/messages"
        response = api.http.post(path, json={"content": "one too many"})
        elsewhere = api.send(api.conversation(), "elsewhere", model="builtin")
        replies.release("q0")
        for stream in (first, *waiting):
            stream.read_all()
        stored = contents(api, conversation_id)
        api.send(conversation_id, "room again", model="builtin")

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["error"] == "SERVICE_UNAVAILABLE"
    assert elsewhere["message"]["content"]
    assert sorted(stored[2::2]) == sorted(f"w{number}" for number in range(count))


def test_retry_of_a_failed_message_follows_the_messages_sent_in_between(
    api: Api, held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    conversation_id = api.conversation(model="llama")
    path = f"/conversations/{conversation_id}/messages"
    held_upstream.behaviour = respond_with(500, {})
    failed = post_with_key(api, path, {"content": "q0"}, "key")
    after_failure = contents(api, conversation_id)
    api.send(conversation_id, "q1", model="builtin")
    held_upstream.behaviour = replies
    replies.release("q0")
    retried = post_with_key(api, path, {"content": "q0"}, "key").json()["data"]
    repeated = post_with_key(api, path, {"content": "q0"}, "key").json()["data"]

    stored = api.messages(conversation_id)
    assert failed.status_code == 502
    assert after_failure == ["q0"]
    assert [each["content"] for each in stored[0::2]] == ["q1", "q0"]
    assert stored[2:] == [retried["userMessage"], retried["message"]]
    assert repeated == retried


def test_failed_message_with_a_branch_stays_in_its_place(
    api: Api, held_upstream: FakeUpstream, replies: HeldReplies
) -> None:
    conversation_id = api.conversation(model="llama")
    path = f"/conversations/{conversation_id}/messages"
    held_upstream.behaviour = respond_with(500, {})
    post_with_key(api, path, {"content": "q0"}, "key")
    message = api.messages(conversation_id)[0]
    branch = api.branch(conversation_id, "fork", message["id"])
    api.send(conversation_id, "q1", model="builtin")
    held_upstream.behaviour = replies
    replies.release("q0")
    retried = post_with_key(api, path, {"content": "q0"}, "key").json()["data"]

    assert retried["userMessage"] == message
    assert contents(api, conversation_id, branch["id"]) == ["q0"]
    assert len(api.messages(conversation_id)) == 4


def test_failing_model_lets_the_next_turn_begin(
    api: Api, held_upstream: FakeUpstream, replies: HeldReplies, streams: ExitStack
) -> None:
    released = threading.Event()

    def fail_first(handler: Handler) -> None:
        if handler.body["messages"][-1]["content"] == "q0":
            handler.start_response()
            handler.send_text("incomplete")
            assert released.wait(60)
        else:
            replies(handler)

    held_upstream.behaviour = fail_first
    conversation_id = api.conversation(model="llama")
    failing = open_stream(streams, api, conversation_id, "q0")
    next_turn = open_stream(streams, api, conversation_id, "q1")
    released.set()
    replies.release("q1")

    failing.read_all()
    assert failing.end["error"] == "UPSTREAM_ERROR"
    assert next_turn.read_all() == full("q1")
    assert contents(api, conversation_id) == ["q0", "q1", full("q1")]
