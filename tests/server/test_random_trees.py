"""Trees of random conversations, compared with a simple implementation of the rule."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer
from chatroutes_server.store import branches, conversations, messages
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.connection import Connection, Row
from chatroutes_server.store.database import Database
from tests.support.server_api import Api


def create_random_conversation(connection: Connection, rng: random.Random) -> str:
    """Create messages on random branches, fork at random messages, and delete some messages."""
    conversation_id = conversations.create(connection, LOCAL_USER, {"title": "x", "model": "m"})
    open_branches = [branches.get(connection, conversation_id, None)]
    created: list[Row] = []
    for number in range(200):
        branch = rng.choice(open_branches)
        created.append(messages.create(connection, branch, "user", f"number {number}"))
        if rng.random() < 0.15:
            fork_point = rng.choice([*created, None])
            values = {"title": f"Branch {number}", "context_mode": "FULL"}
            branch_id = branches.create(connection, conversation_id, fork_point, values)
            open_branches.append(branches.get(connection, conversation_id, branch_id))
    for row in rng.sample(created, 60):
        messages.delete(connection, row.id)
    return conversation_id


def expected_children(connection: Connection, conversation_id: str) -> dict[str, list[str]]:
    """Return the ids of the children of each message, oldest first. The root has the conversation's id."""
    branches_by_id = {
        branch.id: branch for branch in branches.list_by_conversation(connection, conversation_id)
    }
    rows = connection.fetch_all("SELECT * FROM messages ORDER BY seq")
    visible = [row for row in rows if row.deleted_at is None]
    children: dict[str, list[str]] = {conversation_id: []}
    for row in visible:
        branch, max_seq = branches_by_id[row.branch_id], row.seq - 1
        while True:
            candidates = [
                each for each in visible if each.branch_id == branch.id and each.seq <= max_seq
            ]
            if candidates or branch.fork_seq is None:
                break
            branch, max_seq = branches_by_id[branch.parent_branch_id], branch.fork_seq
        children[candidates[-1].id if candidates else conversation_id].append(row.id)
        children[row.id] = []
    return children


def children_by_id(root: Any) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        assert node["id"] not in children
        children[node["id"]] = [child["id"] for child in node["children"]]
        stack += reversed(node["children"])
    return children


def depth(children: dict[str, list[str]], node: str) -> int:
    return max((1 + depth(children, child) for child in children[node]), default=0)


@pytest.mark.parametrize("seed", range(5))
def test_random_tree_has_the_visible_messages(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "random.db"
    database = Database(file)
    conversation_id = database.write_sync(
        lambda connection: create_random_conversation(connection, random.Random(seed))
    )
    children = database.write_sync(
        lambda connection: expected_children(connection, conversation_id)
    )
    counts = database.write_sync(
        lambda connection: {
            row.id: branches.count_visible_messages(connection, row.id)
            for row in branches.list_by_conversation(connection, conversation_id)
        }
    )
    database.close()

    with LocalServer(database=file) as server, Api(server) as api:
        data = api.data("GET", f"/conversations/{conversation_id}/tree")
        listed = api.data("GET", f"/conversations/{conversation_id}/branches")["branches"]
        path = f"/conversations/{conversation_id}/branches"
        paged_branches = api.pages(path, "branches", 3)
        paged_messages = {
            each["id"]: api.pages(f"{path}/{each['id']}/messages", "messages", 7) for each in listed
        }
        messages_by_branch = {
            each["id"]: api.messages(conversation_id, each["id"]) for each in listed
        }

    assert children_by_id(data["tree"]) == children
    assert data["metadata"] == {
        "totalNodes": 140,
        "totalBranches": len(counts),
        "maxDepth": depth(children, conversation_id),
    }
    nodes = data["nodes"]
    assert [node["id"] for node in nodes] == list(children_by_id(data["tree"]))[1:]
    parents = {child: parent for parent, each in children.items() for child in each}
    assert {node["id"]: node["parentId"] or conversation_id for node in nodes} == parents
    depths = {conversation_id: 0}
    for node in nodes:
        depths[node["id"]] = depths[parents[node["id"]]] + 1
        assert node["depth"] == depths[node["id"]]
    assert {each["id"]: each["messageCount"] for each in listed} == counts
    assert paged_branches == listed
    assert paged_messages == messages_by_branch
    for branch_id, branch_messages in messages_by_branch.items():
        assert len(branch_messages) == counts[branch_id]
        numbers = [int(each["content"].removeprefix("number ")) for each in branch_messages]
        assert numbers == sorted(numbers)
        ids = [each["id"] for each in branch_messages]
        assert [each["parentMessageId"] for each in branch_messages] == [None, *ids][: len(ids)]
        for each in branch_messages:
            assert (each["parentMessageId"] or conversation_id) == parents[each["id"]]
