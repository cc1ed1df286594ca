# Derived from tests/sdk/_async/test_deadlines.py by scripts/regen.py. Do not edit.

"""Deadlines of whole calls and streams, and the timeout of the first event."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chatroutes import ChatRoutes, RequestTimeoutError, ServerError
from tests.support.fault_responses import (
    ScriptedResponse,
    dripped_response,
    empty_response,
    event_stream,
    stall,
)
from tests.support.fault_server import Connection, FaultServer
from tests.support.payloads import (
    COMPLETE_STREAM,
    CONVERSATION,
    CONVERSATION_ENVELOPE,
    CONVERSATION_RESPONSE,
    DONE_EVENT,
    HELLO,
    text_event,
)

from .clients import LONGER_TIMEOUT, SHORT_TIMEOUT, make_client

pytestmark = pytest.mark.transport(combined=True)

BODY = json.dumps(CONVERSATION_ENVELOPE).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
ERROR_HEAD = b"HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\n"
INTERVAL = SHORT_TIMEOUT / 5

# None of them is complete before ten times the deadline.
SLOW_RESPONSES = {
    "nothing": stall(),
    "bytes of the headers": dripped_response(
        b"HTTP/1.1 200 OK\r\n", *[b"X-Filler: x\r\n"] * 50, interval=INTERVAL
    ),
    "bytes of the body": dripped_response(HEAD % 500, *[b" "] * 50, interval=INTERVAL),
    "bytes of an error": dripped_response(ERROR_HEAD, *[b" "] * 50, interval=INTERVAL),
}
HEARTBEATS = dripped_response(STREAM_HEAD, *[b": ping\n\n"] * 50, interval=INTERVAL)
ENDLESS_TEXT = dripped_response(STREAM_HEAD, *[text_event("a")] * 50, interval=INTERVAL)


@pytest.fixture(params=["own transport", "http_client"])
def http_client(request: pytest.FixtureRequest) -> Iterator[httpx.Client | None]:
    """No client, so that the transport of the SDK is used, or an `http_client` of the user's."""
    if request.param == "own transport":
        yield None
        return
    with httpx.Client(trust_env=False, verify=False) as own:
        yield own


def is_slow_for(http_client: httpx.Client | None, name: str) -> bool:
    """Return whether httpx, which limits each wait only, would read such a response to its end."""
    return http_client is not None and name == "bytes of the headers"


@pytest.mark.parametrize("name", SLOW_RESPONSES)
def test_deadline_ends_a_call(
    fault_server: FaultServer, http_client: httpx.Client | None, name: str
) -> None:
    fault_server.script(SLOW_RESPONSES[name], repeat_last=True)
    deadline = SHORT_TIMEOUT
    if is_slow_for(http_client, name):
        http_client = None

    with make_client(fault_server, deadline=deadline, http_client=http_client) as client:
        with pytest.raises(RequestTimeoutError, match=r"within the deadline of 0\.3 s") as caught:
            client.conversations.get("conv_1")

    assert caught.value.limit == "deadline"
    assert caught.value.elapsed is not None
    assert deadline <= caught.value.elapsed
    assert f"Timed out after {caught.value.elapsed:.1f} s" in str(caught.value)
    assert len(fault_server.requests) <= 1  # none, if the machine was busy until the deadline


def test_deadline_includes_retries_and_their_delays(fault_server: FaultServer) -> None:
    delays = ("0.3", "60")
    fault_server.script(*[empty_response(503, {"Retry-After": each}) for each in delays])

    with make_client(fault_server, deadline=60, retry_attempts=50) as client:
        with pytest.raises(
            ServerError, match=r"due in 60\.0 s, and the deadline is ([0-5]\d\.\d) s away"
        ) as caught:
            client.conversations.get("conv_1")

    [remaining] = re.findall(r"the deadline is (\d+\.\d) s away", str(caught.value))
    assert float(remaining) <= 59.7
    assert len(fault_server.requests) == 2


def test_retry_after_the_deadline_is_not_started(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(503, {"Retry-After": "30"}), repeat_last=True)

    with make_client(fault_server, deadline=20) as client:
        with pytest.raises(ServerError, match=r"due in 30\.0 s, and the deadline is") as caught:
            client.conversations.get("conv_1")
        with pytest.raises(ServerError, match="not retried"):
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert caught.value.retry_after == 30
    assert len(fault_server.requests) == 2


