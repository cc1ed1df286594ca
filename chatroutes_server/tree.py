"""The tree of a conversation: every message once, under the message that it follows.

The root is not a message but the conversation itself, so that the shape is the same whether there
are no messages, one first message or several. A branch's first message hangs under the nearest
message at or before its fork point that is still there. Conversations may be as deep as they like:
nothing here recurses, and the JSON text is written with a stack, because the `json` module recurses.
The fields of a message come as JSON from the database.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from chatroutes_server import wire
from chatroutes_server.store.branches import own_numbers

MESSAGE_COLUMNS = {field: wire.MESSAGE_COLUMNS[field] for field in ("id", "content", "role")}


@dataclass(slots=True)
class Node:
    text: str  # a JSON object with all its fields but the children
    depth: int
    children: list[Node]


@dataclass(frozen=True)
class Tree:
    root: Node
    total_nodes: int
    total_branches: int
    max_depth: int


def grow(
    conversation: Row[Any],
    branches: Iterable[Row[Any]],
    messages: Sequence[Row[int, str, str]],
) -> Tree:
    """Build the tree from the branches, parents before children, and from the messages in order.

    A message is its number, its branch and its text.
    """
    root = Node(
        wire.dump({"id": conversation.id, "content": conversation.title, "role": "system"}), 0, []
    )
    own = own_numbers((branch_id, number) for number, branch_id, _ in messages)
    by_id = {branch.id: branch for branch in branches}
    nodes: dict[int, Node] = {}
    last: dict[str, Node] = {}
    # In the order of their numbers, a message comes after all that it can follow.
    for number, branch_id, text in messages:
        above = last.get(branch_id)
        if above is None:
            branch = by_id[branch_id]
            above = _fork_node(branch, by_id, own, nodes) or root
            text = f'{text[:-1]},"branchInfo":{wire.dump(_branch_info(branch))}}}'
        node = Node(text, above.depth + 1, [])
        above.children.append(node)
        nodes[number] = last[branch_id] = node
    depth = max((node.depth for node in nodes.values()), default=0)
    return Tree(root, len(nodes), len(by_id), depth)


def _branch_info(branch: Row[Any]) -> wire.Json:
    return {
        "branchId": branch.id,
        "title": branch.title,
        "isMain": branch.is_main,
        "isActive": branch.is_active,
    }


def _fork_node(
    branch: Row[Any],
    by_id: dict[str, Row[Any]],
    own: dict[str, list[int]],
    nodes: dict[int, Node],
) -> Node | None:
    """Find the nearest message at or before the fork point, on the parent or on its ancestors."""
    while branch.fork_seq is not None:
        numbers = own.get(branch.parent_branch_id, [])
        before = bisect_right(numbers, branch.fork_seq)
        if before:
            return nodes[numbers[before - 1]]
        branch = by_id[branch.parent_branch_id]
    return None


def json_text(root: Node) -> str:
    """Write the node and all below it as JSON."""
    pieces: list[str] = []
    stack: list[Node | str] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        pieces += item.text[:-1], ',"children":['
        stack.append("]}")
        for index, child in enumerate(reversed(item.children)):
            if index:
                stack.append(",")
            stack.append(child)
    return "".join(pieces)
