"""Closing a client while its calls wait: each ends at once with the error of a closed client."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutesError, StreamInterruptedError
from tests.support.concurrent_close import close_client_during_call_async, record_retry
from tests.support.fault_responses import ScriptedResponse, empty_response, event_stream, stall
from tests.support.fault_server import FaultServer
from tests.support.payloads import BRANCH, HELLO, OPEN_STREAM, success_response, text_event

from .batches import in_one_conversation, run
from .clients import make_client

pytestmark = pytest.mark.transport(combined=True)

# The longest time that the SDK waits, and longer than a test.
UNAVAILABLE = empty_response(503, {"Retry-After": "60"})
RATE_LIMITED = empty_response(429, {"Retry-After": "60"})
INTERRUPTED_STREAM = event_stream(b"id: 1\n" + text_event("Hel"), end="close")
OPEN_BODY = event_stream(b"{", end="stall", content_type="application/json")


async def get(client: AsyncChatRoutes) -> object:
    return await client.conversations.get("conv_1")


async def get_raw(client: AsyncChatRoutes) -> object:
    return await client.conversations.with_raw_response.get("conv_1")


async def read_streaming_response(client: AsyncChatRoutes) -> object:
    async with client.conversations.with_streaming_response.get("conv_1") as response:
        return await response.read()


async def stream(client: AsyncChatRoutes) -> object:
    return await client.messages.stream("conv_1", HELLO).get_final_text()


async def run_batch(client: AsyncChatRoutes) -> object:
    return await run(
        client, ["a", "b", "c"], conversation_id=in_one_conversation, max_concurrency=2
    )


async def export(client: AsyncChatRoutes) -> object:
    return await client.conversations.export("conv_1")


def require_closed_error(error: ChatRoutesError | None, begun: bool = False) -> None:
    """Check the error of a call, or of a stream that may have begun."""
    message = "This client was closed. Create a new one."
    if begun and isinstance(error, StreamInterruptedError):
        assert error.message.endswith(message)
        return
    assert type(error) is ChatRoutesError
    assert error.message == message
    assert error.status_code is None


@pytest.mark.parametrize(
    ("call", "responses"),
    [
        (get, [UNAVAILABLE]),
        (get_raw, [UNAVAILABLE]),
        (stream, [UNAVAILABLE]),
        (stream, [INTERRUPTED_STREAM, UNAVAILABLE]),
        (run_batch, [UNAVAILABLE]),
        (run_batch, [RATE_LIMITED]),
        (export, [UNAVAILABLE]),
    ],
)
async def test_wait_before_a_retry_ends(
    fault_server: FaultServer, call: Any, responses: list[ScriptedResponse]
) -> None:
    fault_server.script(*responses, repeat_last=True)
    client = make_client(fault_server, retry_attempts=2, timeout=None)
    view = client.with_options(headers={"X-Team": "search"})

    with record_retry() as retry:

        def wait() -> None:
            fault_server.wait_for_requests(len(responses))
            assert retry.wait(60)

        _, error = await close_client_during_call_async(client, partial(call, view), wait)

    require_closed_error(error, begun=INTERRUPTED_STREAM in responses)
    assert len(fault_server.requests) <= 2


@pytest.mark.parametrize(
    ("call", "response"),
    [
        (get, stall()),
        (get, OPEN_BODY),
        (read_streaming_response, OPEN_BODY),
        (stream, stall()),
        (stream, OPEN_STREAM),
        (run_batch, OPEN_STREAM),
    ],
)
@pytest.mark.parametrize("retry_attempts", [0, 3])
async def test_request_on_the_wire_ends(
    fault_server: FaultServer, call: Any, response: ScriptedResponse, retry_attempts: int
) -> None:
    fault_server.script(response, repeat_last=True)
    client = make_client(fault_server, retry_attempts=retry_attempts, timeout=None)

    _, error = await close_client_during_call_async(
        client, partial(call, client), partial(fault_server.wait_for_requests, 1)
    )

    require_closed_error(error, begun=response is OPEN_STREAM)


@pytest.mark.parametrize(
    ("call", "response"),
    [(get, stall()), (get, OPEN_BODY), (stream, stall()), (stream, OPEN_STREAM)],
)
async def test_request_of_an_own_http_client_ends_and_the_others_continue(
    fault_server: FaultServer, call: Any, response: ScriptedResponse
) -> None:
    fault_server.script(response, empty_response(503), stall(), repeat_last=True)
    async with httpx.AsyncClient(trust_env=False) as http_client:
        client = make_client(fault_server, timeout=None, http_client=http_client)

        _, error = await close_client_during_call_async(
            client, partial(call, client), partial(fault_server.wait_for_requests, 1)
        )

        require_closed_error(error, begun=response is OPEN_STREAM)
        assert not http_client.is_closed
        assert (await http_client.get(fault_server.base_url)).status_code == 503


async def test_error_of_a_stream_has_the_text_so_far(fault_server: FaultServer) -> None:
    fault_server.script(INTERRUPTED_STREAM, UNAVAILABLE)
    client = make_client(fault_server)

    _, error = await close_client_during_call_async(
        client, partial(stream, client), partial(fault_server.wait_for_requests, 2)
    )

    assert error is not None
    assert error.partial_content == "Hel"


async def test_comparison_ends(fault_server: FaultServer) -> None:
    branch = success_response({"branch": BRANCH})
    fault_server.script(branch, branch, UNAVAILABLE, repeat_last=True)
    client = make_client(fault_server)

    results, _ = await close_client_during_call_async(
        client,
        lambda: client.compare("conv_1", HELLO, ["a", "b"]),
        partial(fault_server.wait_for_requests, 4),
    )

    assert isinstance(results, list)
    for result in results:
        require_closed_error(result.error)


async def test_read_of_an_open_stream_after_close_raises(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)
    client = make_client(fault_server, timeout=None)
    reply = client.messages.stream("conv_1", HELLO)
    await anext(reply)

    await client.close()

    with pytest.raises(StreamInterruptedError, match="This client was closed") as caught:
        await anext(reply)
    assert caught.value.partial_content == "Hel"
