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
    """What the object had besides."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ConversationResponseData:
        """Make one of a decoded JSON object.

        Raises:
            KeyError: a required property is missing.
            ValueError: a time is not in ISO 8601.
        """
        from ..models.conversation import Conversation

        rest = dict(source)
        conversation = rest.pop("conversation")
        return cls(
            conversation=Conversation.from_dict(conversation),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Make the JSON object again; times are written as the contract has them."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["conversation"] = self.conversation.to_dict()
        return target
