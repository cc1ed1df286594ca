"""Arguments: an id stays in its place, and what cannot be sent is refused before anything is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from chatroutes import AsyncChatRoutes, NotFoundError, ValidationError
from tests.support.fault_server import FaultServer
from tests.support.payloads import HELLO, NOT_FOUND_RESPONSE, PAGE, success_response

from .clients import make_client

Call = Callable[[AsyncChatRoutes, Any], Any]

# Every place of a path that an id goes into.
ID_PLACES: list[tuple[str, Call]] = [
    ("/conversations/{}", lambda client, an_id: client.conversations.get(an_id)),
    ("/conversations/{}", lambda client, an_id: client.conversations.update(an_id, {})),
    ("/conversations/{}", lambda client, an_id: client.conversations.delete(an_id)),
    ("/conversations/{}/tree", lambda client, an_id: client.conversations.get_tree(an_id)),
    ("/conversations/{}/messages", lambda client, an_id: client.messages.send(an_id, HELLO)),
    (
        "/conversations/{}/messages/stream",
        lambda client, an_id: client.messages.stream(an_id, HELLO).get_final_text(),
    ),
    (
        "/conversations/{}/messages/stream",
        lambda client, an_id: client.messages.stream(an_id, HELLO, print),
    ),
    ("/conversations/{}/messages", lambda client, an_id: client.messages.list(an_id)),
    ("/messages/{}", lambda client, an_id: client.messages.update(an_id, "Hi")),
    ("/messages/{}", lambda client, an_id: client.messages.delete(an_id)),
    ("/conversations/{}/branches", lambda client, an_id: client.branches.list(an_id)),
    (
        "/conversations/{}/branches",
        lambda client, an_id: client.branches.create(an_id, {"title": "B"}),
    ),
    (
        "/conversations/{}/fork",
        lambda client, an_id: client.branches.fork(
            an_id, {"forkPointMessageId": "m", "title": "B"}
        ),
    ),
    ("/conversations/{}/branches/b", lambda client, an_id: client.branches.update(an_id, "b", {})),
    ("/conversations/c/branches/{}", lambda client, an_id: client.branches.update("c", an_id, {})),
    ("/conversations/{}/branches/b", lambda client, an_id: client.branches.delete(an_id, "b")),
    ("/conversations/c/branches/{}", lambda client, an_id: client.branches.delete("c", an_id)),
    (
        "/conversations/{}/branches/b/messages",
        lambda client, an_id: client.branches.get_messages(an_id, "b"),
    ),
    (
        "/conversations/c/branches/{}/messages",
        lambda client, an_id: client.branches.get_messages("c", an_id),
    ),
    (
        "/conversations/{}/branches/b/messages",
        lambda client, an_id: client.branches.send_message(an_id, "b", HELLO),
    ),
    (
        "/conversations/c/branches/{}/messages",
        lambda client, an_id: client.branches.send_message("c", an_id, HELLO),
    ),
    ("/conversations/{}/branches/b/merge", lambda client, an_id: client.branches.merge(an_id, "b")),
    ("/conversations/c/branches/{}/merge", lambda client, an_id: client.branches.merge("c", an_id)),
    ("/conversations/{}/checkpoints", lambda client, an_id: client.checkpoints.list(an_id)),
    (
        "/conversations/{}/checkpoints",
        lambda client, an_id: client.checkpoints.create(an_id, "b", "m"),
    ),
    ("/checkpoints/{}", lambda client, an_id: client.checkpoints.delete(an_id)),
    ("/checkpoints/{}/recreate", lambda client, an_id: client.checkpoints.recreate(an_id)),
]

# Every id that goes elsewhere than into a path.
IDS_ELSEWHERE: list[Call] = [
    lambda client, an_id: client.messages.list("c", an_id),
    lambda client, an_id: client.messages.send("c", {"content": "Hi", "branchId": an_id}),
    lambda client, an_id: client.messages.stream("c", {"content": "Hi", "branchId": an_id}),
    lambda client, an_id: client.branches.send_message(
        "c", "b", {"content": "Hi", "branchId": an_id}
    ),
    lambda client, an_id: client.branches.create("c", {"title": "B", "baseNodeId": an_id}),
    lambda client, an_id: client.branches.fork("c", {"title": "B", "forkPointMessageId": an_id}),
    lambda client, an_id: client.checkpoints.list("c", an_id),
    lambda client, an_id: client.checkpoints.create("c", an_id, "m"),
    lambda client, an_id: client.checkpoints.create("c", "b", an_id),
]

# Every method that takes data of the user's own making.
TAKES_DATA: list[Call] = [
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


@pytest.mark.parametrize(("path", "call"), ID_PLACES)
async def test_an_id_stays_in_its_place_in_the_path(
    fault_server: FaultServer, path: str, call: Call
) -> None:
    ids = ["a/../b?x=1", "é", "%2F", "a\nb", "#", "//evil", "a b", "...", "a;b=1", "\x00", "a\\b"]
    fault_server.script(NOT_FOUND_RESPONSE, repeat_last=True)

    async with make_client(fault_server) as client:
        for an_id in ids:
            with pytest.raises(NotFoundError):
                await call(client, an_id)

    assert [request.target for request in fault_server.requests] == [
        f"/api/v1{path.format(quote(an_id, safe=''))}" for an_id in ids
    ]


@pytest.mark.parametrize("call", [call for _, call in ID_PLACES])
async def test_what_can_be_no_id_is_refused_before_anything_is_sent(
    fault_server: FaultServer, call: Call
) -> None:
    async with make_client(fault_server) as client:
        for an_id in ["", " ", "\n", ".", "..", "\ud800", None, 5, b"a", ["a"]]:
            with pytest.raises(ValidationError, match=r"Nothing was sent: .*_id") as caught:
                await call(client, an_id)
            assert caught.value.status_code is None

    assert fault_server.requests == []


@pytest.mark.parametrize("call", IDS_ELSEWHERE)
async def test_an_empty_id_outside_the_path_is_refused_too(
    fault_server: FaultServer, call: Call
) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match="must not be empty"):
            await call(client, "")

    assert fault_server.requests == []


@pytest.mark.parametrize("call", IDS_ELSEWHERE)
async def test_half_a_character_in_an_id_outside_the_path_is_refused(
    fault_server: FaultServer, call: Call
) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError):
            await call(client, "\ud800")

    assert fault_server.requests == []


@pytest.mark.parametrize("call", TAKES_DATA)
async def test_data_that_is_no_dict_is_refused(fault_server: FaultServer, call: Call) -> None:
    async with make_client(fault_server) as client:
        for data in [None, "title", ["title"], 5, {"title"}]:
            with pytest.raises(ValidationError, match="takes its data as a dict"):
                await call(client, data)

    assert fault_server.requests == []


@pytest.mark.parametrize("call", TAKES_DATA)
async def test_data_that_json_cannot_hold_is_refused(fault_server: FaultServer, call: Call) -> None:
    cyclic: dict[str, Any] = {}
    cyclic["content"] = cyclic
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    unfit: list[object] = [
        datetime(2025, 1, 1),
        float("nan"),
        float("-inf"),
        {1},
        b"x",
        "\ud800",
        deep,
    ]

    async with make_client(fault_server) as client:
        for data in [*({"content": each} for each in unfit), cyclic, {(1, 2): "x"}]:
            with pytest.raises(ValidationError, match="cannot be written as JSON"):
                await call(client, data)

    assert fault_server.requests == []


@pytest.mark.parametrize("params", ["page", 5, ["page"], {"page": []}, {"filter": ""}])
async def test_params_that_are_none_are_refused(fault_server: FaultServer, params: Any) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError):
            await client.conversations.list(params)
        with pytest.raises(ValidationError):
            await anext(client.conversations.iterate(params))

    assert fault_server.requests == []


async def test_params_that_are_null_are_left_out(fault_server: FaultServer) -> None:
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


async def test_iterate_refuses_a_page_that_has_no_next_number(fault_server: FaultServer) -> None:
    async with make_client(fault_server) as client:
        for page in ["2", 1.5]:
            with pytest.raises(ValidationError, match="page must be a whole number"):
                await anext(client.conversations.iterate({"page": page}))

    assert fault_server.requests == []
