"""Error events and invalid events of a stream: the error that is raised, its message and its partial content."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes import (
    AuthenticationError,
    ChatRoutesError,
    NotFoundError,
    RateLimitError,
    ResponseError,
    ServerError,
)
from tests.support.fault_responses import event_stream
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    API_KEY,
    DOCUMENTED_EVENTS,
    DONE_EVENT,
    HELLO,
    choice,
    sse_event,
    text_event,
)

from .clients import make_client

INVALID_EVENTS: list[Any] = [
    pytest.param(b"data: {\n\n", ResponseError, None, id="invalid JSON"),
    pytest.param(b"data: hello\n\n", ResponseError, None, id="plain text data"),
    pytest.param(b"data: 5\n\n", ResponseError, None, id="number"),
    pytest.param(b"data: [1]\n\n", ResponseError, None, id="list"),
    pytest.param(b"data: null\n\n", ResponseError, None, id="null"),
    pytest.param(
        b'event: error\ndata: {"error": "RATE_LIMITED", "message": "Slow.", "retryAfter": 3}\n\n',
        RateLimitError,
        "Slow.",
        id="error event",
    ),
    pytest.param(
        b"event: error\ndata: {}\n\n",
        ServerError,
        "The service gave no reason.",
        id="error event with an empty object",
    ),
    pytest.param(
        sse_event({"type": "error", "error": "NOT_FOUND", "message": "Gone."}),
        NotFoundError,
        "Gone.",
        id="chunk of type error",
    ),
    pytest.param(
        sse_event({"error": {"code": "UNAUTHORIZED", "message": f"Bad {API_KEY}."}}),
        AuthenticationError,
        "Bad ***.",
        id="error object",
    ),
    pytest.param(
        sse_event({"error": {"message": "Overloaded."}, "choices": []}),
        ServerError,
        "Overloaded.",
        id="error object beside choices",
    ),
    pytest.param(sse_event({"error": "ODD"}), ServerError, "ODD", id="unknown error code"),
    pytest.param(
        sse_event({"success": False, "error": "INTERNAL_ERROR", "message": "Oh."}),
        ServerError,
        "Oh.",
        id="success is false",
    ),
]


@pytest.mark.parametrize("partial_content", ["", "Hel"])
@pytest.mark.parametrize(("event", "error_class", "message"), INVALID_EVENTS)
async def test_invalid_and_error_events_raise_without_a_retry(
    fault_server: FaultServer,
    event: bytes,
    error_class: type[ChatRoutesError],
    message: str | None,
    partial_content: str,
) -> None:
    before = (text_event(partial_content),) if partial_content else ()
    fault_server.script(event_stream(*before, event, *DOCUMENTED_EVENTS))

    async with make_client(fault_server) as client:
        with pytest.raises(ChatRoutesError) as caught:
            await client.messages.stream("conv_1", HELLO).get_final_text()

    error = caught.value
    assert type(error) is error_class
    assert error.partial_content == partial_content
    assert message in (None, error.message)
    assert error.retry_after == (3 if error_class is RateLimitError else None)
    assert len(fault_server.requests) == 1


def error_event(data: str) -> bytes:
    return f"event: error\ndata: {data}\n\n".encode()


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (error_event('{"detail": "queue full"}'), "queue full"),
        (error_event('{"error": {"detail": "queue full"}}'), "queue full"),
        (
            error_event('{"error": {"info": {"text": "queue full"}}}'),
            '{"error":{"info":{"text":"queue full"}}}',
        ),
        (error_event('"queue \\ud83d full"'), "queue \ufffd full"),
        (error_event('["queue full"]'), "queue full"),
        (error_event('[{"msg": "queue full"}, {"msg": "again"}]'), "queue full; again"),
        (error_event('{"errors": [{"message": "queue full"}]}'), "queue full"),
        (error_event('{"fault": {"faultstring": "queue full"}}'), "queue full"),
        (error_event('{"error": "X", "error_description": "queue full"}'), "queue full"),
        (error_event('{"details": "queue full"}'), "queue full"),
        (error_event('{"state": {"queue": "full"}}'), '{"state":{"queue":"full"}}'),
        (error_event('"queue full"'), "queue full"),
        (error_event("queue full"), "queue full"),
        (error_event("{queue full"), "{queue full"),
        (error_event("503"), "503"),
        (error_event("true"), "true"),
        (error_event("null"), "The service gave no reason."),
        (error_event(""), "The service gave no reason."),
        (error_event("[]"), "The service gave no reason."),
        (error_event("[DONE]"), "[DONE]"),
        (b"event: ERROR\ndata: queue full\n\n", "queue full"),
        (sse_event({"error": ["queue full"]}), "queue full"),
        (sse_event({"error": {"error": {"message": "queue full"}}}), "queue full"),
        (sse_event({"error": 503}), '{"error":503}'),
        (sse_event({"error": True, "detail": "queue full"}), "queue full"),
        (sse_event({"type": "error", "detail": "queue full"}), "queue full"),
        (sse_event({"success": False, "detail": ["queue", "full"]}), "queue; full"),
    ],
)
async def test_error_events_keep_their_message(
    fault_server: FaultServer, event: bytes, message: str
) -> None:
    fault_server.script(event_stream(text_event("Hel"), event, DONE_EVENT))

    async with make_client(fault_server) as client:
        with pytest.raises(ServerError) as caught:
            await client.messages.stream("conv_1", HELLO).get_final_text()

    assert caught.value.message == message
    assert caught.value.partial_content == "Hel"


async def test_error_event_has_its_payload_in_details(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(error_event('{"detail": "queue full", "position": 9}')))

    async with make_client(fault_server) as client:
        with pytest.raises(ServerError) as caught:
            await client.messages.stream("conv_1", HELLO).get_final_text()

    assert caught.value.details == {"detail": "queue full", "position": 9}


@pytest.mark.parametrize(
    "error", ["", " ", {}, [], False, None, 0, {"code": "", "message": None}, [{}], {"a": {"b": 0}}]
)
async def test_empty_error_with_content_is_ignored(fault_server: FaultServer, error: Any) -> None:
    events = [
        sse_event({"choices": [choice("Hel")], "error": error}),
        sse_event({"type": "content", "content": "lo", "error": error, "success": True}),
    ]
    fault_server.script(event_stream(*events, DONE_EVENT))

    async with make_client(fault_server) as client:
        assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


async def test_deeply_nested_error_event_raises_server_error(fault_server: FaultServer) -> None:
    # Whether the text or nothing of it is quoted depends on the recursion limit of the interpreter.
    event = error_event("[" * 5000 + "]" * 5000)
    fault_server.script(event_stream(text_event("Hel"), event, DONE_EVENT))

    async with make_client(fault_server) as client:
        with pytest.raises(ServerError):
            await client.messages.stream("conv_1", HELLO).get_final_text()
