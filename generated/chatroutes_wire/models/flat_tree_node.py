# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `FlatTreeNode`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object

_NAMES = frozenset(
    (
        "id",
        "parentId",
        "branchId",
        "depth",
        "role",
        "content",
    )
)


@attrs.define
class FlatTreeNode:
    """A message of a tree, with the id of the message that it follows."""

    id: str
    """Id of the message."""
    parent_id: str | None
    """Id of the message that this message follows. Null if it follows no other message."""
    branch_id: str
    """Id of the branch to which the message belongs."""
    depth: int
    """Number of messages from the root to this message, including it. It is 1 if `parentId` is null."""
    role: str
    """Role of the author: `user`, `assistant` or `system`. More roles may be added."""
    content: str
    """Text of the message."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> FlatTreeNode:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("FlatTreeNode", source)
        return cls(
            id=values["id"],
            parent_id=values["parentId"],
            branch_id=values["branchId"],
            depth=values["depth"],
            role=values["role"],
            content=values["content"],
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["id"] = self.id
        target["parentId"] = self.parent_id
        target["branchId"] = self.branch_id
        target["depth"] = self.depth
        target["role"] = self.role
        target["content"] = self.content
        return target
