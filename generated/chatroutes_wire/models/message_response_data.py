# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `MessageResponseData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(("message",))


@attrs.define
class MessageResponseData:
    """Contains the message."""

    message: Message | Unset = UNSET
    """A message of a conversation."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> MessageResponseData:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("MessageResponseData", source)
        return cls(
            message=UNSET
            if "message" not in values
            else Message.from_dict(check_object("message", values["message"])),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.message, Unset):
            target["message"] = self.message.to_dict()
        return target


from ..models.message import Message
