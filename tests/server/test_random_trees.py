"""Trees of conversations that grew at random, against the rule in its plainest form."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Row, select

from chatroutes_server import LocalServer
from chatroutes_server.store import branches, conversations, messages, schema
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.database import Database
from tests.support.server_api import Api


def fill(connection: Connection, chance: random.Random) -> str:
    """Write on branches in turn, fork anywhere, delete some messages."""
    conversation_id = conversations.create(connection, LOCAL_USER, {"title": "x", "model": "m"})
    open_branches = [branches.get(connection, conversation_id, None)]
    written: list[Row[Any]] = []
    for number in range(200):
        branch = chance.choice(open_branches)
        written.append(messages.create(connection, branch, "user", f"number {number}"))
        if chance.random() < 0.15:
            fork_point = chance.choice([*written, None])
            values = {"title": f"Branch {number}", "context_mode": "FULL"}
            branch_id = branches.create(connection, conversation_id, fork_point, values)
            open_branches.append(branches.get(connection, conversation_id, branch_id))
    for row in chance.sample(written, 60):
        messages.delete(connection, row.id)
    return conversation_id


def expected(connection: Connection, conversation_id: str) -> dict[str, list[str]]:
    """Give the children of every message, oldest first, and under the conversation's id the root's."""
    lines = {
        branch.id: branch for branch in branches.list_by_conversation(connection, conversation_id)
    }
    rows = connection.execute(select(schema.messages).order_by(schema.messages.c.seq)).all()
    live = [row for row in rows if row.deleted_at is None]
    children: dict[str, list[str]] = {conversation_id: []}
    for row in live:
        branch, before = lines[row.branch_id], row.seq - 1
        while True:
            above = [each for each in live if each.branch_id == branch.id and each.seq <= before]
            if above or branch.fork_seq is None:
                break
            branch, before = lines[branch.parent_branch_id], branch.fork_seq
        children[above[-1].id if above else conversation_id].append(row.id)
        children[row.id] = []
    return children


def shown(root: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    left = [root]
    while left:
        node = left.pop()
        assert node["id"] not in found
        found[node["id"]] = [child["id"] for child in node["children"]]
        left += node["children"]
    return found


def depth(children: dict[str, list[str]], node: str) -> int:
    return max((1 + depth(children, child) for child in children[node]), default=0)


@pytest.mark.parametrize("seed", range(5))
def test_a_tree_that_grew_at_random_is_as_the_rule_says(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "random.db"
    database = Database(path)
    conversation_id = database.write_sync(lambda connection: fill(connection, random.Random(seed)))
    children = database.write_sync(lambda connection: expected(connection, conversation_id))
    counts = database.write_sync(
        lambda connection: {
            row.id: branches.count_visible_messages(connection, row.id)
            for row in branches.list_by_conversation(connection, conversation_id)
        }
    )
    database.close()

    with LocalServer(database=path) as server, Api(server) as api:
        found = api.data("GET", f"/conversations/{conversation_id}/tree")
        listed = api.data("GET", f"/conversations/{conversation_id}/branches")["branches"]
        seen = {each["id"]: api.messages(conversation_id, each["id"]) for each in listed}

    assert shown(found["tree"]) == children
    assert found["metadata"] == {
        "totalNodes": 140,
        "totalBranches": len(counts),
        "maxDepth": depth(children, conversation_id),
    }
    assert {each["id"]: each["messageCount"] for each in listed} == counts
    for branch_id, messages_seen in seen.items():
        assert len(messages_seen) == counts[branch_id]
        numbers = [int(each["content"].removeprefix("number ")) for each in messages_seen]
        assert numbers == sorted(numbers)
