"""The tree of a conversation, in the documented form for every form that the service sends."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from chatroutes._trees import normalize_tree
from chatroutes_wire.api.conversations import get_conversation_tree
from chatroutes_wire.errors import UnexpectedPayload
from tests.support.dialect_server import TIME, Json

CONVERSATION = {"id": "conv_1", "title": "T"}
MAIN = {"id": "br_1", "title": "Main", "isMain": True, "isActive": True}
FORK = {"id": "br_2", "title": "Fork", "isMain": False, "forkPointMessageId": "msg_1"}
MAIN_INFO = {"branchId": "br_1", "title": "Main", "isMain": True, "isActive": True}
FORK_INFO = {"branchId": "br_2", "title": "Fork", "isMain": False}


def normalized_tree(**fields: Any) -> Any:
    payload = {"data": {"conversation": CONVERSATION, **fields}}
    return get_conversation_tree.read(normalize_tree(payload))


def nested_node(number: int, *children: Json, **fields: Any) -> Json:
    message = {"id": f"msg_{number}", "content": f"{number}", "role": "user"}
    return {**message, "children": [*children], **fields}


# Nested


def test_documented_tree_is_not_changed() -> None:
    tree, metadata = {"id": "conv_1", "children": []}, {"totalNodes": 0}
    documented = {"tree": tree, "metadata": metadata}
    assert normalized_tree(**documented) == {"conversation": CONVERSATION, **documented}
    both = {**documented, "nodes": [], "branches": [branch_node(MAIN)], "mainBranch": MAIN}
    assert normalized_tree(**both) == {"conversation": CONVERSATION, **both}


def test_nested_tree_alone_is_measured() -> None:
    fork = nested_node(3, branchInfo=FORK_INFO)
    first = nested_node(1, nested_node(2, nested_node(4)), fork, branchInfo=MAIN_INFO)
    root = {"id": "conv_1", "content": "T", "role": "system", "children": [first]}

    data = normalized_tree(tree=root)

    assert data["tree"] is root
    assert data["metadata"] == {"totalNodes": 4, "totalBranches": 2, "maxDepth": 3}
    conversation = {**CONVERSATION, "branches": [MAIN, FORK, {"id": "br_empty"}]}
    data = normalized_tree(conversation=conversation, tree=root)
    assert data["metadata"]["totalBranches"] == 3


@pytest.mark.parametrize("child", [None, 5, [], {}, {"children": None}, {"branchInfo": []}])
def test_unusual_nested_tree_is_measured(child: object) -> None:
    metadata = normalized_tree(tree={"children": [child]})["metadata"]
    assert metadata["totalNodes"] == isinstance(child, dict)


# Flat


def flat_node(number: int, parent: int | None, branch: str | None = "br_1") -> Json:
    return {
        "id": f"msg_{number}",
        "parentId": None if parent is None else f"msg_{parent}",
        "branchId": branch,
        "depth": 0,
        "role": "user",
        "content": f"{number}",
    }


def test_tree_is_built_from_nodes() -> None:
    conversation = {**CONVERSATION, "branches": [MAIN, {**FORK, "parentBranchId": "br_1"}]}
    nodes = [flat_node(1, None), flat_node(2, 1), flat_node(4, 1, "br_2"), flat_node(5, 4, "br_2")]

    data = normalized_tree(conversation=conversation, nodes=nodes)

    fork = nested_node(4, nested_node(5), branchInfo=FORK_INFO)
    first = nested_node(1, nested_node(2), fork, branchInfo=MAIN_INFO)
    root = {"id": "conv_1", "content": "T", "role": "system", "children": [first]}
    assert data["tree"] == root
    assert data["metadata"] == {"totalNodes": 4, "totalBranches": 2, "maxDepth": 3}
    assert data["branches"] == [branch_node(MAIN, branch_node(conversation["branches"][1]))]
    assert data["mainBranch"] == MAIN
    assert data["nodes"] is nodes


def test_tree_is_built_from_nodes_without_branches() -> None:
    data = normalized_tree(nodes=[flat_node(1, None), flat_node(2, 1, "br_2")])

    second = nested_node(2, branchInfo={"branchId": "br_2"})
    assert data["tree"]["children"] == [nested_node(1, second, branchInfo={"branchId": "br_1"})]
    assert data["metadata"] == {"totalNodes": 2, "totalBranches": 2, "maxDepth": 2}
    assert not {"branches", "mainBranch"} & set(data)


def test_tree_of_nodes_takes_the_branches_of_the_compact_dialect() -> None:
    branches = [branch_node(MAIN, branch_node(FORK))]

    data = normalized_tree(nodes=[flat_node(1, None)], branches=branches, mainBranch=MAIN)

    assert data["tree"]["children"] == [nested_node(1, branchInfo=MAIN_INFO)]
    assert data["metadata"]["totalBranches"] == 2
    assert data["branches"] is branches


def test_metadata_of_the_service_is_not_replaced() -> None:
    metadata = {"totalNodes": 7, "totalBranches": 7, "maxDepth": 7}
    assert normalized_tree(nodes=[], metadata=metadata)["metadata"] is metadata


def test_nodes_can_be_in_any_order() -> None:
    nodes = [flat_node(number, (number - 1) // 2 or None) for number in range(1, 200)]
    shuffled = random.Random(1).sample(nodes, len(nodes))

    def sort(node: Json) -> None:
        node["children"].sort(key=lambda child: int(child["content"]))
        for child in node["children"]:
            sort(child)

    expected, tree = normalized_tree(nodes=nodes)["tree"], normalized_tree(nodes=shuffled)["tree"]
    sort(tree)
    assert tree == expected


def test_nodes_without_a_known_parent_are_below_the_root() -> None:
    nodes = [flat_node(1, None, None), flat_node(2, 99, None), {"id": "msg_3"}, None, 5]
    nodes.append({"id": "msg_4", "parentId": "conv_1"})

    children = normalized_tree(nodes=nodes)["tree"]["children"]

    assert [child["id"] for child in children] == ["msg_1", "msg_2", "msg_3", "msg_4"]
    assert children[2] == {"id": "msg_3", "content": "", "role": "", "children": []}


@pytest.mark.parametrize("parents", [[1], [2, 1], [None, 4, 2, 3]])
def test_message_below_itself_raises(parents: list[int | None]) -> None:
    nodes = [flat_node(number, parent) for number, parent in enumerate(parents, 1)]
    with pytest.raises(UnexpectedPayload, match="a message that is below itself"):
        normalized_tree(nodes=nodes)


def test_tree_of_nodes_can_have_any_depth() -> None:
    count = 50_000
    nodes = [flat_node(number, number - 1 or None) for number in range(1, count + 1)]

    data = normalized_tree(nodes=nodes)

    assert data["metadata"] == {"totalNodes": count, "totalBranches": 1, "maxDepth": count}
    node, depth = data["tree"], 0
    while node["children"]:
        (node,) = node["children"]
        depth += 1
    assert (depth, node["id"]) == (count, f"msg_{count}")


# Branches


def branch_node(branch: Json, *children: Json) -> Json:
    return {"branch": branch, "children": [*children]}


def test_tree_of_branches_has_the_known_numbers() -> None:
    branches = [
        branch_node(
            {**MAIN, "_count": {"messages": 4}}, branch_node({**FORK, "_count": {"messages": 2}})
        )
    ]
    data = normalized_tree(branches=branches, mainBranch=MAIN)

    assert data["tree"] == {"id": "conv_1", "content": "T", "role": "system", "children": []}
    assert data["metadata"] == {"totalNodes": 6, "totalBranches": 2, "maxDepth": 4}
    assert (data["branches"], data["mainBranch"]) == (branches, MAIN)


def test_tree_of_branches_has_the_messages_that_they_contain() -> None:
    messages = [
        {"id": f"msg_{number}", "role": "user", "content": f"{number}", "createdAt": TIME}
        for number in range(1, 5)
    ]
    main = {**MAIN, "messages": messages[:2]}
    fork = {**FORK, "messages": [messages[0], *messages[2:]]}  # the first one is inherited

    other = {"id": "br_3", "messages": [messages[0], {"id": "msg_9"}]}  # has no fork point

    data = normalized_tree(branches=[branch_node(main, branch_node(fork), branch_node(other))])

    third = nested_node(3, nested_node(4), branchInfo=FORK_INFO)
    ninth = {"id": "msg_9", "content": "", "role": "", "children": []}
    ninth["branchInfo"] = {"branchId": "br_3"}
    first = nested_node(1, nested_node(2), third, ninth, branchInfo=MAIN_INFO)
    assert data["tree"]["children"] == [first]
    assert data["metadata"] == {"totalNodes": 5, "totalBranches": 3, "maxDepth": 3}


def test_main_branch_has_the_messages_of_the_conversation() -> None:
    conversation = {**CONVERSATION, "messages": [{"id": "msg_1"}, {"id": "msg_2"}]}
    data = normalized_tree(conversation=conversation, branches=[], mainBranch=MAIN)

    assert data["tree"]["children"][0]["children"][0]["id"] == "msg_2"
    assert data["metadata"] == {"totalNodes": 2, "totalBranches": 1, "maxDepth": 2}


@pytest.mark.parametrize(
    "node",
    [
        *(None, [], 5, {}, MAIN, {"branch": None}, {"branch": MAIN, "children": None}),
        branch_node({**MAIN, "_count": None, "messages": "none"}),
        branch_node({**MAIN, "_count": {"messages": "2"}, "messages": [None, 5, {"id": [1]}]}),
        branch_node({"forkPointMessageId": {}, "id": []}),
    ],
)
def test_unusual_branches_have_a_tree(node: object) -> None:
    data = normalized_tree(branches=[node])
    assert data["tree"]["id"] == "conv_1"
    assert set(data["metadata"]) == {"totalNodes", "totalBranches", "maxDepth"}


def test_tree_is_built_from_deeply_nested_branches() -> None:
    node = branch_node({"id": "br_last", "_count": {"messages": 3}})
    for number in range(10_000):
        node = branch_node({"id": f"br_{number}", "_count": {"messages": 1}}, node)
    data = normalized_tree(branches=[node])
    assert data["metadata"] == {"totalNodes": 10_003, "totalBranches": 10_001, "maxDepth": 3}


# Neither


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "data has no tree"),
        ({"branches": None}, "data has no tree"),
        ({"branches": {}}, "data has no tree"),
        ({"nodes": "many"}, "data has no tree"),
        ({"mainBranch": MAIN}, "data has no tree"),
        ({"metadata": {}}, "data has no tree"),
        ({"tree": {}}, "data has no metadata"),
        ({"tree": {"children": 5}}, "data has no metadata"),
        ({"tree": [], "metadata": {}}, "data.tree is a list, not an object"),
        ({"nodes": [], "metadata": 5}, "data.metadata is a number, not an object"),
    ],
)
def test_response_without_a_tree_raises(fields: Json, problem: str) -> None:
    with pytest.raises(UnexpectedPayload, match=problem):
        normalized_tree(**fields)


@pytest.mark.parametrize(
    "payload",
    [[], 5, {}, {"data": None}, {"data": []}, {"data": {}}, {"data": {"conversation": []}}],
)
def test_response_without_a_conversation_is_not_changed(payload: object) -> None:
    before = copy.deepcopy(payload)
    assert normalize_tree(payload) is payload
    assert payload == before
