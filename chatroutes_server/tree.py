"""The tree of a conversation: every message once, under the message that it follows.

The root is not a message but the conversation itself, so that the shape is the same whether there
are no messages, one first message or several. A branch's first message hangs under the nearest
message at or before its fork point that is still there. Conversations may be as deep as they like:
nothing here recurses, and the JSON text is written with a stack, because the `json` module recurses.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from chatroutes_server import wire
from chatroutes_server.store.branches import own_numbers


@dataclass
class Node:
    fields: wire.Json
    depth: int
    children: list[Node] = field(default_factory=list["Node"])


@dataclass(frozen=True)
class Tree:
    root: Node
    total_nodes: int
    total_branches: int
    max_depth: int


def grow(conversation: Row[Any], branches: Iterable[Row[Any]], messages: Sequence[Any]) -> Tree:
    """Build the tree from the branches, parents before children, and the messages in order."""
    root = Node({"id": conversation.id, "content": conversation.title, "role": "system"}, 0)
    own = own_numbers(messages)
    by_id = {branch.id: branch for branch in branches}
    nodes: dict[int, Node] = {}
    last: dict[str, Node] = {}
    # In the order of their numbers, a message comes after all that it can follow.
    for message in messages:
        node_fields: wire.Json = {
            "id": message.id,
            "content": message.content,
            "role": message.role,
        }
        above = last.get(message.branch_id)
        if above is None:
            branch = by_id[message.branch_id]
            above = _fork_node(branch, by_id, own, nodes) or root
            node_fields["branchInfo"] = {
                "branchId": branch.id,
                "title": branch.title,
                "isMain": branch.is_main,
                "isActive": branch.is_active,
            }
        node = Node(node_fields, above.depth + 1)
        above.children.append(node)
        nodes[message.seq] = last[message.branch_id] = node
    depth = max((node.depth for node in nodes.values()), default=0)
    return Tree(root, len(nodes), len(by_id), depth)


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


def json_text(root: Node) -> Iterator[str]:
    """Write the node and all below it as JSON, in pieces."""
    stack: list[Node | str] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
            continue
        yield wire.dump(item.fields)[:-1] + ',"children":['
        stack.append("]}")
        for index, child in enumerate(reversed(item.children)):
            if index:
                stack.append(",")
            stack.append(child)
