# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ConversationTree`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

if TYPE_CHECKING:
    from ..models.conversation import Conversation
    from ..models.tree_metadata import TreeMetadata
    from ..models.tree_node import TreeNode


@define
class ConversationTree:
    """A conversation as a tree of messages."""

    conversation: Conversation
    """A conversation."""
    tree: TreeNode
    """A message and the messages that follow it. The root is the conversation."""
    metadata: TreeMetadata
    """The size of a tree."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ConversationTree:
        """Return an instance from a decoded JSON object.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a time is not in ISO 8601.
        """
        from ..models.conversation import Conversation
        from ..models.tree_metadata import TreeMetadata
        from ..models.tree_node import TreeNode

        rest = dict(source)
        conversation = rest.pop("conversation")
        tree = rest.pop("tree")
        metadata = rest.pop("metadata")
        return cls(
            conversation=Conversation.from_dict(conversation),
            tree=TreeNode.from_dict(tree),
            metadata=TreeMetadata.from_dict(metadata),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["conversation"] = self.conversation.to_dict()
        target["tree"] = self.tree.to_dict()
        target["metadata"] = self.metadata.to_dict()
        return target
