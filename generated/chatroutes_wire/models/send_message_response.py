# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `SendMessageResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "userMessage",
        "assistantMessage",
        "message",
        "usage",
        "model",
    )
)


@attrs.define
class SendMessageResponse:
    """The reply to a sent message, with the fields of both dialects. The documented dialect has `userMessage`
    and `assistantMessage`, the compact dialect has `message`, `usage` and `model`. A server may send the
    fields of both. The reply is `assistantMessage` or, if that is missing, `message`."""

    user_message: Message
    """A message of a conversation."""
    assistant_message: Message
    """A message of a conversation."""
    message: Message | Unset = UNSET
    """A message of a conversation."""
    usage: Usage | Unset = UNSET
    """The number of tokens that a reply used."""
    model: str | Unset = UNSET
    """Name of the model that generated the reply, in the compact dialect."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> SendMessageResponse:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("SendMessageResponse", source)
        return cls(
            user_message=Message.from_dict(check_object("userMessage", values["userMessage"])),
            assistant_message=Message.from_dict(
                check_object("assistantMessage", values["assistantMessage"])
            ),
            message=UNSET
            if "message" not in values
            else Message.from_dict(check_object("message", values["message"])),
            usage=UNSET
            if "usage" not in values
            else Usage.from_dict(check_object("usage", values["usage"])),
            model=values.get("model", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["userMessage"] = self.user_message.to_dict()
        target["assistantMessage"] = self.assistant_message.to_dict()
        if not isinstance(self.message, Unset):
            target["message"] = self.message.to_dict()
        if not isinstance(self.usage, Unset):
            target["usage"] = self.usage.to_dict()
        if not isinstance(self.model, Unset):
            target["model"] = self.model
        return target


from ..models.message import Message
from ..models.usage import Usage
