"""Validation and encoding of method arguments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from chatroutes import AsyncChatRoutes, NotFoundError, ValidationError
from chatroutes._results import add_request_id
from chatroutes.models import Conversation
from tests.support.fault_server import FaultServer
from tests.support.payloads import HELLO, NOT_FOUND_RESPONSE, PAGE, success_response

from .clients import make_client

Call = Callable[[AsyncChatRoutes, Any], Any]

NOW = datetime(2026, 1, 1, tzinfo=UTC)

# Every id argument that becomes a part of the path.
PATH_ID_ARGUMENTS: list[tuple[str, Call]] = [
    ("/conversations/{}", lambda client, id: client.conversations.get(id)),
    ("/conversations/{}", lambda client, id: client.conversations.update(id, {})),
    ("/conversations/{}", lambda client, id: client.conversations.delete(id)),
    ("/conversations/{}/tree?format=flat", lambda client, id: client.conversations.get_tree(id)),
    ("/conversations/{}/messages", lambda client, id: client.messages.send(id, HELLO)),
    (
        "/conversations/{}/messages/stream",
        lambda client, id: client.messages.stream(id, HELLO).get_final_text(),
    ),
    (
        "/conversations/{}/messages/stream",
        lambda client, id: client.messages.stream(id, HELLO, print),
    ),
    ("/conversations/{}/messages", lambda client, id: client.messages.list(id)),
    ("/messages/{}", lambda client, id: client.messages.update(id, "Hi")),
    ("/messages/{}", lambda client, id: client.messages.delete(id)),
    ("/conversations/{}/branches", lambda client, id: client.branches.list(id)),
    (
        "/conversations/{}/branches",
        lambda client, id: client.branches.create(id, {"title": "B"}),
    ),
    (
        "/conversations/{}/fork",
        lambda client, id: client.branches.fork(id, {"forkPointMessageId": "m", "title": "B"}),
    ),
    ("/conversations/{}/branches/b", lambda client, id: client.branches.update(id, "b", {})),
    ("/conversations/c/branches/{}", lambda client, id: client.branches.update("c", id, {})),
    ("/conversations/{}/branches/b", lambda client, id: client.branches.delete(id, "b")),
    ("/conversations/c/branches/{}", lambda client, id: client.branches.delete("c", id)),
    (
        "/conversations/{}/branches/b/messages",
        lambda client, id: client.branches.get_messages(id, "b"),
    ),
    (
        "/conversations/c/branches/{}/messages",
        lambda client, id: client.branches.get_messages("c", id),
    ),
    (
        "/conversations/{}/branches/b/messages",
        lambda client, id: client.branches.send_message(id, "b", HELLO),
    ),
    (
        "/conversations/c/branches/{}/messages",
        lambda client, id: client.branches.send_message("c", id, HELLO),
    ),
    ("/conversations/{}/branches/b/merge", lambda client, id: client.branches.merge(id, "b")),
    ("/conversations/c/branches/{}/merge", lambda client, id: client.branches.merge("c", id)),
    ("/conversations/{}/checkpoints", lambda client, id: client.checkpoints.list(id)),
    (
        "/conversations/{}/checkpoints",
        lambda client, id: client.checkpoints.create(id, "b", "m"),
    ),
    ("/checkpoints/{}", lambda client, id: client.checkpoints.delete(id)),
    ("/checkpoints/{}/recreate", lambda client, id: client.checkpoints.recreate(id)),
]

# Every id argument that becomes a part of the query or the body.
OTHER_ID_ARGUMENTS: list[Call] = [
    lambda client, id: client.messages.list("c", id),
    lambda client, id: client.messages.send("c", {"content": "Hi", "branchId": id}),
    lambda client, id: client.messages.stream("c", {"content": "Hi", "branchId": id}),
    lambda client, id: client.branches.send_message("c", "b", {"content": "Hi", "branchId": id}),
    lambda client, id: client.branches.create("c", {"title": "B", "baseNodeId": id}),
    lambda client, id: client.branches.fork("c", {"title": "B", "forkPointMessageId": id}),
    lambda client, id: client.checkpoints.list("c", id),
    lambda client, id: client.checkpoints.create("c", id, "m"),
    lambda client, id: client.checkpoints.create("c", "b", id),
]

# Every method that takes a dict from the user.
DATA_ARGUMENTS: list[Call] = [
    lambda client, data: client.conversations.create(data),
    lambda client, data: client.conversations.update("c", data),
    lambda client, data: client.messages.send("c", data),
    lambda client, data: client.messages.stream("c", data),
    lambda client, data: client.messages.stream("c", data, print),
    lambda client, data: client.branches.create("c", data),
    lambda client, data: client.branches.fork("c", data),
    lambda client, data: client.branches.update("c", "b", data),
    lambda client, data: client.branches.send_message("c", "b", data),
]


@pytest.mark.parametrize(("path", "call"), PATH_ID_ARGUMENTS)
async def test_ids_are_percent_encoded_in_the_path(
    fault_server: FaultServer, path: str, call: Call
) -> None:
    ids = ["a/../b?x=1", "é", "%2F", "a\nb", "#", "//evil", "a b", "...", "a;b=1", "\x00", "a\\b"]
    fault_server.script(NOT_FOUND_RESPONSE, repeat_last=True)

    async with make_client(fault_server) as client:
        for id in ids:
            with pytest.raises(NotFoundError):
                await call(client, id)

    assert [request.target for request in fault_server.requests] == [
        f"/api/v1{path.format(quote(id, safe=''))}" for id in ids
    ]


@pytest.mark.parametrize("call", [call for _, call in PATH_ID_ARGUMENTS])
async def test_invalid_ids_raise_before_a_request_is_sent(
    fault_server: FaultServer, call: Call
) -> None:
    async with make_client(fault_server) as client:
        for id in ["", " ", "\n", ".", "..", "\ud800", None, 5, b"a", ["a"]]:
            with pytest.raises(ValidationError, match=r"Nothing was sent: .*_id") as caught:
                await call(client, id)
            assert caught.value.status_code is None

    assert fault_server.requests == []


@pytest.mark.parametrize("call", [*(call for _, call in PATH_ID_ARGUMENTS), *OTHER_ID_ARGUMENTS])
async def test_object_in_place_of_its_id_raises(fault_server: FaultServer, call: Call) -> None:
    result = add_request_id({"id": "conv_1", "title": "T"}, "req_1")
    model = Conversation("conv_1", "user_1", "T", NOW, NOW)

    async with make_client(fault_server) as client:
        for value in (result, {"id": "conv_1"}):
            with pytest.raises(ValidationError, match=r"not dict; pass its 'id'\.$"):
                await call(client, value)
        with pytest.raises(ValidationError, match=r"not Conversation; pass its 'id'\.$"):
            await call(client, model)

    assert fault_server.requests == []


@pytest.mark.parametrize("call", OTHER_ID_ARGUMENTS)
async def test_empty_ids_outside_the_path_raise(fault_server: FaultServer, call: Call) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match="must not be empty"):
            await call(client, "")

    assert fault_server.requests == []


@pytest.mark.parametrize("call", OTHER_ID_ARGUMENTS)
async def test_lone_surrogates_in_ids_outside_the_path_raise(
    fault_server: FaultServer, call: Call
) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError):
            await call(client, "\ud800")

    assert fault_server.requests == []


@pytest.mark.parametrize("call", DATA_ARGUMENTS)
async def test_data_must_be_a_dict(fault_server: FaultServer, call: Call) -> None:
    async with make_client(fault_server) as client:
        for data in [None, "title", ["title"], 5, {"title"}]:
            with pytest.raises(
                ValidationError, match=r"takes its data as a dict such as {'\w+': \.\.\.}, not"
            ):
                await call(client, data)

    assert fault_server.requests == []


@pytest.mark.filterwarnings("ignore::chatroutes.UnknownFieldWarning")
@pytest.mark.parametrize("call", DATA_ARGUMENTS)
async def test_data_must_be_json_serializable(fault_server: FaultServer, call: Call) -> None:
    cyclic: dict[str, Any] = {}
    cyclic["content"] = cyclic
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    unserializable: list[object] = [
        datetime(2025, 1, 1),
        float("nan"),
        float("-inf"),
        {1},
        b"x",
        "\ud800",
        deep,
    ]

    async with make_client(fault_server) as client:
        for data in [*({"content": each} for each in unserializable), cyclic, {(1, 2): "x"}]:
            with pytest.raises(ValidationError, match="cannot be written as JSON"):
                await call(client, data)

    assert fault_server.requests == []


@pytest.mark.parametrize("params", ["page", 5, ["page"], {"page": []}, {"filter": ""}])
async def test_invalid_params_raise(fault_server: FaultServer, params: Any) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError):
            await client.conversations.list(params)
        with pytest.raises(ValidationError):
            await anext(client.conversations.iterate(params))

    assert fault_server.requests == []


async def test_params_with_none_values_are_omitted(fault_server: FaultServer) -> None:
    fault_server.script(
        success_response(PAGE), success_response({"messages": []}), success_response({})
    )

    async with make_client(fault_server) as client:
        await client.conversations.list({"page": None, "limit": 5, "filter": None})
        await client.messages.list("c", None)
        await client.request("GET", "/things", params={"a": None, "b": "x"})

    assert [request.target for request in fault_server.requests] == [
        "/api/v1/conversations?limit=5",
        "/api/v1/conversations/c/messages",
        "/api/v1/things?b=x",
    ]


async def test_iterate_requires_an_integer_page(fault_server: FaultServer) -> None:
    async with make_client(fault_server) as client:
        for page in ["2", 1.5]:
            with pytest.raises(ValidationError, match="page must be a whole number"):
                await anext(client.conversations.iterate({"page": page}))

    assert fault_server.requests == []


async def test_unknown_keyword_argument_is_described(fault_server: FaultServer) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(TypeError, match="'retryAttempts'; did you mean 'retry_attempts'"):
            await client.conversations.list(retryAttempts=3)  # type: ignore[call-arg]
        with pytest.raises(TypeError, match=r"'page'\. .* are passed in a dict"):
            await client.conversations.list(page=1)  # type: ignore[call-arg]

    assert fault_server.requests == []
