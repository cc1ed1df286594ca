"""Branches, on the local server."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes, ConflictError, NotFoundError
from tests.support.payloads import HELLO


async def test_list_starts_with_the_main_branch(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    branch = await client.branches.create(conversation["id"], {"title": "B"})

    branches = await client.branches.list(conversation["id"])

    assert [each["isMain"] for each in branches] == [True, False]
    assert branches[1]["id"] == branch["id"]


async def test_branch_has_the_messages_up_to_its_base_node(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)

    branch = await client.branches.create(
        conversation["id"],
        {"title": "B", "baseNodeId": sent["userMessage"]["id"], "contextMode": "MINIMAL"},
    )

    assert (branch["title"], branch["contextMode"]) == ("B", "MINIMAL")
    messages = await client.branches.get_messages(conversation["id"], branch["id"])
    assert [message["id"] for message in messages] == [sent["userMessage"]["id"]]


async def test_fork_has_the_messages_up_to_its_fork_point(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)
    await client.messages.send(conversation["id"], {"content": "More"})
    point = sent["assistantMessage"]["id"]

    fork = await client.branches.fork(
        conversation["id"], {"forkPointMessageId": point, "title": "F"}
    )

    assert (fork["title"], fork["forkPointMessageId"], fork["isMain"]) == ("F", point, False)
    messages = await client.branches.get_messages(conversation["id"], fork["id"])
    assert [message["id"] for message in messages] == [sent["userMessage"]["id"], point]


async def test_send_message_adds_messages_to_the_branch_only(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    branch = await client.branches.create(conversation["id"], {"title": "B"})

    sent = await client.branches.send_message(conversation["id"], branch["id"], HELLO)

    assert sent["assistantMessage"]["branchId"] == branch["id"]
    assert len(await client.branches.get_messages(conversation["id"], branch["id"])) == 2
    assert await client.messages.list(conversation["id"]) == []


async def test_update_changes_the_title(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    branch = await client.branches.create(conversation["id"], {"title": "B"})

    updated = await client.branches.update(conversation["id"], branch["id"], {"title": "New"})

    assert (updated["id"], updated["title"]) == (branch["id"], "New")


async def test_delete_removes_the_branch(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    branch = await client.branches.create(conversation["id"], {"title": "B"})

    assert await client.branches.delete(conversation["id"], branch["id"]) is None

    assert len(await client.branches.list(conversation["id"])) == 1
    with pytest.raises(NotFoundError):
        await client.branches.get_messages(conversation["id"], branch["id"])


async def test_merge_adds_the_messages_to_the_parent_and_works_once(
    client: AsyncChatRoutes,
) -> None:
    conversation = await client.conversations.create({"title": "T"})
    branch = await client.branches.create(conversation["id"], {"title": "B"})
    await client.branches.send_message(conversation["id"], branch["id"], HELLO)

    parent = await client.branches.merge(conversation["id"], branch["id"])

    assert parent["isMain"] is True
    merged = await client.messages.list(conversation["id"])
    assert [message["role"] for message in merged] == ["user", "assistant"]
    with pytest.raises(ConflictError) as caught:
        await client.branches.merge(conversation["id"], branch["id"])
    assert caught.value.status_code == 409
