# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `Branch`."""

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
        "title",
        "isMain",
        "isActive",
        "createdAt",
        "parentBranchId",
        "forkPointMessageId",
        "description",
        "contextMode",
        "updatedAt",
        "messageCount",
        "_count",
    )
)


@attrs.define
class Branch:
    """A branch of a conversation."""

    id: str
    """Id of the branch."""
    conversation_id: str
    """Id of the conversation."""
    title: str
    """Title of the branch."""
    is_main: bool
    """Whether the branch is the main branch of the conversation."""
    is_active: bool
    """Whether the branch accepts messages. False after a merge."""
    created_at: datetime.datetime
    """Time of creation."""
    parent_branch_id: str | None | Unset = UNSET
    """Id of the parent branch. Null for the main branch."""
    fork_point_message_id: str | None | Unset = UNSET
    """Id of the message after which the branch starts. Null for the main branch."""
    description: str | None | Unset = UNSET
    """Description of the branch."""
    context_mode: str | None | Unset = UNSET
    """Which inherited messages are sent to the model: a value of `ContextMode`. More modes may be added."""
    updated_at: datetime.datetime | None | Unset = UNSET
    """Time of the last change of the branch."""
    message_count: int | None | Unset = UNSET
    """Number of messages that are visible on the branch, including inherited messages."""
    field_count: BranchCount | None | Unset = UNSET
    """The numbers of objects that belong to the branch. Present in the tree of a conversation."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> Branch:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("Branch", source)
        return cls(
            id=values["id"],
            conversation_id=values["conversationId"],
            title=values["title"],
            is_main=values["isMain"],
            is_active=values["isActive"],
            created_at=parse_time("createdAt", values["createdAt"]),
            parent_branch_id=values.get("parentBranchId", UNSET),
            fork_point_message_id=values.get("forkPointMessageId", UNSET),
            description=values.get("description", UNSET),
            context_mode=values.get("contextMode", UNSET),
            updated_at=UNSET
            if "updatedAt" not in values
            else None
            if values["updatedAt"] is None
            else parse_time("updatedAt", values["updatedAt"]),
            message_count=values.get("messageCount", UNSET),
            field_count=UNSET
            if "_count" not in values
            else None
            if values["_count"] is None
            else BranchCount.from_dict(check_object("_count", values["_count"])),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["id"] = self.id
        target["conversationId"] = self.conversation_id
        target["title"] = self.title
        target["isMain"] = self.is_main
        target["isActive"] = self.is_active
        target["createdAt"] = format_time(self.created_at)
        if not isinstance(self.parent_branch_id, Unset):
            target["parentBranchId"] = self.parent_branch_id
        if not isinstance(self.fork_point_message_id, Unset):
            target["forkPointMessageId"] = self.fork_point_message_id
        if not isinstance(self.description, Unset):
            target["description"] = self.description
        if not isinstance(self.context_mode, Unset):
            target["contextMode"] = self.context_mode
        if not isinstance(self.updated_at, Unset):
            target["updatedAt"] = None if self.updated_at is None else format_time(self.updated_at)
        if not isinstance(self.message_count, Unset):
            target["messageCount"] = self.message_count
        if not isinstance(self.field_count, Unset):
            target["_count"] = None if self.field_count is None else self.field_count.to_dict()
        return target


from ..models.branch_count import BranchCount
