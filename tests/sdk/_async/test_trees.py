"""The tree of a conversation, from every form of response."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatroutes import AsyncChatRoutes, ValidationError, models
from chatroutes_server import LocalServer
from tests.support.fault_responses import ScriptedResponse, json_response, text_response
from tests.support.fault_server import FaultServer
from tests.support.long_conversation import create_long_conversation
from tests.support.payloads import BRANCH, CONVERSATION, success_response

from .clients import make_client

DEPTH = 10_000
NODES: list[dict[str, Any]] = [
    {
        "id": f"msg_{number}",
        "parentId": f"msg_{number - 1}" if number else None,
        "branchId": "br_1",
        "depth": number + 1,
        "role": "user",
        "content": f"number {number}",
    }
    for number in range(DEPTH)
]
METADATA = {"totalNodes": DEPTH, "totalBranches": 1, "maxDepth": DEPTH}


def nested_tree() -> str:
    """Return the same messages as `NODES` as a nested tree, in JSON."""
    starts = [
        json.dumps({name: node[name] for name in ("id", "role", "content")})[:-1] for node in NODES
    ]
    root = '{"id": "conv_1", "role": "system", "content": "Talk", "children": ['
    return root + "".join(f'{start}, "children": [' for start in starts) + "]}" * (DEPTH + 1)


def tree_response(**serialized: str) -> ScriptedResponse:
    """Return a response with these fields, which are JSON already."""
    fields = {"conversation": json.dumps(CONVERSATION), **serialized}
    data = ", ".join(f'"{name}": {value}' for name, value in fields.items())
    return text_response(200, f'{{"success": true, "data": {{{data}}}}}', "application/json")


FORMS = {
    "nested": lambda: tree_response(tree=nested_tree(), metadata=json.dumps(METADATA)),
    "flat": lambda: tree_response(nodes=json.dumps(NODES)),
    "both": lambda: tree_response(
        tree=nested_tree(), nodes=json.dumps(NODES), metadata=json.dumps(METADATA)
    ),
    "branches": lambda: tree_response(
        branches=json.dumps([{"branch": {**BRANCH, "messages": NODES}, "children": []}])
    ),
}


@pytest.mark.parametrize("form", list(FORMS))
async def test_get_tree_reads_10000_messages_in_a_row(fault_server: FaultServer, form: str) -> None:
    fault_server.script(FORMS[form]())

    async with make_client(fault_server) as client:
        result: Any = await client.conversations.get_tree("c")

    assert result["metadata"] == METADATA
    contents, node = [], result["tree"]
    assert (node["id"], node["role"], node["content"]) == ("conv_1", "system", "Talk")
    while node["children"]:
        (node,) = node["children"]
        contents.append(node["content"])
    assert contents == [each["content"] for each in NODES]
    model = models.ConversationTree.from_dict(result)
    assert model.to_dict()["metadata"] == METADATA
    assert ("nodes" in result) == (form in ("flat", "both"))
    if "nodes" in result:
        assert result["nodes"] == NODES
        assert [each.parent_id for each in model.nodes] == [each["parentId"] for each in NODES]


async def test_get_tree_requests_the_flat_form(fault_server: FaultServer) -> None:
    fault_server.script(tree_response(nodes="[]"))

    async with make_client(fault_server) as client:
        await client.conversations.get_tree("c")

    [request] = fault_server.requests
    assert request.target == "/api/v1/conversations/c/tree?format=flat"


@pytest.mark.parametrize("status", [400, 422])
async def test_get_tree_repeats_a_rejected_request_without_the_parameter(
    fault_server: FaultServer, status: int
) -> None:
    rejection = json_response(status, {"success": False, "error": "VALIDATION_ERROR"})
    tree = {"id": "conv_1", "content": "Talk", "role": "system", "children": []}
    data = {"conversation": CONVERSATION, "tree": tree, "metadata": METADATA}
    fault_server.script(rejection, success_response(data), rejection, rejection)

    async with make_client(fault_server) as client:
        assert await client.conversations.get_tree("c") == data
        with pytest.raises(ValidationError) as caught:
            await client.conversations.get_tree("c")

    assert caught.value.status_code == status
    paths = [request.target.partition("/c/")[2] for request in fault_server.requests]
    assert paths == ["tree?format=flat", "tree"] * 2


async def test_tree_of_nodes_is_the_nested_tree_of_the_local_server(
    client: AsyncChatRoutes,
) -> None:
    conversation_id = (await client.conversations.create({"title": "T"}))["id"]
    sent = await client.messages.send(conversation_id, {"content": "one"})
    first = sent["userMessage"]["id"]
    await client.messages.send(conversation_id, {"content": "two"})
    for title in ("A", "B"):
        branch = await client.branches.create(
            conversation_id, {"title": title, "baseNodeId": first}
        )
        await client.branches.send_message(conversation_id, branch["id"], {"content": title})
    await client.branches.create(conversation_id, {"title": "empty"})
    await client.messages.delete(first)

    result = await client.conversations.get_tree(conversation_id)

    path = f"/conversations/{conversation_id}/tree"
    everything = (await client.request("GET", path)).json()["data"]
    assert result == everything


async def test_get_tree_reads_10000_messages_of_the_local_server(tmp_path: Path) -> None:
    path = tmp_path / "long.db"
    conversation_id = create_long_conversation(path, DEPTH)
    expected = [f"number {number}" for number in range(DEPTH)]

    with LocalServer(database=path) as server:
        async with AsyncChatRoutes(server.api_key, server.base_url) as client:
            result: Any = await client.conversations.get_tree(conversation_id)
            messages = client.messages.iterate(conversation_id, limit=1000)
            contents = [each["content"] async for each in messages]

    assert contents == expected
    assert [each["content"] for each in result["nodes"]] == expected
    depth, node = 0, result["tree"]
    while node["children"]:
        (node,) = node["children"]
        depth += 1
    assert (depth, node["content"]) == (DEPTH, expected[-1])
