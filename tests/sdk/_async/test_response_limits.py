"""Responses that are compressed, too large, or in an encoding that is not supported."""

from __future__ import annotations

import functools
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from chatroutes import (
    AuthenticationError,
    ChatRoutesError,
    RateLimitError,
    ResponseError,
    ServerError,
)
from tests.support.fault_responses import ScriptedResponse, raw_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import CONVERSATION, CONVERSATION_ENVELOPE, DOCUMENTED_EVENTS, HELLO

from .clients import make_client

pytestmark = pytest.mark.transport

BODY = json.dumps(CONVERSATION_ENVELOPE).encode()
STREAM = b"".join(DOCUMENTED_EVENTS)
CALLS: dict[str, Any] = {
    "method": lambda client: client.conversations.get("conv_1"),
    "raw response": lambda client: client.conversations.with_raw_response.get("conv_1"),
    "request": lambda client: client.request("GET", "/conversations/conv_1"),
    "stream": lambda client: client.messages.stream("conv_1", HELLO).get_final_text(),
}


def encoded_response(
    body: bytes,
    encoding: str,
    content_type: str = "application/json",
    status: int = 200,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> ScriptedResponse:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Encoding: {encoding}\r\n"
    )
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return raw_response(head.encode() + body)


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def members(data: bytes) -> bytes:
    return b"".join(gzip.compress(data[i : i + 40]) for i in range(0, len(data), 40))


ENCODED: list[Any] = [
    pytest.param(gzip.compress, "gzip", id="gzip"),
    pytest.param(gzip.compress, "x-gzip", id="x-gzip"),
    pytest.param(members, "GZIP", id="members"),
    pytest.param(zlib.compress, "deflate", id="deflate"),
    pytest.param(raw_deflate, "deflate", id="raw-deflate"),
    pytest.param(bytes, "identity", id="identity"),
    pytest.param(gzip.compress, "identity, gzip", id="identity-gzip"),
]


@pytest.mark.parametrize(("encode", "encoding"), ENCODED)
async def test_encoded_bodies_are_decoded(
    fault_server: FaultServer, encode: Any, encoding: str
) -> None:
    fault_server.script(
        encoded_response(encode(BODY), encoding),
        encoded_response(encode(STREAM), encoding, "text/event-stream"),
        encoded_response(encode(BODY), encoding),
    )
    async with make_client(fault_server) as client:
        assert await client.conversations.get("conv_1") == CONVERSATION
        assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"
        response = await client.request("GET", "/conversations/conv_1")
        assert response.json() == CONVERSATION_ENVELOPE


@pytest.mark.parametrize(
    "encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip, br", "x" * 5000]
)
async def test_unsupported_encoding_is_named_and_not_retried(
    fault_server: FaultServer, encoding: str
) -> None:
    fault_server.script(
        encoded_response(BODY, encoding), encoded_response(STREAM, encoding, "text/event-stream")
    )
    async with make_client(fault_server) as client:
        with pytest.raises(ResponseError, match=encoding[:50]) as called:
            await client.conversations.get("conv_1")
        with pytest.raises(ResponseError, match=encoding[:50]):
            await client.messages.stream("conv_1", HELLO).get_final_text()
    assert len(fault_server.requests) == 2
    assert len(str(called.value)) < 500


@pytest.mark.parametrize(
    ("encoding", "problem"), [("br", "encoding 'br'"), ("gzip", "cannot be decompressed as gzip")]
)
@pytest.mark.parametrize(
    ("status", "error_class"),
    [(401, AuthenticationError), (404, ResponseError), (429, RateLimitError), (503, ServerError)],
)
async def test_error_that_cannot_be_decoded_has_the_class_of_its_status(
    fault_server: FaultServer,
    encoding: str,
    problem: str,
    status: int,
    error_class: type[ChatRoutesError],
) -> None:
    headers = {"Retry-After": "300"}  # longer than the SDK waits
    fault_server.script(
        encoded_response(BODY, encoding, status=status, headers=headers), repeat_last=True
    )
    async with make_client(fault_server) as client:
        for call in CALLS.values():
            with pytest.raises(error_class, match=problem) as caught:
                await call(client)
            assert caught.value.status_code == status
            assert caught.value.retry_after == (None if error_class is ResponseError else 300)
    assert len(fault_server.requests) == len(CALLS)


