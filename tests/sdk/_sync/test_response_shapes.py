# Derived from tests/sdk/_async/test_response_shapes.py by scripts/regen.py. Do not edit.

"""The errors for JSON responses that do not have the shape of the contract."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes import ChatRoutes, ResponseError
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.operations import OPERATION_NAMES, OPERATIONS, Operation
from tests.support.payloads import success_response

from .clients import make_client


def call_operation(client: ChatRoutes, operation: Operation) -> Any:
    """Return the result of a call, or the ResponseError that it raises."""
    try:
        return operation.call(client)
    except ResponseError as error:
        return error


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
def test_responses_of_the_wrong_shape_raise_response_error(
    fault_server: FaultServer, operation: Operation
) -> None:
    payloads: list[Any] = [[], "text", 5, None, True]
    if operation.data is not None:
        payloads += [
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
                payloads.append({"success": True, "data": {**operation.data, name: wrong}})
    fault_server.script(*[json_response(200, payload) for payload in payloads])

    with make_client(fault_server) as client:
        results = [call_operation(client, operation) for _ in payloads]

    for payload, result in zip(payloads, results, strict=True):
        if isinstance(result, ResponseError):
            assert result.status_code == 200
            assert "does not have the shape of the contract" in str(result)
        else:
            # Only optional fields are not validated.
            differing = [
                name for name, value in payload["data"].items() if value != operation.data[name]
            ]
            optional = {"total", "page", "limit", "hasNext", "userMessage"}
            optional |= {"status", "version", "service"}
            if operation.name == "conversations.get_tree":
                optional.add("metadata")  # the SDK computes it from the tree
            assert set(differing) < optional


@pytest.mark.parametrize(
    ("name", "data", "expected"),
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
def test_response_error_names_the_invalid_field(
    fault_server: FaultServer, name: str, data: Any, expected: str
) -> None:
    operation = OPERATIONS[OPERATION_NAMES.index(name)]
    fault_server.script(success_response(data))

    with make_client(fault_server) as client:
        with pytest.raises(ResponseError) as caught:
            operation.call(client)

    assert expected in caught.value.message
