"""Stopping a reply: the partial response, in every state of the stream."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from chatroutes import AsyncChatRoutes, DoneEvent, SendMessageResponse, StreamInterruptedError
from chatroutes_server import LocalServer, Reply
from tests.support.concurrent_close import stop_during_read_async
from tests.support.fault_responses import event_stream, stall
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import (
    COMPLETE_STREAM,
    DOCUMENTED_EVENTS,
    HELLO,
    MESSAGE,
    OPEN_STREAM,
    sse_event,
    text_event,
)

from .clients import make_client


def finish_reason(response: SendMessageResponse) -> object:
    """Return the finish reason in the metadata of a reply."""
    metadata = response["assistantMessage"].get("metadata")
    return None if metadata is None else metadata.get("finishReason")


async def test_stop_returns_the_partial_response(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        texts: list[str] = []
        async for text in stream.text_stream:
            texts.append(text)
            response = await stream.stop()
        await wait_until_idle_async(fault_server)
        final = await stream.get_final_response()

    assert (texts, response["assistantMessage"]["content"]) == (["Hel"], "Hel")
    assert finish_reason(response) == "cancelled"
    assert response["userMessage"]["content"] == "Hello"
    assert (stream.status, stream.finish_reason) == ("stopped", "cancelled")
    assert final == response == await stream.stop()


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(OPEN_STREAM, id="open"),
        pytest.param(stall(), id="before the response"),
        pytest.param(event_stream(b": hello\n\n", threading.Event()), id="before the first event"),
    ],
)
async def test_stop_ends_a_read_that_waits(fault_server: FaultServer, response: Any) -> None:
    fault_server.script(response)

    async with make_client(fault_server, timeout=None) as client:
        stream = client.messages.stream("conv_1", HELLO)

        async def read() -> str:
            return await stream.get_final_text()

        text, stopped = await stop_during_read_async(fault_server, stream, read)
        await wait_until_idle_async(fault_server)

    assert text == stopped["assistantMessage"]["content"] == stream.text
    assert stream.status == "stopped"
    assert len(fault_server.requests) == 1


async def test_stop_ends_the_events(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        events = stream.events()
        await anext(events)
        response = await stream.stop()
        assert [event async for event in events] == [DoneEvent(response, "cancelled")]


async def test_stop_after_the_end_returns_the_whole_response(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, event_stream(*DOCUMENTED_EVENTS[:3], end="stall"))

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        response = await stream.get_final_response()
        assert await stream.stop() == response
        assert (stream.status, stream.finish_reason) == ("finished", "stop")
        waiting = client.messages.stream("conv_1", HELLO)
        for _ in range(3):  # the service sends no [DONE]
            await anext(waiting)
        assert await waiting.stop() == response
        assert (waiting.status, waiting.finish_reason) == ("finished", "stop")


async def test_stop_of_a_stream_that_was_not_sent_sends_nothing(fault_server: FaultServer) -> None:
    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        response = await stream.stop()
        assert response["assistantMessage"]["content"] == ""
        assert [chunk async for chunk in stream] == []

    assert fault_server.requests == []


async def test_stop_after_a_failure_returns_the_text_so_far(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(text_event("Hel")))

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with pytest.raises(StreamInterruptedError):
            await stream.get_final_text()
        response = await stream.stop()
        with pytest.raises(StreamInterruptedError):
            await anext(stream)

    assert response["assistantMessage"]["content"] == "Hel"
    assert (stream.status, stream.finish_reason) == ("failed", None)


async def test_stop_after_close_returns_the_text_so_far(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        await anext(stream)
        await stream.close()
        response = await stream.stop()

    assert finish_reason(response) == "cancelled"


async def test_stop_marks_a_message_that_arrived_with_the_first_event(
    fault_server: FaultServer,
) -> None:
    message = {**MESSAGE, "content": "", "metadata": {"finishReason": None, "model": "m"}}
    fault_server.script(
        event_stream(
            sse_event({"type": "content", "content": "Hel", "message": message}),
            end="stall",
        )
    )

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        await anext(stream)
        response = await stream.stop()

    assert response["assistantMessage"]["content"] == "Hel"
    assert response["assistantMessage"]["id"] == MESSAGE["id"]
    assert response["assistantMessage"].get("metadata") == {
        "finishReason": "cancelled",
        "model": "m",
    }


async def test_the_local_server_marks_a_stopped_reply_as_cancelled() -> None:
    replies = [Reply("Once upon a time", word_delay=3600), "Fine."]
    with LocalServer(replies=replies) as server:
        async with AsyncChatRoutes(server.api_key, server.base_url) as client:
            conversation = await client.conversations.create({"title": "T"})
            stream = client.messages.stream(conversation["id"], HELLO)
            await anext(stream)
            response = await stream.stop()
            await client.messages.send(conversation["id"], HELLO)
            stored = (await client.messages.list(conversation["id"]))[1]

    assert response["assistantMessage"]["id"] == stream.response_id == stored["id"]
    assert stored["content"].startswith(stream.text)
    assert (stored.get("metadata") or {}).get("finishReason") == "cancelled"