def test_calls_within_the_deadline_succeed(fault_server: FaultServer) -> None:
    answers = [empty_response(503), CONVERSATION_RESPONSE, empty_response(503), COMPLETE_STREAM]
    fault_server.script(*answers)

    with make_client(fault_server, deadline=20, first_event_timeout=20) as client:
        assert client.conversations.get("conv_1") == CONVERSATION
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


def test_a_connection_is_used_again_without_the_deadline_of_another_call(
    fault_server: FaultServer,
) -> None:
    slow = dripped_response(HEAD % len(BODY), BODY, interval=LONGER_TIMEOUT)
    fault_server.script(CONVERSATION_RESPONSE, slow)

    with make_client(fault_server) as client:
        client.with_options(deadline=LONGER_TIMEOUT).conversations.get("conv_1")
        assert client.conversations.get("conv_1") == CONVERSATION


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(ENDLESS_TEXT, id="text"),
        pytest.param(event_stream(text_event("a"), end="stall"), id="silence"),
    ],
)
def test_deadline_ends_a_stream(
    fault_server: FaultServer, http_client: httpx.Client | None, response: ScriptedResponse
) -> None:
    fault_server.script(response)

    options: Any = {"deadline": LONGER_TIMEOUT, "http_client": http_client}
    with make_client(fault_server, **options) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with pytest.raises(RequestTimeoutError, match="did not end within the deadline") as caught:
            stream.get_final_text()

    assert caught.value.limit == "deadline"
    assert stream.text == caught.value.partial_content
    assert stream.text.startswith("a")
    assert len(fault_server.requests) == 1


@pytest.mark.parametrize("response", [stall(), HEARTBEATS], ids=["nothing", "heartbeats"])
def test_first_event_timeout_is_retried(
    fault_server: FaultServer, http_client: httpx.Client | None, response: ScriptedResponse
) -> None:
    fault_server.script(response, COMPLETE_STREAM, repeat_last=True)

    options: Any = {"first_event_timeout": SHORT_TIMEOUT, "http_client": http_client}
    # The second response may be late on a busy machine. Then it is requested again.
    with make_client(fault_server, retry_attempts=10, **options) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"

    assert len({each.headers["idempotency-key"] for each in fault_server.requests}) == 1
    assert len(fault_server.requests) >= 2


@pytest.mark.parametrize("response", [stall(), HEARTBEATS], ids=["nothing", "heartbeats"])
def test_first_event_timeout_is_named(
    fault_server: FaultServer, http_client: httpx.Client | None, response: ScriptedResponse
) -> None:
    fault_server.script(response, repeat_last=True)

    options: Any = {"first_event_timeout": SHORT_TIMEOUT, "retry_attempts": 0}
    with make_client(fault_server, **options, http_client=http_client) as client:
        with pytest.raises(RequestTimeoutError, match=r"first_event_timeout of 0\.3 s") as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert caught.value.limit == "first_event_timeout"
    assert caught.value.partial_content == ""


def test_first_event_may_take_longer_than_the_timeout(
    fault_server: FaultServer, http_client: httpx.Client | None
) -> None:
    slow = [b": ping\n\n", text_event("Hi") + DONE_EVENT]
    fault_server.script(dripped_response(STREAM_HEAD, *slow, interval=SHORT_TIMEOUT / 2))

    timeout = httpx.Timeout(20, read=SHORT_TIMEOUT / 3)
    options: Any = {"timeout": timeout, "first_event_timeout": 20, "retry_attempts": 0}
    with make_client(fault_server, **options, http_client=http_client) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hi"


# A socket that counts milliseconds in 32 bits would wait for 2 ms, and others raise an OverflowError.
@pytest.mark.parametrize(
    "seconds", [2**32 / 1000 + 0.002, 1e30, 10**400], ids=["50 days", "a float", "an int"]
)
def test_long_limits_are_not_reached(fault_server: FaultServer, seconds: float) -> None:
    slow = dripped_response(STREAM_HEAD, text_event("Hi"), DONE_EVENT, interval=0.01)
    fault_server.script(slow, repeat_last=True)

    for timeout in (seconds, httpx.Timeout(seconds), None):
        options: Any = {"timeout": timeout, "deadline": seconds, "first_event_timeout": seconds}
        with make_client(fault_server, retry_attempts=0, **options) as client:
            assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hi"


