# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `MessageResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ..client import check_object
from ..types import UNSET, Unset


@define
class MessageResponse:
    """Response with a message."""

    success: bool | Unset = UNSET
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: MessageResponseData | Unset = UNSET
    """Contains the message."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> MessageResponse:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        rest = dict(check_object("MessageResponse", source))
        success = rest.pop("success", UNSET)
        data = rest.pop("data", UNSET)
        return cls(
            success=success,
            data=UNSET
            if data is UNSET
            else MessageResponseData.from_dict(check_object("data", data)),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.success, Unset):
            target["success"] = self.success
        if not isinstance(self.data, Unset):
            target["data"] = self.data.to_dict()
        return target


from ..models.message_response_data import MessageResponseData
