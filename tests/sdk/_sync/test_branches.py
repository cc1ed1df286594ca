# Derived from tests/sdk/_async/test_branches.py by scripts/regen.py. Do not edit.

"""Branches, on the real server."""

from __future__ import annotations

import pytest

from chatroutes import ChatRoutes, ConflictError, NotFoundError
from tests.support.payloads import HELLO


def test_list_begins_with_the_main_branch(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    branch = client.branches.create(conversation["id"], {"title": "B"})

    branches = client.branches.list(conversation["id"])

    assert [each["isMain"] for each in branches] == [True, False]
    assert branches[1]["id"] == branch["id"]


def test_a_branch_begins_after_its_base(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)

    branch = client.branches.create(
        conversation["id"],
        {"title": "B", "baseNodeId": sent["userMessage"]["id"], "contextMode": "MINIMAL"},
    )

    assert (branch["title"], branch["contextMode"]) == ("B", "MINIMAL")
    seen = client.branches.get_messages(conversation["id"], branch["id"])
    assert [message["id"] for message in seen] == [sent["userMessage"]["id"]]


def test_a_fork_sees_the_messages_up_to_its_point(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)
    client.messages.send(conversation["id"], {"content": "More"})
    point = sent["assistantMessage"]["id"]

    fork = client.branches.fork(conversation["id"], {"forkPointMessageId": point, "title": "F"})

    assert (fork["title"], fork["forkPointMessageId"], fork["isMain"]) == ("F", point, False)
    seen = client.branches.get_messages(conversation["id"], fork["id"])
    assert [message["id"] for message in seen] == [sent["userMessage"]["id"], point]


def test_a_message_sent_to_a_branch_stays_there(client: ChatRoutes) -> None:
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


def test_a_deleted_branch_is_gone(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    branch = client.branches.create(conversation["id"], {"title": "B"})

    assert client.branches.delete(conversation["id"], branch["id"]) is None

    assert len(client.branches.list(conversation["id"])) == 1
    with pytest.raises(NotFoundError):
        client.branches.get_messages(conversation["id"], branch["id"])


def test_merge_brings_the_messages_home_and_is_done_once(client: ChatRoutes) -> None:
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
