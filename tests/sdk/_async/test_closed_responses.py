"""The responses of `with_streaming_response` after they were closed."""

from __future__ import annotations

import threading

import pytest

from chatroutes import ChatRoutesError
from tests.support.fault_responses import half_response
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import CONVERSATION, CONVERSATION_RESPONSE

from .clients import make_client


async def test_body_that_is_not_read_is_closed(fault_server: FaultServer) -> None:
    fault_server.script(half_response(threading.Event(), b"x" * 100), CONVERSATION_RESPONSE)

    async with make_client(fault_server) as client:
        async with client.conversations.with_streaming_response.get("conv_1") as response:
            pass
        assert response.http_response.is_closed
        await response.close()
        assert await client.conversations.get("conv_1") == CONVERSATION

    assert fault_server.connection_count == 2


@pytest.mark.parametrize("is_read", [False, True], ids=["unread", "partly read"])
async def test_reading_a_closed_response_is_explained(
    fault_server: FaultServer, is_read: bool
) -> None:
    gate = threading.Event()
    fault_server.script(half_response(gate, b"x" * 100))

    async with make_client(fault_server) as client:
        responses = client.conversations.with_streaming_response
        async with responses.get("conv_1") as response:
            pieces = response.iter_bytes() if is_read else None
            if pieces is not None:
                assert await anext(pieces)
        with pytest.raises(ChatRoutesError, match="closed before its body was read") as caught:
            await (response.read() if pieces is None else anext(pieces))

    assert "with_streaming_response" in (caught.value.hint or "")


async def test_body_that_was_read_to_its_end_stays_readable(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, CONVERSATION_RESPONSE)

    async with make_client(fault_server) as client:
        responses = client.conversations.with_streaming_response
        async with responses.get("conv_1") as response:
            body = await response.read()
        assert await response.read() == body
        assert [piece async for piece in response.iter_bytes()] == [body]

        async with responses.get("conv_1") as response:
            pieces = response.iter_bytes()
            assert b"".join([piece async for piece in pieces]) == body
        with pytest.raises(StopAsyncIteration):
            await anext(pieces)


async def test_response_whose_context_manager_was_dropped_is_closed(
    fault_server: FaultServer,
) -> None:
    gate = threading.Event()
    fault_server.script(half_response(gate, b"x" * 100), CONVERSATION_RESPONSE)

    async with make_client(fault_server) as client:
        manager = client.conversations.with_streaming_response.get("conv_1")
        response = await manager.__aenter__()
        del manager
        await wait_until_idle_async(fault_server)
        with pytest.raises(ChatRoutesError, match="closed before its body was read"):
            await response.read()
        assert await client.conversations.get("conv_1") == CONVERSATION
