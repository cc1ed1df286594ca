"""The branches of an export: their messages, their paths, and the part of an export with one of them."""

from __future__ import annotations

from typing import Any, cast

from ._document import ConversationExport

Json = dict[str, Any]


class Paths:
    """The messages of an export by branch.

    Attributes:
        branches: The branches by their ids.
        messages: The messages by their ids.
        own: The messages that belong to each branch, oldest first.
    """

    def __init__(self, export: ConversationExport) -> None:
        self.branches: dict[str, Json] = {
            each["id"]: cast("Json", each) for each in export["branches"]
        }
        self.messages: dict[str, Json] = {
            each["id"]: cast("Json", each) for each in export["messages"]
        }
        self.own: dict[str, list[Json]] = {branch_id: [] for branch_id in self.branches}
        for message in self.messages.values():
            self.own[message["branchId"]].append(message)

    def path(self, branch_id: str) -> list[Json]:
        """Return the messages that are visible on a branch, oldest first.

        Raises:
            ValueError: If there is no such branch.
        """
        if branch_id not in self.branches:
            raise ValueError(f"the export has no branch {branch_id!r}")
        own = self.own[branch_id]
        last: str | None = self.branches[branch_id].get("forkPointMessageId")
        if own:
            last = own[-1]["id"]
        path: list[Json] = []
        while last is not None and last in self.messages:  # a fork point can be deleted
            message = self.messages[last]
            path.append(message)
            last = message["parentMessageId"]
        return path[::-1]


def select_branch(export: ConversationExport, branch_id: str) -> ConversationExport:
    """Return the part of an export that one branch shows.

    It has the visible messages of the branch, the branches to which they belong, and their checkpoints.

    Raises:
        ValueError: If there is no such branch.
    """
    paths = Paths(export)
    messages = {each["id"]: each for each in paths.path(branch_id)}
    kept = {branch_id} | {each["branchId"] for each in messages.values()}
    for branch in reversed(export["branches"]):  # children before their parents
        parent_id = branch.get("parentBranchId")
        if branch["id"] in kept and parent_id is not None:
            kept.add(parent_id)
    selected: Json = {
        **export,
        "branches": [each for each in export["branches"] if each["id"] in kept or each["isMain"]],
        "messages": [each for each in export["messages"] if each["id"] in messages],
        "checkpoints": [
            each
            for each in export["checkpoints"]
            if each["branch_id"] in kept and each["anchor_message_id"] in messages
        ],
    }
    return cast("ConversationExport", selected)
