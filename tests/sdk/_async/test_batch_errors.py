"""`client.map`: errors of one item, of the whole batch, of the input and of the arguments."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from chatroutes import (
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
from tests.support.fault_responses import (
    close_connection,
    empty_response,
    event_stream,
    json_response,
)
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    COMPLETE_STREAM,
    CONVERSATION_RESPONSE,
    sse_event,
    text_event,
)

from .batches import collect, in_one_conversation, run
from .clients import make_client


async def test_reply_that_is_always_cut_off_is_an_error(fault_server: FaultServer) -> None:
    message = {"id": "", "conversationId": "c", "role": "assistant", "content": "Hel"}
    complete = sse_event(
        {"type": "complete", "message": {**message, "metadata": {"finishReason": "cancelled"}}}
    )
    fault_server.script(event_stream(complete), repeat_last=True)

    async with make_client(fault_server) as client:
        [result] = await run(client, ["a"], conversation_id=in_one_conversation)

    assert isinstance(result.error, StreamInterruptedError)
    assert (result.text, result.response) == ("Hel", None)


async def test_failure_of_one_item_is_a_result(fault_server: FaultServer) -> None:
    fault_server.script(
        event_stream(text_event("Hel"), end="close"),
        empty_response(500),
        json_response(409, {"success": False, "error": "CONFLICT", "message": "Merged."}),
        COMPLETE_STREAM,
    )
    progress: list[BatchProgress] = []

    async with make_client(fault_server, retry_attempts=0) as client:
        cut, failed, refused, invalid, complete = await run(
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


async def test_conversation_that_was_not_created_is_an_error(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(500), CONVERSATION_RESPONSE, COMPLETE_STREAM)

    async with make_client(fault_server, retry_attempts=0) as client:
        failed, complete = await run(client, ["a", "b"], max_concurrency=1)

    assert isinstance(failed.error, ServerError)
    assert failed.conversation_id is None
    assert (complete.text, complete.conversation_id) == ("Hello", "conv_1")


async def test_retries_have_the_same_key(fault_server: FaultServer) -> None:
    fault_server.script(
        empty_response(503), CONVERSATION_RESPONSE, close_connection(), COMPLETE_STREAM
    )

    async with make_client(fault_server) as client:
        [result] = await run(client, ["a"])

    assert result.text == "Hello"
    keys = [each.headers["idempotency-key"] for each in fault_server.requests]
    assert keys[0] == keys[1] != keys[2] == keys[3]


@pytest.mark.parametrize(
    "response",
    [
        json_response(401, {"success": False, "error": "UNAUTHORIZED", "message": "No."}),
        json_response(429, {"success": False, "error": "QUOTA_EXCEEDED", "message": "No."}),
        json_response(429, {"success": False}, {"Retry-After": "100000"}),
    ],
    ids=["key", "quota", "long wait"],
)
async def test_error_of_all_items_ends_the_batch(fault_server: FaultServer, response: Any) -> None:
    fault_server.script(COMPLETE_STREAM, response, repeat_last=True)
    numbers = itertools.count()
    results: list[BatchResult[int]] = []

    async with (
        make_client(fault_server) as client,
        client.map(
            numbers, message=str, conversation_id=in_one_conversation, max_concurrency=3
        ) as batch,
    ):
        with pytest.raises((AuthenticationError, RateLimitError)):
            await collect(batch, results)
        assert [result async for result in batch] == []

    assert [result.text for result in results] == ["Hello"]
    assert next(numbers) <= 8
    assert len(fault_server.requests) <= 4


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (close_connection(), NetworkError),
        (json_response(403, {"success": False, "error": "FORBIDDEN"}), PermissionDeniedError),
    ],
    ids=["no connection", "permission"],
)
async def test_service_that_refuses_ten_items_in_a_row_ends_the_batch(
    fault_server: FaultServer, response: Any, kind: type[Exception]
) -> None:
    fault_server.script(
        COMPLETE_STREAM, *[response] * 5, COMPLETE_STREAM, response, repeat_last=True
    )
    results: list[BatchResult[int]] = []

    async with (
        make_client(fault_server, retry_attempts=0) as client,
        client.map(
            itertools.count(),
            message=str,
            conversation_id=in_one_conversation,
            ordered=True,
            max_concurrency=2,
        ) as batch,
    ):
        with pytest.raises(kind):
            await collect(batch, results)

    assert len([result for result in results if result.error is None]) == 2
    assert len(results) >= 7  # the first five refusals are those of their items
    assert [result.index for result in results] == sorted(result.index for result in results)
    assert len(fault_server.requests) < 50


@pytest.mark.parametrize(("count", "ordered"), [(60, False), (20, True)])
async def test_error_of_the_input_is_raised_after_the_replies(
    fault_server: FaultServer, count: int, ordered: bool
) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)
    error = OSError("the file is gone")
    results: list[BatchResult[str]] = []

    def read() -> Iterator[str]:
        for number in range(1000):
            if number == count:
                raise error
            yield f"{number}"

    async with (
        make_client(fault_server) as client,
        client.map(read(), conversation_id=in_one_conversation, ordered=ordered) as batch,
    ):
        with pytest.raises(OSError, match="gone") as caught:
            await collect(batch, results)

    assert caught.value is error
    assert {result.error for result in results} == {None}
    assert sorted(result.index for result in results) == [*range(count)]
    assert len(fault_server.requests) == count


@pytest.mark.parametrize("name", ["message", "key", "conversation_id"])
async def test_error_of_a_function_is_raised(fault_server: FaultServer, name: str) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)
    functions: dict[str, Any] = {"conversation_id": in_one_conversation}
    functions[name] = lambda item: {"a": "a"}[item]
    results: list[BatchResult[str]] = []

    async with make_client(fault_server) as client, client.map(["a", "b"], **functions) as batch:
        with pytest.raises(KeyError):
            await collect(batch, results)

    assert [result.text for result in results] == ["Hello"]


async def test_error_of_the_callback_is_raised(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)

    def fail(progress: BatchProgress) -> None:
        raise ZeroDivisionError

    async with (
        make_client(fault_server) as client,
        client.map(
            itertools.count(), message=str, conversation_id=in_one_conversation, on_progress=fail
        ) as results,
    ):
        with pytest.raises(ZeroDivisionError):
            await anext(results)
        assert [each async for each in results] == []


async def test_error_in_the_block_ends_the_batch(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)

    async with make_client(fault_server) as client:
        results = client.map(itertools.count(), message=str, conversation_id=in_one_conversation)

        async def fail_in_the_block() -> None:
            async with results:
                await anext(results)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail_in_the_block()
        assert [each async for each in results] == []


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
        ({"skip": "key"}, "skip must be a set"),
        ({"skip": 3}, "skip must be a set"),
        ({"on_progress": 3}, "on_progress must be a function"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"max_concurrency": True}, "max_concurrency"),
        ({"deadline": -1}, "deadline"),
        ({"idempotency_key": ""}, "idempotency_key"),
    ],
)
async def test_invalid_arguments_send_nothing(
    fault_server: FaultServer, change: dict[str, Any], message: str
) -> None:
    arguments: dict[str, Any] = {"items": ["a"], **change}

    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match=message):
            client.map(arguments.pop("items"), **arguments)
        with pytest.raises(TypeError, match="no keyword argument 'timout'"):
            client.map(["a"], timout=3)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("items", "key", "message"),
    [
        ([3], None, "Item 0 is int, not a str or a dict"),
        ([None], None, "Item 0 is NoneType"),
        ([{"prompt": "a"}], None, "Item 0 is a dict without content"),
        (["a"], lambda _item: None, "key of item 0"),
        (["a"], lambda _item: "", "key of item 0"),
    ],
)
async def test_invalid_items_are_errors_of_the_input(
    fault_server: FaultServer, items: Any, key: Any, message: str
) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match=message):
            await run(client, items, key=key)

    assert fault_server.requests == []


async def test_message_that_cannot_be_sent_creates_no_conversation(
    fault_server: FaultServer,
) -> None:
    items: list[Any] = [
        "",
        {"content": None},
        {"content": "a", "branchId": {1}},
        "a" * 100 + "\ud800",
    ]

    async with make_client(fault_server) as client:
        results = await run(client, items)

    assert {type(result.error) for result in results} == {ValidationError}
    assert fault_server.requests == []
