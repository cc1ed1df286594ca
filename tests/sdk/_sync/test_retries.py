# Derived from tests/sdk/_async/test_retries.py by scripts/regen.py. Do not edit.

"""What is tried again, how often and when."""

from __future__ import annotations

import logging
import socket
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
from tests.support.payloads import (
    API_KEY,
    COMPLETE_STREAM,
    CONVERSATION,
    DONE_EVENT,
    HELLO,
    SEND_RESULT,
    success_response,
    text_event,
)

from .clients import SHORT_TIMEOUT, make_client

LONG_AGO = formatdate(0, usegmt=True)
FAR_OFF = "Fri, 31 Dec 2999 23:59:59 GMT"

STALLED = stall()
SILENT = event_stream(b": hello\n\n", end="stall")

RETRIED: list[Any] = [
    pytest.param(reset_connection(), id="reset"),
    pytest.param(close_connection(), id="hung up"),
    pytest.param(truncated_body(b'{"success": true'), id="cut body"),
    pytest.param(raw_response(b"SSH-2.0-x\r\n\r\n"), id="not HTTP"),
    pytest.param(STALLED, id="stalled"),
    pytest.param(empty_response(408), id="408"),
    pytest.param(empty_response(409, {"Retry-After": "0"}), id="409 with Retry-After"),
    pytest.param(empty_response(429), id="429"),
    pytest.param(empty_response(429, {"Retry-After": "0"}), id="429 with seconds"),
    pytest.param(empty_response(429, {"Retry-After": LONG_AGO}), id="429 with a date"),
    pytest.param(json_response(429, {"retryAfter": 0}), id="429 with retryAfter"),
    pytest.param(json_response(500, {"success": False}), id="500"),
    pytest.param(text_response(502, "<p>Bad gateway", "text/html"), id="502 in HTML"),
    pytest.param(empty_response(503), id="503"),
]

FINAL: list[Any] = [
    pytest.param(empty_response(400), ValidationError, id="400"),
    pytest.param(empty_response(401), AuthenticationError, id="401"),
    pytest.param(empty_response(404), NotFoundError, id="404"),
    pytest.param(empty_response(409), ConflictError, id="409"),
    pytest.param(empty_response(422), ValidationError, id="422"),
    pytest.param(text_response(200, "{"), ResponseError, id="bad JSON"),
    pytest.param(empty_response(200), ResponseError, id="empty"),
    pytest.param(json_response(200, {"success": False}), ChatRoutesError, id="no success"),
    pytest.param(empty_response(302, {"Location": "/"}), ResponseError, id="redirect"),
]

GIVEN_UP: list[Any] = [
    pytest.param(reset_connection(), NetworkError, 0, id="reset"),
    pytest.param(close_connection(), NetworkError, 0, id="hung up"),
    pytest.param(truncated_body(b"{"), NetworkError, 0, id="cut body"),
    pytest.param(empty_response(408), ChatRoutesError, 408, id="408"),
    pytest.param(empty_response(429), RateLimitError, 429, id="429"),
    pytest.param(empty_response(503), ServerError, 503, id="503"),
]


@pytest.mark.parametrize("fault", RETRIED)
def test_what_may_pass_is_tried_again_with_the_same_idempotency_key(
    fault_server: FaultServer, fault: ScriptedResponse
) -> None:
    fault_server.script(fault, success_response(SEND_RESULT))

    with make_client(fault_server, timeout=SHORT_TIMEOUT if fault is STALLED else 20) as client:
        sent = client.messages.send("conv_1", HELLO)

    assert sent["assistantMessage"] == SEND_RESULT["assistantMessage"]
    tries = fault_server.requests
    assert len(tries) == 2
    assert len({request.headers["idempotency-key"] for request in tries}) == 1
    assert [request.body for request in tries] == [tries[0].body] * 2


