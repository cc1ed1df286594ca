# Derived from tests/sdk/_async/test_requests.py by scripts/regen.py. Do not edit.

"""The requests that the client sends, and `client.request()` for endpoints without a method."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes import ChatRoutes, NotFoundError, ValidationError, __version__
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.operations import OPERATION_NAMES, OPERATIONS, Operation
from tests.support.payloads import (
    API_KEY,
    CHECKPOINT,
    COMPLETE_STREAM,
    HELLO,
    NOT_FOUND_RESPONSE,
    PAGE,
    SUGGESTIONS,
    success_response,
)

from .clients import make_client

pytestmark = pytest.mark.transport


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
def test_operations_send_the_documented_request_and_read_the_response(
    fault_server: FaultServer, operation: Operation
) -> None:
    fault_server.script(success_response(operation.data))

    with make_client(fault_server) as client:
        result = operation.call(client)

    (request,) = fault_server.requests
    assert (request.method, request.target) == (operation.method, f"/api/v1{operation.path}")
    assert (request.json() if request.body else None) == operation.body
    if operation.data is None:
        assert result is None
    elif operation.name == "conversations.list":
        assert result["data"] == PAGE["conversations"]
    elif len(operation.data) == 1:
        assert result == next(iter(operation.data.values()))
    else:
        assert result.items() >= operation.data.items()


def test_stream_sends_the_documented_request(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM)

    with make_client(fault_server) as client:
        client.messages.stream("conv_1", HELLO).get_final_text()

    (request,) = fault_server.requests
    assert (request.method, request.target) == (
        "POST",
        "/api/v1/conversations/conv_1/messages/stream",
    )
    assert request.json() == HELLO
    assert request.headers["accept"] == "text/event-stream"
    assert len(request.headers["idempotency-key"]) >= 16


def test_suggest_branches_sends_the_language_model_options(
    fault_server: FaultServer,
) -> None:
    fault_server.script(success_response(SUGGESTIONS))

    with make_client(fault_server) as client:
        client.autobranch.suggest_branches(
            "Either or", llm_model="gpt-5", llm_provider="openai", llm_api_key="sk-1"
        )

    sent = fault_server.requests[0].json()
    assert (sent["llmModel"], sent["llmProvider"], sent["llmApiKey"]) == ("gpt-5", "openai", "sk-1")


def test_checkpoints_in_camel_case_get_snake_case_names(
    fault_server: FaultServer,
) -> None:
    camel = {
        "id": "cp_1",
        "summary": "They said hello.",
        "conversationId": "conv_1",
        "branchId": "br_1",
        "anchorMessageId": "msg_1",
        "tokenCount": 4,
        "createdAt": "2025-10-05T03:01:09.598Z",
    }
    fault_server.script(
        success_response({"checkpoints": [camel]}),
        success_response({"checkpoint": camel}),
        success_response({"checkpoint": camel}),
    )

    with make_client(fault_server) as client:
        results = [
            *client.checkpoints.list("conv_1"),
            client.checkpoints.create("conv_1", "br_1", "msg_1"),
            client.checkpoints.recreate("cp_1"),
        ]

    assert results == [{**camel, **CHECKPOINT}] * 3


def test_iterate_stops_at_an_empty_page(fault_server: FaultServer) -> None:
    fault_server.script(success_response({**PAGE, "conversations": [], "hasNext": True}))

    with make_client(fault_server) as client:
        assert [each for each in client.conversations.iterate()] == []

    assert len(fault_server.requests) == 1


def test_iterate_resumes_at_the_failed_page(fault_server: FaultServer) -> None:
    first_page = {**PAGE, "hasNext": True}
    fault_server.script(success_response(first_page), NOT_FOUND_RESPONSE, success_response(PAGE))

    with make_client(fault_server) as client:
        conversations = client.conversations.iterate()
        next(conversations)
        with pytest.raises(NotFoundError):
            next(conversations)
        next(conversations)

    assert [request.target[-6:] for request in fault_server.requests] == [
        "page=1",
        "page=2",
        "page=2",
    ]


def test_headers_hold_no_information_about_the_machine(
    fault_server: FaultServer,
) -> None:
    fault_server.script(*[success_response(operation.data) for operation in OPERATIONS])

    with make_client(fault_server) as client:
        for operation in OPERATIONS:
            operation.call(client)

    for request in fault_server.requests:
        headers = request.headers
        assert headers["authorization"] == f"ApiKey {API_KEY}"
        assert headers["user-agent"] == f"chatroutes-python/{__version__}"
        assert headers["accept"] == "application/json"
        assert headers.get("content-type") == ("application/json" if request.body else None)
        assert ("idempotency-key" in headers) == (request.method == "POST")
        assert headers.keys() <= {
            "host",
            "accept",
            "accept-encoding",
            "connection",
            "user-agent",
            "authorization",
            "content-length",
            "content-type",
            "idempotency-key",
        }


def test_each_post_has_its_own_idempotency_key(fault_server: FaultServer) -> None:
    fault_server.script(*[success_response(operation.data) for operation in OPERATIONS] * 2)

    with make_client(fault_server) as client:
        for operation in OPERATIONS * 2:
            operation.call(client)

    posts = [request for request in fault_server.requests if request.method == "POST"]
    assert len({request.headers["idempotency-key"] for request in posts}) == len(posts) > 10


def test_custom_headers_override_default_headers(fault_server: FaultServer) -> None:
    fault_server.script(success_response(OPERATIONS[0].data), repeat_last=True)

    with make_client(fault_server, headers={"X-Team": "a", "user-agent": "mine"}) as client:
        view = client.with_options(headers={"idempotency-key": "k1", "X-More": "b"})
        view.conversations.create({"title": "T"})
        client.conversations.create({"title": "T"})

    first, second = [request.headers for request in fault_server.requests]
    assert (first["x-team"], first["x-more"], first["user-agent"]) == ("a", "b", "mine")
    assert first["idempotency-key"] == "k1"
    assert (second["x-team"], second["idempotency-key"] != "k1") == ("a", True)
    assert "x-more" not in second


def test_trailing_slash_of_the_base_url_is_removed(
    fault_server: FaultServer,
) -> None:
    fault_server.script(success_response(PAGE))

    with ChatRoutes(API_KEY, f"{fault_server.base_url}/") as client:
        client.conversations.list()

    assert fault_server.requests[0].target == "/api/v1/conversations"


def test_request_calls_undocumented_endpoints(fault_server: FaultServer) -> None:
    fault_server.script(json_response(200, {"a": 1}), json_response(201, [2]), NOT_FOUND_RESPONSE)

    with make_client(fault_server) as client:
        get_response = client.request("get", "/things", params={"q": "ä b"})
        post_response = client.request("POST", "/things", json={"b": "ü"})
        with pytest.raises(NotFoundError, match="GET /none"):
            client.request("GET", "/none")

    assert (get_response.status_code, get_response.json()) == (200, {"a": 1})
    assert (post_response.status_code, post_response.json()) == (201, [2])
    first, second, _ = fault_server.requests
    assert (first.method, first.target) == ("GET", "/api/v1/things?q=%C3%A4+b")
    assert "idempotency-key" not in first.headers
    assert second.json() == {"b": "ü"}
    assert second.headers["idempotency-key"]
    assert second.headers["authorization"] == f"ApiKey {API_KEY}"


def test_request_appends_params_to_the_query_of_the_path(fault_server: FaultServer) -> None:
    fault_server.script(json_response(200, {}))

    with make_client(fault_server) as client:
        client.request("GET", "/things?a=1", params={"b": 2})

    assert fault_server.requests[0].target == "/api/v1/things?a=1&b=2"


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "things", {}),
        ("GET", "", {}),
        ("GET", "http://evil.example/", {}),
        ("GET", None, {}),
        ("GET", "/\ud800", {}),
        ("GET", "/a\nb", {}),
        ("GET", "/../../admin", {}),
        ("GET", "/things/%2e%2E/admin", {}),
        ("GET", "/things#part", {}),
        ("", "/things", {}),
        ("GE T", "/things", {}),
        ("GET\r\nX: y", "/things", {}),
        ("ПОСТ", "/things", {}),
        (None, "/things", {}),
        ("GET", "/things", {"params": "a=1"}),
        ("GET", "/things", {"params": {"a": "\ud800"}}),
        ("POST", "/things", {"json": {"a": {1}}}),
    ],
)
def test_request_rejects_invalid_arguments_and_paths_outside_the_base_url(
    fault_server: FaultServer, method: Any, path: Any, options: dict[str, Any]
) -> None:
    with make_client(fault_server) as client:
        with pytest.raises(ValidationError):
            client.request(method, path, **options)

    assert fault_server.requests == []
