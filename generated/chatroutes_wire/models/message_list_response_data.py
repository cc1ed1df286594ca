# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `MessageListResponseData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_list, check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "messages",
        "nextCursor",
    )
)


@attrs.define
class MessageListResponseData:
    """Contains the messages."""

    messages: list[Message] | Unset = UNSET
    """The messages, oldest first."""
    next_cursor: str | None | Unset = UNSET
    """Value of `cursor` for the next page. Missing or null if there is none, and if the service does
    not support pages."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> MessageListResponseData:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("MessageListResponseData", source)
        return cls(
            messages=UNSET
            if "messages" not in values
            else [
                Message.from_dict(check_object("an item of messages", item))
                for item in check_list("messages", values["messages"])
            ],
            next_cursor=values.get("nextCursor", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.messages, Unset):
            target["messages"] = [item.to_dict() for item in self.messages]
        if not isinstance(self.next_cursor, Unset):
            target["nextCursor"] = self.next_cursor
        return target


from ..models.message import Message
