# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `Message`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object, format_time, parse_time
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "id",
        "conversationId",
        "role",
        "content",
        "createdAt",
        "branchId",
        "parentMessageId",
        "tokenCount",
        "contentHash",
        "metadata",
    )
)


@attrs.define
class Message:
    """A message of a conversation."""

    id: str
    """Id of the message."""
    conversation_id: str
    """Id of the conversation."""
    role: str
    """Role of the author: `user`, `assistant` or `system`. More roles may be added."""
    content: str
    """Text of the message."""
    created_at: datetime.datetime
    """Time at which the message was written."""
    branch_id: str | None | Unset = UNSET
    """Id of the branch to which the message belongs."""
    parent_message_id: str | None | Unset = UNSET
    """Id of the message that this message follows: the one before it on the branch or, for the first own
    message of a branch, the one at the fork point. Null if the message follows no other message.
    Deleted messages are skipped, so the parent of a message changes if its parent is deleted."""
    token_count: int | None | Unset = UNSET
    """Length of the message, in tokens."""
    content_hash: str | None | Unset = UNSET
    """Hash of the message, as 64 hexadecimal digits. It changes if the content changes. Which fields it
    covers is not defined, so a client can compare two hashes but cannot compute one."""
    metadata: MessageMetadata | None | Unset = UNSET
    """How the reply was generated."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> Message:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("Message", source)
        return cls(
            id=values["id"],
            conversation_id=values["conversationId"],
            role=values["role"],
            content=values["content"],
            created_at=parse_time("createdAt", values["createdAt"]),
            branch_id=values.get("branchId", UNSET),
            parent_message_id=values.get("parentMessageId", UNSET),
            token_count=values.get("tokenCount", UNSET),
            content_hash=values.get("contentHash", UNSET),
            metadata=UNSET
            if "metadata" not in values
            else None
            if values["metadata"] is None
            else MessageMetadata.from_dict(check_object("metadata", values["metadata"])),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["id"] = self.id
        target["conversationId"] = self.conversation_id
        target["role"] = self.role
        target["content"] = self.content
        target["createdAt"] = format_time(self.created_at)
        if not isinstance(self.branch_id, Unset):
            target["branchId"] = self.branch_id
        if not isinstance(self.parent_message_id, Unset):
            target["parentMessageId"] = self.parent_message_id
        if not isinstance(self.token_count, Unset):
            target["tokenCount"] = self.token_count
        if not isinstance(self.content_hash, Unset):
            target["contentHash"] = self.content_hash
        if not isinstance(self.metadata, Unset):
            target["metadata"] = None if self.metadata is None else self.metadata.to_dict()
        return target


from ..models.message_metadata import MessageMetadata
