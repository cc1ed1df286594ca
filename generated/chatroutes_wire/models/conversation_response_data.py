# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ConversationResponseData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ..client import check_object
from ..types import UNSET, Unset


@define
class ConversationResponseData:
    """Contains the conversation."""

    conversation: Conversation | Unset = UNSET
    """A conversation."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ConversationResponseData:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        rest = dict(check_object("ConversationResponseData", source))
        conversation = rest.pop("conversation", UNSET)
        return cls(
            conversation=UNSET
            if conversation is UNSET
            else Conversation.from_dict(check_object("conversation", conversation)),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.conversation, Unset):
            target["conversation"] = self.conversation.to_dict()
        return target


from ..models.conversation import Conversation
