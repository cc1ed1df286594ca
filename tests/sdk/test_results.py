"""The results of calls: dicts and lists that have the id of their request."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import chatroutes
from chatroutes import ChatRoutes
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.operations import OPERATION_NAMES, OPERATIONS, Operation
from tests.support.payloads import API_KEY, NOT_FOUND_RESPONSE, envelope, success_response

HEADERS = {"X-Request-Id": "req_1"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
def test_results_have_the_id_of_their_request(
    fault_server: FaultServer, operation: Operation
) -> None:
    fault_server.script(
        success_response(operation.data), json_response(200, envelope(operation.data), HEADERS)
    )

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        without, result = operation.call(client), operation.call(client)

    assert chatroutes.request_id(without) is None
    assert type(without) in (dict, list, type(None))
    assert result == without
    if result is not None:
        assert chatroutes.request_id(result) == result.request_id == "req_1"


def get_results(fault_server: FaultServer) -> list[Any]:
    """Return a dict and a list that have the id of their request."""
    names = ["conversations.get", "messages.list"]
    operations = [each for each in OPERATIONS if each.name in names]
    fault_server.script(*[json_response(200, envelope(each.data), HEADERS) for each in operations])
    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        return [each.call(client) for each in operations]


@pytest.mark.parametrize(
    "make_copy",
    [
        copy.copy,
        copy.deepcopy,
        *[
            lambda result, protocol=protocol: pickle.loads(pickle.dumps(result, protocol))
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ],
    ],
)
def test_copies_and_pickles_keep_the_id(
    fault_server: FaultServer, make_copy: Callable[[Any], Any]
) -> None:
    for result in get_results(fault_server):
        copied = make_copy(result)

        assert copied is not result
        assert copied == result
        assert type(copied) is type(result)
        assert chatroutes.request_id(copied) == "req_1"


def test_results_are_dicts_and_lists(fault_server: FaultServer) -> None:
    conversation, messages = get_results(fault_server)

    assert isinstance(conversation, dict)
    assert isinstance(messages, list)
    for result, plain in ((conversation, dict(conversation)), (messages, list(messages))):
        assert result == plain
        assert repr(result) == repr(plain)
        assert json.dumps(result) == json.dumps(plain)
        assert type(result.copy()) is type(plain)
        assert "request_id" not in result
        assert not hasattr(result, "__dict__")
    match conversation:
        case {"id": str()}:
            pass
        case _:
            pytest.fail("it is no mapping")


def test_error_of_a_key_used_as_an_attribute_names_the_key(fault_server: FaultServer) -> None:
    conversation, _ = get_results(fault_server)

    with pytest.raises(
        AttributeError, match=r"no attribute 'title'; it is a dict: use \['title'\]$"
    ):
        _ = conversation.title
    with pytest.raises(AttributeError, match=r"no attribute 'titel'$"):
        _ = conversation.titel
    assert not hasattr(conversation, "title")


def test_errors_have_the_id_of_their_request(fault_server: FaultServer) -> None:
    fault_server.script(json_response(404, {"success": False}, HEADERS), NOT_FOUND_RESPONSE)

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        for expected in ("req_1", None):
            with pytest.raises(chatroutes.NotFoundError) as caught:
                client.conversations.get("conv_1")
            assert chatroutes.request_id(caught.value) == expected


def test_api_key_in_an_id_is_hidden(fault_server: FaultServer) -> None:
    operation = OPERATIONS[0]
    headers = {"X-Request-Id": f"req {API_KEY}"}
    fault_server.script(json_response(200, envelope(operation.data), headers))

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        assert chatroutes.request_id(operation.call(client)) == "req ***"


@pytest.mark.parametrize(
    "make_copy", [copy.copy, copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))]
)
def test_objects_of_the_same_class_have_no_id(
    fault_server: FaultServer, make_copy: Callable[[Any], Any]
) -> None:
    for result in get_results(fault_server):
        made = type(result)(result)  # as functions do that change each item of a collection

        assert made == make_copy(made) == result
        assert chatroutes.request_id(made) is None
        assert chatroutes.request_id(make_copy(made)) is None
