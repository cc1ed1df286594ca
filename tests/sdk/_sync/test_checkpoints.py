# Derived from tests/sdk/_async/test_checkpoints.py by scripts/regen.py. Do not edit.

"""Checkpoints, on the real server."""

from __future__ import annotations

import pytest

from chatroutes import ChatRoutes, NotFoundError
from tests.support.payloads import HELLO


def test_the_summary_stands_in_for_what_precedes_it(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)
    main = (client.branches.list(conversation["id"]))[0]

    made = client.checkpoints.create(conversation["id"], main["id"], sent["assistantMessage"]["id"])

    assert made["anchor_message_id"] == sent["assistantMessage"]["id"]
    assert (made["conversation_id"], made["branch_id"]) == (conversation["id"], main["id"])
    assert made["summary"]
    later = client.messages.send(conversation["id"], {"content": "More"})
    metadata = later["assistantMessage"].get("metadata") or {}
    assert metadata.get("checkpoint_used") is True
    assert metadata.get("context_truncated") is True
    assert metadata.get("context_message_count") == 2


def test_they_are_listed_by_conversation_and_by_branch(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)
    anchor = sent["assistantMessage"]["id"]
    main = (client.branches.list(conversation["id"]))[0]
    branch = client.branches.create(conversation["id"], {"title": "B"})
    first = client.checkpoints.create(conversation["id"], main["id"], anchor)
    second = client.checkpoints.create(conversation["id"], branch["id"], anchor)

    everywhere = client.checkpoints.list(conversation["id"])
    on_branch = client.checkpoints.list(conversation["id"], branch["id"])

    assert [each["id"] for each in everywhere] == [first["id"], second["id"]]
    assert [each["id"] for each in on_branch] == [second["id"]]


def test_one_is_made_anew_of_what_the_messages_say_now(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)
    main = (client.branches.list(conversation["id"]))[0]
    made = client.checkpoints.create(conversation["id"], main["id"], sent["assistantMessage"]["id"])
    client.messages.update(sent["userMessage"]["id"], "Good evening")

    anew = client.checkpoints.recreate(made["id"])

    assert anew["id"] == made["id"]
    assert "Good evening" in anew["summary"]
    assert "Good evening" not in made["summary"]


def test_a_deleted_one_is_gone(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)
    main = (client.branches.list(conversation["id"]))[0]
    made = client.checkpoints.create(conversation["id"], main["id"], sent["assistantMessage"]["id"])

    client.checkpoints.delete(made["id"])

    assert client.checkpoints.list(conversation["id"]) == []
    with pytest.raises(NotFoundError):
        client.checkpoints.delete(made["id"])
