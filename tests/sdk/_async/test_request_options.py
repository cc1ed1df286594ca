"""The options of one call: `timeout`, `deadline`, `headers`, `idempotency_key` and `retry_attempts`."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from chatroutes import (
    AsyncChatRoutes,
    ConflictError,
    RequestTimeoutError,
    ServerError,
    ValidationError,
)
from tests.support.fault_responses import (
    dripped_response,
    empty_response,
    json_response,
    stall,
)
from tests.support.fault_server import FaultServer
from tests.support.operations import OPERATION_NAMES, OPERATIONS, Operation
from tests.support.payloads import (
    COMPLETE_STREAM,
    CONVERSATION_RESPONSE,
    HELLO,
    MESSAGE,
    PAGE,
    TREE,
    envelope,
    success_response,
)

from .clients import SHORT_TIMEOUT, make_client

OPTIONS: dict[str, Any] = {
    "timeout": 20,
    "deadline": 20,
    "headers": {"X-Trace": "abc"},
    "idempotency_key": "import-1",
    "retry_attempts": 1,
}


class WithOptions:
    """A client that adds options to every call of a method of a resource."""

    def __init__(self, client: Any, options: dict[str, Any]) -> None:
        self._client = client
        self._options = options

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._client, name)
        return (
            partial(value, **self._options)
            if callable(value)
            else WithOptions(value, self._options)
        )


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
async def test_every_method_takes_the_options(
    fault_server: FaultServer, operation: Operation
) -> None:
    fault_server.script(empty_response(503), success_response(operation.data))

    async with make_client(fault_server, retry_attempts=0) as client:
        await operation.call(WithOptions(client, OPTIONS))

    assert len(fault_server.requests) == 2
    for request in fault_server.requests:
        assert request.headers["x-trace"] == "abc"
        key = None if operation.method == "GET" else "import-1"
        assert request.headers.get("idempotency-key") == key


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
async def test_every_method_has_a_deadline(fault_server: FaultServer, operation: Operation) -> None:
    fault_server.script(stall())

    async with make_client(fault_server) as client:
        with pytest.raises(RequestTimeoutError) as caught:
            await operation.call(WithOptions(client, {"deadline": 0.05}))

    assert caught.value.limit == "deadline"


async def test_stream_takes_the_options(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(503), COMPLETE_STREAM, empty_response(503), COMPLETE_STREAM)

    texts: list[Any] = []
    async with make_client(fault_server, retry_attempts=0) as client:
        stream = client.messages.stream("conv_1", HELLO, **OPTIONS, first_event_timeout=20)
        assert await stream.get_final_text() == "Hello"
        await client.messages.stream("conv_1", HELLO, texts.append, **OPTIONS)

    assert len(texts) == 3
    assert {each.headers["idempotency-key"] for each in fault_server.requests} == {"import-1"}
    assert {each.headers["x-trace"] for each in fault_server.requests} == {"abc"}


async def test_stream_is_limited_in_time(fault_server: FaultServer) -> None:
    fault_server.script(stall(), repeat_last=True)

    limits: list[Any] = [
        {"timeout": SHORT_TIMEOUT},
        {"deadline": SHORT_TIMEOUT},
        {"first_event_timeout": SHORT_TIMEOUT},
    ]
    async with make_client(fault_server) as client:
        for options in limits:
            stream = client.messages.stream("conv_1", HELLO, retry_attempts=0, **options)
            with pytest.raises(RequestTimeoutError) as caught:
                await stream.get_final_text()
            assert [caught.value.limit] == list(options)


async def test_iterators_send_every_page_with_the_options(fault_server: FaultServer) -> None:
    first = success_response({"messages": [MESSAGE], "nextCursor": "c1"})
    page = {**PAGE, "hasNext": True}
    pages = [first, success_response({"messages": [MESSAGE]})]
    fault_server.script(*pages, success_response(page), success_response(PAGE))
    options: Any = {"headers": {"X-Trace": "abc"}}

    async with make_client(fault_server) as client:
        assert len([each async for each in client.messages.iterate("conv_1", **options)]) == 2
        assert len([each async for each in client.conversations.iterate(**options)]) == 2

    assert [each.headers["x-trace"] for each in fault_server.requests] == ["abc"] * 4


async def test_request_takes_the_options(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(503), CONVERSATION_RESPONSE)

    async with make_client(fault_server, retry_attempts=0) as client:
        await client.request("POST", "/anything", json={}, **OPTIONS)

    assert {each.headers["idempotency-key"] for each in fault_server.requests} == {"import-1"}


async def test_both_requests_of_get_tree_have_one_deadline(fault_server: FaultServer) -> None:
    rejected = json_response(400, {"success": False, "error": "VALIDATION_ERROR"})
    late = [
        dripped_response(
            b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (status, len(body)),
            body,
            interval=SHORT_TIMEOUT / 3,
        )
        for status, body in (
            (b"400 Bad Request", b"{}"),
            (b"200 OK", json.dumps(envelope(TREE)).encode()),
        )
    ]
    fault_server.script(rejected, success_response(TREE), *late)

    async with make_client(fault_server) as client:
        assert await client.conversations.get_tree("conv_1", deadline=20) == TREE
        with pytest.raises(RequestTimeoutError) as caught:
            await client.conversations.get_tree("conv_1", deadline=SHORT_TIMEOUT)

    assert caught.value.limit == "deadline"


async def test_options_add_to_those_of_the_client(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)

    headers = {"X-Client": "1", "X-Both": "client"}
    async with make_client(fault_server, headers=headers) as client:
        await client.conversations.get("conv_1", headers={"X-Both": "call", "X-Call": "1"})
        await client.conversations.get("conv_1")

    first, second = fault_server.requests
    assert [first.headers[name] for name in ("x-client", "x-both", "x-call")] == ["1", "call", "1"]
    assert second.headers["x-both"] == "client"
    assert "x-call" not in second.headers


async def test_headers_replace_those_of_the_client_in_any_case(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)

    async with make_client(fault_server, headers={"X-Both": "client"}) as client:
        await client.conversations.get("conv_1", headers={"x-bOTH": "call"})
        view = client.with_options(headers={"x-both": "view", "X-Other": "view"})
        await view.conversations.get("conv_1", headers={"X-OTHER": "call"})

    first, second = fault_server.requests
    assert first.headers["x-both"] == "call"
    assert second.headers["x-both"] == "view"
    assert second.headers["x-other"] == "call"


async def test_idempotency_key_of_none_is_a_new_key_for_each_call(
    fault_server: FaultServer,
) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)

    async with make_client(fault_server) as client:
        for _ in range(2):
            await client.conversations.create({"title": "T"}, idempotency_key=None)

    assert len({each.headers["idempotency-key"] for each in fault_server.requests}) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 0}, "timeout must be"),
        ({"deadline": -1}, "deadline must be"),
        ({"headers": {"X": "a\r\n"}}, "cannot be sent"),
        ({"headers": "X: a"}, "headers must be a dict"),
        ({"idempotency_key": ""}, "idempotency_key must be a string"),
        ({"idempotency_key": 5}, "idempotency_key must be a string"),
        ({"idempotency_key": "a\nb"}, "line break"),
        ({"idempotency_key": "k" * 256}, "at most 255 characters, not 256"),
        ({"retry_attempts": -1}, "retry_attempts must be"),
    ],
)
async def test_invalid_options_are_rejected(
    fault_server: FaultServer, options: dict[str, Any], message: str
) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match=message):
            await client.conversations.get("conv_1", **options)
        with pytest.raises(ValidationError, match=message):
            client.messages.iterate("conv_1", **options)
        with pytest.raises(ValidationError, match=message):
            client.messages.stream("conv_1", HELLO, **options)

    assert fault_server.requests == []


@pytest.mark.parametrize("name", ["map", "search", "compare_stream", "regenerate_stream"])
async def test_methods_that_send_several_requests_reject_invalid_options(
    fault_server: FaultServer, name: str
) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        "map": (["Hello"],),
        "search": ("Hello",),
        "compare_stream": ("conv_1", HELLO, ["gpt-5"]),
        "regenerate_stream": ("conv_1", "msg_1"),
    }
    options: dict[str, Any] = {"idempotency_key": 5, "timeout": 0, "headers": []}
    async with make_client(fault_server) as client:
        for option, value in options.items():
            with pytest.raises(ValidationError, match=f"{option} must be"):
                getattr(client, name)(*arguments[name], **{option: value})

    assert fault_server.requests == []


async def test_unknown_options_are_rejected(fault_server: FaultServer) -> None:
    options: Any = {"retries": 3}
    async with make_client(fault_server) as client:
        with pytest.raises(TypeError, match=r"'retries'.* timeout, deadline, headers"):
            await client.conversations.get("conv_1", **options)
        with pytest.raises(TypeError, match="'retries'"):
            client.messages.stream("conv_1", HELLO, **options)
        options = {"first_event_timeout": 3}
        with pytest.raises(TypeError, match="'first_event_timeout'"):
            await client.conversations.get("conv_1", **options)

    assert fault_server.requests == []


async def test_a_batch_resumes_with_its_idempotency_keys(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"}, idempotency_key="batch")
    texts = ["one", "two", "three"]

    replies: list[Any] = []
    for run in (texts[:2], texts):  # the first run ends early
        replies = [
            await client.messages.send(
                conversation["id"], {"content": text}, idempotency_key=f"batch-{text}"
            )
            for text in run
        ]

    again = await client.conversations.create({"title": "T"}, idempotency_key="batch")
    assert again["id"] == conversation["id"]
    messages = await client.messages.list(conversation["id"])
    assert [each["content"] for each in messages if each["role"] == "user"] == texts
    assert [each["assistantMessage"]["id"] for each in replies] == [
        each["id"] for each in messages if each["role"] == "assistant"
    ]
    with pytest.raises(ConflictError, match="IDEMPOTENCY_KEY_REUSED"):
        await client.messages.send(
            conversation["id"], {"content": "other"}, idempotency_key="batch-one"
        )


async def test_options_do_not_change_the_client(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(503), repeat_last=True)

    async with make_client(fault_server, retry_attempts=2) as client:
        with pytest.raises(ServerError):
            await client.conversations.get("conv_1", retry_attempts=0)
        assert len(fault_server.requests) == 1
        with pytest.raises(ServerError):
            await client.conversations.get("conv_1")

    assert len(fault_server.requests) == 4