@pytest.mark.parametrize(
    "body",
    [b"plain text", gzip.compress(BODY, mtime=0)[:10] + b"\xff" * 40],
    ids=["text", "damaged"],
)
async def test_damaged_encoding_raises_response_error(
    fault_server: FaultServer, body: bytes
) -> None:
    fault_server.script(
        encoded_response(body, "gzip"), encoded_response(body, "gzip", "text/event-stream")
    )
    async with make_client(fault_server) as client:
        with pytest.raises(ResponseError, match="cannot be decompressed as gzip"):
            await client.conversations.get("conv_1")
        with pytest.raises(ResponseError, match="cannot be decompressed as gzip"):
            await client.messages.stream("conv_1", HELLO).get_final_text()
    assert len(fault_server.requests) == 2


@functools.cache
def compressed_bomb(encoding: str) -> bytes:
    body = b"x" * 60_000_000
    for _ in encoding.split(", "):
        body = gzip.compress(body, 9)
    return body


@pytest.mark.parametrize(
    ("status", "encoding"),
    [(200, "gzip, gzip"), (200, "gzip"), (500, "gzip")],
    ids=["nested", "success", "error"],
)
async def test_compressed_bombs_take_no_memory(
    fault_server: FaultServer, status: int, encoding: str
) -> None:
    body = compressed_bomb(encoding)
    fault_server.script(
        encoded_response(body, encoding, status=status),
        encoded_response(body, encoding, "text/event-stream", status=status),
    )
    tracemalloc.start()
    try:
        async with make_client(
            fault_server, retry_attempts=0, max_response_size=1_000_000
        ) as client:
            with pytest.raises(ChatRoutesError):
                await client.conversations.get("conv_1")
            with pytest.raises(ChatRoutesError):
                await client.messages.stream("conv_1", HELLO).get_final_text()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000


async def test_compressed_newlines_take_little_memory(fault_server: FaultServer) -> None:
    body = gzip.compress(b"\n" * 3_000_000 + STREAM)
    fault_server.script(
        encoded_response(body, "gzip", "text/event-stream"), encoded_response(body, "gzip")
    )
    tracemalloc.start()
    try:
        async with make_client(fault_server) as client:
            assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"
            responses = client.conversations.with_streaming_response
            async with responses.get("conv_1") as response:
                sizes = [len(piece) async for piece in response.iter_bytes()]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(sizes) == 3_000_000 + len(STREAM)
    assert max(sizes) <= 1_048_576
    assert peak < 20_000_000


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_large_body_of_an_error_is_not_read_to_its_end(
    fault_server: FaultServer, call: Any, encoding: str
) -> None:
    body = compressed_bomb(encoding) if encoding == "gzip" else b"x" * 2_000_000
    head = f"HTTP/1.1 503 X\r\nContent-Encoding: {encoding}\r\nContent-Length: {1 << 30}\r\n\r\n"
    fault_server.script(raw_response(head.encode() + body))  # most of the body is missing
    async with make_client(fault_server, retry_attempts=0) as client:
        with pytest.raises(ServerError, match="The response is not JSON: 'xxx") as caught:
            await call(client)
    assert caught.value.body == "x" * 65536


async def test_large_body_raises_response_error(fault_server: FaultServer) -> None:
    body = json.dumps({**CONVERSATION_ENVELOPE, "padding": "x" * 20_000}).encode()
    fault_server.script(encoded_response(body, "identity"), encoded_response(body, "identity"))
    async with make_client(fault_server, max_response_size=10_000) as client:
        with pytest.raises(ResponseError, match=r"more than 10000 bytes.*max_response_size"):
            await client.conversations.get("conv_1")
        larger = client.with_options(max_response_size=30_000)
        assert await larger.conversations.get("conv_1") == CONVERSATION
    assert len(fault_server.requests) == 2


async def test_large_event_raises_response_error_with_the_text_so_far(
    fault_server: FaultServer,
) -> None:
    for start in (b"data: ", b"data: x\n" * 3000, b": " + b"c" * 30):
        fault_server.script(
            encoded_response(
                DOCUMENTED_EVENTS[0] + start + b"x" * 20_000_000, "identity", "text/event-stream"
            )
        )
        async with make_client(fault_server) as client:
            with pytest.raises(ResponseError, match="an event of more than") as caught:
                await client.messages.stream("conv_1", HELLO).get_final_text()
        assert caught.value.partial_content == "Hel"


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "1", None])
async def test_max_response_size_must_be_a_positive_integer(
    fault_server: FaultServer, size: Any
) -> None:
    with pytest.raises(ChatRoutesError, match="max_response_size must be a number of bytes"):
        make_client(fault_server, max_response_size=size)