def test_silence_after_the_first_event_is_limited_by_the_timeout(
    fault_server: FaultServer,
) -> None:
    fault_server.script(event_stream(text_event("a"), end="stall"))

    options: Any = {"timeout": SHORT_TIMEOUT, "first_event_timeout": 60}
    with make_client(fault_server, **options) as client:
        with pytest.raises(RequestTimeoutError) as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert caught.value.limit == "timeout"
    assert caught.value.partial_content == "a"


def test_first_event_timeout_does_not_limit_later_silences(
    fault_server: FaultServer, http_client: httpx.Client | None
) -> None:
    first, last = STREAM_HEAD + text_event("a"), text_event("b") + DONE_EVENT
    response = dripped_response(first, b"", last, interval=SHORT_TIMEOUT / 2)
    fault_server.script(response, repeat_last=True)

    options: Any = {"first_event_timeout": SHORT_TIMEOUT * 0.9, "http_client": http_client}
    # The first event of an attempt may be late on a busy machine. A later silence is not retried.
    with make_client(fault_server, retry_attempts=10, **options) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "ab"


def test_first_event_timeout_excludes_the_time_before_the_first_read(
    fault_server: FaultServer,
) -> None:
    was_sent = threading.Event()

    def respond(connection: Connection) -> bool:
        connection.send(STREAM_HEAD)
        connection.pause(1.5 * LONGER_TIMEOUT)
        connection.send(text_event("Hi") + DONE_EVENT)
        was_sent.set()
        return False

    fault_server.script(respond)

    options: Any = {"first_event_timeout": LONGER_TIMEOUT, "retry_attempts": 0}
    with (
        make_client(fault_server, **options) as client,
        client.messages.stream("conv_1", HELLO) as stream,
    ):
        assert was_sent.wait(60)
        assert stream.get_final_text() == "Hi"


@pytest.mark.parametrize("read", ["iter_lines", "read"])
def test_first_event_timeout_ends_at_the_first_bytes_of_a_raw_stream(
    fault_server: FaultServer, read: str
) -> None:
    first, last = STREAM_HEAD + text_event("a"), text_event("b") + DONE_EVENT
    response = dripped_response(first, b"", last, interval=SHORT_TIMEOUT / 2)
    fault_server.script(response, repeat_last=True)

    options: Any = {"first_event_timeout": SHORT_TIMEOUT * 0.9, "retry_attempts": 10}
    # As in the test before, an attempt whose first bytes are late is made again.
    with make_client(fault_server, **options) as client:
        methods = client.messages.with_streaming_response
        with methods.stream("conv_1", HELLO) as response:
            if read == "read":
                text = response.text()
            else:
                text = "\n".join([line for line in response.iter_lines()])

    assert text.rstrip() == (text_event("a") + last).decode().rstrip()


def test_timeout_is_named_with_its_time(fault_server: FaultServer) -> None:
    fault_server.script(stall(), repeat_last=True)

    with make_client(fault_server, timeout=SHORT_TIMEOUT, retry_attempts=0) as client:
        with pytest.raises(RequestTimeoutError, match=r"Timed out after \d\.\d s: ") as caught:
            client.conversations.get("conv_1")

    assert caught.value.limit == "timeout"
    assert f"Timed out after {caught.value.elapsed:.1f} s: " in str(caught.value)


def test_deadline_of_a_view_replaces_that_of_the_client(fault_server: FaultServer) -> None:
    slow = dripped_response(HEAD % len(BODY), BODY, interval=SHORT_TIMEOUT)
    fault_server.script(slow, stall())

    with make_client(fault_server, deadline=SHORT_TIMEOUT) as client:
        unlimited: ChatRoutes = client.with_options(deadline=None)
        assert unlimited.conversations.get("conv_1") == CONVERSATION
        with pytest.raises(RequestTimeoutError, match="deadline"):
            client.conversations.get("conv_1")
