"""No error, log line or repr exposes the API key."""

from __future__ import annotations

import gc
import logging
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from chatroutes import (
    AuthenticationError,
    ChatRoutes,
    ChatRoutesError,
    ConflictError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    StreamInterruptedError,
    ValidationError,
)
from tests.support.closed_port import closed_port
from tests.support.fault_responses import (
    ScriptedResponse,
    close_connection,
    empty_response,
    event_stream,
    json_response,
    raw_response,
    reset_connection,
    stall,
    text_response,
    truncated_body,
)
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, TEXT_EVENT, text_event
from tests.support.redaction import assert_api_key_hidden, find_api_key

pytestmark = pytest.mark.transport


def get_conversation(client: ChatRoutes) -> object:
    return client.conversations.get("c")


def read_stream(client: ChatRoutes) -> object:
    return client.messages.stream("c", {"content": "Hi"}).get_final_text()


ECHO_ENVELOPE = {
    "success": False,
    "error": "BAD",
    "message": f"No {API_KEY}.",
    "details": {API_KEY: [API_KEY]},
}

FAILURES: list[Any] = [
    pytest.param(reset_connection(), get_conversation, NetworkError, id="connection reset"),
    pytest.param(close_connection(), get_conversation, NetworkError, id="connection closed"),
    pytest.param(
        raw_response(b"SSH-2.0\r\n\r\n"), get_conversation, NetworkError, id="invalid HTTP"
    ),
    pytest.param(truncated_body(b"{"), get_conversation, NetworkError, id="truncated body"),
    pytest.param(stall(), get_conversation, RequestTimeoutError, id="timeout"),
    pytest.param(
        json_response(401, ECHO_ENVELOPE), get_conversation, AuthenticationError, id="401"
    ),
    pytest.param(
        json_response(403, ECHO_ENVELOPE), get_conversation, PermissionDeniedError, id="403"
    ),
    pytest.param(json_response(409, ECHO_ENVELOPE), get_conversation, ConflictError, id="409"),
    pytest.param(json_response(429, ECHO_ENVELOPE), get_conversation, RateLimitError, id="429"),
    pytest.param(json_response(500, ECHO_ENVELOPE), get_conversation, ServerError, id="500"),
    pytest.param(
        json_response(200, ECHO_ENVELOPE), get_conversation, ChatRoutesError, id="success is false"
    ),
    pytest.param(json_response(200, [API_KEY]), get_conversation, ResponseError, id="wrong shape"),
    pytest.param(text_response(200, f"<p>{API_KEY}"), get_conversation, ResponseError, id="HTML"),
    # The excerpt in the error message ends in the middle of the key.
    pytest.param(
        text_response(200, "x" * 100 + API_KEY),
        get_conversation,
        ResponseError,
        id="truncated excerpt",
    ),
    pytest.param(
        text_response(502, "x" * 100 + API_KEY),
        get_conversation,
        ServerError,
        id="502 truncated excerpt",
    ),
    pytest.param(
        empty_response(302, {"Location": f"/{API_KEY}"}),
        get_conversation,
        ResponseError,
        id="redirect",
    ),
    pytest.param(
        event_stream(TEXT_EVENT, f"event: error\ndata: No {API_KEY}.\n\n".encode()),
        read_stream,
        ServerError,
        id="error event",
    ),
    pytest.param(
        event_stream(TEXT_EVENT, f"data: {API_KEY}\n\n".encode()),
        read_stream,
        ResponseError,
        id="invalid JSON event",
    ),
    pytest.param(
        event_stream(TEXT_EVENT), read_stream, StreamInterruptedError, id="stream interrupted"
    ),
    pytest.param(
        event_stream(TEXT_EVENT, end="reset"),
        read_stream,
        StreamInterruptedError,
        id="stream reset",
    ),
    pytest.param(
        event_stream(TEXT_EVENT, end="stall"), read_stream, RequestTimeoutError, id="stream timeout"
    ),
    pytest.param(
        json_response(401, ECHO_ENVELOPE), read_stream, AuthenticationError, id="stream 401"
    ),
    pytest.param(
        json_response(200, ECHO_ENVELOPE),
        read_stream,
        ChatRoutesError,
        id="stream success is false",
    ),
    pytest.param(text_response(200, f"<p>{API_KEY}"), read_stream, ResponseError, id="stream HTML"),
]


