# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ConversationTree`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_list, check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "conversation",
        "tree",
        "metadata",
        "nodes",
        "branches",
        "mainBranch",
    )
)


@attrs.define
class ConversationTree:
    """A conversation as a tree of messages. Which fields are present depends on the parameter `format` and on
    the dialect. `tree` and `nodes` have the same messages. The compact dialect has `branches` and
    `mainBranch`, and may have none of `tree`, `nodes` and `metadata`."""

    conversation: Conversation
    """A conversation."""
    tree: TreeNode
    """A message and the messages that follow it. The root is the conversation."""
    metadata: TreeMetadata
    """The size of a tree."""
    nodes: list[FlatTreeNode] | Unset = UNSET
    """The messages of all branches, without the root. Each message is followed by the messages below it, so
    a client can draw the tree line by line. The messages that follow one message are sorted from oldest
    to newest. `conversation.branches` has the branches to which they belong."""
    branches: list[BranchNode] | Unset = UNSET
    """The branches that fork from no other branch, which is the main branch."""
    main_branch: Branch | Unset = UNSET
    """A branch of a conversation."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ConversationTree:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("ConversationTree", source)
        return cls(
            conversation=Conversation.from_dict(
                check_object("conversation", values["conversation"])
            ),
            tree=TreeNode.from_dict(check_object("tree", values["tree"])),
            metadata=TreeMetadata.from_dict(check_object("metadata", values["metadata"])),
            nodes=UNSET
            if "nodes" not in values
            else [
                FlatTreeNode.from_dict(check_object("an item of nodes", item))
                for item in check_list("nodes", values["nodes"])
            ],
            branches=UNSET
            if "branches" not in values
            else [
                BranchNode.from_dict(check_object("an item of branches", item))
                for item in check_list("branches", values["branches"])
            ],
            main_branch=UNSET
            if "mainBranch" not in values
            else Branch.from_dict(check_object("mainBranch", values["mainBranch"])),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["conversation"] = self.conversation.to_dict()
        target["tree"] = self.tree.to_dict()
        target["metadata"] = self.metadata.to_dict()
        if not isinstance(self.nodes, Unset):
            target["nodes"] = [item.to_dict() for item in self.nodes]
        if not isinstance(self.branches, Unset):
            target["branches"] = [item.to_dict() for item in self.branches]
        if not isinstance(self.main_branch, Unset):
            target["mainBranch"] = self.main_branch.to_dict()
        return target


from ..models.branch import Branch
from ..models.branch_node import BranchNode
from ..models.conversation import Conversation
from ..models.flat_tree_node import FlatTreeNode
from ..models.tree_metadata import TreeMetadata
from ..models.tree_node import TreeNode
