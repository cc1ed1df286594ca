# Derived from tests/sdk/_async/test_checkpoints.py by scripts/regen.py. Do not edit.

"""Checkpoints, on the local server."""

from __future__ import annotations

import pytest

from chatroutes import ChatRoutes, NotFoundError
from tests.support.payloads import HELLO


def test_checkpoint_replaces_earlier_messages_in_the_context(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)
    main_branch = (client.branches.list(conversation["id"]))[0]

    created = client.checkpoints.create(
        conversation["id"], main_branch["id"], sent["assistantMessage"]["id"]
    )

    assert created["anchor_message_id"] == sent["assistantMessage"]["id"]
    assert (created["conversation_id"], created["branch_id"]) == (
        conversation["id"],
        main_branch["id"],
    )
    assert created["summary"]
    later = client.messages.send(conversation["id"], {"content": "More"})
    metadata = later["assistantMessage"].get("metadata") or {}
    assert metadata.get("checkpoint_used") is True
    assert metadata.get("context_truncated") is True
    assert metadata.get("context_message_count") == 2


def test_list_returns_checkpoints_of_a_conversation_or_branch(
    client: ChatRoutes,
) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)
    anchor = sent["assistantMessage"]["id"]
    main_branch = (client.branches.list(conversation["id"]))[0]
    branch = client.branches.create(conversation["id"], {"title": "B"})
    first = client.checkpoints.create(conversation["id"], main_branch["id"], anchor)
    second = client.checkpoints.create(conversation["id"], branch["id"], anchor)

    everywhere = client.checkpoints.list(conversation["id"])
    on_branch = client.checkpoints.list(conversation["id"], branch["id"])

    assert [each["id"] for each in everywhere] == [first["id"], second["id"]]
    assert [each["id"] for each in on_branch] == [second["id"]]


def test_recreate_uses_current_messages(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)
    main_branch = (client.branches.list(conversation["id"]))[0]
    created = client.checkpoints.create(
        conversation["id"], main_branch["id"], sent["assistantMessage"]["id"]
    )
    client.messages.update(sent["userMessage"]["id"], "Good evening")

    recreated = client.checkpoints.recreate(created["id"])

    assert recreated["id"] == created["id"]
    assert "Good evening" in recreated["summary"]
    assert "Good evening" not in created["summary"]


def test_delete_removes_the_checkpoint(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)
    main_branch = (client.branches.list(conversation["id"]))[0]
    created = client.checkpoints.create(
        conversation["id"], main_branch["id"], sent["assistantMessage"]["id"]
    )

    client.checkpoints.delete(created["id"])

    assert client.checkpoints.list(conversation["id"]) == []
    with pytest.raises(NotFoundError):
        client.checkpoints.delete(created["id"])
