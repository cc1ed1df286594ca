"""The reason in the bodies of errors that do not have the form of the contract."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes import ChatRoutes, ChatRoutesError, PermissionDeniedError, ValidationError
from chatroutes._error_payloads import find_reason
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY


def get_error(fault_server: FaultServer, status: int, body: Any) -> ChatRoutesError:
    fault_server.script(json_response(status, body))
    with (
        ChatRoutes(API_KEY, fault_server.base_url) as client,
        pytest.raises(ChatRoutesError) as caught,
    ):
        client.conversations.list()
    return caught.value


BODIES: list[tuple[Any, str]] = [
    ({"detail": "queue full"}, "queue full"),
    ({"detail": [{"loc": ["body", "title"], "msg": "field required"}]}, "field required"),
    ({"errors": [{"message": "bad title"}, {"message": "bad model"}]}, "bad title; bad model"),
    ({"errors": ["one", "two"]}, "one; two"),
    ({"errors": {"title": ["must not be empty"]}}, "title: must not be empty"),
    ({"msg": "nope"}, "nope"),
    ({"Message": "Access denied"}, "Access denied"),
    ({"fault": {"faultstring": "Rate limit"}}, "Rate limit"),
    ({"error": ["first", "second"]}, "first; second"),
    ({"error": "invalid_grant", "error_description": "The key expired"}, "The key expired"),
    ({"message": ["a must be b", "c must be d"]}, "a must be b; c must be d"),
    ({"type": "about:blank", "title": "Bad", "detail": "Too long", "status": 400}, "Bad: Too long"),
    ({"title": "Only a title", "status": 400}, "Only a title"),
    ({"error": {"message": "nested", "code": "X", "param": "title"}}, "nested"),
    ({"message": {"text": "other"}}, 'The service gave no reason: {"message":{"text":"other"}}'),
    ({"Error": "Capital"}, "Capital"),
    ({"Fault": {"Reason": "SOAP"}}, "SOAP"),
    ({"data": {"message": "Inside"}}, "Inside"),
    ({"info": "other"}, 'The service gave no reason: {"info":"other"}'),
    (["one", "two"], "one; two"),
]


@pytest.mark.parametrize(("body", "reason"), BODIES)
def test_reason_is_in_the_message_and_the_body_in_details(
    fault_server: FaultServer, body: Any, reason: str
) -> None:
    error = get_error(fault_server, 400, body)
    assert type(error) is ValidationError
    assert error.message == reason
    assert error.details == body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": {"message": "nested", "code": "X"}}, "nested"),
        ({"error": {"errors": [{"reason": "deep"}]}}, "deep"),
    ],
)
def test_reason_can_be_nested(fault_server: FaultServer, body: Any, reason: str) -> None:
    assert get_error(fault_server, 400, body).message == reason


def test_details_of_the_contract_are_kept(fault_server: FaultServer) -> None:
    body = {"success": False, "error": "X", "message": "No.", "details": [{"field": "title"}]}
    error = get_error(fault_server, 400, body)
    assert type(error) is ValidationError
    assert error.details == [{"field": "title"}]


@pytest.mark.parametrize("body", [None, 5, True, [], {}, {"message": None}, {"status": 400}])
def test_body_without_a_text_has_no_reason(body: Any) -> None:
    assert find_reason(body) is None


def test_reason_is_bounded() -> None:
    assert len(find_reason({"detail": "x" * 100_000}) or "") < 1100
    nested: Any = "deep"
    for _ in range(10_000):
        nested = {"error": nested}
    assert find_reason(nested) is None


@pytest.mark.parametrize(("status", "kind"), [(402, PermissionDeniedError), (413, ValidationError)])
def test_classes_of_402_and_413(
    fault_server: FaultServer, status: int, kind: type[ChatRoutesError]
) -> None:
    error = get_error(fault_server, status, {"message": "No."})
    assert (type(error), error.status_code) == (kind, status)
