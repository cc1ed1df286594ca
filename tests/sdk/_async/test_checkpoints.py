"""Checkpoints, on the local server."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes, NotFoundError
from tests.support.payloads import HELLO


async def test_checkpoint_replaces_earlier_messages_in_the_context(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)
    main_branch = (await client.branches.list(conversation["id"]))[0]

    created = await client.checkpoints.create(
        conversation["id"], main_branch["id"], sent["assistantMessage"]["id"]
    )

    assert created["anchor_message_id"] == sent["assistantMessage"]["id"]
    assert (created["conversation_id"], created["branch_id"]) == (
        conversation["id"],
        main_branch["id"],
    )
    assert created["summary"]
    later = await client.messages.send(conversation["id"], {"content": "More"})
    metadata = later["assistantMessage"].get("metadata") or {}
    assert metadata.get("checkpoint_used") is True
    assert metadata.get("context_truncated") is True
    assert metadata.get("context_message_count") == 2


async def test_list_returns_checkpoints_of_a_conversation_or_branch(
    client: AsyncChatRoutes,
) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)
    anchor = sent["assistantMessage"]["id"]
    main_branch = (await client.branches.list(conversation["id"]))[0]
    branch = await client.branches.create(conversation["id"], {"title": "B"})
    first = await client.checkpoints.create(conversation["id"], main_branch["id"], anchor)
    second = await client.checkpoints.create(conversation["id"], branch["id"], anchor)

    everywhere = await client.checkpoints.list(conversation["id"])
    on_branch = await client.checkpoints.list(conversation["id"], branch["id"])

    assert [each["id"] for each in everywhere] == [first["id"], second["id"]]
    assert [each["id"] for each in on_branch] == [second["id"]]


async def test_recreate_uses_current_messages(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)
    main_branch = (await client.branches.list(conversation["id"]))[0]
    created = await client.checkpoints.create(
        conversation["id"], main_branch["id"], sent["assistantMessage"]["id"]
    )
    await client.messages.update(sent["userMessage"]["id"], "Good evening")

    recreated = await client.checkpoints.recreate(created["id"])

    assert recreated["id"] == created["id"]
    assert "Good evening" in recreated["summary"]
    assert "Good evening" not in created["summary"]


async def test_delete_removes_the_checkpoint(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)
    main_branch = (await client.branches.list(conversation["id"]))[0]
    created = await client.checkpoints.create(
        conversation["id"], main_branch["id"], sent["assistantMessage"]["id"]
    )

    await client.checkpoints.delete(created["id"])

    assert await client.checkpoints.list(conversation["id"]) == []
    with pytest.raises(NotFoundError):
        await client.checkpoints.delete(created["id"])
