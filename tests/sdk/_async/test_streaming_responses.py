"""`with_streaming_response`: the headers before the body, and the body piece by piece."""

from __future__ import annotations

import gc
import gzip
import threading
import weakref
from typing import Any

import httpx
import pytest

import chatroutes
from chatroutes import (
    AsyncChatRoutes,
    AsyncStreamingResponse,
    ChatRoutesError,
    NetworkError,
    NotFoundError,
    RequestTimeoutError,
    ResponseError,
    StreamInterruptedError,
)
from tests.support.fault_responses import (
    ScriptedResponse,
    dripped_response,
    empty_response,
    event_stream,
    half_response,
    json_response,
    raw_response,
    text_response,
    truncated_body,
)
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle_async
from tests.support.operations import OPERATION_NAMES, OPERATIONS, Operation
from tests.support.payloads import (
    API_KEY,
    COMPLETE_STREAM,
    CONVERSATION_ENVELOPE,
    CONVERSATION_RESPONSE,
    DOCUMENTED_EVENTS,
    HELLO,
    NOT_FOUND_RESPONSE,
    OPEN_STREAM,
    TEXT_EVENT,
    envelope,
)

from .clients import LONGER_TIMEOUT, make_client


class StreamingClient:
    """A client whose resources are those of `with_streaming_response`."""

    def __init__(self, client: AsyncChatRoutes) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name).with_streaming_response


def compressed_response(body: bytes) -> ScriptedResponse:
    data = gzip.compress(body)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(data)}\r\n\r\n"
    return raw_response(head.encode() + data)


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
async def test_every_method_opens_its_response(
    fault_server: FaultServer, operation: Operation
) -> None:
    response = json_response(200, envelope(operation.data), {"X-Request-Id": "req_1"})
    fault_server.script(response, response)

    async with make_client(fault_server) as client:
        result = await operation.call(client)
        async with operation.call(StreamingClient(client)) as opened:
            assert (opened.status_code, opened.request_id) == (200, "req_1")
            assert await opened.parse() == result
            assert await opened.parse() is await opened.parse()
            assert await opened.json() == envelope(operation.data)

    assert fault_server.connection_count == 1


async def test_headers_arrive_before_the_body(fault_server: FaultServer) -> None:
    gate = threading.Event()
    body = b'{"success": true, "data": {"messages": []}}'
    fault_server.script(half_response(gate, body))

    async with (
        make_client(fault_server) as client,
        client.messages.with_streaming_response.list("conv_1") as response,
    ):
        assert response.request_id == "req_1"
        gate.set()
        assert await response.read() == await response.read() == body
        assert await response.text() == body.decode()


async def test_body_is_iterated_in_pieces(fault_server: FaultServer) -> None:
    body = "α\r\nb\rc\n\nlast β\u2028".encode() * 3
    fault_server.script(*[compressed_response(body)] * 3)

    async with make_client(fault_server) as client:
        messages = client.messages.with_streaming_response
        async with messages.list("conv_1") as response:
            assert b"".join([each async for each in response.iter_bytes()]) == body
        async with messages.list("conv_1") as response:
            assert "".join([each async for each in response.iter_text()]) == body.decode()
        async with messages.list("conv_1") as response:
            lines = [each async for each in response.iter_lines()]

    last = "last β\u2028"
    assert lines == ["α", "b", "c", "", f"{last}α", "b", "c", "", f"{last}α", "b", "c", "", last]


@pytest.mark.parametrize("cut", range(1, 9))
async def test_lines_are_whole_wherever_the_body_is_divided(
    fault_server: FaultServer, cut: int
) -> None:
    body = "é\r\n\nß\n".encode()
    parts = (body[:cut], body[cut:])
    fault_server.script(event_stream(*(each for each in parts if each)))

    async with (
        make_client(fault_server) as client,
        client.messages.with_streaming_response.stream("conv_1", HELLO) as response,
    ):
        assert [each async for each in response.iter_lines()] == ["é", "", "ß"]


async def test_body_is_read_once(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, CONVERSATION_RESPONSE)

    async with make_client(fault_server) as client:
        conversations = client.conversations.with_streaming_response
        async with conversations.get("conv_1") as response:
            async for _ in response.iter_bytes():
                break
            with pytest.raises(ChatRoutesError, match="can be read once only"):
                response.iter_lines()
            with pytest.raises(ChatRoutesError, match="can be read once only"):
                await response.read()
        async with conversations.get("conv_1") as response:
            content = await response.read()
            assert b"".join([each async for each in response.iter_bytes()]) == content


