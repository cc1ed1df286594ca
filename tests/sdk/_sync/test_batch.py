# Derived from tests/sdk/_async/test_batch.py by scripts/regen.py. Do not edit.

"""`client.map`: one reply for each of many items."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from chatroutes import (
    ChatRoutes,
    AuthenticationError,
    BatchProgress,
    BatchResult,
    ConflictError,
    NetworkError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    ValidationError,
)
from chatroutes_server import LocalServer, Reply
from tests.support.fault_responses import (
    close_connection,
    empty_response,
    event_stream,
    json_response,
)
from tests.support.fault_server import Connection, FaultServer
from tests.support.payloads import (
    COMPLETE_STREAM,
    CONVERSATION_RESPONSE,
    DONE_EVENT,
    sse_event,
    success_response,
    text_event,
)

from .clients import make_client


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def local_client(server: LocalServer) -> ChatRoutes:
    return ChatRoutes(server.api_key, server.base_url)


def run(client: ChatRoutes, items: Any, **arguments: Any) -> list[BatchResult[Any]]:
    with client.map(items, **arguments) as results:
        return [result for result in results]


def in_one_conversation(_item: object) -> str:
    return "conv_1"


def test_each_prompt_has_a_conversation_of_its_own(local_client: ChatRoutes) -> None:
    with local_client as client:
        results = run(client, [f"Number {each}" for each in range(20)], model="gpt-4")

        assert sorted(result.index for result in results) == [*range(20)]
        assert len({result.conversation_id for result in results}) == 20
        for result in results:
            assert result.error is None
            assert result.item == f"Number {result.index}"
            assert f'You wrote: "{result.item}"' in result.text
            assert result.response is not None
            assert result.usage == result.response.get("usage")
            assert result.usage is not None
            assert result.duration > 0
            assert result.conversation_id is not None
            conversation = client.conversations.get(result.conversation_id)
            assert (conversation["title"], conversation.get("model")) == (result.item, "gpt-4")
            assert len(conversation.get("messages", [])) == 2


def test_items_are_turned_into_messages(local_client: ChatRoutes) -> None:
    rows = [{"id": 7, "text": "good"}, {"id": 8, "text": "bad"}]

    with local_client as client:
        results = run(
            client,
            rows,
            message=lambda row: {"content": f"Rate: {row['text']}", "model": f"m{row['id']}"},
            key=lambda row: row["id"],
            model="gpt-4",
            conversation={"title": "Ratings", "systemPrompt": "One word."},
            ordered=True,
        )

        assert [result.item for result in results] == rows
        assert [result.key for result in results] == ["7", "8"]
        for result in results:
            assert result.response is not None
            assert result.response.get("model") == f"m{result.item['id']}"
            assert result.conversation_id is not None
            conversation = client.conversations.get(result.conversation_id)
            assert conversation["title"] == "Ratings"
            assert conversation.get("systemPrompt") == "One word."
            assert conversation.get("model") == "gpt-4"


def test_items_can_continue_conversations(local_client: ChatRoutes) -> None:
    with local_client as client:
        first = run(client, ["a", "b"], ordered=True)

        second = run(
            client,
            first,
            message=lambda result: f"After {result.item}",
            conversation_id=lambda result: result.conversation_id,
            ordered=True,
        )

        assert [each.conversation_id for each in second] == [each.conversation_id for each in first]
        assert all("sees 3 messages" in each.text for each in second)


def test_later_run_returns_the_stored_replies(local_client: ChatRoutes) -> None:
    prompts = ["a", "b", "a"]

    with local_client as client:
        first = run(client, prompts, idempotency_key="run-1", ordered=True)
        total = (client.conversations.list())["total"]
        again = run(client, [*prompts, "c"], idempotency_key="run-1", ordered=True)
        others = run(client, prompts, idempotency_key="run-2", ordered=True)
        new = run(client, prompts, ordered=True)

        assert [each.response for each in again[:3]] == [each.response for each in first]
        ids = [each.conversation_id for each in (*first, *again[3:], *others, *new)]
        assert len(set(ids)) == 3 + 1 + 3 + 3  # the same text twice is asked twice
        assert (client.conversations.list())["total"] == total + 1 + 3 + 3


def test_changed_message_is_asked(local_client: ChatRoutes) -> None:
    options: dict[str, Any] = {"idempotency_key": "run-3", "key": lambda _item: "the only one"}

    with local_client as client:
        [first] = run(client, ["a"], **options)
        [second] = run(client, ["b"], **options)
        [third] = run(client, ["b"], model="gpt-4", **options)

    assert len({each.conversation_id for each in (first, second, third)}) == 3


def test_skipped_items_are_not_sent(local_client: ChatRoutes) -> None:
    progress: list[BatchProgress] = []

    with local_client as client:
        results = run(client, ["a", "b", "a"], ordered=True)
        done = {result.key for result in results[:2]}
        [rest] = run(client, ["a", "b", "a"], skip=done, on_progress=progress.append)

    assert (rest.index, rest.key) == (2, results[2].key)
    assert progress == [BatchProgress(completed=1, failed=0, skipped=2, total=3)]


def test_reply_that_was_cut_off_is_asked_again(server: LocalServer) -> None:
    """A program that was killed leaves a stopped reply, which the service keeps for its key."""
    server.set_replies([Reply("Hel", finish_reason="cancelled"), "Hello to you"])
    try:
        with ChatRoutes(server.api_key, server.base_url) as client:
            [result] = run(client, ["Hello"], idempotency_key="cut")
            [again] = run(client, ["Hello"], idempotency_key="cut")

            assert result.text == "Hello to you"
            assert again.response == result.response
            assert result.conversation_id is not None
            messages = client.messages.list(result.conversation_id)
            assert [each["content"] for each in messages] == ["Hello", "Hello to you"]
    finally:
        server.set_replies(None)


def test_reply_that_is_always_cut_off_is_an_error(fault_server: FaultServer) -> None:
    message = {"id": "", "conversationId": "c", "role": "assistant", "content": "Hel"}
    complete = sse_event(
        {"type": "complete", "message": {**message, "metadata": {"finishReason": "cancelled"}}}
    )
    fault_server.script(event_stream(complete), repeat_last=True)

    with make_client(fault_server) as client:
        [result] = run(client, ["a"], conversation_id=in_one_conversation)

    assert isinstance(result.error, StreamInterruptedError)
    assert (result.text, result.response) == ("Hel", None)


def test_failure_of_one_item_is_a_result(fault_server: FaultServer) -> None:
    fault_server.script(
        event_stream(text_event("Hel"), end="close"),
        empty_response(500),
        json_response(409, {"success": False, "error": "CONFLICT", "message": "Merged."}),
        COMPLETE_STREAM,
    )
    progress: list[BatchProgress] = []

    with make_client(fault_server, retry_attempts=0) as client:
        cut, failed, refused, invalid, complete = run(
            client,
            ["a", "b", "c", {"content": {1, 2}}, "e"],
            conversation_id=in_one_conversation,
            max_concurrency=1,
            headers={"X-Trace": "abc"},
            on_progress=progress.append,
        )

    assert isinstance(cut.error, StreamInterruptedError)
    assert (cut.text, cut.response) == ("Hel", None)
    assert isinstance(failed.error, ServerError)
    assert isinstance(refused.error, ConflictError)
    assert isinstance(invalid.error, ValidationError)
    assert (complete.error, complete.text) == (None, "Hello")
    assert {each.headers["x-trace"] for each in fault_server.requests} == {"abc"}
    assert [(each.completed, each.failed) for each in progress] == [
        *[(0, number) for number in (1, 2, 3, 4)],
        (1, 4),
    ]


def test_conversation_that_was_not_created_is_an_error(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(500), CONVERSATION_RESPONSE, COMPLETE_STREAM)

    with make_client(fault_server, retry_attempts=0) as client:
        failed, complete = run(client, ["a", "b"], max_concurrency=1)

    assert isinstance(failed.error, ServerError)
    assert failed.conversation_id is None
    assert (complete.text, complete.conversation_id) == ("Hello", "conv_1")


def test_retries_have_the_same_key(fault_server: FaultServer) -> None:
    fault_server.script(
        empty_response(503), CONVERSATION_RESPONSE, close_connection(), COMPLETE_STREAM
    )

    with make_client(fault_server) as client:
        [result] = run(client, ["a"])

    assert result.text == "Hello"
    keys = [each.headers["idempotency-key"] for each in fault_server.requests]
    assert keys[0] == keys[1] != keys[2] == keys[3]


@pytest.mark.parametrize(
    "response",
    [
        json_response(401, {"success": False, "error": "UNAUTHORIZED", "message": "No."}),
        json_response(403, {"success": False, "error": "FORBIDDEN", "message": "No."}),
        json_response(429, {"success": False, "error": "QUOTA_EXCEEDED", "message": "No."}),
        json_response(429, {"success": False}, {"Retry-After": "100000"}),
    ],
    ids=["key", "permission", "quota", "long wait"],
)
def test_error_of_all_items_ends_the_batch(fault_server: FaultServer, response: Any) -> None:
    fault_server.script(COMPLETE_STREAM, response, repeat_last=True)
    numbers = itertools.count()
    results: list[BatchResult[int]] = []

    with (
        make_client(fault_server) as client,
        client.map(
            numbers, message=str, conversation_id=in_one_conversation, max_concurrency=3
        ) as batch,
    ):
        with pytest.raises((AuthenticationError, PermissionDeniedError, RateLimitError)):
            for result in batch:
                results.append(result)
        assert [result for result in batch] == []

    assert [result.text for result in results] == ["Hello"]
    assert next(numbers) <= 8
    assert len(fault_server.requests) <= 4


def test_service_that_cannot_be_reached_ends_the_batch(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, close_connection(), repeat_last=True)
    results: list[BatchResult[int]] = []

    with (
        make_client(fault_server, retry_attempts=1) as client,
        client.map(
            itertools.count(), message=str, conversation_id=in_one_conversation, ordered=True
        ) as batch,
    ):
        with pytest.raises(NetworkError):
            for result in batch:
                results.append(result)

    assert [result.index for result in results] == sorted(result.index for result in results)
    assert len(fault_server.requests) < 50


def test_429_holds_all_workers(fault_server: FaultServer) -> None:
    limited = empty_response(429, {"Retry-After": "0.05"})
    lock = threading.Lock()
    active: list[int] = [0]
    counts: list[int] = []

    def reject(connection: Connection) -> bool:
        with lock:
            active[0] += 1
            counts.append(active[0])
        connection.pause(0.05)
        with lock:
            active[0] -= 1
        return limited(connection)

    fault_server.script(*[reject] * 10, COMPLETE_STREAM, repeat_last=True)

    with make_client(fault_server, retry_attempts=0) as client:
        results = run(
            client,
            [f"{number}" for number in range(20)],
            conversation_id=in_one_conversation,
            max_concurrency=5,
        )

    # A 429 is no failure, and after the first requests only one is sent until there is a response.
    assert [result.error for result in results] == [None] * 20
    assert counts[5:] == [1] * 5


def test_rate_limit_causes_no_storm(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "chatroutes")
    with LocalServer(rate_limit="20/second") as server:
        with ChatRoutes(server.api_key, server.base_url) as client:
            results = run(client, [f"{number}" for number in range(24)], max_concurrency=6)

    assert [result.error for result in results] == [None] * 24
    statuses = [record.args[2] for record in caplog.records if isinstance(record.args, tuple)]
    assert statuses.count(429) <= 6


def test_deadline_limits_the_wait_for_the_rate_limit(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(429, {"Retry-After": "3000"}), repeat_last=True)

    with make_client(fault_server) as client:
        [result] = run(client, ["a"], conversation_id=in_one_conversation, deadline=20)

    assert isinstance(result.error, RateLimitError)
    assert "deadline" in str(result.error)
    assert len(fault_server.requests) == 1


def test_input_is_not_read_ahead(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)
    numbers = itertools.count()

    with (
        make_client(fault_server) as client,
        client.map(
            numbers, message=str, conversation_id=in_one_conversation, max_concurrency=3
        ) as results,
    ):
        assert next(numbers) == 0
        for returned in range(1, 20):
            next(results)
            position = next(numbers)
            assert position - 2 * returned <= 2 * 3


def test_max_concurrency_limits_the_requests(fault_server: FaultServer) -> None:
    pair = threading.Barrier(2, timeout=30)
    lock = threading.Lock()
    active: list[int] = [0]
    counts: list[int] = []

    def reply_in_pairs(connection: Connection) -> bool:
        with lock:
            active[0] += 1
            counts.append(active[0])
        pair.wait()
        with lock:
            active[0] -= 1
        return COMPLETE_STREAM(connection)

    fault_server.script(reply_in_pairs, repeat_last=True)

    with make_client(fault_server) as client:
        results = run(client, [*"abcdef"], conversation_id=in_one_conversation, max_concurrency=2)

    assert [each.text for each in results] == ["Hello"] * 6
    assert max(counts) == 2


def test_results_have_the_order_of_completion(fault_server: FaultServer) -> None:
    gate = threading.Event()
    slow = event_stream(text_event("slow"), gate, DONE_EVENT)
    options: dict[str, Any] = {"conversation_id": in_one_conversation, "max_concurrency": 2}

    with make_client(fault_server) as client:
        fault_server.script(slow, COMPLETE_STREAM, repeat_last=True)
        with client.map(["a", "b", "c"], **options) as results:
            texts = [(next(results)).text, (next(results)).text]
            gate.set()
            texts.append((next(results)).text)

    assert texts == ["Hello", "Hello", "slow"]


@pytest.mark.parametrize(("count", "ordered"), [(500, False), (20, True)])
def test_error_of_the_input_is_raised_after_the_replies(
    fault_server: FaultServer, count: int, ordered: bool
) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)
    error = OSError("the file is gone")
    indexes: list[int] = []

    def read() -> Iterator[str]:
        for number in range(1000):
            if number == count:
                raise error
            yield f"{number}"

    with (
        make_client(fault_server) as client,
        client.map(read(), conversation_id=in_one_conversation, ordered=ordered) as results,
    ):
        with pytest.raises(OSError, match="gone") as caught:
            for result in results:
                assert result.error is None
                indexes.append(result.index)

    assert caught.value is error
    assert sorted(indexes) == [*range(count)]
    assert len(fault_server.requests) == count


@pytest.mark.parametrize("name", ["message", "key", "conversation_id"])
def test_error_of_a_function_is_raised(fault_server: FaultServer, name: str) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)
    functions: dict[str, Any] = {"conversation_id": in_one_conversation}
    functions[name] = lambda item: {"a": "a"}[item]
    texts: list[str] = []

    with make_client(fault_server) as client:
        with client.map(["a", "b"], **functions) as results:
            with pytest.raises(KeyError):
                for result in results:
                    texts.append(result.text)

    assert texts == ["Hello"]


def test_error_of_the_callback_is_raised(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)

    def fail(progress: BatchProgress) -> None:
        raise ZeroDivisionError

    with (
        make_client(fault_server) as client,
        client.map(
            itertools.count(), message=str, conversation_id=in_one_conversation, on_progress=fail
        ) as results,
    ):
        with pytest.raises(ZeroDivisionError):
            next(results)
        assert [each for each in results] == []


def test_error_in_the_block_ends_the_batch(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)

    with make_client(fault_server) as client:
        with pytest.raises(ZeroDivisionError):
            with client.map(
                itertools.count(), message=str, conversation_id=in_one_conversation
            ) as results:
                next(results)
                raise ZeroDivisionError
        assert [each for each in results] == []


def test_iteration_ends_after_close(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)

    with make_client(fault_server) as client:
        with client.map(
            itertools.count(), message=str, conversation_id=in_one_conversation
        ) as results:
            next(results)
            results.close()
            results.close()
            count = len(fault_server.requests)
            assert [each for each in results] == []

        assert len(fault_server.requests) == count


def test_empty_input_has_no_results(fault_server: FaultServer) -> None:
    with make_client(fault_server) as client:
        assert run(client, []) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"items": "Hello"}, "items must be an iterable"),
        ({"items": {"content": "Hello"}}, "items must be an iterable"),
        ({"items": None}, "items must be an iterable"),
        ({"message": "content"}, "message must be a function"),
        ({"key": 3}, "key must be a function"),
        ({"conversation_id": "conv_1"}, "conversation_id must be a function"),
        ({"conversation": "Title"}, "conversation must be a dict"),
        ({"conversation": {"title": "T"}, "conversation_id": str}, "existing"),
        ({"skip": "key"}, "skip must be a set"),
        ({"skip": 3}, "skip must be a set"),
        ({"on_progress": 3}, "on_progress must be a function"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"max_concurrency": True}, "max_concurrency"),
        ({"deadline": -1}, "deadline"),
        ({"idempotency_key": ""}, "idempotency_key"),
    ],
)
def test_invalid_arguments_send_nothing(
    fault_server: FaultServer, change: dict[str, Any], message: str
) -> None:
    arguments: dict[str, Any] = {"items": ["a"], **change}

    with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match=message):
            client.map(arguments.pop("items"), **arguments)
        with pytest.raises(TypeError, match="no keyword argument 'timout'"):
            client.map(["a"], timout=3)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("items", "key", "message"),
    [
        ([3], None, "Item 0 is int, not a str or a dict"),
        ([None], None, "Item 0 is NoneType"),
        (["a"], lambda _item: None, "key of item 0"),
        (["a"], lambda _item: "", "key of item 0"),
    ],
)
def test_invalid_items_are_errors_of_the_input(
    fault_server: FaultServer, items: Any, key: Any, message: str
) -> None:
    with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match=message):
            run(client, items, key=key)


def test_compact_dialect_has_results(fault_server: FaultServer) -> None:
    complete = sse_event(
        {
            "type": "complete",
            "message": {"id": "m", "conversationId": "c", "role": "assistant", "content": "Hi"},
            "model": "gpt-5",
        }
    )
    fault_server.script(success_response({"id": "conv_2", "title": "a"}), event_stream(complete))

    with make_client(fault_server) as client:
        [result] = run(client, ["a"])

    assert (result.text, result.conversation_id) == ("Hi", "conv_2")