@pytest.mark.parametrize("fault", RETRIED)
def test_a_stream_is_tried_again_before_its_first_event(
    fault_server: FaultServer, fault: ScriptedResponse
) -> None:
    fault_server.script(fault, COMPLETE_STREAM)

    with make_client(fault_server, timeout=SHORT_TIMEOUT if fault is STALLED else 20) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"

    tries = fault_server.requests
    assert len(tries) == 2
    assert len({request.headers["idempotency-key"] for request in tries}) == 1


@pytest.mark.parametrize(
    "fault",
    [
        event_stream(b": hello\n\n"),
        event_stream(b": hello\n\n", end="close"),
        event_stream(b": hello\n\n", end="reset"),
        SILENT,
        event_stream(b'data: {"ch'),
        event_stream(b"id: 1\n\n"),
        event_stream(b"event: ping\n\n"),
    ],
)
def test_a_stream_that_stops_before_its_first_event_is_tried_again(
    fault_server: FaultServer, fault: ScriptedResponse
) -> None:
    fault_server.script(fault, COMPLETE_STREAM)

    with (
        make_client(fault_server, timeout=SHORT_TIMEOUT if fault is SILENT else 20) as client,
        client.messages.stream("conv_1", HELLO) as stream,
    ):
        texts = [text for text in stream.text_stream]

    assert texts == ["Hel", "lo"]
    first, second = fault_server.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


@pytest.mark.parametrize("end", ["clean", "close", "reset", "stall"])
def test_a_stream_is_never_tried_again_after_its_first_event(
    fault_server: FaultServer, end: Any
) -> None:
    fault_server.script(event_stream(text_event("Hel"), end=end))

    with make_client(fault_server, timeout=SHORT_TIMEOUT if end == "stall" else 20) as client:
        with pytest.raises(NetworkError):
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert len(fault_server.requests) == 1


@pytest.mark.parametrize(("answer", "kind"), FINAL)
def test_what_will_not_pass_is_not_tried_again(
    fault_server: FaultServer, answer: ScriptedResponse, kind: type[ChatRoutesError]
) -> None:
    fault_server.script(answer, answer)

    with make_client(fault_server) as client:
        with pytest.raises(kind):
            client.conversations.get("conv_1")
        with pytest.raises(kind):
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert len(fault_server.requests) == 2


@pytest.mark.parametrize(("answer", "kind", "status"), GIVEN_UP)
@pytest.mark.parametrize("retry_attempts", [0, 1, 2])
def test_there_are_as_many_tries_as_allowed_and_then_the_last_error(
    fault_server: FaultServer,
    answer: ScriptedResponse,
    kind: type[ChatRoutesError],
    status: int,
    retry_attempts: int,
) -> None:
    fault_server.script(answer, repeat_last=True)

    with make_client(fault_server, retry_attempts=retry_attempts) as client:
        with pytest.raises(kind) as caught:
            client.conversations.get("conv_1")
        assert len(fault_server.requests) == retry_attempts + 1
        assert caught.value.status_code == status
        with pytest.raises(kind):
            client.messages.stream("conv_1", HELLO).get_final_text()
        assert len(fault_server.requests) == 2 * (retry_attempts + 1)


def test_three_retries_are_made_unless_told_otherwise(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(503), repeat_last=True)

    with ChatRoutes(API_KEY, fault_server.base_url, retry_delay=0) as client:
        with pytest.raises(ServerError):
            client.conversations.list()

    assert len(fault_server.requests) == 4


