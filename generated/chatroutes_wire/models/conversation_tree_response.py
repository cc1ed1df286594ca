# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ConversationTreeResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

if TYPE_CHECKING:
    from ..models.conversation_tree import ConversationTree


@define
class ConversationTreeResponse:
    """Response with a conversation as a tree."""

    success: bool
    """True if the request succeeded. False means an error, whatever the status of the response is."""
    data: ConversationTree
    """A conversation as a tree of messages."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ConversationTreeResponse:
        """Return an instance from a decoded JSON object.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a time is not in ISO 8601.
        """
        from ..models.conversation_tree import ConversationTree

        rest = dict(source)
        success = rest.pop("success")
        data = rest.pop("data")
        return cls(
            success=success,
            data=ConversationTree.from_dict(data),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["success"] = self.success
        target["data"] = self.data.to_dict()
        return target
