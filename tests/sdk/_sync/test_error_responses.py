# Derived from tests/sdk/_async/test_error_responses.py by scripts/regen.py. Do not edit.

"""The headers and the body of the response in an error."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from chatroutes import (
    ChatRoutes,
    ChatRoutesError,
    NetworkError,
    StreamInterruptedError,
    ValidationError,
)
from tests.support.fault_responses import (
    ScriptedResponse,
    close_connection,
    empty_response,
    event_stream,
    json_response,
    text_response,
    truncated_body,
)
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, HELLO, TEXT_EVENT, envelope
from tests.support.redaction import assert_api_key_hidden

from .clients import make_client

HEADERS = {"X-Request-Id": "req_1", "X-Served-By": "gateway-7"}
FAILURE = {"success": False, "error": "NOT_FOUND", "message": "Nö."}

Call = Callable[[ChatRoutes], Any]
CALLS: dict[str, Call] = {
    "method": lambda client: client.conversations.get("conv_1"),
    "stream": lambda client: client.messages.stream("conv_1", HELLO).get_final_text(),
    "request": lambda client: client.request("GET", "/conversations/conv_1"),
    "raw response": lambda client: client.conversations.with_raw_response.get("conv_1"),
}


def fail(fault_server: FaultServer, response: ScriptedResponse, call: Call) -> ChatRoutesError:
    """Return the error that a response raises."""
    fault_server.script(response)
    with make_client(fault_server, retry_attempts=0) as client:
        with pytest.raises(ChatRoutesError) as caught:
            call(client)
    return caught.value


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("status", [302, 400, 401, 404, 409, 418, 429, 500, 503])
def test_error_has_the_headers_and_the_body(
    fault_server: FaultServer, status: int, call: Call
) -> None:
    error = fail(fault_server, json_response(status, FAILURE, HEADERS), call)

    assert error.status_code == status
    assert error.headers["x-served-by"] == error.headers["X-Served-By"] == "gateway-7"
    assert error.headers["content-type"] == "application/json"
    assert error.body == json.dumps(FAILURE)


@pytest.mark.parametrize("call", [CALLS["method"], CALLS["stream"]], ids=["method", "stream"])
@pytest.mark.parametrize(
    "response",
    [
        json_response(200, FAILURE, HEADERS),
        text_response(200, json.dumps(FAILURE)[1:], headers=HEADERS),
        json_response(200, envelope([]), HEADERS),
    ],
    ids=["success is false", "not JSON", "wrong shape"],
)
def test_error_of_a_success_status_has_the_headers_and_the_body(
    fault_server: FaultServer, response: ScriptedResponse, call: Call
) -> None:
    error = fail(fault_server, response, call)

    assert error.status_code == 200
    assert error.headers["x-served-by"] == "gateway-7"
    assert error.body is not None
    assert error.body in (json.dumps(FAILURE), json.dumps(FAILURE)[1:], json.dumps(envelope([])))


def test_body_is_text_of_limited_size(fault_server: FaultServer) -> None:
    for body, expected in [("", ""), ("ä" * 10, "ä" * 10), ("x" * 100_000, "x" * 65536)]:
        error = fail(fault_server, text_response(502, body), CALLS["method"])
        assert error.body == expected


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("", json.dumps(FAILURE)),
        ("error", "overloaded: ***"),
        ("", "{not JSON ***"),
        ("", "[1]"),
        ("error", "x" * 65536),
    ],
)
def test_error_of_an_event_has_its_data(fault_server: FaultServer, event: str, data: str) -> None:
    sent = data.replace("***", API_KEY) + ("y" if len(data) == 65536 else "")
    name = f"event: {event}\n" if event else ""
    response = event_stream(TEXT_EVENT, f"{name}data: {sent}\n\n".encode(), headers=HEADERS)
    error = fail(fault_server, response, CALLS["stream"])

    assert error.body == data
    assert error.headers["x-served-by"] == "gateway-7"
    assert pickle.loads(pickle.dumps(error)).body == data
    assert_api_key_hidden(error)


def test_error_without_a_response_has_no_headers(fault_server: FaultServer) -> None:
    error = fail(fault_server, close_connection(), CALLS["method"])

    assert isinstance(error, NetworkError)
    assert error.headers.get("x-request-id") is None
    assert error.body is None
    with make_client(fault_server) as client:
        with pytest.raises(ValidationError) as caught:
            client.conversations.get("")
    assert not caught.value.headers


def test_error_with_a_response_can_be_pickled(fault_server: FaultServer) -> None:
    error = fail(fault_server, json_response(404, FAILURE, HEADERS), CALLS["method"])

    copied = pickle.loads(pickle.dumps(error))

    assert copied.headers == error.headers
    assert copied.headers["X-Served-By"] == "gateway-7"
    assert copied.body == error.body


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_headers_and_body_do_not_contain_the_api_key(fault_server: FaultServer, call: Call) -> None:
    headers = {"X-Echo": f"ApiKey {API_KEY}", f"X-{API_KEY}": "1", "X-Request-Id": API_KEY}
    # The end of the excerpt is in the middle of the key.
    body = "x" * (65536 - 20) + API_KEY
    error = fail(fault_server, text_response(500, body, headers=headers), call)

    assert error.headers["x-echo"] == "ApiKey ***"
    assert error.headers["x-***"] == "1"
    assert error.body is not None
    assert error.body.endswith("x***")
    assert_api_key_hidden(error)


@pytest.mark.parametrize(
    ("key", "form"),
    [("ab/cd/ef/gh", r"ab\/cd\/ef\/gh"), ('ab"cd\\ef/g', r"ab\"cd\\ef\/g")],
)
def test_api_key_in_the_text_of_json_is_hidden(
    fault_server: FaultServer, key: str, form: str
) -> None:
    fault_server.script(text_response(500, f'{{"message": "{form}"}}', "application/json"))

    with ChatRoutes(key, fault_server.base_url, retry_attempts=0) as client:
        with pytest.raises(ChatRoutesError) as caught:
            client.conversations.get("conv_1")

    assert caught.value.body == '{"message": "***"}'
    assert form not in f"{vars(caught.value)}"


def test_empty_response_has_headers(fault_server: FaultServer) -> None:
    error = fail(fault_server, empty_response(503, HEADERS), CALLS["method"])

    assert error.headers["x-request-id"] == error.request_id == "req_1"
    assert error.body == ""


def test_error_of_an_incomplete_body_has_the_headers(fault_server: FaultServer) -> None:
    error = fail(fault_server, truncated_body(b"{", headers=HEADERS), CALLS["method"])

    assert isinstance(error, NetworkError)
    assert error.headers["x-served-by"] == "gateway-7"
    assert error.request_id == "req_1"
    assert error.body is None


def test_error_of_an_interrupted_stream_has_the_headers(fault_server: FaultServer) -> None:
    response = event_stream(TEXT_EVENT, end="close", headers=HEADERS)
    error = fail(fault_server, response, CALLS["stream"])

    assert isinstance(error, StreamInterruptedError)
    assert error.headers["x-served-by"] == "gateway-7"
    assert error.request_id == "req_1"


def test_error_of_an_event_has_the_headers(fault_server: FaultServer) -> None:
    event = b'event: error\ndata: {"error": "RATE_LIMITED", "message": "Slow down."}\n\n'
    error = fail(fault_server, event_stream(event, headers=HEADERS), CALLS["stream"])

    assert error.code == "RATE_LIMITED"
    assert error.headers["x-served-by"] == "gateway-7"