def test_silence_longer_than_the_timeout_is_a_timeout_error(
    fault_server: FaultServer,
) -> None:
    fault_server.script(stall(), repeat_last=True)

    with make_client(fault_server, timeout=0.05, retry_attempts=1) as client:
        with pytest.raises(RequestTimeoutError, match="Waited longer than the timeout") as caught:
            client.conversations.list()

    assert caught.value.status_code == 0
    assert len(fault_server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (empty_response(503, {"Retry-After": "0"}), "in 0.0 s"),
        (empty_response(429, {"Retry-After": "0.1"}), "in 0.1 s"),
        (empty_response(409, {"Retry-After": "0"}), "in 0.0 s"),
        (empty_response(429, {"Retry-After": LONG_AGO}), "in 0.0 s"),
        (json_response(429, {"retryAfter": 0.1}), "in 0.1 s"),
        (json_response(429, {"retryAfter": 50}, {"Retry-After": "0"}), "in 0.0 s"),
    ],
)
def test_the_wait_that_the_service_asks_for_takes_the_place_of_ones_own(
    fault_server: FaultServer, caplog: pytest.LogCaptureFixture, answer: ScriptedResponse, said: str
) -> None:
    fault_server.script(
        answer, success_response({"conversation": CONVERSATION}), answer, COMPLETE_STREAM
    )

    with make_client(fault_server, retry_delay=30) as client:
        client.conversations.get("conv_1")
        client.messages.stream("conv_1", HELLO).get_final_text()

    waits = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(waits) == 2
    assert all(said in wait for wait in waits)


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        (empty_response(429, {"Retry-After": "61"}), 61),
        (empty_response(503, {"Retry-After": "3600"}), 3600),
        (empty_response(429, {"Retry-After": FAR_OFF}), None),
        (json_response(429, {"retryAfter": 86400}), 86400),
    ],
)
def test_who_asks_to_wait_too_long_is_not_waited_for(
    fault_server: FaultServer, answer: ScriptedResponse, retry_after: float | None
) -> None:
    fault_server.script(answer, answer)

    with make_client(fault_server) as client:
        for call in [
            lambda: client.conversations.get("conv_1"),
            lambda: client.messages.stream("conv_1", HELLO).get_final_text(),
        ]:
            with pytest.raises((RateLimitError, ServerError)) as caught:
                call()
            assert caught.value.retry_after > 60
            assert retry_after in (None, caught.value.retry_after)

    assert len(fault_server.requests) == 2


@pytest.mark.parametrize("header", ["soon", "-1", "inf", "nan", "1e3", "", "Mon, 99 Foo"])
def test_a_retry_after_that_makes_no_sense_counts_as_none(
    fault_server: FaultServer, header: str
) -> None:
    fault_server.script(
        empty_response(429, {"Retry-After": header}),
        success_response({"conversation": CONVERSATION}),
    )

    with make_client(fault_server) as client:
        client.conversations.get("conv_1")

    assert len(fault_server.requests) == 2


def test_a_refused_connection_is_tried_again_and_then_a_network_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with ChatRoutes(API_KEY, f"http://127.0.0.1:{port}", retry_attempts=2, retry_delay=0) as client:
        with pytest.raises(NetworkError, match="No connection could be made") as caught:
            client.conversations.list()
        with pytest.raises(NetworkError) as streamed:
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert type(caught.value) is NetworkError
    assert caught.value.status_code == 0
    assert streamed.value.partial_content == ""
    retries = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(retries) == 4


def test_the_log_has_a_line_per_try_and_one_per_retry_and_no_secrets(
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
    assert [(level, line.split(" after ")[0].split(", trying")[0]) for level, line in lines] == [
        ("DEBUG", f"{send}: 503"),
        ("WARNING", f"{send}: 503"),
        ("DEBUG", f"{send}: no answer"),
        ("WARNING", f"{send}: NetworkError"),
        ("DEBUG", f"{send}: 200"),
        ("DEBUG", f"{stream}: 500"),
        ("WARNING", f"{stream}: 500"),
        ("DEBUG", f"{stream}: 200"),
    ]
    tries = [line.rpartition(", ")[2] for level, line in lines if level == "DEBUG"]
    assert tries == ["try 1", "try 2", "try 3", "try 1", "try 2"]
    retries = [line.rpartition("(")[2] for level, line in lines if level == "WARNING"]
    assert retries == ["retry 1 of 3)", "retry 2 of 3)", "retry 1 of 3)"]
    assert all(" ms, " in line for level, line in lines if level == "DEBUG")
    assert "SECRET" not in caplog.text
    assert API_KEY not in caplog.text