@pytest.mark.parametrize(("response", "call", "error_class"), FAILURES)
def test_failures_do_not_expose_the_api_key(
    fault_server: FaultServer,
    caplog: pytest.LogCaptureFixture,
    response: ScriptedResponse,
    call: Callable[[ChatRoutes], object],
    error_class: type[ChatRoutesError],
) -> None:
    caplog.set_level(logging.DEBUG, logger="chatroutes")
    fault_server.script(response, response)

    timeout = 1 if error_class is RequestTimeoutError else 20

    with ChatRoutes(
        API_KEY, fault_server.base_url, timeout=timeout, retry_attempts=1, retry_delay=0
    ) as client:
        with pytest.raises(error_class) as caught:
            call(client)
        assert not find_api_key(client)

    assert type(caught.value) is error_class
    assert_api_key_hidden(caught.value)
    assert API_KEY[:16] not in caplog.text


@pytest.mark.parametrize("end", [(), (b"data: {\n\n",)], ids=["interrupted", "invalid event"])
def test_partial_content_does_not_expose_the_api_key(
    fault_server: FaultServer, end: tuple[bytes, ...]
) -> None:
    fault_server.script(event_stream(text_event(f"No {API_KEY}!"), *end))

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        stream = client.messages.stream("c", {"content": "Hi"})
        with pytest.raises(ChatRoutesError) as caught:
            stream.get_final_text()

    assert caught.value.partial_content == "No ***!"
    assert API_KEY.encode() not in pickle.dumps(caught.value)
    assert stream.text == f"No {API_KEY}!"


def test_connection_errors_do_not_expose_the_api_key() -> None:
    with (
        closed_port() as port,
        ChatRoutes(API_KEY, f"http://127.0.0.1:{port}", retry_attempts=0) as client,
        pytest.raises(NetworkError) as caught,
    ):
        get_conversation(client)

    assert_api_key_hidden(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"base_url": "nonsense"},
        {"headers": {"X": "a\n"}},
        {"http_client": 5},
        {"retry_attempts": -1},
    ],
)
def test_invalid_options_do_not_expose_the_api_key(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        ChatRoutes(API_KEY, **options)

    assert_api_key_hidden(caught.value)


@pytest.mark.parametrize("end", ["\n", " ", "ü", "\r\nX: y"])
def test_invalid_api_key_is_not_exposed(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError) as caught:
        ChatRoutes(API_KEY + end)
    assert_api_key_hidden(caught.value)

    monkeypatch.setenv("CHATROUTES_API_KEY", API_KEY + end)
    with pytest.raises(ValidationError) as caught:
        ChatRoutes()
    assert_api_key_hidden(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.conversations.get(""),
        lambda client: client.conversations.create({"title": {1}}),
        lambda client: client.messages.list("c", "\ud800"),
        lambda client: client.request("GET", "/x", params={"a": "\ud800"}),
        lambda client: client.with_options(headers={"X": " a"}).conversations.get("c"),
        lambda client: client.request("GET", "/" + "x" * 100_000),
    ],
)
def test_invalid_requests_do_not_expose_the_api_key(
    fault_server: FaultServer, call: Callable[[ChatRoutes], object]
) -> None:
    with (
        ChatRoutes(API_KEY, fault_server.base_url) as client,
        pytest.raises(ValidationError) as caught,
    ):
        call(client)

    assert_api_key_hidden(caught.value)


def test_clients_do_not_expose_the_api_key(fault_server: FaultServer) -> None:
    fault_server.script(
        json_response(200, {"success": True, "data": {"messages": []}}), empty_response(404)
    )

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        client.messages.list("c")
        with pytest.raises(NotFoundError):
            get_conversation(client)
        unsent_stream = client.messages.stream("c", {"content": "Hi"})
        gc.collect()

        assert not find_api_key(client)
        assert not find_api_key(client.with_options(timeout=5))
        assert API_KEY not in repr(vars(unsent_stream))
        unsent_stream.close()
        assert API_KEY not in repr(unsent_stream)
        unsent_stream.close()
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(client)
