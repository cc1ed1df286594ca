"""`client.search`: the messages that contain a text."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chatroutes import AsyncChatRoutes, NotFoundError, ValidationError
from tests.support.fault_server import FaultServer
from tests.support.payloads import BRANCH, CONVERSATION, NOT_FOUND_RESPONSE, success_response

from .clients import make_client


async def test_text_is_found_on_every_branch_once(client: AsyncChatRoutes) -> None:
    conversation_id = (await client.conversations.create({"title": "T"}))["id"]
    sent = await client.messages.send(conversation_id, {"content": "LISBON, lisbon or Kyoto"})
    branch = await client.branches.create(
        conversation_id, {"title": "B", "baseNodeId": sent["userMessage"]["id"]}
    )
    await client.branches.send_message(conversation_id, branch["id"], {"content": "and kYOTO?"})

    found = [each async for each in client.search("lisbon,", conversation_id)]
    towns = [each async for each in client.search(re.compile(r"K\w+o\b"), conversation_id)]
    on_branch = [each async for each in client.search("kyoto?", conversation_id)]

    assert found[0].message == sent["userMessage"]
    assert (found[0].branch["isMain"], found[0].matches) == (True, [(0, 7)])
    assert [each.message["content"] for each in towns if each.branch["isMain"]] == [
        sent["userMessage"]["content"],
        sent["message"]["content"],
    ]
    assert [each.branch["title"] for each in on_branch] == ["B", "B"]
    for results in (found, towns, on_branch):
        assert len({each.message["id"] for each in results}) == len(results)


async def test_all_conversations_are_searched(client: AsyncChatRoutes) -> None:
    for title in ("One", "Two", "Three"):
        conversation = await client.conversations.create({"title": title})
        await client.messages.send(conversation["id"], {"content": f"This is {title}."})
    results = [each async for each in client.search(re.compile(r"^This is T"))]

    assert [each.conversation and each.conversation["title"] for each in results] == [
        "Three",
        "Two",
    ]
    assert [each.conversation_id for each in results] == [
        each.conversation and each.conversation["id"] for each in results
    ]


async def test_search_reads_page_after_page(fault_server: FaultServer) -> None:
    messages = [{"id": f"m{n}", "role": "user", "content": f"text {n}"} for n in range(3)]
    fault_server.script(
        success_response({"branches": [BRANCH]}),
        success_response({"messages": messages[:2], "nextCursor": "2"}),
        success_response({"messages": messages[1:]}),
    )

    async with make_client(fault_server) as client:
        search = client.search("text", "c")
        first = await anext(aiter(search))
        assert len(fault_server.requests) == 2
        rest = [each async for each in search]

    assert [each.message["id"] for each in [first, *rest]] == ["m0", "m1", "m2"]


async def test_deleted_conversation_is_skipped(fault_server: FaultServer) -> None:
    conversations = [{**CONVERSATION, "id": each} for each in ("c1", "c2")]
    fault_server.script(
        success_response({"conversations": conversations, "total": 2, "page": 1, "limit": 100}),
        NOT_FOUND_RESPONSE,
        success_response({"branches": [BRANCH]}),
        success_response({"messages": [{"id": "m", "role": "user", "content": "x"}]}),
        NOT_FOUND_RESPONSE,
    )

    async with make_client(fault_server) as client:
        assert [each.conversation_id async for each in client.search("X")] == ["c2"]
        with pytest.raises(NotFoundError):
            [each async for each in client.search("x", "c1")]


@pytest.mark.parametrize("text", ["", None, 3, re.compile(b"x")])
async def test_invalid_text_sends_nothing(fault_server: FaultServer, text: Any) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match="text must be a string"):
            client.search(text)
        with pytest.raises(ValidationError):
            client.search("x", "")

    assert fault_server.requests == []
