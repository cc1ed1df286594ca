"""The errors that responses raise: by status and code, and for responses without JSON or events."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from chatroutes import (
    AsyncChatRoutes,
    AuthenticationError,
    ChatRoutesError,
    ConflictError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ResponseError,
    ServerError,
    ValidationError,
)
from tests.support.fault_responses import (
    ScriptedResponse,
    empty_response,
    event_stream,
    json_response,
    raw_response,
    text_response,
)
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, COMPLETE_STREAM, HELLO

from .clients import make_client

ERROR_CLASS_BY_STATUS = [
    (400, ValidationError),
    (401, AuthenticationError),
    (403, PermissionDeniedError),
    (404, NotFoundError),
    (409, ConflictError),
    (418, ChatRoutesError),
    (422, ValidationError),
    (429, RateLimitError),
    (500, ServerError),
    (501, ServerError),
    (503, ServerError),
    (599, ServerError),
]

ERROR_CLASS_BY_CODE = [
    ("VALIDATION_ERROR", ValidationError),
    ("UNAUTHORIZED", AuthenticationError),
    ("FORBIDDEN", PermissionDeniedError),
    ("NOT_FOUND", NotFoundError),
    ("CONFLICT", ConflictError),
    ("IDEMPOTENCY_KEY_REUSED", ConflictError),
    ("RATE_LIMITED", RateLimitError),
    ("QUOTA_EXCEEDED", RateLimitError),
    ("INTERNAL_ERROR", ServerError),
    ("SOMETHING_NEW", ChatRoutesError),
    (None, ChatRoutesError),
]


async def get_error(fault_server: FaultServer, response: ScriptedResponse) -> ChatRoutesError:
    """Return the error that a request raises for this response."""
    fault_server.script(response)
    async with make_client(fault_server, retry_attempts=0) as client:
        with pytest.raises(ChatRoutesError) as caught:
            await client.conversations.get("conv_1")
    return caught.value


async def get_stream_error(
    fault_server: FaultServer, response: ScriptedResponse
) -> ChatRoutesError:
    """Return the error that a stream raises for this response."""
    fault_server.script(response)
    async with make_client(fault_server, retry_attempts=0) as client:
        with pytest.raises(ChatRoutesError) as caught:
            await client.messages.stream("conv_1", HELLO).get_final_text()
    return caught.value


@pytest.mark.parametrize(("status", "error_class"), ERROR_CLASS_BY_STATUS)
async def test_status_determines_the_error_class(
    fault_server: FaultServer, status: int, error_class: type[ChatRoutesError]
) -> None:
    response = json_response(
        status,
        {
            "success": False,
            "error": "A_CODE",
            "message": "That is the matter.",
            "details": {"fields": ["title"]},
            "retryAfter": 7,
        },
        {"X-Request-Id": "req_1"},
    )

    for error in [
        await get_error(fault_server, response),
        await get_stream_error(fault_server, response),
    ]:
        assert type(error) is error_class
        assert error.status_code == status
        assert error.code == "A_CODE"
        assert error.message == "That is the matter."
        assert error.details == {"fields": ["title"]}
        assert error.request_id == "req_1"
        assert error.retry_after == 7
        for expected in ["/conversations/conv_1", str(status), "A_CODE", "the matter", "req_1"]:
            assert expected in str(error)


@pytest.mark.parametrize(("code", "error_class"), ERROR_CLASS_BY_CODE)
async def test_error_code_determines_the_class_of_a_failure_with_status_200(
    fault_server: FaultServer, code: str | None, error_class: type[ChatRoutesError]
) -> None:
    response = json_response(
        200, {"success": False, "error": code, "message": "No.", "details": [1]}
    )

    for error in [
        await get_error(fault_server, response),
        await get_stream_error(fault_server, response),
    ]:
        assert type(error) is error_class
        assert (error.status_code, error.code, error.message) == (200, code, "No.")
        assert error.details == [1]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({}, "The service gave no reason."),
        ({"success": False}, "The service gave no reason."),
        ({"error": "A_CODE"}, "A_CODE"),
        ({"message": "Words."}, "Words."),
        ({"message": None, "error": None, "details": None}, "The service gave no reason."),
        ({"message": 5, "error": 6}, "The service gave no reason."),
        ({"error": {"code": "A_CODE", "message": "Words."}}, "Words."),
        ([], "The response is not a JSON object: '[]'"),
        ("text", "text"),
        (None, "The response is not a JSON object: 'null'"),
    ],
)
async def test_incomplete_error_envelope_has_a_message(
    fault_server: FaultServer, payload: Any, message: str
) -> None:
    error = await get_error(fault_server, json_response(500, payload))

    assert type(error) is ServerError
    assert error.message == message
    assert (error.request_id, error.details, error.retry_after) == (None, None, None)


@pytest.mark.parametrize("status", [500, 502])
async def test_html_error_page_is_quoted(fault_server: FaultServer, status: int) -> None:
    html_page = text_response(status, "<html>\n<h1>Bad  gateway</h1>" + "x" * 5000, "text/html")

    for error in [
        await get_error(fault_server, html_page),
        await get_stream_error(fault_server, html_page),
    ]:
        assert (type(error), error.status_code) == (ServerError, status)
        assert "<html> <h1>Bad gateway</h1>" in str(error)
        assert len(str(error)) < 400


async def test_empty_error_response_has_a_message(fault_server: FaultServer) -> None:
    for error in [
        await get_error(fault_server, empty_response(500)),
        await get_stream_error(fault_server, empty_response(500)),
    ]:
        assert type(error) is ServerError
        assert error.message == "The response is empty."


@pytest.mark.transport
async def test_large_error_response_to_a_stream_request_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(text_response(500, "x" * 3_000_000), COMPLETE_STREAM)

    async with make_client(fault_server, retry_attempts=0) as client:
        with pytest.raises(ServerError):
            await client.messages.stream("conv_1", HELLO).get_final_text()
        assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


@pytest.mark.transport
@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            text_response(200, "<p>Log in", "text/html"),
            "not JSON): text/html that begins with '<p>",
        ),
        (empty_response(200), "an empty body"),
        (text_response(200, '{"success": tru', "application/json"), "not JSON"),
        (
            raw_response(b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"\xff"'),
            "no content type that begins with",
        ),
    ],
)
async def test_response_without_json_raises_response_error(
    fault_server: FaultServer, response: ScriptedResponse, expected: str
) -> None:
    error = await get_error(fault_server, response)

    assert type(error) is ResponseError
    assert error.status_code == 200
    assert expected in str(error)


@pytest.mark.transport
@pytest.mark.parametrize(
    ("status", "error_class"),
    [(401, AuthenticationError), (404, ResponseError), (429, RateLimitError), (503, ServerError)],
)
@pytest.mark.parametrize("get", [get_error, get_stream_error])
async def test_error_whose_body_is_lost_has_the_class_of_its_status(
    fault_server: FaultServer, get: Any, status: int, error_class: type[ChatRoutesError]
) -> None:
    head = f"HTTP/1.1 {status} X\r\nRetry-After: 300\r\nContent-Length: 50\r\n\r\n"

    error = await get(fault_server, raw_response(head.encode() + b'{"success": fal'))

    assert type(error) is error_class
    assert error.status_code == status
    assert "was lost" in error.message
    assert error.headers["retry-after"] == "300"
    assert error.retry_after == (None if status == 404 else 300)


@pytest.mark.transport
async def test_lost_body_has_no_hint_about_the_scheme(fault_server: FaultServer) -> None:
    error = await get_error(
        fault_server, raw_response(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")
    )

    assert type(error) is NetworkError
    assert "https" not in str(error)


@pytest.mark.transport
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_raise_and_are_not_followed(fault_server: FaultServer, status: int) -> None:
    with FaultServer() as other_server:
        redirect = empty_response(status, {"Location": f"{other_server.base_url}/x"})
        fault_server.script(redirect, redirect)

        async with httpx.AsyncClient(follow_redirects=True) as http_client:
            client = make_client(fault_server, http_client=http_client)
            with pytest.raises(ResponseError, match="redirect to http") as caught:
                await client.conversations.get("conv_1")
            with pytest.raises(ResponseError, match="redirect to http"):
                await client.messages.stream("conv_1", HELLO).get_final_text()

        assert other_server.connection_count == 0
    assert caught.value.status_code == status
    assert other_server.base_url in caught.value.message
    assert len(fault_server.requests) == 2


@pytest.mark.parametrize(
    "response",
    [
        text_response(200, "<p>Log in", "text/html"),
        json_response(200, {"success": True, "data": {}}),
        empty_response(200),
        text_response(200, "data: 1\n\n", "text/plain"),
        empty_response(204),
    ],
)
async def test_response_without_event_stream_raises_response_error(
    fault_server: FaultServer, response: ScriptedResponse
) -> None:
    error = await get_stream_error(fault_server, response)

    assert type(error) is ResponseError
    assert "not an event stream" in str(error)
    assert error.partial_content == ""


@pytest.mark.transport
async def test_endless_error_response_to_a_stream_request_is_not_read_to_its_end(
    fault_server: FaultServer,
) -> None:
    html_page = [b"x" * 400_000] * 4
    response = event_stream(*html_page, threading.Event(), content_type="text/html")

    error = await get_stream_error(fault_server, response)

    assert type(error) is ResponseError


async def test_api_key_is_removed_from_errors(fault_server: FaultServer) -> None:
    envelope = {
        "success": False,
        "error": "ODD",
        "message": f"Bad key {API_KEY}.",
        "details": {"k": API_KEY},
    }
    responses = [
        json_response(401, envelope),
        json_response(200, envelope),
        text_response(200, f"<p>{API_KEY}", "text/html"),
        text_response(500, f"<p>{API_KEY}", "text/html"),
        empty_response(302, {"Location": f"/login?key={API_KEY}"}),
        json_response(404, {}, {"X-Request-Id": API_KEY}),
        text_response(200, "x", f"text/{API_KEY}"),
    ]

    errors = [await get_error(fault_server, response) for response in responses]
    errors += [await get_stream_error(fault_server, response) for response in responses]
    errors.append(
        await get_stream_error(
            fault_server, event_stream(b"event: error\ndata: " + API_KEY.encode() + b"\n\n")
        )
    )

    for error in errors:
        assert API_KEY not in repr(vars(error))
        assert API_KEY not in str(error)
    assert errors[0].message == "Bad key ***."


async def test_removing_a_short_api_key_keeps_the_error_code(fault_server: FaultServer) -> None:
    envelope = {"success": False, "error": "NOT_FOUND", "message": "No 1.", "details": 1}
    fault_server.script(
        json_response(404, envelope),
        json_response(200, envelope),
        event_stream(b'data: {"type": "error", "error": "NOT_FOUND", "message": "No 1."}\n\n'),
        event_stream(b'data: {"type": "error", "message": "Half \\ud800", "details": NaN}\n\n'),
    )

    async with AsyncChatRoutes("1", fault_server.base_url, retry_attempts=0) as client:
        for call in [
            lambda: client.conversations.get("c"),
            lambda: client.conversations.get("c"),
            lambda: client.messages.stream("c", HELLO).get_final_text(),
        ]:
            with pytest.raises(NotFoundError) as caught:
                await call()
            assert caught.value.code == "NOT_FOUND"
        with pytest.raises(ServerError):
            await client.messages.stream("c", HELLO).get_final_text()
