"""Branches, on the real server."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes, ConflictError, NotFoundError
from tests.support.payloads import HELLO


async def test_list_begins_with_the_main_branch(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    branch = await client.branches.create(conversation["id"], {"title": "B"})

    branches = await client.branches.list(conversation["id"])

    assert [each["isMain"] for each in branches] == [True, False]
    assert branches[1]["id"] == branch["id"]


async def test_a_branch_begins_after_its_base(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)

    branch = await client.branches.create(
        conversation["id"],
        {"title": "B", "baseNodeId": sent["userMessage"]["id"], "contextMode": "MINIMAL"},
    )

    assert (branch["title"], branch["contextMode"]) == ("B", "MINIMAL")
    seen = await client.branches.get_messages(conversation["id"], branch["id"])
    assert [message["id"] for message in seen] == [sent["userMessage"]["id"]]


async def test_a_fork_sees_the_messages_up_to_its_point(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)
    await client.messages.send(conversation["id"], {"content": "More"})
    point = sent["assistantMessage"]["id"]

    fork = await client.branches.fork(
        conversation["id"], {"forkPointMessageId": point, "title": "F"}
    )

    assert (fork["title"], fork["forkPointMessageId"], fork["isMain"]) == ("F", point, False)
    seen = await client.branches.get_messages(conversation["id"], fork["id"])
    assert [message["id"] for message in seen] == [sent["userMessage"]["id"], point]


async def test_a_message_sent_to_a_branch_stays_there(client: AsyncChatRoutes) -> None:
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


async def test_a_deleted_branch_is_gone(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    branch = await client.branches.create(conversation["id"], {"title": "B"})

    assert await client.branches.delete(conversation["id"], branch["id"]) is None

    assert len(await client.branches.list(conversation["id"])) == 1
    with pytest.raises(NotFoundError):
        await client.branches.get_messages(conversation["id"], branch["id"])


async def test_merge_brings_the_messages_home_and_is_done_once(client: AsyncChatRoutes) -> None:
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
