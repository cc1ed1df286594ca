# Derived from tests/sdk/_async/test_raw_responses.py by scripts/regen.py. Do not edit.

"""`with_raw_response`: the status, the headers and the body of a response, and its result."""

from __future__ import annotations

import copy
import inspect
import pickle
from datetime import timedelta
from typing import Any

import pytest

from chatroutes import ChatRoutes, ChatRoutesError, NotFoundError, RawResponse, ResponseError
from tests.support.fault_responses import empty_response, json_response, text_response
from tests.support.fault_server import FaultServer
from tests.support.operations import OPERATION_NAMES, OPERATIONS, Operation
from tests.support.payloads import (
    API_KEY,
    CONVERSATION,
    CONVERSATION_ENVELOPE,
    NOT_FOUND_RESPONSE,
    TREE,
    envelope,
    success_response,
)

from .clients import make_client

HEADERS = {"X-Request-Id": "req_1", "X-RateLimit-Remaining": "41"}

RESOURCES = ["conversations", "messages", "branches", "checkpoints", "autobranch", "models"]


class RawClient:
    """A client whose resources are those of `with_raw_response`."""

    def __init__(self, client: ChatRoutes) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name).with_raw_response


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
def test_every_method_returns_its_response(fault_server: FaultServer, operation: Operation) -> None:
    response = json_response(200, envelope(operation.data), HEADERS)
    fault_server.script(response, response)

    with make_client(fault_server) as client:
        result = operation.call(client)
        raw: RawResponse[Any] = operation.call(RawClient(client))

    plain, request = fault_server.requests
    assert (request.method, request.target, request.body) == (
        plain.method,
        plain.target,
        plain.body,
    )
    assert raw.status_code == 200
    assert raw.headers["x-ratelimit-remaining"] == raw.headers["X-RateLimit-Remaining"] == "41"
    assert raw.request_id == "req_1"
    assert raw.retries_taken == 0
    assert raw.json() == envelope(operation.data)
    assert raw.parse() == result
    assert raw.parse() is raw.parse()


def test_response_of_another_success_status(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(204), json_response(201, CONVERSATION_ENVELOPE))

    with make_client(fault_server) as client:
        deleted = client.conversations.with_raw_response.delete("conv_1")
        created = client.conversations.with_raw_response.create({"title": "Talk"})

    assert (deleted.status_code, deleted.content, deleted.parse()) == (204, b"", None)
    assert (created.status_code, created.request_id) == (201, None)
    assert created.http_response.status_code == 201
    assert created.text == created.content.decode()


def test_response_counts_the_retries(fault_server: FaultServer) -> None:
    fault_server.script(
        empty_response(503), empty_response(503), json_response(200, CONVERSATION_ENVELOPE)
    )

    with make_client(fault_server) as client:
        response = client.conversations.with_raw_response.get("conv_1")

    assert response.retries_taken == 2
    assert timedelta(0) < response.elapsed < timedelta(seconds=20)


def test_error_status_raises(fault_server: FaultServer) -> None:
    fault_server.script(NOT_FOUND_RESPONSE)

    with make_client(fault_server) as client:
        with pytest.raises(NotFoundError):
            client.conversations.with_raw_response.get("conv_1")


@pytest.mark.parametrize(
    ("response", "error_class"),
    [
        (text_response(200, "<p>Log in"), ResponseError),
        (json_response(200, envelope([])), ResponseError),
        (json_response(200, {"success": False, "error": "NOT_FOUND"}), NotFoundError),
    ],
    ids=["HTML", "wrong shape", "success is false"],
)
def test_parse_raises_the_errors_of_the_body(
    fault_server: FaultServer, response: Any, error_class: type[ChatRoutesError]
) -> None:
    fault_server.script(response)

    with make_client(fault_server) as client:
        raw = client.conversations.with_raw_response.get("conv_1")

    assert raw.status_code == 200
    assert raw.content
    for _ in range(2):
        with pytest.raises(error_class):
            raw.parse()


def test_options_of_a_call_apply(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(503), json_response(200, CONVERSATION_ENVELOPE))
    options: Any = {"headers": {"X-Trace": "abc"}, "idempotency_key": "import-1", "deadline": 20}

    with make_client(fault_server, retry_attempts=0) as client:
        raw = client.with_options(retry_attempts=1).conversations.with_raw_response
        response = raw.create({"title": "Talk"}, **options)

    assert response.retries_taken == 1
    for request in fault_server.requests:
        assert request.headers["x-trace"] == "abc"
        assert request.headers["idempotency-key"] == "import-1"


def test_tree_in_another_format_is_requested_after_a_rejection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(empty_response(400), success_response(TREE))

    with make_client(fault_server) as client:
        response = client.conversations.with_raw_response.get_tree("conv_1", deadline=20)

    assert response.parse()["conversation"] == CONVERSATION
    assert [each.path for each in fault_server.requests] == [
        "/api/v1/conversations/conv_1/tree"
    ] * 2


@pytest.mark.parametrize("resource", RESOURCES)
def test_methods_are_those_that_send_one_request(resource: str) -> None:
    with ChatRoutes(API_KEY, "http://127.0.0.1:9/api/v1") as client:
        plain = getattr(client, resource)
        raw, streaming = plain.with_raw_response, plain.with_streaming_response

    public = {name for name in dir(plain) if not name.startswith(("_", "with_"))}
    several = {name for name in public if name.startswith(("export", "iterate"))}
    assert {name for name in dir(raw) if name[0] != "_"} == public - several - {"stream"}
    assert {name for name in dir(streaming) if name[0] != "_"} == public - several
    for name in public - several - {"stream"}:
        expected = inspect.signature(getattr(plain, name)).parameters
        assert inspect.signature(getattr(raw, name)).parameters == expected
        assert inspect.signature(getattr(streaming, name)).parameters == expected


def test_missing_methods_are_explained() -> None:
    with ChatRoutes(API_KEY, "http://127.0.0.1:9/api/v1") as client:
        raw: Any = client.messages.with_raw_response
        conversations: Any = client.conversations.with_raw_response
        with pytest.raises(AttributeError, match=r"with_streaming_response\.stream"):
            raw.stream("conv_1", {"content": "Hello"})
        with pytest.raises(AttributeError, match="'iterate': it sends one request for each page"):
            raw.iterate("conv_1")
        with pytest.raises(AttributeError, match="'export': it sends several requests"):
            conversations.export("conv_1")
        with pytest.raises(AttributeError, match=r"has no attribute 'sned'$"):
            raw.sned("conv_1")


def test_response_hides_the_api_key(fault_server: FaultServer) -> None:
    fault_server.script(json_response(200, CONVERSATION_ENVELOPE))

    with make_client(fault_server) as client:
        response = client.conversations.with_raw_response.get("conv_1")

    assert repr(response) == "<RawResponse [200] GET /conversations/conv_1>"
    assert API_KEY not in f"{vars(response)}"
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="contains the API key"):
            copied(response)
