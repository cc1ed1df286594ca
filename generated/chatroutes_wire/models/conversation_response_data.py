# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ConversationResponseData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

if TYPE_CHECKING:
    from ..models.conversation import Conversation


@define
class ConversationResponseData:
    """Contains the conversation."""

    conversation: Conversation
    """A conversation."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ConversationResponseData:
        """Return an instance from a decoded JSON object.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a time is not in ISO 8601.
        """
        from ..models.conversation import Conversation

        rest = dict(source)
        conversation = rest.pop("conversation")
        return cls(
            conversation=Conversation.from_dict(conversation),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["conversation"] = self.conversation.to_dict()
        return target
