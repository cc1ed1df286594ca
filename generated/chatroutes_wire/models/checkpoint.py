# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `Checkpoint`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object, format_time, parse_time

_NAMES = frozenset(
    (
        "id",
        "summary",
        "conversation_id",
        "branch_id",
        "anchor_message_id",
        "token_count",
        "created_at",
    )
)


@attrs.define
class Checkpoint:
    """A summary that replaces the older messages of a branch in the context of the model. Some deployments
    spell `conversationId`, `branchId`, `anchorMessageId`, `tokenCount` and `createdAt` in camelCase. The
    fields with underscores are missing then. Both spellings have the same values."""

    id: str
    """Id of the checkpoint."""
    summary: str
    """Text of the summary."""
    conversation_id: str
    """Id of the conversation."""
    branch_id: str
    """Id of the branch."""
    anchor_message_id: str
    """Id of the last message that is summarized."""
    token_count: int
    """Length of the summary, in tokens."""
    created_at: datetime.datetime
    """Time at which the summary was created."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> Checkpoint:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("Checkpoint", source)
        return cls(
            id=values["id"],
            summary=values["summary"],
            conversation_id=values["conversation_id"],
            branch_id=values["branch_id"],
            anchor_message_id=values["anchor_message_id"],
            token_count=values["token_count"],
            created_at=parse_time("created_at", values["created_at"]),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["id"] = self.id
        target["summary"] = self.summary
        target["conversation_id"] = self.conversation_id
        target["branch_id"] = self.branch_id
        target["anchor_message_id"] = self.anchor_message_id
        target["token_count"] = self.token_count
        target["created_at"] = format_time(self.created_at)
        return target
