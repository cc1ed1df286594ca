# Derived from tests/sdk/_async/test_responses.py by scripts/regen.py. Do not edit.

"""What comes back: the error that each answer stands for, and answers of a wrong shape."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from chatroutes import (
    ChatRoutes,
    AuthenticationError,
    ChatRoutesError,
    ConflictError,
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
from tests.support.operations import OPERATION_NAMES, OPERATIONS, Operation
from tests.support.payloads import API_KEY, COMPLETE_STREAM, HELLO, success_response

from .clients import make_client

BY_STATUS = [
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

BY_CODE = [
    ("VALIDATION_ERROR", ValidationError),
    ("UNAUTHORIZED", AuthenticationError),
    ("FORBIDDEN", PermissionDeniedError),
    ("NOT_FOUND", NotFoundError),
    ("CONFLICT", ConflictError),
    ("RATE_LIMITED", RateLimitError),
    ("INTERNAL_ERROR", ServerError),
    ("SOMETHING_NEW", ChatRoutesError),
    (None, ChatRoutesError),
]


def error_of(fault_server: FaultServer, answer: ScriptedResponse) -> ChatRoutesError:
    """The error of a call that is answered so."""
    fault_server.script(answer)
    with make_client(fault_server, retry_attempts=0) as client:
        with pytest.raises(ChatRoutesError) as caught:
            client.conversations.get("conv_1")
    return caught.value


def error_of_stream(fault_server: FaultServer, answer: ScriptedResponse) -> ChatRoutesError:
    """The error of a stream that is answered so."""
    fault_server.script(answer)
    with make_client(fault_server, retry_attempts=0) as client:
        with pytest.raises(ChatRoutesError) as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()
    return caught.value


def outcome_of(client: ChatRoutes, operation: Operation) -> Any:
    """What a call gives, or the ResponseError that it raises."""
    try:
        return operation.call(client)
    except ResponseError as error:
        return error


@pytest.mark.parametrize(("status", "kind"), BY_STATUS)
def test_a_status_has_its_class_and_the_service_its_say(
    fault_server: FaultServer, status: int, kind: type[ChatRoutesError]
) -> None:
    answer = json_response(
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
        error_of(fault_server, answer),
        error_of_stream(fault_server, answer),
    ]:
        assert type(error) is kind
        assert error.status_code == status
        assert error.code == "A_CODE"
        assert error.message == "That is the matter."
        assert error.details == {"fields": ["title"]}
        assert error.request_id == "req_1"
        assert error.retry_after == 7
        for said in ["/conversations/conv_1", str(status), "A_CODE", "the matter", "req_1"]:
            assert said in str(error)


@pytest.mark.parametrize(("code", "kind"), BY_CODE)
def test_a_failure_under_a_good_status_has_the_class_of_its_code(
    fault_server: FaultServer, code: str | None, kind: type[ChatRoutesError]
) -> None:
    answer = json_response(200, {"success": False, "error": code, "message": "No.", "details": [1]})

    for error in [
        error_of(fault_server, answer),
        error_of_stream(fault_server, answer),
    ]:
        assert type(error) is kind
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
        ([], "The answer is not JSON: '[]'"),
        ("text", "The answer is not JSON: '\"text\"'"),
        (None, "The answer is not JSON: 'null'"),
    ],
)
def test_a_failure_that_leaves_things_out_is_told_all_the_same(
    fault_server: FaultServer, payload: Any, message: str
) -> None:
    error = error_of(fault_server, json_response(500, payload))

    assert type(error) is ServerError
    assert error.message == message
    assert (error.request_id, error.details, error.retry_after) == (None, None, None)


@pytest.mark.parametrize("status", [500, 502])
def test_a_page_of_a_proxy_is_quoted(fault_server: FaultServer, status: int) -> None:
    page = text_response(status, "<html>\n<h1>Bad  gateway</h1>" + "x" * 5000, "text/html")

    for error in [error_of(fault_server, page), error_of_stream(fault_server, page)]:
        assert (type(error), error.status_code) == (ServerError, status)
        assert "<html> <h1>Bad gateway</h1>" in str(error)
        assert len(str(error)) < 400


def test_an_empty_failure_says_that_it_is_empty(fault_server: FaultServer) -> None:
    for error in [
        error_of(fault_server, empty_response(500)),
        error_of_stream(fault_server, empty_response(500)),
    ]:
        assert type(error) is ServerError
        assert error.message == "The answer is empty."


def test_an_error_of_megabytes_before_a_stream_lets_go_of_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(text_response(500, "x" * 3_000_000), COMPLETE_STREAM)

    with make_client(fault_server, retry_attempts=0) as client:
        with pytest.raises(ServerError):
            client.messages.stream("conv_1", HELLO).get_final_text()
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


@pytest.mark.parametrize(
    ("answer", "said"),
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
def test_what_is_not_json_is_an_error_that_quotes_it(
    fault_server: FaultServer, answer: ScriptedResponse, said: str
) -> None:
    error = error_of(fault_server, answer)

    assert type(error) is ResponseError
    assert error.status_code == 200
    assert said in str(error)


def test_an_answer_that_cannot_be_unpacked_is_a_response_error(
    fault_server: FaultServer,
) -> None:
    error = error_of(
        fault_server, text_response(200, "not packed at all", headers={"Content-Encoding": "gzip"})
    )

    assert type(error) is ResponseError
    assert "cannot be unpacked" in str(error)


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
def test_no_operation_takes_an_answer_of_another_shape_for_its_own(
    fault_server: FaultServer, operation: Operation
) -> None:
    shapes: list[Any] = [[], "text", 5, None, True]
    if operation.data is not None:
        shapes += [
            {},
            {"success": True},
            {"success": True, "data": None},
            {"success": True, "data": "text"},
            {"success": True, "data": 5},
            {"success": True, "data": {}},
            {"success": True, "data": [5]},
            {"success": True, "data": {"error": "odd"}},
        ]
        for name in operation.data:
            for wrong in ["text", 5, None, True, [5], ["text"], [None]]:
                shapes.append({"success": True, "data": {**operation.data, name: wrong}})
    fault_server.script(*[json_response(200, shape) for shape in shapes])

    with make_client(fault_server) as client:
        outcomes = [outcome_of(client, operation) for _ in shapes]

    for shape, outcome in zip(shapes, outcomes, strict=True):
        if isinstance(outcome, ResponseError):
            assert outcome.status_code == 200
            assert "has not the shape of the contract" in str(outcome)
        else:
            # Only what a program may do without is given as it came: numbers, and a second message.
            odd = [name for name, value in shape["data"].items() if value != operation.data[name]]
            assert set(odd) < {"total", "page", "limit", "hasNext", "userMessage"} | {
                "status",
                "version",
                "service",
            }


@pytest.mark.parametrize(
    ("index", "data", "said"),
    [
        ("conversations.create", {"conversation": "conv_1"}, "data.conversation is a string"),
        ("conversations.get", None, "data"),
        ("conversations.get", {"conversation": {"a": 1}}, "data.conversation has none of id"),
        ("conversations.list", {**OPERATIONS[1].data, "conversations": {}}, "not a list"),
        ("conversations.list", {"total": 1, "page": 1}, "data has no conversations"),
        ("conversations.list", {"conversations": ["conv_1"]}, "data.conversations"),
        ("conversations.get_tree", {"conversation": {}, "metadata": {}}, "data has no tree"),
        ("messages.list", {"messages": [None]}, "data.messages contains null, not only objects"),
        ("messages.send", {"userMessage": {}}, "neither assistantMessage nor message"),
        ("messages.send", {"assistantMessage": "Hi"}, "neither assistantMessage nor message"),
        ("branches.list", {"branches": {}}, "data.branches"),
        ("autobranch.suggest_branches", {"metadata": {}}, "data has no suggestions"),
    ],
)
def test_the_error_names_what_is_wrong(
    fault_server: FaultServer, index: str, data: Any, said: str
) -> None:
    operation = OPERATIONS[OPERATION_NAMES.index(index)]
    fault_server.script(success_response(data))

    with make_client(fault_server) as client:
        with pytest.raises(ResponseError) as caught:
            operation.call(client)

    assert said in caught.value.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_the_key_does_not_travel(
    fault_server: FaultServer, status: int
) -> None:
    with FaultServer() as elsewhere:
        away = empty_response(status, {"Location": f"{elsewhere.base_url}/x"})
        fault_server.script(away, away)

        with httpx.Client(follow_redirects=True) as own:
            client = make_client(fault_server, http_client=own)
            with pytest.raises(ResponseError, match="redirect to http") as caught:
                client.conversations.get("conv_1")
            with pytest.raises(ResponseError, match="redirect to http"):
                client.messages.stream("conv_1", HELLO).get_final_text()

        assert elsewhere.connection_count == 0
    assert caught.value.status_code == status
    assert elsewhere.base_url in caught.value.message
    assert len(fault_server.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        text_response(200, "<p>Log in", "text/html"),
        json_response(200, {"success": True, "data": {}}),
        empty_response(200),
        text_response(200, "data: 1\n\n", "text/plain"),
        empty_response(204),
    ],
)
def test_what_is_no_event_stream_is_a_response_error(
    fault_server: FaultServer, answer: ScriptedResponse
) -> None:
    error = error_of_stream(fault_server, answer)

    assert type(error) is ResponseError
    assert "not an event stream" in str(error)
    assert error.partial_content == ""


def test_a_failure_without_end_where_a_stream_was_due_is_not_read_for_ever(
    fault_server: FaultServer,
) -> None:
    page = [b"x" * 400_000] * 4
    answer = event_stream(*page, threading.Event(), content_type="text/html")

    error = error_of_stream(fault_server, answer)

    assert type(error) is ResponseError


def test_what_the_service_repeats_of_the_key_is_taken_out(fault_server: FaultServer) -> None:
    told = {
        "success": False,
        "error": "ODD",
        "message": f"Bad key {API_KEY}.",
        "details": {"k": API_KEY},
    }
    answers = [
        json_response(401, told),
        json_response(200, told),
        text_response(200, f"<p>{API_KEY}", "text/html"),
        text_response(500, f"<p>{API_KEY}", "text/html"),
        empty_response(302, {"Location": f"/login?key={API_KEY}"}),
        json_response(404, {}, {"X-Request-Id": API_KEY}),
        text_response(200, "x", f"text/{API_KEY}"),
    ]

    errors = [error_of(fault_server, answer) for answer in answers]
    errors += [error_of_stream(fault_server, answer) for answer in answers]
    errors.append(
        error_of_stream(
            fault_server, event_stream(b"event: error\ndata: " + API_KEY.encode() + b"\n\n")
        )
    )

    for error in errors:
        assert API_KEY not in repr(vars(error))
        assert API_KEY not in str(error)
    assert errors[0].message == "Bad key ***."


def test_taking_the_key_out_leaves_an_odd_answer_readable(fault_server: FaultServer) -> None:
    told = {"success": False, "error": "NOT_FOUND", "message": "No 1.", "details": 1}
    fault_server.script(
        json_response(404, told),
        json_response(200, told),
        event_stream(b'data: {"type": "error", "error": "NOT_FOUND", "message": "No 1."}\n\n'),
        event_stream(b'data: {"type": "error", "message": "Half \\ud800", "details": NaN}\n\n'),
    )

    with ChatRoutes("1", fault_server.base_url, retry_attempts=0) as client:
        for call in [
            lambda: client.conversations.get("c"),
            lambda: client.conversations.get("c"),
            lambda: client.messages.stream("c", HELLO).get_final_text(),
        ]:
            with pytest.raises(NotFoundError) as caught:
                call()
            assert caught.value.code == "NOT_FOUND"
        with pytest.raises(ServerError):
            client.messages.stream("c", HELLO).get_final_text()
