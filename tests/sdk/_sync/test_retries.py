# Derived from tests/sdk/_async/test_retries.py by scripts/regen.py. Do not edit.

"""Retries: which failures are retried, how often, and after which delay."""

from __future__ import annotations

import logging
from email.utils import formatdate
from typing import Any

import pytest

from chatroutes import (
    ChatRoutes,
    AuthenticationError,
    ChatRoutesError,
    ConflictError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    ValidationError,
)
from chatroutes_server import LocalServer
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
from tests.support.fault_server import FaultServer, RecordedRequest
from tests.support.payloads import (
    API_KEY,
    COMPLETE_STREAM,
    CONVERSATION_RESPONSE,
    DONE_EVENT,
    HELLO,
    SEND_RESULT,
    UNBROKEN_STREAM,
    success_response,
    text_event,
)

from .clients import SHORT_TIMEOUT, make_client

pytestmark = pytest.mark.transport

PAST_DATE = formatdate(0, usegmt=True)
FUTURE_DATE = "Fri, 31 Dec 2999 23:59:59 GMT"

STALLED = stall()
COMMENTS_ONLY = event_stream(b": hello\n\n", end="stall")
SILENT = (STALLED, COMMENTS_ONLY)

TEMPORARY_FAILURES: list[Any] = [
    pytest.param(reset_connection(), id="connection reset"),
    pytest.param(close_connection(), id="connection closed"),
    pytest.param(truncated_body(b'{"success": true'), id="truncated body"),
    pytest.param(raw_response(b"SSH-2.0-x\r\n\r\n"), id="invalid HTTP"),
    pytest.param(STALLED, id="timeout"),
    pytest.param(empty_response(408), id="408"),
    pytest.param(empty_response(409, {"Retry-After": "0"}), id="409 with Retry-After"),
    pytest.param(empty_response(429), id="429"),
    pytest.param(empty_response(429, {"Retry-After": "0"}), id="429 with seconds"),
    pytest.param(empty_response(429, {"Retry-After": PAST_DATE}), id="429 with a date"),
    pytest.param(json_response(429, {"retryAfter": 0}), id="429 with retryAfter"),
    pytest.param(json_response(500, {"success": False}), id="500"),
    pytest.param(text_response(502, "<p>Bad gateway", "text/html"), id="502 in HTML"),
    pytest.param(empty_response(503), id="503"),
]

PERMANENT_FAILURES: list[Any] = [
    pytest.param(empty_response(400), ValidationError, id="400"),
    pytest.param(empty_response(401), AuthenticationError, id="401"),
    pytest.param(empty_response(404), NotFoundError, id="404"),
    pytest.param(empty_response(409), ConflictError, id="409"),
    pytest.param(empty_response(422), ValidationError, id="422"),
    pytest.param(text_response(200, "{"), ResponseError, id="invalid JSON"),
    pytest.param(empty_response(200), ResponseError, id="empty body"),
    pytest.param(json_response(200, {"success": False}), ChatRoutesError, id="success is false"),
    pytest.param(empty_response(302, {"Location": "/"}), ResponseError, id="redirect"),
]

REPEATED_FAILURES: list[Any] = [
    pytest.param(reset_connection(), NetworkError, 0, id="connection reset"),
    pytest.param(close_connection(), NetworkError, 0, id="connection closed"),
    pytest.param(truncated_body(b"{"), NetworkError, 0, id="truncated body"),
    pytest.param(empty_response(408), ChatRoutesError, 408, id="408"),
    pytest.param(empty_response(429), RateLimitError, 429, id="429"),
    pytest.param(empty_response(503), ServerError, 503, id="503"),
]


def options_for(fault: ScriptedResponse) -> dict[str, Any]:
    """Return the options of a client: a short timeout for a silent server, with retries if its next response is late."""
    return {"timeout": SHORT_TIMEOUT, "retry_attempts": 10} if fault in SILENT else {"timeout": 20}


def assert_one_retry(attempts: list[RecordedRequest], fault: ScriptedResponse) -> None:
    """Assert that a failure was retried once, or more often after a timeout, which a busy machine may reach again."""
    assert len(attempts) == 2 or (fault in SILENT and len(attempts) > 2)


@pytest.mark.parametrize("fault", TEMPORARY_FAILURES)
def test_retries_send_the_same_idempotency_key_and_body(
    fault_server: FaultServer, fault: ScriptedResponse
) -> None:
    fault_server.script(fault, success_response(SEND_RESULT), repeat_last=True)

    with make_client(fault_server, **options_for(fault)) as client:
        sent = client.messages.send("conv_1", HELLO)

    assert sent["assistantMessage"] == SEND_RESULT["assistantMessage"]
    attempts = fault_server.requests
    assert_one_retry(attempts, fault)
    assert len({request.headers["idempotency-key"] for request in attempts}) == 1
    assert len({request.body for request in attempts}) == 1


