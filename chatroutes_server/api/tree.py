"""The tree of a conversation: each message once, as a child of the message that it follows.

The root is the conversation itself and not a message. So the shape is the same for a conversation
without messages, with one first message and with several. The first message of a branch is a child of
the nearest message at or before the branch's fork point that has not been deleted.

The tree is built from positions: the branch of a message, and its index among the branch's own
messages. Own messages that follow each other without a fork between them are a run. A run is joined
from texts that are JSON already. Nothing here is recursive, so a conversation can have any depth.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from chatroutes_server.api import serializers
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.store.messages import OwnMessages

Position = tuple[str, int]  # the id of a branch, and an index into its own messages
ROOT: Position = ("", 0)
CHILDREN = ',"children":['
# Between a message and its only child. It cannot be in a message: JSON escapes quotes in a string.
DOWN = CHILDREN + "{"


@dataclass(frozen=True)
class Tree:
    json: serializers.JsonFragments
    total_nodes: int
    total_branches: int
    max_depth: int


def build_tree(
    conversation: Row[Any], branches: Sequence[Row[Any]], own: Mapping[str, OwnMessages]
) -> Tree:
    """Build the tree from the branches, parents before children, and their own messages."""
    by_id = {branch.id: branch for branch in branches}
    parent_depths: dict[str, int] = {}  # the depth of the parent of each branch's first message
    children: defaultdict[Position, list[Position]] = defaultdict(list)
    for branch in branches:
        if branch.id in own:
            parent = _fork_position(branch, by_id, own)
            is_root = parent is ROOT
            parent_depths[branch.id] = 0 if is_root else parent_depths[parent[0]] + parent[1] + 1
            children[parent].append((branch.id, 0))
    root = {"id": conversation.id, "content": conversation.title, "role": "system"}
    return Tree(
        json=_TreeWriter(by_id, own, children).write(dump_json(root)[1:-1]),
        total_nodes=sum(len(each.seqs) for each in own.values()),
        total_branches=len(by_id),
        max_depth=max((parent_depths[each] + len(own[each].seqs) for each in own), default=0),
    )


def _fork_position(
    branch: Row[Any], by_id: Mapping[str, Row[Any]], own: Mapping[str, OwnMessages]
) -> Position:
    """Return the nearest message at or before the fork point, on the parent or on its ancestors."""
    while branch.fork_seq is not None:
        parent_id = branch.parent_branch_id
        count = bisect_right(own[parent_id].seqs, branch.fork_seq) if parent_id in own else 0
        if count:
            return parent_id, count - 1
        branch = by_id[parent_id]
    return ROOT


class _TreeWriter:
    """Writes the tree as JSON."""

    def __init__(
        self,
        by_id: Mapping[str, Row[Any]],
        own: Mapping[str, OwnMessages],
        children: Mapping[Position, list[Position]],
    ) -> None:
        self._by_id = by_id
        self._own = own
        self._children = children
        self._split_texts: dict[str, list[str]] = {}
        self._forks: defaultdict[str, list[int]] = defaultdict(list)
        for branch_id, index in children:
            self._forks[branch_id].append(index)
        for indexes in self._forks.values():
            indexes.sort()

    def write(self, root: str) -> serializers.JsonFragments:
        """Return the tree; `root` is the root as JSON without the braces."""
        fragments = ["{", root, CHILDREN]
        stack: list[str | Position] = ["]}"]  # what follows, the last item first
        self._push_siblings(self._children.get(ROOT, []), stack)
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                fragments.append(item)
            else:
                fragments += self._write_run(item, stack)
        return fragments

    def _write_run(self, start: Position, stack: list[str | Position]) -> serializers.JsonFragments:
        """Return the messages from here to the next fork, and push what follows on the stack."""
        branch_id, index = start
        own, forks = self._own[branch_id], self._forks[branch_id]
        fork = bisect_left(forks, index)
        end = forks[fork] + 1 if fork < len(forks) else len(own.seqs)
        run = DOWN.join(self._texts(branch_id)[index:end]) if forks else own.joined_json
        stack.append("]}" * (end - index))
        children = list(self._children.get((branch_id, end - 1), []))
        if end < len(own.seqs):
            children.append((branch_id, end))
        self._push_siblings(children, stack)
        if index:
            return ["{", run, CHILDREN]
        info = dump_json(_branch_info(self._by_id[branch_id]))
        return [f'{{"branchInfo":{info},', run, CHILDREN]

    def _texts(self, branch_id: str) -> list[str]:
        if branch_id not in self._split_texts:
            self._split_texts[branch_id] = self._own[branch_id].joined_json.split(DOWN)
        return self._split_texts[branch_id]

    def _push_siblings(self, siblings: list[Position], stack: list[str | Position]) -> None:
        """Push siblings on the stack, so that the oldest is written first."""
        newest_first = sorted(
            siblings,
            key=lambda position: self._own[position[0]].seqs[position[1]],
            reverse=True,
        )
        for number, sibling in enumerate(newest_first):
            if number:
                stack.append(",")
            stack.append(sibling)


def write_branches(branches: Sequence[Json]) -> serializers.JsonFragments:
    """Return branches as JSON: each with the branches that fork from it, as nested lists."""
    forks: defaultdict[str | None, list[Json]] = defaultdict(list)
    for branch in branches:
        forks[branch.get("parentBranchId")].append(branch)
    fragments: serializers.JsonFragments = []
    stack: list[str | list[Json]] = [forks[None]]  # what follows, the last item first
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            fragments.append(item)
            continue
        fragments.append("[")
        stack.append("]")
        for number, branch in enumerate(reversed(item)):
            stack += [",", "}"] if number else ["}"]
            stack += [forks[branch["id"]], f'{{"branch":{dump_json(branch)}{CHILDREN[:-1]}']
    return fragments


def _branch_info(branch: Row[Any]) -> Json:
    return {
        "branchId": branch.id,
        "title": branch.title,
        "isMain": branch.is_main,
        "isActive": branch.is_active,
    }
