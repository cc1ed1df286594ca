# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `CreateCheckpointRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field


@define
class CreateCheckpointRequest:
    """The branch and the last message to summarize."""

    branch_id: str
    """Id of the branch whose messages are summarized."""
    anchor_message_id: str
    """Id of the last message to summarize. The message must be visible on the branch."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """What the object had besides."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> CreateCheckpointRequest:
        """Make one of a decoded JSON object.

        Raises:
            KeyError: a required property is missing.
            ValueError: a time is not in ISO 8601.
        """
        rest = dict(source)
        branch_id = rest.pop("branchId")
        anchor_message_id = rest.pop("anchorMessageId")
        return cls(
            branch_id=branch_id,
            anchor_message_id=anchor_message_id,
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Make the JSON object again; times are written as the contract has them."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["branchId"] = self.branch_id
        target["anchorMessageId"] = self.anchor_message_id
        return target