@pytest.mark.parametrize("fault", TEMPORARY_FAILURES)
def test_stream_requests_are_retried(fault_server: FaultServer, fault: ScriptedResponse) -> None:
    fault_server.script(fault, UNBROKEN_STREAM, repeat_last=True)

    with make_client(fault_server, **options_for(fault)) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"

    attempts = fault_server.requests
    assert_one_retry(attempts, fault)
    assert len({request.headers["idempotency-key"] for request in attempts}) == 1


@pytest.mark.parametrize(
    "fault",
    [
        event_stream(b": hello\n\n"),
        event_stream(b": hello\n\n", end="close"),
        event_stream(b": hello\n\n", end="reset"),
        COMMENTS_ONLY,
        event_stream(b'data: {"ch'),
        event_stream(b"id: 1\n\n"),
        event_stream(b"event: ping\n\n"),
    ],
)
def test_streams_interrupted_before_the_first_event_are_retried(
    fault_server: FaultServer, fault: ScriptedResponse
) -> None:
    fault_server.script(fault, UNBROKEN_STREAM, repeat_last=True)

    with (
        make_client(fault_server, **options_for(fault)) as client,
        client.messages.stream("conv_1", HELLO) as stream,
    ):
        texts = [text for text in stream.text_stream]

    assert texts == ["Hel", "lo"]
    attempts = fault_server.requests
    assert_one_retry(attempts, fault)
    assert len({request.headers["idempotency-key"] for request in attempts}) == 1


@pytest.mark.parametrize(("response", "error_class"), PERMANENT_FAILURES)
def test_permanent_failures_are_not_retried(
    fault_server: FaultServer, response: ScriptedResponse, error_class: type[ChatRoutesError]
) -> None:
    fault_server.script(response, response)

    with make_client(fault_server) as client:
        with pytest.raises(error_class):
            client.conversations.get("conv_1")
        with pytest.raises(error_class):
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert len(fault_server.requests) == 2


@pytest.mark.parametrize(("response", "error_class", "status"), REPEATED_FAILURES)
@pytest.mark.parametrize("retry_attempts", [0, 1, 2])
def test_retry_attempts_limits_the_retries(
    fault_server: FaultServer,
    response: ScriptedResponse,
    error_class: type[ChatRoutesError],
    status: int,
    retry_attempts: int,
) -> None:
    fault_server.script(response, repeat_last=True)

    with make_client(fault_server, retry_attempts=retry_attempts) as client:
        with pytest.raises(error_class) as caught:
            client.conversations.get("conv_1")
        assert len(fault_server.requests) == retry_attempts + 1
        assert caught.value.status_code == status
        with pytest.raises(error_class):
            client.messages.stream("conv_1", HELLO).get_final_text()
        assert len(fault_server.requests) == 2 * (retry_attempts + 1)


def test_default_is_three_retries(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(503), repeat_last=True)

    with ChatRoutes(API_KEY, fault_server.base_url, retry_delay=0) as client:
        with pytest.raises(ServerError):
            client.conversations.list()

    assert len(fault_server.requests) == 4


def test_timeout_raises_request_timeout_error(
    fault_server: FaultServer,
) -> None:
    fault_server.script(stall(), repeat_last=True)

    with make_client(fault_server, timeout=SHORT_TIMEOUT, retry_attempts=1) as client:
        with pytest.raises(
            RequestTimeoutError, match="sent no complete response within the timeout"
        ) as caught:
            client.conversations.list()

    assert caught.value.status_code == 0
    assert len(fault_server.wait_for_requests(2)) == 2


@pytest.mark.parametrize(
    ("response", "expected_delay"),
    [
        (empty_response(503, {"Retry-After": "0"}), "in 0.0 s"),
        (empty_response(429, {"Retry-After": "0.1"}), "in 0.1 s"),
        (empty_response(409, {"Retry-After": "0"}), "in 0.0 s"),
        (empty_response(429, {"Retry-After": PAST_DATE}), "in 0.0 s"),
        (json_response(429, {"retryAfter": 0.1}), "in 0.1 s"),
        (json_response(429, {"retryAfter": 50}, {"Retry-After": "0"}), "in 0.0 s"),
    ],
)
def test_retry_after_replaces_the_backoff(
    fault_server: FaultServer,
    caplog: pytest.LogCaptureFixture,
    response: ScriptedResponse,
    expected_delay: str,
) -> None:
    fault_server.script(response, CONVERSATION_RESPONSE, response, COMPLETE_STREAM)

    with make_client(fault_server, retry_delay=30) as client:
        client.conversations.get("conv_1")
        client.messages.stream("conv_1", HELLO).get_final_text()

    retries = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(retries) == 2
    assert all(expected_delay in retry for retry in retries)


