"""Iteration over lists, page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatroutes import AsyncChatRoutes, NotFoundError, ResponseError, ValidationError
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import BRANCH, CHECKPOINT, MESSAGE, NOT_FOUND_RESPONSE, success_response

from .clients import make_client

Iterate = Callable[..., Any]

# Each method, its path, the name of the list, and an object of the list.
ITERATE_METHODS: list[tuple[Iterate, str, str, dict[str, Any]]] = [
    (
        lambda client, **options: client.messages.iterate("c", **options),
        "/conversations/c/messages",
        "messages",
        MESSAGE,
    ),
    (
        lambda client, **options: client.branches.iterate_messages("c", "b", **options),
        "/conversations/c/branches/b/messages",
        "messages",
        MESSAGE,
    ),
    (
        lambda client, **options: client.branches.iterate("c", **options),
        "/conversations/c/branches",
        "branches",
        BRANCH,
    ),
    (
        lambda client, **options: client.checkpoints.iterate("c", **options),
        "/conversations/c/checkpoints",
        "checkpoints",
        CHECKPOINT,
    ),
]
each_method = pytest.mark.parametrize(("iterate", "path", "name", "item"), ITERATE_METHODS)


async def test_iterate_yields_every_object_of_a_list(client: AsyncChatRoutes) -> None:
    conversation_id = (await client.conversations.create({"title": "T"}))["id"]
    for number in range(3):
        sent = await client.messages.send(conversation_id, {"content": f"{number}"})
    anchor = sent["assistantMessage"]["id"]
    fork = await client.branches.create(conversation_id, {"title": "Fork"})
    await client.branches.send_message(conversation_id, fork["id"], {"content": "aside"})
    main = (await client.branches.list(conversation_id))[0]
    for branch_id in (main["id"], fork["id"], fork["id"]):
        await client.checkpoints.create(conversation_id, branch_id, anchor)

    for limit in (1, 2, 3, 100):
        messages = client.messages.iterate(conversation_id, limit=limit)
        assert [each async for each in messages] == await client.messages.list(conversation_id)
        messages = client.messages.iterate(conversation_id, fork["id"], limit=limit)
        expected = await client.branches.get_messages(conversation_id, fork["id"])
        assert [each async for each in messages] == expected
        messages = client.branches.iterate_messages(conversation_id, fork["id"], limit=limit)
        assert [each async for each in messages] == expected
        branches = client.branches.iterate(conversation_id, limit=limit)
        assert [each async for each in branches] == await client.branches.list(conversation_id)
        checkpoints = client.checkpoints.iterate(conversation_id, limit=limit)
        listed = await client.checkpoints.list(conversation_id)
        assert [each async for each in checkpoints] == listed
        checkpoints = client.checkpoints.iterate(conversation_id, fork["id"], limit=limit)
        assert [each async for each in checkpoints] == listed[1:]


async def test_iterate_yields_messages_that_are_sent_in_the_meantime(
    client: AsyncChatRoutes,
) -> None:
    conversation_id = (await client.conversations.create({"title": "T"}))["id"]
    for number in range(3):
        await client.messages.send(conversation_id, {"content": f"{number}"})

    messages = client.messages.iterate(conversation_id, limit=2)
    first = await anext(messages)
    await client.messages.delete(first["id"])
    await client.messages.send(conversation_id, {"content": "3"})

    listed = await client.messages.list(conversation_id)
    assert [each["id"] async for each in messages] == [each["id"] for each in listed]


async def test_iterate_of_a_missing_conversation_raises(client: AsyncChatRoutes) -> None:
    with pytest.raises(NotFoundError):
        await anext(client.messages.iterate("conv_none"))


async def test_invalid_limit_raises(client: AsyncChatRoutes) -> None:
    conversation_id = (await client.conversations.create({"title": "T"}))["id"]
    for limit in (0, 1001):
        with pytest.raises(ValidationError, match="limit"):
            await anext(client.messages.iterate(conversation_id, limit=limit))


@each_method
async def test_iterate_requests_a_page_when_it_needs_one(
    fault_server: FaultServer, iterate: Iterate, path: str, name: str, item: dict[str, Any]
) -> None:
    items = [{**item, "id": f"{number}"} for number in range(5)]
    fault_server.script(
        success_response({name: items[:2], "nextCursor": "a b"}),
        success_response({name: [], "nextCursor": "d"}),
        success_response({name: items[2:], "nextCursor": None}),
    )
    targets = [f"/api/v1{path}?limit=2{cursor}" for cursor in ("", "&cursor=a+b", "&cursor=d")]

    async with make_client(fault_server) as client:
        iterator = iterate(client, limit=2)
        assert fault_server.requests == []
        assert [(await anext(iterator))["id"] for _ in range(2)] == ["0", "1"]
        assert [request.target for request in fault_server.requests] == targets[:1]
        assert [each["id"] async for each in iterator] == ["2", "3", "4"]
        assert [each async for each in iterator] == []

    assert [request.target for request in fault_server.requests] == targets


@each_method
async def test_whole_list_of_a_service_without_pages_is_one_page(
    fault_server: FaultServer, iterate: Iterate, path: str, name: str, item: dict[str, Any]
) -> None:
    fault_server.script(success_response({name: [item] * 150}))

    async with make_client(fault_server) as client:
        assert len([each async for each in iterate(client)]) == 150

    assert [request.target for request in fault_server.requests] == [f"/api/v1{path}?limit=100"]


@each_method
@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"]])
async def test_repeated_cursor_raises(
    fault_server: FaultServer,
    iterate: Iterate,
    path: str,
    name: str,
    item: dict[str, Any],
    cursors: list[str],
) -> None:
    pages = [success_response({name: [item], "nextCursor": cursor}) for cursor in cursors]
    fault_server.script(*pages)

    async with make_client(fault_server) as client:
        iterator = iterate(client)
        for _ in cursors[1:]:
            assert await anext(iterator) == item
        with pytest.raises(ResponseError, match=r"data\.nextCursor is 'a' again"):
            await anext(iterator)

    assert len(fault_server.requests) == len(cursors)


async def test_iterate_continues_after_a_failed_page(fault_server: FaultServer) -> None:
    fault_server.script(
        success_response({"messages": [{**MESSAGE, "id": "1"}], "nextCursor": "a"}),
        NOT_FOUND_RESPONSE,
        success_response({"messages": [{**MESSAGE, "id": "2"}]}),
    )

    async with make_client(fault_server) as client:
        messages = client.messages.iterate("c")
        assert (await anext(messages))["id"] == "1"
        with pytest.raises(NotFoundError):
            await anext(messages)
        assert [each["id"] async for each in messages] == ["2"]


@pytest.mark.parametrize("cursor", [5, ["a"], {"after": "a"}])
async def test_cursor_of_another_type_raises(fault_server: FaultServer, cursor: object) -> None:
    fault_server.script(success_response({"messages": [MESSAGE], "nextCursor": cursor}))

    async with make_client(fault_server) as client:
        with pytest.raises(ResponseError, match=r"data\.nextCursor is .*, not a string"):
            await anext(client.messages.iterate("c"))


@pytest.mark.parametrize(
    "payload",
    [
        {"messages": [MESSAGE], "nextCursor": "a"},
        {"success": True, "messages": [MESSAGE], "nextCursor": "a"},
        {"success": True, "data": [MESSAGE], "nextCursor": "a"},
    ],
)
async def test_cursor_is_found_in_the_compact_dialect(
    fault_server: FaultServer, payload: dict[str, Any]
) -> None:
    fault_server.script(json_response(200, payload), success_response({"messages": [MESSAGE]}))

    async with make_client(fault_server) as client:
        assert [each async for each in client.messages.iterate("c")] == [MESSAGE, MESSAGE]


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.messages.iterate(""),
        lambda client: client.messages.iterate("c", ""),
        lambda client: client.messages.iterate("c", limit=[2]),
        lambda client: client.branches.iterate(None),
        lambda client: client.branches.iterate_messages("c", ""),
        lambda client: client.checkpoints.iterate("c", ""),
    ],
)
async def test_invalid_arguments_of_iterate_raise_at_once(
    fault_server: FaultServer, call: Callable[[Any], Any]
) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match="Nothing was sent"):
            call(client)
