"""Headers that never end: header lines and interim responses that arrive slowly, or without end."""

from __future__ import annotations

import json

import httpx
import pytest

from chatroutes import NetworkError, RequestTimeoutError
from tests.support.fault_responses import dripped_response, raw_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    CONVERSATION,
    CONVERSATION_ENVELOPE,
    HELLO,
    UNBROKEN_STREAM,
)

from .clients import LONGER_TIMEOUT, SHORT_TIMEOUT, make_client

pytestmark = pytest.mark.transport

BODY = json.dumps(CONVERSATION_ENVELOPE).encode()
STATUS_LINE = b"HTTP/1.1 200 OK\r\n"
HEADERS = (
    b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY)
)
RESPONSE = STATUS_LINE + HEADERS + BODY
EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# Each of them is complete after more than three times the timeout.
INTERVAL = LONGER_TIMEOUT / 8
SLOW_HEADERS = {
    "bytes of the status line": [bytes([each]) for each in STATUS_LINE + b"X-Filler: xxx"],
    "header lines": [STATUS_LINE, *(b"X-Filler: x\r\n" for _ in range(30)), HEADERS + BODY],
    "bytes of a header": [STATUS_LINE + b"X-Filler: ", *[b"x"] * 30, b"\r\n" + HEADERS + BODY],
    "interim responses": [*[EARLY_HINTS] * 30, RESPONSE],
    "lines of interim responses": [*EARLY_HINTS.splitlines(keepends=True) * 10, RESPONSE],
}


@pytest.mark.parametrize("name", SLOW_HEADERS)
async def test_slow_headers_time_out(fault_server: FaultServer, name: str) -> None:
    fault_server.script(dripped_response(*SLOW_HEADERS[name], interval=INTERVAL))

    async with make_client(fault_server, timeout=LONGER_TIMEOUT, retry_attempts=0) as client:
        with pytest.raises(RequestTimeoutError, match=r"headers .* not complete after \d+\.\d s"):
            await client.conversations.get("conv_1")


async def test_read_timeout_of_zero_times_out(fault_server: FaultServer) -> None:
    fault_server.script(raw_response(RESPONSE))

    timeout = httpx.Timeout(5, read=0)
    async with make_client(fault_server, timeout=timeout, retry_attempts=0) as client:
        with pytest.raises(RequestTimeoutError):
            await client.conversations.get("conv_1")


async def test_slow_headers_of_a_stream_time_out(fault_server: FaultServer) -> None:
    fault_server.script(dripped_response(*[EARLY_HINTS] * 30, RESPONSE, interval=INTERVAL))

    async with make_client(fault_server, timeout=LONGER_TIMEOUT, retry_attempts=0) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with pytest.raises(RequestTimeoutError, match=r"headers .* not complete"):
            await stream.get_final_text()


async def test_slow_headers_are_retried_with_the_same_idempotency_key(
    fault_server: FaultServer,
) -> None:
    fault_server.script(
        dripped_response(*[EARLY_HINTS] * 30, interval=INTERVAL),
        dripped_response(STATUS_LINE, *[b"X-Filler: x\r\n"] * 30, interval=INTERVAL),
        UNBROKEN_STREAM,
        repeat_last=True,
    )

    # The last response may be late on a busy machine. Then it is requested again.
    async with make_client(fault_server, timeout=SHORT_TIMEOUT, retry_attempts=10) as client:
        assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"

    assert len({each.headers["idempotency-key"] for each in fault_server.requests}) == 1
    assert len(fault_server.requests) >= 3


async def test_the_limit_of_the_headers_does_not_apply_to_the_body(
    fault_server: FaultServer,
) -> None:
    size = len(BODY) // 8  # complete after more than the timeout
    parts = [BODY[place : place + size] for place in range(0, len(BODY), size)]
    fault_server.script(dripped_response(STATUS_LINE + HEADERS, *parts, interval=INTERVAL))

    async with make_client(fault_server, timeout=LONGER_TIMEOUT, retry_attempts=0) as client:
        assert await client.conversations.get("conv_1") == CONVERSATION


@pytest.mark.parametrize("timeout", [None, 20])
@pytest.mark.parametrize("interim", [CONTINUE, EARLY_HINTS])
async def test_interim_responses_are_limited(
    fault_server: FaultServer, timeout: float | None, interim: bytes
) -> None:
    fault_server.script(raw_response(interim * 101 + RESPONSE), repeat_last=True)

    async with make_client(fault_server, timeout=timeout, retry_attempts=1) as client:
        with pytest.raises(NetworkError, match="more than 100 interim responses") as caught:
            await client.conversations.get("conv_1")
        with pytest.raises(NetworkError, match="more than 100 interim responses"):
            await client.messages.stream("conv_1", HELLO).get_final_text()

    assert fault_server.base_url in str(caught.value)
    assert len(fault_server.requests) == 4


async def test_a_hundred_interim_responses_are_accepted_for_each_response(
    fault_server: FaultServer,
) -> None:
    fault_server.script(
        dripped_response(*[CONTINUE] * 100, RESPONSE, interval=0),
        raw_response(EARLY_HINTS * 100 + RESPONSE),
    )

    async with make_client(fault_server, retry_attempts=0) as client:
        for _ in range(2):
            assert await client.conversations.get("conv_1") == CONVERSATION
