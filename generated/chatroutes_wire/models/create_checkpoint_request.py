# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `CreateCheckpointRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ..client import check_object


@define
class CreateCheckpointRequest:
    """The branch and the last message to summarize."""

    branch_id: str
    """Id of the branch whose messages are summarized."""
    anchor_message_id: str
    """Id of the last message to summarize. The message must be visible on the branch."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> CreateCheckpointRequest:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        rest = dict(check_object("CreateCheckpointRequest", source))
        branch_id = rest.pop("branchId")
        anchor_message_id = rest.pop("anchorMessageId")
        return cls(
            branch_id=branch_id,
            anchor_message_id=anchor_message_id,
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["branchId"] = self.branch_id
        target["anchorMessageId"] = self.anchor_message_id
        return target
