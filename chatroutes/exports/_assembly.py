"""Builds the document of a conversation from the responses of the service.

Services differ in what they send. A message is complete in a list of messages. The tree names its
branch and the message that it follows. What a service does not send is determined from the order of
the lists, or left out and named in `warnings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from .._normalize import message_metadata
from ._document import FORMAT, VERSION, ConversationExport

Json = dict[str, Any]


@dataclass
class Snapshot:
    """The responses about a conversation.

    Attributes:
        conversation: The conversation.
        branches: The branches, in the order of the service.
        nodes: The messages of the tree, each with `parentId` and `branchId`.
        tree_is_complete: Whether the nodes are all messages.
        messages: The messages of the lists by their ids.
        lists: The ids of the visible messages of a branch by its id.
        checkpoints: The checkpoints.
        warnings: What the document will not contain.
    """

    conversation: Json
    branches: list[Json]
    nodes: dict[str, Json] = field(default_factory=dict[str, Json])
    tree_is_complete: bool = False
    messages: dict[str, Json] = field(default_factory=dict[str, Json])
    lists: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    checkpoints: list[Json] = field(default_factory=list[Json])
    warnings: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.branches = _parents_first(self.branches, "parentBranchId")
        main = next((each for each in self.branches if each.get("isMain")), None)
        if main is None and self.branches:
            main = next((e for e in self.branches if not e.get("parentBranchId")), self.branches[0])
        if main is None:
            main = {"id": "main", "title": "Main", "parentBranchId": None, "isMain": True}
            self.branches = [main]
            self.warnings.append("The service sent no branches.")
        self.main_id = str(main["id"])
        for branch in self.branches:
            branch.setdefault("isMain", branch is main)
            branch.setdefault("title", "")

    def add_tree(self, tree: Mapping[str, Any]) -> None:
        """Add the messages of a tree, which is a list or nested."""
        nodes: object = tree.get("nodes")
        if not isinstance(nodes, list):
            nodes = list(_flatten(tree.get("tree"), self.main_id))
        for node in cast("list[Json]", nodes):
            self.nodes[str(node["id"])] = node
        metadata = cast("Json", tree.get("metadata") or {})
        self.tree_is_complete = metadata.get("totalNodes") == len(self.nodes)

    def add_messages(self, messages: Iterable[Json]) -> None:
        """Add messages of a list of any branch."""
        for message in messages:
            self.messages.setdefault(str(message["id"]), message)

    def add_list(self, branch_id: str, messages: Sequence[Json]) -> None:
        """Add the visible messages of a branch."""
        self.lists[branch_id] = [str(each["id"]) for each in messages]
        self.add_messages(messages)

    def count(self) -> int:
        """Return the number of messages that were found so far."""
        return len(self.nodes.keys() | self.messages.keys())

    def branches_to_list(self) -> list[str]:
        """Return branches whose lists contain all messages that are still missing, as few as possible.

        The list of a branch has the messages of its ancestors too, up to its fork point. So a branch
        is left out if another one that was forked at its last message is listed.
        """
        others = [each for each in self.branches if str(each["id"]) not in self.lists]
        if not self.tree_is_complete:
            return [str(each["id"]) for each in others if _may_have_messages(each)]
        last: dict[str, str] = {}
        for node_id, node in self.nodes.items():
            if node_id not in self.messages:
                last[str(node.get("branchId"))] = node_id  # nodes of a branch follow each other
        chosen: list[str] = []
        covered: set[str] = set()
        for branch in reversed(others):
            branch_id = str(branch["id"])
            message_id = last.get(branch_id)
            if message_id is None or message_id in covered:
                continue
            chosen.append(branch_id)
            while message_id is not None and message_id not in covered:
                covered.add(message_id)
                parent = self.nodes.get(message_id, {}).get("parentId")
                message_id = None if parent is None else str(parent)
        return chosen[::-1]


def build_export(snapshot: Snapshot, exported_at: str) -> ConversationExport:
    """Return the document of a conversation.

    Args:
        snapshot: The responses. Its objects become part of the document.
        exported_at: The time of the export.
    """
    conversation = {
        name: value
        for name, value in snapshot.conversation.items()
        if name not in ("messages", "branches")
    }
    conversation.setdefault("title", "")
    warnings = [*snapshot.warnings]
    messages = _build_messages(snapshot, warnings)
    export: Json = {
        "format": FORMAT,
        "version": VERSION,
        "exportedAt": exported_at,
        **({"warnings": warnings} if warnings else {}),
        "conversation": conversation,
        "branches": _with_known_parents(snapshot.branches, warnings),
        "messages": messages,
        "checkpoints": snapshot.checkpoints,
    }
    return cast("ConversationExport", export)


def _build_messages(snapshot: Snapshot, warnings: list[str]) -> list[Json]:
    """Return the messages, sorted by branch, each after the message that it follows."""
    before, first_list = _read_lists(snapshot)
    by_branch = {str(branch["id"]): list[Json]() for branch in snapshot.branches}
    known = snapshot.nodes.keys() | snapshot.messages.keys()
    for message_id in [
        *snapshot.messages,
        *(e for e in snapshot.nodes if e not in snapshot.messages),
    ]:
        node = snapshot.nodes.get(message_id, {})
        message = snapshot.messages.get(message_id)
        if message is None:
            message = {name: node.get(name, "") for name in ("id", "role", "content")}
        branch_id = message.get("branchId") or node.get("branchId")
        if branch_id not in by_branch:
            branch_id = first_list.get(message_id, snapshot.main_id)
        parent_id = message.get("parentMessageId", node.get("parentId", before.get(message_id)))
        if parent_id is not None and parent_id not in known:
            parent_id = before.get(message_id)
        message |= {"branchId": branch_id, "parentMessageId": parent_id}
        if model := message_metadata(message).get("model"):
            message.setdefault("model", model)
        by_branch[branch_id].append(message)
    incomplete = len(known) - len(snapshot.messages)
    if incomplete:
        warnings.append(
            f"The service sent {incomplete} of {len(known)} messages in the tree only: they have no "
            "times and no metadata."
        )
    ordered = [message for messages in by_branch.values() for message in messages]
    return _parents_first(ordered, "parentMessageId")


def _read_lists(snapshot: Snapshot) -> tuple[dict[str, str | None], dict[str, str]]:
    """Return the message before each message of a list, and the branch to which it belongs.

    A message belongs to the first branch whose list has it: a branch comes after its parent.
    """
    before: dict[str, str | None] = {}
    first_list: dict[str, str] = {}
    for branch in snapshot.branches:
        branch_id = str(branch["id"])
        previous: str | None = None
        for message_id in snapshot.lists.get(branch_id, ()):
            before.setdefault(message_id, previous)
            first_list.setdefault(message_id, branch_id)
            previous = message_id
    return before, first_list


def _parents_first(objects: Iterable[Json], parent_field: str) -> list[Json]:
    """Return the objects in the same order, but each after its parent. A parent can be missing."""
    all_objects = [*objects]
    missing = {str(each["id"]) for each in all_objects}
    waiting: dict[str, list[Json]] = {}
    ordered: list[Json] = []
    for each in all_objects:
        parent_id = str(each.get(parent_field))
        if parent_id in missing:
            waiting.setdefault(parent_id, []).append(each)
            continue
        ready = [each]
        while ready:
            ordered.append(ready.pop())
            object_id = str(ordered[-1]["id"])
            missing.discard(object_id)
            ready += reversed(waiting.pop(object_id, []))
    return ordered


def _flatten(root: object, branch_id: str) -> Iterator[Json]:
    """Yield the messages of a nested tree, without the root, as messages of the flat form."""
    stack: list[tuple[Json, str | None, str]] = []
    if isinstance(root, dict):
        stack = [(each, None, branch_id) for each in reversed(_children(cast("Json", root)))]
    while stack:
        node, parent_id, branch_id = stack.pop()
        info = node.get("branchInfo")
        if isinstance(info, dict):  # the first message of a branch
            branch_id = str(cast("Json", info).get("branchId", branch_id))
        yield {
            "id": node["id"],
            "parentId": parent_id,
            "branchId": branch_id,
            "role": node.get("role", ""),
            "content": node.get("content", ""),
        }
        stack += [(each, str(node["id"]), branch_id) for each in reversed(_children(node))]


def _children(node: Json) -> list[Json]:
    children: object = node.get("children")
    return cast("list[Json]", children) if isinstance(children, list) else []


def _may_have_messages(branch: Json) -> bool:
    """Return whether a branch may have messages of its own, by the numbers that the service sent."""
    count: object = branch.get("_count")
    own = cast("Json", count).get("messages") if isinstance(count, dict) else None
    return own != 0 and branch.get("messageCount") != 0


def _with_known_parents(branches: list[Json], warnings: list[str]) -> list[Json]:
    """Return the branches. A parent that the service did not send is removed."""
    known = {str(each["id"]) for each in branches}
    for branch in branches:
        parent_id = branch.get("parentBranchId")
        if parent_id is not None and parent_id not in known:
            warnings.append(
                f"The service did not send branch {parent_id}, the parent of branch {branch['id']}."
            )
            branch["parentBranchId"] = None
    return branches
