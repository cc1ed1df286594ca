# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `CompactSendMessageResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "message",
        "usage",
        "model",
    )
)


@attrs.define
class CompactSendMessageResponse:
    """The reply to a sent message, in the compact dialect."""

    message: Message
    """A message of a conversation."""
    usage: Usage | Unset = UNSET
    """The number of tokens that a reply used."""
    model: str | Unset = UNSET
    """Name of the model that generated the reply."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> CompactSendMessageResponse:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("CompactSendMessageResponse", source)
        return cls(
            message=Message.from_dict(check_object("message", values["message"])),
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
        target["message"] = self.message.to_dict()
        if not isinstance(self.usage, Unset):
            target["usage"] = self.usage.to_dict()
        if not isinstance(self.model, Unset):
            target["model"] = self.model
        return target


from ..models.message import Message
from ..models.usage import Usage
