# Derived from tests/sdk/_async/test_branches.py by scripts/regen.py. Do not edit.

"""Branches, on the local server."""

from __future__ import annotations

import pytest

from chatroutes import ChatRoutes, ConflictError, NotFoundError
from tests.support.payloads import HELLO


def test_list_starts_with_the_main_branch(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    branch = client.branches.create(conversation["id"], {"title": "B"})

    branches = client.branches.list(conversation["id"])

    assert [each["isMain"] for each in branches] == [True, False]
    assert branches[1]["id"] == branch["id"]


def test_branch_has_the_messages_up_to_its_base_node(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)

    branch = client.branches.create(
        conversation["id"],
        {"title": "B", "baseNodeId": sent["userMessage"]["id"], "contextMode": "MINIMAL"},
    )

    assert (branch["title"], branch["contextMode"]) == ("B", "MINIMAL")
    messages = client.branches.get_messages(conversation["id"], branch["id"])
    assert [message["id"] for message in messages] == [sent["userMessage"]["id"]]


def test_fork_has_the_messages_up_to_its_fork_point(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)
    client.messages.send(conversation["id"], {"content": "More"})
    point = sent["assistantMessage"]["id"]

    fork = client.branches.fork(conversation["id"], {"forkPointMessageId": point, "title": "F"})

    assert (fork["title"], fork["forkPointMessageId"], fork["isMain"]) == ("F", point, False)
    messages = client.branches.get_messages(conversation["id"], fork["id"])
    assert [message["id"] for message in messages] == [sent["userMessage"]["id"], point]


def test_send_message_adds_messages_to_the_branch_only(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    branch = client.branches.create(conversation["id"], {"title": "B"})

    sent = client.branches.send_message(conversation["id"], branch["id"], HELLO)

    assert sent["assistantMessage"]["branchId"] == branch["id"]
    assert len(client.branches.get_messages(conversation["id"], branch["id"])) == 2
    assert client.messages.list(conversation["id"]) == []


def test_update_changes_the_title(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    branch = client.branches.create(conversation["id"], {"title": "B"})

    updated = client.branches.update(conversation["id"], branch["id"], {"title": "New"})

    assert (updated["id"], updated["title"]) == (branch["id"], "New")


def test_delete_removes_the_branch(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    branch = client.branches.create(conversation["id"], {"title": "B"})

    assert client.branches.delete(conversation["id"], branch["id"]) is None

    assert len(client.branches.list(conversation["id"])) == 1
    with pytest.raises(NotFoundError):
        client.branches.get_messages(conversation["id"], branch["id"])


def test_merge_adds_the_messages_to_the_parent_and_works_once(
    client: ChatRoutes,
) -> None:
    conversation = client.conversations.create({"title": "T"})
    branch = client.branches.create(conversation["id"], {"title": "B"})
    client.branches.send_message(conversation["id"], branch["id"], HELLO)

    parent = client.branches.merge(conversation["id"], branch["id"])

    assert parent["isMain"] is True
    merged = client.messages.list(conversation["id"])
    assert [message["role"] for message in merged] == ["user", "assistant"]
    with pytest.raises(ConflictError) as caught:
        client.branches.merge(conversation["id"], branch["id"])
    assert caught.value.status_code == 409
