"""Secrets that a server repeats in malformed responses, and the headers of the user in errors."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

import httpx
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, ChatRoutesError, NetworkError, ValidationError
from chatroutes._options import Secret
from tests.support.fault_responses import json_response, raw_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY
from tests.support.redaction import assert_api_key_hidden

pytestmark = pytest.mark.transport

KEY = API_KEY.encode()
OK = b"HTTP/1.1 200 OK\r\n"
MALFORMED = [
    b"HTTP/1.1 " + KEY + b"\r\n\r\n",
    KEY + b"\r\n\r\n",
    b"HTTP/1.1 200 " + KEY + b"\x00\r\n\r\n",
    OK + KEY + b"\r\n\r\n",
    OK + b"X: \x00" + KEY + b"\r\n\r\n",
    OK + b" " + KEY + b": a\r\n\r\n",
    OK + b"Content-Length: " + KEY + b"\r\n\r\n",
    OK + b"Transfer-Encoding: " + KEY + b"\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n" + KEY + b"\r\nab\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab" + KEY + b"\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n2;" + KEY + b"\x00\r\nab\r\n0\r\n\r\n",
]


# The tests get a number, because a traceback can show their local variables.
@pytest.mark.parametrize("number", range(len(MALFORMED)))
@pytest.mark.parametrize("stream", [False, True])
def test_malformed_responses_do_not_expose_the_api_key(
    fault_server: FaultServer, number: int, stream: bool
) -> None:
    fault_server.script(raw_response(MALFORMED[number]), repeat_last=True)

    def call(client: ChatRoutes) -> object:
        if stream:
            return client.messages.stream("c", {"content": "Hi"}).get_final_text()
        return client.conversations.get("c")

    with (
        ChatRoutes(API_KEY, fault_server.base_url, retry_attempts=0) as client,
        pytest.raises(ChatRoutesError) as caught,
    ):
        call(client)

    assert_api_key_hidden(caught.value)


@pytest.mark.parametrize("number", range(len(MALFORMED)))
async def test_malformed_responses_do_not_expose_the_api_key_in_the_async_client(
    fault_server: FaultServer, number: int
) -> None:
    fault_server.script(raw_response(MALFORMED[number]), repeat_last=True)

    async with AsyncChatRoutes(API_KEY, fault_server.base_url, retry_attempts=0) as client:
        with pytest.raises(ChatRoutesError) as caught:
            await client.conversations.get("c")

    assert_api_key_hidden(caught.value)


HEADER_SECRET = "token-of-the-gateway-1234"


def assert_header_hidden(error: BaseException) -> None:
    summary = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in summary.stack if "/tests/" not in frame.filename]
    text = "".join(traceback.StackSummary.from_list(frames).format())
    text += f"{error} {error!r} {error.args} {error.__cause__!r} {pickle.dumps(error)!r}"
    text += repr([frame.locals for frame in frames])
    assert HEADER_SECRET not in text


@pytest.mark.parametrize("value", [HEADER_SECRET + " ", " " + HEADER_SECRET, HEADER_SECRET + "\t"])
def test_header_with_a_blank_at_its_end_is_refused_without_its_value(value: str) -> None:
    with pytest.raises(ValidationError, match="'X-Token' begins or ends with a blank") as caught:
        ChatRoutes(API_KEY, headers={"X-Token": value})
    assert_header_hidden(caught.value)

    with pytest.raises(ValidationError, match="'X-Token' begins or ends with a blank") as caught:
        ChatRoutes(API_KEY).with_options(headers={"X-Token": value})
    assert_header_hidden(caught.value)


def test_headers_of_an_http_client_are_not_quoted(fault_server: FaultServer) -> None:
    with (
        httpx.Client(headers={"X-Token": HEADER_SECRET + " "}) as http_client,
        ChatRoutes(API_KEY, fault_server.base_url, http_client=http_client) as client,
        pytest.raises(ValidationError, match="Illegal header value") as caught,
    ):
        client.conversations.get("c")
    assert_header_hidden(caught.value)


def test_custom_headers_are_not_in_the_error_of_a_request(fault_server: FaultServer) -> None:
    fault_server.script(raw_response(OK + HEADER_SECRET.encode() + b"\r\n\r\n"))

    with (
        ChatRoutes(
            API_KEY, fault_server.base_url, retry_attempts=0, headers={"X-Token": HEADER_SECRET}
        ) as client,
        pytest.raises(NetworkError) as caught,
    ):
        client.conversations.get("c")

    assert_header_hidden(caught.value)
    assert HEADER_SECRET not in repr(vars(client))
    cause: Any = caught.value.__cause__
    assert HEADER_SECRET not in cause.request.headers.values()


@pytest.mark.parametrize("key", ["k", "ey", "key", "a", "test"])
def test_short_keys_are_not_replaced_in_words(fault_server: FaultServer, key: str) -> None:
    message = "The API key of a test is not valid."
    fault_server.script(json_response(401, {"error": "UNAUTHORIZED", "message": message}))

    with (
        ChatRoutes(key, fault_server.base_url) as client,
        pytest.raises(ChatRoutesError) as caught,
    ):
        client.conversations.get("c")

    assert caught.value.message == message
    assert Secret(key).redact([f"ApiKey {key}", key]) == ["ApiKey ***", "***"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_bodies_of_errors_contain_no_escaped_key(fault_server: FaultServer, encoding: str) -> None:
    escaped = "".join(f"\\u{ord(each):04x}" for each in API_KEY)
    body = f'{{"error": "BAD", "message": "No {escaped}."}}'.encode(encoding)
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(body)}\r\n\r\n"
    fault_server.script(raw_response(head.encode() + body))

    with (
        ChatRoutes(API_KEY, fault_server.base_url) as client,
        pytest.raises(ChatRoutesError) as caught,
    ):
        client.models.list()

    assert caught.value.body is not None
    assert "***" in caught.value.body
    assert escaped not in caught.value.body.replace("\0", "")
    assert_api_key_hidden(caught.value)
