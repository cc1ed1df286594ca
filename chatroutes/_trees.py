"""The tree of a conversation, in the documented form for every form that the service sends.

A service sends the messages nested (`tree`), as a list (`nodes`), or both. In the compact dialect, it
sends only the branches. A program always receives `tree` and `metadata`. The original dict is
extended: nothing is copied, removed or renamed. Nothing here is recursive, so a tree can have any
depth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from chatroutes_wire.errors import UnexpectedPayload

Json = dict[str, Any]


def normalize_tree(payload: object) -> object:
    """Add `tree` and `metadata` to a response that has only `nodes`, `branches` or `tree`.

    - If the response has only `tree`, the SDK adds `metadata`.
    - If it has `branches`, the tree has the messages that the branches contain, which may be none.
      The numbers in `metadata` are those of `_count`, if the branches have it.
    - If it has `nodes` and no `branches`, the SDK adds `branches` and `mainBranch`. They contain the
      branches that the conversation of the response lists.

    Args:
        payload: The response in the documented envelope, in either dialect.

    Raises:
        UnexpectedPayload: If a message is below itself.
    """
    if not isinstance(payload, dict):
        return payload
    envelope = cast("Json", payload)
    data: object = envelope.get("data")
    if isinstance(data, dict):
        fields = cast("Json", data)
        conversation: object = fields.get("conversation")
        if isinstance(conversation, dict):
            _add_tree(fields, cast("Json", conversation))
    return envelope


def _add_tree(fields: Json, conversation: Json) -> None:
    missing = [name for name in ("tree", "metadata") if fields.get(name) is None]
    has_nodes, has_branches = (isinstance(fields.get(name), list) for name in ("nodes", "branches"))
    if missing and (has_nodes or has_branches):
        branches = _all_branches(fields)
        if has_nodes:
            tree, metadata = build_from_nodes(conversation, _objects(fields["nodes"]), branches)
        else:
            tree, metadata = _build_from_branches(conversation, branches)
        built = {"tree": tree, "metadata": metadata}
        fields.update({name: built[name] for name in missing})
    elif missing == ["metadata"] and isinstance(fields["tree"], dict):
        root = cast("Json", fields["tree"])
        if isinstance(root.get("children"), list):
            fields["metadata"] = _measure_nested(root, _all_branches(fields))
    if has_nodes and "branches" not in fields:
        _add_branches(fields, _objects(conversation.get("branches")))


def _objects(values: object) -> list[Json]:
    """Return the objects in a list."""
    items = cast("list[object]", values) if isinstance(values, list) else []
    return [cast("Json", each) for each in items if isinstance(each, dict)]


def _all_branches(fields: Json) -> list[Json]:
    """Return the branches in a response, each before the branches that fork from it."""
    nested = fields.get("branches")
    if isinstance(nested, list):
        branches = [*_flatten_branches(cast("list[object]", nested))]
    else:
        branches = _objects(fields["conversation"].get("branches"))
    main: object = fields.get("mainBranch")
    if isinstance(main, dict) and not any(each.get("isMain") for each in branches):
        branches.insert(0, cast("Json", main))
    return branches


def _flatten_branches(nodes: list[object]) -> Iterator[Json]:
    """Yield the branches of nested nodes, each before the branches that fork from it."""
    stack = [*reversed(nodes)]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            fields = cast("Json", node)
            branch: object = fields.get("branch")
            children: list[object] | None = fields.get("children")
            yield cast("Json", branch) if isinstance(branch, dict) else fields
            if isinstance(children, list):
                stack += reversed(children)


def _add_branches(fields: Json, branches: list[Json]) -> None:
    """Add `branches`, as nested nodes, and `mainBranch`."""
    if not branches:
        return
    nodes: dict[str, Json] = {}
    roots: list[Json] = []
    for branch in branches:
        node: Json = {"branch": branch, "children": []}
        parent = nodes.get(str(branch.get("parentBranchId")))
        nodes[str(branch.get("id"))] = node
        (roots if parent is None else cast("list[Json]", parent["children"])).append(node)
    fields["branches"] = roots
    main = next((each for each in branches if each.get("isMain")), None)
    if main is not None:
        fields.setdefault("mainBranch", main)


def _root(conversation: Json) -> Json:
    return {
        "id": conversation.get("id", ""),
        "content": conversation.get("title", ""),
        "role": "system",
        "children": [],
    }


def _tree_node(message: Json) -> Json:
    node: Json = {name: message.get(name, "") for name in ("id", "content", "role")}
    return {**node, "children": []}


def _branch_info(branch: Json) -> Json:
    names = {"branchId": "id", "title": "title", "isMain": "isMain", "isActive": "isActive"}
    return {name: branch[key] for name, key in names.items() if key in branch}


def build_from_nodes(
    conversation: Json, messages: list[Json], branches: list[Json]
) -> tuple[Json, Json]:
    """Return the tree of a list of messages with their parents, and its size.

    The messages can be in any order. A message whose parent is not among them is below the root.
    """
    infos = {str(branch.get("id")): _branch_info(branch) for branch in branches}
    root = _root(conversation)
    nodes = [_tree_node(message) for message in messages]
    by_id: dict[str, tuple[Json, object]] = {}
    for node, message in zip(nodes, messages, strict=True):
        by_id.setdefault(str(node["id"]), (node, message.get("branchId")))
    for node, message in zip(nodes, messages, strict=True):
        parent_id, branch_id = message.get("parentId"), message.get("branchId")
        parent, parent_branch_id = root, None
        if parent_id is not None:
            parent, parent_branch_id = by_id.get(str(parent_id), (root, None))
        if branch_id is not None and branch_id != parent_branch_id:
            node["branchInfo"] = infos.setdefault(str(branch_id), {"branchId": branch_id})
        parent["children"].append(node)
    count, depth = _measure(root)
    if count < len(nodes):
        raise UnexpectedPayload("data.nodes contains a message that is below itself")
    return root, {"totalNodes": count, "totalBranches": len(infos), "maxDepth": depth}


def _measure(root: Json) -> tuple[int, int]:
    """Return the number of nodes below the root, and the number of levels."""
    count, depth = 0, 0
    level: list[Json] = root["children"]
    while level:
        count, depth = count + len(level), depth + 1
        level = [child for node in level for child in node["children"]]
    return count, depth


def _measure_nested(root: Json, branches: list[Json]) -> Json:
    """Return the size of the tree of a response. A branch is in the conversation or begins in the tree."""
    branch_ids = {str(branch.get("id")) for branch in branches}
    count, depth = 0, 0
    level = _objects(root["children"])
    while level:
        count, depth = count + len(level), depth + 1
        infos = _objects([node.get("branchInfo") for node in level])
        branch_ids |= {str(info.get("branchId")) for info in infos}
        level = [child for node in level for child in _objects(node.get("children"))]
    return {"totalNodes": count, "totalBranches": len(branch_ids), "maxDepth": depth}


def _build_from_branches(conversation: Json, branches: Iterable[Json]) -> tuple[Json, Json]:
    """Return the tree of the messages of these branches, and its size."""
    root = _root(conversation)
    nodes: dict[str, tuple[Json, int]] = {}  # by the id of the message: its node and its depth
    total = deepest = total_branches = 0
    for branch in branches:
        total_branches += 1
        messages = branch.get("messages")
        if messages is None and branch.get("isMain"):
            messages = conversation.get("messages")
        parent, depth = nodes.get(str(branch.get("forkPointMessageId")), (root, 0))
        info = {"branchInfo": _branch_info(branch)}
        counts = branch.get("_count")
        count = cast("Json", counts).get("messages") if isinstance(counts, dict) else None
        expected_depth = depth + (count if isinstance(count, int) else 0)
        before = len(nodes)
        for message in _objects(messages):
            message_id = str(message.get("id"))
            if message_id in nodes:  # the branch inherits the message
                parent, depth = nodes[message_id]
                continue
            node: Json = {**_tree_node(message), **info}
            info = {}
            parent["children"].append(node)
            parent, depth = node, depth + 1
            nodes[message_id] = node, depth
        total += count if isinstance(count, int) else len(nodes) - before
        deepest = max(deepest, depth, expected_depth)
    return root, {"totalNodes": total, "totalBranches": total_branches, "maxDepth": deepest}
