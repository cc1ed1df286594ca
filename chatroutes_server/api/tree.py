"""The tree of a conversation: each message once, as a child of the message that it follows.

The root is the conversation itself and not a message. So the shape is the same for a conversation
without messages, with one first message and with several. The first message of a branch is a child of
the nearest message at or before the branch's fork point that has not been deleted.

The tree is built from positions: the branch of a message, and its index among the branch's own
messages. Own messages that follow each other without a fork between them are a run. The nested and the
flat form are joined from runs of texts that are JSON already. Nothing here is recursive, so a
conversation can have any depth.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from chatroutes_server.api import serializers
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.store.connection import Row
from chatroutes_server.store.messages import OwnMessages

Position = tuple[str, int]  # the id of a branch, and an index into its own messages
ROOT: Position = ("", 0)
CHILDREN = ',"children":['
# Between a message and its only child. It cannot be in a message: JSON escapes quotes in a string.
DOWN = CHILDREN + "{"


class Run(NamedTuple):
    """The own messages of a branch from one index to another, of which only the last has a fork."""

    branch_id: str
    start: int
    end: int


class Tree:
    """The tree of a conversation.

    Args:
        branches: The branches, parents before children.
        own: The own messages of each branch that has any.
    """

    def __init__(self, branches: Sequence[Row], own: Mapping[str, OwnMessages]) -> None:
        self._by_id = {branch.id: branch for branch in branches}
        self._own = own
        self._parents: dict[str, Position] = {}  # of the first message of each branch
        self._depths: dict[str, int] = {}  # of these parents
        self._children: defaultdict[Position, list[Position]] = defaultdict(list)
        self._forks: defaultdict[str, list[int]] = defaultdict(list)
        self._split_texts: dict[str, list[str]] = {}
        for branch in branches:
            if branch.id in own:
                parent = self._fork_position(branch)
                self._parents[branch.id] = parent
                is_root = parent is ROOT
                self._depths[branch.id] = 0 if is_root else self._depths[parent[0]] + parent[1] + 1
                self._children[parent].append((branch.id, 0))
        for branch_id, index in self._children:
            self._forks[branch_id].append(index)
        for indexes in self._forks.values():
            indexes.sort()

    def metadata(self) -> Json:
        """Return the size of the tree."""
        return {
            "totalNodes": sum(len(each.seqs) for each in self._own.values()),
            "totalBranches": len(self._by_id),
            "maxDepth": max(
                (depth + len(self._own[each].seqs) for each, depth in self._depths.items()),
                default=0,
            ),
        }

    def write_nested(self, conversation: Row) -> serializers.JsonFragments:
        """Return the tree as JSON: each message with its children."""
        root = {"id": conversation.id, "content": conversation.title, "role": "system"}
        fragments = [dump_json(root)[:-1], CHILDREN]
        for item in self._walk():
            if isinstance(item, str):
                fragments.append(item)
                continue
            branch_id, start, end = item
            if start:
                fragments.append("{")
            else:
                info = dump_json(_branch_info(self._by_id[branch_id]))
                fragments.append(f'{{"branchInfo":{info},')
            if self._forks[branch_id]:
                fragments.append(DOWN.join(self._texts(branch_id)[start:end]))
            else:
                fragments.append(self._own[branch_id].joined_json)
            fragments.append(CHILDREN)
        fragments.append("]}")
        return fragments

    def write_flat(self) -> serializers.JsonFragments:
        """Return the messages as a JSON array: each with its parent, followed by those below it."""
        texts: list[str] = []
        for item in self._walk():
            if isinstance(item, str):
                continue
            branch_id, start, end = item
            ids = self._own[branch_id].ids
            parent_branch, index = (branch_id, start - 1) if start else self._parents[branch_id]
            first = f'"{self._own[parent_branch].ids[index]}"' if parent_branch else "null"
            parents = [first, *(f'"{each}"' for each in ids[start : end - 1])]
            depth = self._depths[branch_id] + start + 1
            texts += [
                f'{text},"parentId":{parent},"branchId":"{branch_id}","depth":{number}'
                for number, (text, parent) in enumerate(
                    zip(self._texts(branch_id)[start:end], parents, strict=True), depth
                )
            ]
        return serializers.json_array(texts)

    def _fork_position(self, branch: Row) -> Position:
        """Return the nearest message at or before the fork point, on the parent or on its ancestors."""
        while branch.fork_seq is not None:
            parent_id = branch.parent_branch_id
            own = self._own.get(parent_id)
            count = 0 if own is None else bisect_right(own.seqs, branch.fork_seq)
            if count:
                return parent_id, count - 1
            branch = self._by_id[parent_id]
        return ROOT

    def _walk(self) -> Iterator[Run | str]:
        """Yield the runs, each before those below it, and between them what the nested form needs."""
        stack: list[Position | str] = []  # what follows, the last item first
        self._push_siblings(self._children.get(ROOT, []), stack)
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                yield item
                continue
            branch_id, start = item
            own, forks = self._own[branch_id], self._forks[branch_id]
            fork = bisect_left(forks, start)
            end = forks[fork] + 1 if fork < len(forks) else len(own.seqs)
            yield Run(branch_id, start, end)
            stack.append("]}" * (end - start))
            children = list(self._children.get((branch_id, end - 1), []))
            if end < len(own.seqs):
                children.append((branch_id, end))
            self._push_siblings(children, stack)

    def _texts(self, branch_id: str) -> list[str]:
        if branch_id not in self._split_texts:
            self._split_texts[branch_id] = self._own[branch_id].joined_json.split(DOWN)
        return self._split_texts[branch_id]

    def _push_siblings(self, siblings: list[Position], stack: list[Position | str]) -> None:
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


def _branch_info(branch: Row) -> Json:
    return {
        "branchId": branch.id,
        "title": branch.title,
        "isMain": bool(branch.is_main),
        "isActive": bool(branch.is_active),
    }
