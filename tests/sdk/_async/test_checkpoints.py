"""Checkpoints, on the real server."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes, NotFoundError
from tests.support.payloads import HELLO


async def test_the_summary_stands_in_for_what_precedes_it(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)
    main = (await client.branches.list(conversation["id"]))[0]

    made = await client.checkpoints.create(
        conversation["id"], main["id"], sent["assistantMessage"]["id"]
    )

    assert made["anchor_message_id"] == sent["assistantMessage"]["id"]
    assert (made["conversation_id"], made["branch_id"]) == (conversation["id"], main["id"])
    assert made["summary"]
    later = await client.messages.send(conversation["id"], {"content": "More"})
    metadata = later["assistantMessage"].get("metadata") or {}
    assert metadata.get("checkpoint_used") is True
    assert metadata.get("context_truncated") is True
    assert metadata.get("context_message_count") == 2


async def test_they_are_listed_by_conversation_and_by_branch(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)
    anchor = sent["assistantMessage"]["id"]
    main = (await client.branches.list(conversation["id"]))[0]
    branch = await client.branches.create(conversation["id"], {"title": "B"})
    first = await client.checkpoints.create(conversation["id"], main["id"], anchor)
    second = await client.checkpoints.create(conversation["id"], branch["id"], anchor)

    everywhere = await client.checkpoints.list(conversation["id"])
    on_branch = await client.checkpoints.list(conversation["id"], branch["id"])

    assert [each["id"] for each in everywhere] == [first["id"], second["id"]]
    assert [each["id"] for each in on_branch] == [second["id"]]


async def test_one_is_made_anew_of_what_the_messages_say_now(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)
    main = (await client.branches.list(conversation["id"]))[0]
    made = await client.checkpoints.create(
        conversation["id"], main["id"], sent["assistantMessage"]["id"]
    )
    await client.messages.update(sent["userMessage"]["id"], "Good evening")

    anew = await client.checkpoints.recreate(made["id"])

    assert anew["id"] == made["id"]
    assert "Good evening" in anew["summary"]
    assert "Good evening" not in made["summary"]


async def test_a_deleted_one_is_gone(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)
    main = (await client.branches.list(conversation["id"]))[0]
    made = await client.checkpoints.create(
        conversation["id"], main["id"], sent["assistantMessage"]["id"]
    )

    await client.checkpoints.delete(made["id"])

    assert await client.checkpoints.list(conversation["id"]) == []
    with pytest.raises(NotFoundError):
        await client.checkpoints.delete(made["id"])
