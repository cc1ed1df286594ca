"""The tree of a conversation: every message once, under the message that it follows.

The root is not a message but the conversation itself, so that the shape is the same whether there
are no messages, one first message or several. A branch's first message hangs under the nearest
message at or before its fork point that is still there.

Of a message only the place counts here: its branch, and where it stands among the branch's own.
A branch's own messages follow one another, so they are written in runs, from one fork to the next,
each joined from texts that are JSON already. Conversations may be as deep as they like: nothing
here recurses.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from chatroutes_server.api import serializers
from chatroutes_server.store.messages import Own

Place = tuple[str, int]  # a branch's id, and a position among its own messages
ROOT: Place = ("", 0)
CHILDREN = ',"children":['
# Between a message and the only one that follows it. No message holds it: in a text, quotes are escaped.
DOWN = CHILDREN + "{"


@dataclass(frozen=True)
class Tree:
    json: serializers.Pieces
    total_nodes: int
    total_branches: int
    max_depth: int


def grow(conversation: Row[Any], branches: Sequence[Row[Any]], own: Mapping[str, Own]) -> Tree:
    """Build the tree from the branches, parents before children, and from their own messages."""
    by_id = {branch.id: branch for branch in branches}
    depths: dict[str, int] = {}  # of what the branch's first message hangs under
    hanging: defaultdict[Place, list[Place]] = defaultdict(list)
    for branch in branches:
        if branch.id in own:
            above = _fork_place(branch, by_id, own)
            depths[branch.id] = 0 if above is ROOT else depths[above[0]] + above[1] + 1
            hanging[above].append((branch.id, 0))
    root = {"id": conversation.id, "content": conversation.title, "role": "system"}
    return Tree(
        json=_Writer(by_id, own, hanging).pieces(serializers.dump(root)[1:-1]),
        total_nodes=sum(len(each.numbers) for each in own.values()),
        total_branches=len(by_id),
        max_depth=max((depths[each] + len(own[each].numbers) for each in own), default=0),
    )


def _fork_place(branch: Row[Any], by_id: Mapping[str, Row[Any]], own: Mapping[str, Own]) -> Place:
    """Find the nearest message at or before the fork point, on the parent or on its ancestors."""
    while branch.fork_seq is not None:
        parent_id = branch.parent_branch_id
        before = bisect_right(own[parent_id].numbers, branch.fork_seq) if parent_id in own else 0
        if before:
            return parent_id, before - 1
        branch = by_id[parent_id]
    return ROOT


class _Writer:
    """Writes the tree as JSON."""

    def __init__(
        self,
        by_id: Mapping[str, Row[Any]],
        own: Mapping[str, Own],
        hanging: Mapping[Place, list[Place]],
    ) -> None:
        self._by_id = by_id
        self._own = own
        self._hanging = hanging
        self._split: dict[str, list[str]] = {}
        self._forks: defaultdict[str, list[int]] = defaultdict(list)
        for branch_id, position in hanging:
            self._forks[branch_id].append(position)
        for positions in self._forks.values():
            positions.sort()

    def pieces(self, root: str) -> serializers.Pieces:
        pieces = ["{", root, CHILDREN]
        left: list[str | Place] = ["]}"]  # what is still to be written, the last of it first
        self._put_off(self._hanging.get(ROOT, []), left)
        while left:
            item = left.pop()
            if isinstance(item, str):
                pieces.append(item)
            else:
                pieces += self._run(item, left)
        return pieces

    def _run(self, begin: Place, left: list[str | Place]) -> serializers.Pieces:
        """Write the messages from this place to the next fork, and put off what comes after."""
        branch_id, start = begin
        own, forks = self._own[branch_id], self._forks[branch_id]
        fork = bisect_left(forks, start)
        end = forks[fork] + 1 if fork < len(forks) else len(own.numbers)
        run = DOWN.join(self._texts(branch_id)[start:end]) if forks else own.joined
        left.append("]}" * (end - start))
        children = list(self._hanging.get((branch_id, end - 1), []))
        if end < len(own.numbers):
            children.append((branch_id, end))
        self._put_off(children, left)
        if start:
            return ["{", run, CHILDREN]
        info = serializers.dump(_branch_info(self._by_id[branch_id]))
        return [f'{{"branchInfo":{info},', run, CHILDREN]

    def _texts(self, branch_id: str) -> list[str]:
        if branch_id not in self._split:
            self._split[branch_id] = self._own[branch_id].joined.split(DOWN)
        return self._split[branch_id]

    def _put_off(self, children: list[Place], left: list[str | Place]) -> None:
        """Leave siblings to be written later, oldest first."""
        newest_first = sorted(
            children, key=lambda place: self._own[place[0]].numbers[place[1]], reverse=True
        )
        for index, child in enumerate(newest_first):
            if index:
                left.append(",")
            left.append(child)


def _branch_info(branch: Row[Any]) -> serializers.Json:
    return {
        "branchId": branch.id,
        "title": branch.title,
        "isMain": branch.is_main,
        "isActive": branch.is_active,
    }