@pytest.mark.parametrize(
    ("response", "retry_after"),
    [
        (empty_response(429, {"Retry-After": "61"}), 61),
        (empty_response(503, {"Retry-After": "3600"}), 3600),
        (empty_response(429, {"Retry-After": FUTURE_DATE}), None),
        (json_response(429, {"retryAfter": 86400}), 86400),
    ],
)
def test_long_retry_after_raises_without_a_retry(
    fault_server: FaultServer, response: ScriptedResponse, retry_after: float | None
) -> None:
    fault_server.script(response, response)

    with make_client(fault_server) as client:
        for call in [
            lambda: client.conversations.get("conv_1"),
            lambda: client.messages.stream("conv_1", HELLO).get_final_text(),
        ]:
            with pytest.raises((RateLimitError, ServerError)) as caught:
                call()
            assert caught.value.retry_after > 60
            assert retry_after in (None, caught.value.retry_after)
            delay = f"{caught.value.retry_after:g}"
            assert f"The service asks for a wait of {delay} s." in str(caught.value)

    assert len(fault_server.requests) == 2


def test_invalid_retry_after_is_ignored(fault_server: FaultServer) -> None:
    fault_server.script(
        empty_response(429, {"Retry-After": "soon"}),
        CONVERSATION_RESPONSE,
    )

    with make_client(fault_server) as client:
        client.conversations.get("conv_1")

    assert len(fault_server.requests) == 2


def test_refused_connection_is_retried_and_raises_network_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}"
        client = ChatRoutes(API_KEY, url, retry_attempts=2, retry_delay=0)
        with pytest.raises(NetworkError, match=r"\(ConnectError: \[\w+ \d+\] ") as caught:
            client.conversations.list()
        with pytest.raises(NetworkError) as streamed:
            client.messages.stream("conv_1", HELLO).get_final_text()
        client.close()

    assert type(caught.value) is NetworkError
    assert f"Cannot connect to http://127.0.0.1:{port} (" in str(caught.value)
    assert caught.value.status_code == 0
    assert streamed.value.partial_content == ""
    retries = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(retries) == 4


def test_server_without_tls_is_not_tried_again(
    chatroutes_server: LocalServer, caplog: pytest.LogCaptureFixture
) -> None:
    base_url = chatroutes_server.base_url.replace("http://", "https://")

    with ChatRoutes(API_KEY, base_url, retry_delay=0) as client:
        with pytest.raises(NetworkError, match="use http:// in base_url"):
            client.conversations.list()

    assert "retrying" not in caplog.text


def test_log_has_one_line_per_attempt_and_retry_and_no_secrets(
    fault_server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="chatroutes")
    fault_server.script(
        json_response(503, {"message": "SECRET ANSWER"}),
        close_connection(),
        success_response({**SEND_RESULT, "model": "SECRET ANSWER"}),
        empty_response(500),
        event_stream(text_event("SECRET ANSWER"), DONE_EVENT),
    )

    with make_client(fault_server) as client:
        client.messages.send("conv_1", {"content": "SECRET QUESTION"})
        client.messages.stream("conv_1", {"content": "SECRET QUESTION"}).get_final_text()

    records = [record for record in caplog.records if record.name == "chatroutes"]
    lines = [(record.levelname, record.getMessage()) for record in records]
    send, stream = (
        "POST /conversations/conv_1/messages",
        "POST /conversations/conv_1/messages/stream",
    )
    assert [(level, line.split(" after ")[0].split(", retrying")[0]) for level, line in lines] == [
        ("DEBUG", f"{send}: 503"),
        ("WARNING", f"{send}: 503"),
        ("DEBUG", f"{send}: no response"),
        ("WARNING", f"{send}: NetworkError"),
        ("DEBUG", f"{send}: 200"),
        ("DEBUG", f"{stream}: 500"),
        ("WARNING", f"{stream}: 500"),
        ("DEBUG", f"{stream}: 200"),
    ]
    attempts = [line.rpartition(", ")[2] for level, line in lines if level == "DEBUG"]
    assert attempts == ["attempt 1", "attempt 2", "attempt 3", "attempt 1", "attempt 2"]
    retries = [line.rpartition("(")[2] for level, line in lines if level == "WARNING"]
    assert retries == ["retry 1 of 3)", "retry 2 of 3)", "retry 1 of 3)"]
    assert all(" ms, " in line for level, line in lines if level == "DEBUG")
    assert "SECRET" not in caplog.text
    assert API_KEY not in caplog.text