async def test_error_status_raises_when_the_block_is_entered(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(503), NOT_FOUND_RESPONSE, NOT_FOUND_RESPONSE)

    async with make_client(fault_server) as client:
        with pytest.raises(NotFoundError):
            async with client.conversations.with_streaming_response.get("conv_1"):
                pass
        with pytest.raises(NotFoundError):
            async with client.messages.with_streaming_response.stream("conv_1", HELLO):
                pass


async def test_response_counts_the_retries(fault_server: FaultServer) -> None:
    fault_server.script(
        empty_response(503), CONVERSATION_RESPONSE, empty_response(503), COMPLETE_STREAM
    )

    async with make_client(fault_server) as client:
        async with client.conversations.with_streaming_response.get("conv_1") as response:
            assert response.retries_taken == 1
        async with client.messages.with_streaming_response.stream("conv_1", HELLO) as response:
            assert response.retries_taken == 1


@pytest.mark.parametrize("read", ["read", "iter_bytes", "iter_lines"])
@pytest.mark.parametrize(
    ("response", "error_class"),
    [
        (truncated_body(b"{"), NetworkError),
        (raw_response(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip"), ResponseError),
        (half_response(threading.Event(), b"xx"), RequestTimeoutError),
    ],
    ids=["truncated", "not gzip", "stalled"],
)
async def test_failures_while_the_body_is_read_are_errors_of_the_sdk(
    fault_server: FaultServer,
    response: ScriptedResponse,
    error_class: type[ChatRoutesError],
    read: str,
) -> None:
    fault_server.script(response)
    timeout = LONGER_TIMEOUT if error_class is RequestTimeoutError else 20

    async def read_body(opened: AsyncStreamingResponse[Any]) -> None:
        if read == "read":
            await opened.read()
        else:
            async for _ in getattr(opened, read)():
                pass

    async with (
        make_client(fault_server, timeout=timeout) as client,
        client.conversations.with_streaming_response.get("conv_1") as opened,
    ):
        with pytest.raises(error_class) as caught:
            await read_body(opened)

    assert type(caught.value) is error_class
    assert caught.value.headers == opened.headers


async def test_body_is_limited(fault_server: FaultServer) -> None:
    fault_server.script(*[text_response(200, "x" * 2000)] * 2)

    async with make_client(fault_server, max_response_size=1000) as client:
        conversations = client.conversations.with_streaming_response
        async with conversations.get("conv_1") as response:
            with pytest.raises(ResponseError, match="more than 1000 bytes"):
                await response.read()
        async with conversations.get("conv_1") as response:
            with pytest.raises(ResponseError, match="more than 1000"):
                async for _ in response.iter_lines():
                    pass


async def test_deadline_includes_the_body(fault_server: FaultServer) -> None:
    fault_server.script(half_response(threading.Event(), b"xx"))

    async with make_client(fault_server) as client:
        conversations = client.conversations.with_streaming_response
        async with conversations.get("conv_1", deadline=LONGER_TIMEOUT) as response:
            with pytest.raises(RequestTimeoutError) as caught:
                await response.parse()

    assert caught.value.limit == "deadline"


async def test_deadline_includes_the_pieces_of_the_body(fault_server: FaultServer) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
    fault_server.script(dripped_response(head, *[b" "] * 50, interval=LONGER_TIMEOUT / 10))

    # httpx limits each wait for bytes only.
    async with (
        httpx.AsyncClient(trust_env=False, verify=False) as own,
        make_client(fault_server, http_client=own, deadline=LONGER_TIMEOUT) as client,
        client.conversations.with_streaming_response.get("conv_1") as response,
    ):
        with pytest.raises(RequestTimeoutError) as caught:
            [each async for each in response.iter_bytes()]

    assert caught.value.limit == "deadline"


async def test_stream_has_headers(fault_server: FaultServer) -> None:
    headers = {"X-Request-Id": "req_1"}
    fault_server.script(event_stream(*DOCUMENTED_EVENTS, headers=headers))

    async with (
        make_client(fault_server) as client,
        client.messages.with_streaming_response.stream("conv_1", HELLO) as response,
    ):
        assert response.request_id == "req_1"
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = await response.parse()
        assert await stream.get_final_text() == "Hello"


async def test_streams_and_their_results_have_the_id_of_their_request(
    fault_server: FaultServer,
) -> None:
    headers = {"X-Request-Id": "req_1"}
    fault_server.script(*[event_stream(*DOCUMENTED_EVENTS, headers=headers)] * 3)
    completed: list[Any] = []

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        assert chatroutes.request_id(stream) is None
        response = await stream.get_final_response()
        assert chatroutes.request_id(stream) == chatroutes.request_id(response) == "req_1"
        stream = client.messages.stream("conv_1", HELLO)
        await anext(stream)
        assert chatroutes.request_id(await stream.stop()) == "req_1"
        await client.messages.stream("conv_1", HELLO, on_complete=completed.append)

    assert chatroutes.request_id(completed[0]) == "req_1"


async def test_stream_can_be_read_as_bytes(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM)

    async with (
        make_client(fault_server) as client,
        client.messages.with_streaming_response.stream("conv_1", HELLO) as response,
    ):
        content = b"".join([each async for each in response.iter_bytes()])
        with pytest.raises(ChatRoutesError, match="can be read once only"):
            await response.parse()

    assert content == b"".join(DOCUMENTED_EVENTS)


@pytest.mark.parametrize("read", ["read", "text", "json", "iter_bytes", "iter_text", "iter_lines"])
async def test_body_of_a_stream_is_read_by_the_stream(fault_server: FaultServer, read: str) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)

    async with make_client(fault_server) as client:
        for _ in range(3):  # on the same connection
            async with client.messages.with_streaming_response.stream("conv_1", HELLO) as response:
                stream = await response.parse()
                await anext(stream)
                with pytest.raises(ChatRoutesError, match="can be read once only"):
                    await getattr(response, read)()
                assert await response.parse() is stream
                assert await stream.get_final_text() == "Hello"
                with pytest.raises(ChatRoutesError, match="can be read once only"):
                    await response.read()


async def test_streams_of_one_resource_have_their_own_responses(fault_server: FaultServer) -> None:
    fault_server.script(
        *[event_stream(*DOCUMENTED_EVENTS, headers={"X-Request-Id": each}) for each in "ab"]
    )

    async with make_client(fault_server) as client:
        messages = client.messages.with_streaming_response
        async with messages.stream("conv_1", HELLO) as one:
            async with messages.stream("conv_1", HELLO) as two:
                assert (one.request_id, two.request_id) == ("a", "b")
                assert await (await two.parse()).get_final_text() == "Hello"
            assert await (await one.parse()).get_final_text() == "Hello"


async def test_stream_is_closed_at_the_end_of_the_block(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        async with client.messages.with_streaming_response.stream("conv_1", HELLO) as response:
            stream = await response.parse()
            await anext(stream)
        await wait_until_idle_async(fault_server)
        with pytest.raises(ChatRoutesError, match="closed"):
            await anext(stream)


async def test_interrupted_stream_raises_the_error_of_the_stream(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(TEXT_EVENT))

    async with (
        make_client(fault_server) as client,
        client.messages.with_streaming_response.stream("conv_1", HELLO) as response,
    ):
        stream = await response.parse()
        with pytest.raises(StreamInterruptedError) as caught:
            await stream.get_final_text()

    assert caught.value.partial_content == "Hel"


async def test_closed_response_is_not_kept(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE)

    async with make_client(fault_server) as client:
        async with client.conversations.with_streaming_response.get("conv_1") as response:
            await response.parse()
        kept = weakref.ref(response.http_response)
        del response
        gc.collect()
        assert kept() is None


async def test_missing_methods_are_explained() -> None:
    async with AsyncChatRoutes(API_KEY, "http://127.0.0.1:9/api/v1") as client:
        streaming: Any = client.messages.with_streaming_response
        with pytest.raises(AttributeError, match="'iterate': it sends one request for each page"):
            streaming.iterate("conv_1")


async def test_response_hides_the_api_key(fault_server: FaultServer) -> None:
    fault_server.script(json_response(200, CONVERSATION_ENVELOPE))

    async with (
        make_client(fault_server) as client,
        client.conversations.with_streaming_response.get("conv_1") as response,
    ):
        assert isinstance(response, AsyncStreamingResponse)
        assert repr(response).endswith("StreamingResponse [200] GET /conversations/conv_1>")
        assert API_KEY not in f"{vars(response)}"
