"""The tree of a conversation."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer
from chatroutes_server.store import branches, conversations, message_rows, messages
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.connection import Connection
from chatroutes_server.store.database import Database
from tests.support.long_conversation import create_long_conversation
from tests.support.server_api import Api

pytestmark = pytest.mark.engine


def get_tree(api: Api, conversation_id: str, **params: str) -> Any:
    return api.data("GET", f"/conversations/{conversation_id}/tree", params=params)


def outline(node: Any) -> Any:
    """Return the id of a node and the outlines of its children."""
    return node["id"], [outline(child) for child in node["children"]]


def sent_outline(sent: Any, *after_reply: Any, after_question: tuple[Any, ...] = ()) -> Any:
    reply = (sent["message"]["id"], list(after_reply))
    return sent["userMessage"]["id"], [reply, *after_question]


def test_tree_of_an_empty_conversation_is_a_root_without_children(api: Api) -> None:
    conversation_id = api.conversation()

    data = get_tree(api, conversation_id)

    assert data["conversation"]["id"] == conversation_id
    assert data["tree"] == {
        "id": conversation_id,
        "content": "Talk",
        "role": "system",
        "children": [],
    }
    assert data["metadata"] == {"totalNodes": 0, "totalBranches": 1, "maxDepth": 0}


def test_each_message_is_a_child_of_the_message_it_follows(api: Api) -> None:
    conversation_id = api.conversation()
    one = api.send(conversation_id, "one")
    fork = api.branch(conversation_id, "Fork", one["userMessage"]["id"])
    two = api.send(conversation_id, "two")
    aside = api.send(conversation_id, "aside", branchId=fork["id"])
    deep = api.branch(conversation_id, "Deep", aside["message"]["id"])
    deepest = api.send(conversation_id, "deepest", branchId=deep["id"])

    data = get_tree(api, conversation_id)

    expected = sent_outline(
        one, sent_outline(two), after_question=(sent_outline(aside, sent_outline(deepest)),)
    )
    assert outline(data["tree"]) == (conversation_id, [expected])
    assert data["metadata"] == {"totalNodes": 8, "totalBranches": 3, "maxDepth": 5}


def test_first_message_of_each_branch_has_branch_info(api: Api) -> None:
    conversation_id = api.conversation()
    main = api.main_branch(conversation_id)
    sent = api.send(conversation_id, "one")
    fork = api.branch(conversation_id, "Fork", sent["message"]["id"])
    api.send(conversation_id, "aside", branchId=fork["id"])

    first = get_tree(api, conversation_id)["tree"]["children"][0]

    info = {"branchId": main["id"], "title": "Main", "isMain": True, "isActive": True}
    assert first["branchInfo"] == info
    reply = first["children"][0]
    assert "branchInfo" not in reply
    info = {"branchId": fork["id"], "title": "Fork", "isMain": False, "isActive": True}
    assert reply["children"][0]["branchInfo"] == info


def test_branches_without_a_fork_point_start_at_the_root(api: Api) -> None:
    conversation_id = api.conversation()
    fork = api.branch(conversation_id, "Fork")
    aside = api.send(conversation_id, "aside", branchId=fork["id"])
    one = api.send(conversation_id, "one")

    data = get_tree(api, conversation_id)

    assert outline(data["tree"]) == (conversation_id, [sent_outline(aside), sent_outline(one)])


def test_children_of_a_deleted_message_move_to_the_nearest_remaining_one(api: Api) -> None:
    conversation_id = api.conversation()
    one = api.send(conversation_id, "one")
    fork = api.branch(conversation_id, "Fork", one["message"]["id"])
    aside = api.send(conversation_id, "aside", branchId=fork["id"])
    deep = api.branch(conversation_id, "Deep", aside["userMessage"]["id"])
    deepest = api.send(conversation_id, "deepest", branchId=deep["id"])
    for message in (one["message"], aside["userMessage"]):
        api.data("DELETE", f"/messages/{message['id']}")

    data = get_tree(api, conversation_id)

    remaining = [(aside["message"]["id"], []), sent_outline(deepest)]
    assert outline(data["tree"]) == (conversation_id, [(one["userMessage"]["id"], remaining)])
    assert data["metadata"]["maxDepth"] == 3


def test_tree_has_merged_messages_and_their_copies(api: Api) -> None:
    conversation_id = api.conversation()
    api.send(conversation_id, "one")
    fork = api.branch(conversation_id, "Fork")
    api.send(conversation_id, "aside", branchId=fork["id"])
    api.data("POST", f"/conversations/{conversation_id}/branches/{fork['id']}/merge")

    data = get_tree(api, conversation_id)

    assert data["metadata"] == {"totalNodes": 6, "totalBranches": 2, "maxDepth": 4}


def test_branches_are_nested_below_the_branch_that_they_fork_from(api: Api) -> None:
    conversation_id = api.conversation()
    main = api.main_branch(conversation_id)
    one = api.send(conversation_id, "one")
    fork = api.branch(conversation_id, "Fork", one["message"]["id"])
    aside = api.send(conversation_id, "aside", branchId=fork["id"])
    deep = api.branch(conversation_id, "Deep", aside["userMessage"]["id"])
    last = api.branch(conversation_id, "Last", one["userMessage"]["id"])

    found = get_tree(api, conversation_id)

    def branch_outline(node: Any) -> Any:
        return node["branch"]["id"], [branch_outline(child) for child in node["children"]]

    [root] = found["branches"]
    assert branch_outline(root) == (
        main["id"],
        [(fork["id"], [(deep["id"], [])]), (last["id"], [])],
    )
    assert root["branch"] == found["mainBranch"]
    listed = {
        each["id"]: each
        for each in api.data("GET", f"/conversations/{conversation_id}/branches")["branches"]
    }
    nodes, counts = [root], {}
    while nodes:
        node = nodes.pop()
        branch = dict(node["branch"])
        counts[branch["title"]] = branch.pop("_count")["messages"]
        assert branch == listed[branch["id"]]
        nodes += node["children"]
    assert counts == {"Main": 2, "Fork": 2, "Deep": 0, "Last": 0}


def test_tree_returns_1500_nested_branches(tmp_path: Path) -> None:
    count = 1500

    def fill(connection: Connection) -> str:
        conversation_id = conversations.create(
            connection, LOCAL_USER, {"title": "Deep", "model": "gpt-5"}
        )
        branch = branches.get(connection, conversation_id, None)
        for number in range(count):
            values = message_rows.new_values(branch.id, conversation_id, "user", "Hi", None)
            connection.execute(message_rows.INSERT, values)
            fork_point = messages.get(connection, values["id"])
            branch_id = branches.create(
                connection,
                conversation_id,
                fork_point,
                {"title": f"{number}", "context_mode": "FULL"},
            )
            branch = branches.get(connection, conversation_id, branch_id)
        return conversation_id

    path = tmp_path / "deep.db"
    database = Database(path)
    conversation_id = asyncio.run(database.write(fill))
    database.close()

    with LocalServer(database=path) as server, Api(server) as api:
        text = api.http.get(f"/conversations/{conversation_id}/tree").text

    nested = text[text.index('"branches":[{"branch"') : text.index('"tree":')]
    assert nested.count('{"branch":{') == count + 1
    assert nested.endswith('"children":[]' + "}]" * (count + 1) + ",")
    assert f'"totalBranches":{count + 1}' in text


def test_tree_returns_10000_messages_in_a_row(tmp_path: Path) -> None:
    depth = 10_000
    path = tmp_path / "deep.db"
    conversation_id = create_long_conversation(path, depth)

    with LocalServer(database=path) as server, Api(server) as api:
        # The text is searched, because the `json` module is recursive.
        url = f"/conversations/{conversation_id}/tree"
        text = api.http.get(url, params={"format": "nested"}).text
        flat = get_tree(api, conversation_id, format="flat")
        sent = api.send(conversation_id, "and now?")
        listed = api.messages(conversation_id)

    assert f'"maxDepth":{depth}' in text
    assert re.findall(r'"content":"number (\d+)"', text) == [str(number) for number in range(depth)]
    assert text.endswith('"children":[' + "]}" * (depth + 1) + "}}")
    assert [node["content"] for node in flat["nodes"]] == [f"number {n}" for n in range(depth)]
    assert [node["depth"] for node in flat["nodes"]] == list(range(1, depth + 1))
    ids = [node["id"] for node in flat["nodes"]]
    assert [node["parentId"] for node in flat["nodes"]] == [None, *ids[:-1]]
    assert sent["message"]["metadata"]["context_message_count"] == depth + 1
    assert len(listed) == depth + 2


def test_nodes_are_the_messages_of_the_tree_from_top_to_bottom(api: Api) -> None:
    conversation_id = api.conversation()
    one = api.send(conversation_id, "one")
    fork = api.branch(conversation_id, "Fork", one["userMessage"]["id"])
    two = api.send(conversation_id, "two")
    aside = api.send(conversation_id, "aside", branchId=fork["id"])

    data = get_tree(api, conversation_id)

    sent = [one, two, aside]
    messages = [pair[name] for pair in sent for name in ("userMessage", "message")]
    depths = [1, 2, 3, 4, 2, 3]
    assert data["nodes"] == [
        {
            "id": message["id"],
            "parentId": message["parentMessageId"],
            "branchId": message["branchId"],
            "depth": depth,
            "role": message["role"],
            "content": message["content"],
        }
        for message, depth in zip(messages, depths, strict=True)
    ]
    branches_of_tree = data["conversation"]["branches"]
    assert [each["title"] for each in branches_of_tree] == ["Main", "Fork"]
    assert [each["_count"]["messages"] for each in branches_of_tree] == [4, 2]


def test_format_selects_the_form_of_the_tree(api: Api) -> None:
    conversation_id = api.conversation()
    api.send(conversation_id, "one")

    everything = get_tree(api, conversation_id)
    nested = get_tree(api, conversation_id, format="nested")
    flat = get_tree(api, conversation_id, format="flat")

    assert nested == {name: value for name, value in everything.items() if name != "nodes"}
    assert flat == {
        name: value for name, value in everything.items() if name not in ("tree", "branches")
    }
    assert api.error(
        "GET", f"/conversations/{conversation_id}/tree", params={"format": "deep"}
    ) == (
        400,
        "VALIDATION_ERROR",
        "format: \"deep\" is not one of ['nested', 'flat']",
    )
