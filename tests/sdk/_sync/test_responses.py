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
from tests.support.fault_server import (
    Answer,
    FaultServer,
    empty_answer,
    event_stream,
    json_answer,
    raw_answer,
    text_answer,
)

from .payloads import HELLO, KEY, OPERATION_NAMES, OPERATIONS, WHOLE, Operation, client_of, success

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


def error_of(faults: FaultServer, answer: Answer) -> ChatRoutesError:
    """The error of a call that is answered so."""
    faults.script(answer)
    with client_of(faults, retry_attempts=0) as client:
        with pytest.raises(ChatRoutesError) as caught:
            client.conversations.get("conv_1")
    return caught.value


def error_of_stream(faults: FaultServer, answer: Answer) -> ChatRoutesError:
    """The error of a stream that is answered so."""
    faults.script(answer)
    with client_of(faults, retry_attempts=0) as client:
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
    faults: FaultServer, status: int, kind: type[ChatRoutesError]
) -> None:
    answer = json_answer(
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

    for error in [error_of(faults, answer), error_of_stream(faults, answer)]:
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
    faults: FaultServer, code: str | None, kind: type[ChatRoutesError]
) -> None:
    answer = json_answer(200, {"success": False, "error": code, "message": "No.", "details": [1]})

    for error in [error_of(faults, answer), error_of_stream(faults, answer)]:
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
    faults: FaultServer, payload: Any, message: str
) -> None:
    error = error_of(faults, json_answer(500, payload))

    assert type(error) is ServerError
    assert error.message == message
    assert (error.request_id, error.details, error.retry_after) == (None, None, None)


@pytest.mark.parametrize("status", [500, 502])
def test_a_page_of_a_proxy_is_quoted(faults: FaultServer, status: int) -> None:
    page = text_answer(status, "<html>\n<h1>Bad  gateway</h1>" + "x" * 5000, "text/html")

    for error in [error_of(faults, page), error_of_stream(faults, page)]:
        assert (type(error), error.status_code) == (ServerError, status)
        assert "<html> <h1>Bad gateway</h1>" in str(error)
        assert len(str(error)) < 400


def test_an_empty_failure_says_that_it_is_empty(faults: FaultServer) -> None:
    for error in [
        error_of(faults, empty_answer(500)),
        error_of_stream(faults, empty_answer(500)),
    ]:
        assert type(error) is ServerError
        assert error.message == "The answer is empty."


def test_an_error_of_megabytes_before_a_stream_lets_go_of_the_connection(
    faults: FaultServer,
) -> None:
    faults.script(text_answer(500, "x" * 3_000_000), WHOLE)

    with client_of(faults, retry_attempts=0) as client:
        with pytest.raises(ServerError):
            client.messages.stream("conv_1", HELLO).get_final_text()
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (text_answer(200, "<p>Log in", "text/html"), "not JSON): text/html that begins with '<p>"),
        (empty_answer(200), "an empty body"),
        (text_answer(200, '{"success": tru', "application/json"), "not JSON"),
        (
            raw_answer(b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"\xff"'),
            "no content type that begins with",
        ),
    ],
)
def test_what_is_not_json_is_an_error_that_quotes_it(
    faults: FaultServer, answer: Answer, said: str
) -> None:
    error = error_of(faults, answer)

    assert type(error) is ResponseError
    assert error.status_code == 200
    assert said in str(error)


def test_an_answer_that_cannot_be_unpacked_is_a_response_error(faults: FaultServer) -> None:
    error = error_of(
        faults, text_answer(200, "not packed at all", headers={"Content-Encoding": "gzip"})
    )

    assert type(error) is ResponseError
    assert "cannot be unpacked" in str(error)


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
def test_no_operation_takes_an_answer_of_another_shape_for_its_own(
    faults: FaultServer, operation: Operation
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
    faults.script(*[json_answer(200, shape) for shape in shapes])

    with client_of(faults) as client:
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
    faults: FaultServer, index: str, data: Any, said: str
) -> None:
    operation = OPERATIONS[OPERATION_NAMES.index(index)]
    faults.script(success(data))

    with client_of(faults) as client:
        with pytest.raises(ResponseError) as caught:
            operation.call(client)

    assert said in caught.value.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_the_key_does_not_travel(
    faults: FaultServer, status: int
) -> None:
    with FaultServer() as elsewhere:
        away = empty_answer(status, {"Location": f"{elsewhere.base_url}/x"})
        faults.script(away, away)

        with httpx.Client(follow_redirects=True) as own:
            client = client_of(faults, http_client=own)
            with pytest.raises(ResponseError, match="redirect to http") as caught:
                client.conversations.get("conv_1")
            with pytest.raises(ResponseError, match="redirect to http"):
                client.messages.stream("conv_1", HELLO).get_final_text()

        assert elsewhere.connections_made == 0
    assert caught.value.status_code == status
    assert elsewhere.base_url in caught.value.message
    assert len(faults.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        text_answer(200, "<p>Log in", "text/html"),
        json_answer(200, {"success": True, "data": {}}),
        empty_answer(200),
        text_answer(200, "data: 1\n\n", "text/plain"),
        empty_answer(204),
    ],
)
def test_what_is_no_event_stream_is_a_response_error(faults: FaultServer, answer: Answer) -> None:
    error = error_of_stream(faults, answer)

    assert type(error) is ResponseError
    assert "not an event stream" in str(error)
    assert error.partial_content == ""


def test_a_failure_without_end_where_a_stream_was_due_is_not_read_for_ever(
    faults: FaultServer,
) -> None:
    page = [b"x" * 400_000] * 4
    answer = event_stream(*page, threading.Event(), content_type="text/html")

    error = error_of_stream(faults, answer)

    assert type(error) is ResponseError


def test_what_the_service_repeats_of_the_key_is_taken_out(faults: FaultServer) -> None:
    told = {"success": False, "error": "ODD", "message": f"Bad key {KEY}.", "details": {"k": KEY}}
    answers = [
        json_answer(401, told),
        json_answer(200, told),
        text_answer(200, f"<p>{KEY}", "text/html"),
        text_answer(500, f"<p>{KEY}", "text/html"),
        empty_answer(302, {"Location": f"/login?key={KEY}"}),
        json_answer(404, {}, {"X-Request-Id": KEY}),
        text_answer(200, "x", f"text/{KEY}"),
    ]

    errors = [error_of(faults, answer) for answer in answers]
    errors += [error_of_stream(faults, answer) for answer in answers]
    errors.append(
        error_of_stream(faults, event_stream(b"event: error\ndata: " + KEY.encode() + b"\n\n"))
    )

    for error in errors:
        assert KEY not in repr(vars(error))
        assert KEY not in str(error)
    assert errors[0].message == "Bad key ***."


def test_taking_the_key_out_leaves_an_odd_answer_readable(faults: FaultServer) -> None:
    told = {"success": False, "error": "NOT_FOUND", "message": "No 1.", "details": 1}
    faults.script(
        json_answer(404, told),
        json_answer(200, told),
        event_stream(b'data: {"type": "error", "error": "NOT_FOUND", "message": "No 1."}\n\n'),
        event_stream(b'data: {"type": "error", "message": "Half \\ud800", "details": NaN}\n\n'),
    )

    with ChatRoutes("1", faults.base_url, retry_attempts=0) as client:
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
