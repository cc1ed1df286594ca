# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `TreeNode`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_list, check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "id",
        "content",
        "role",
        "children",
        "branchInfo",
    )
)


@attrs.define
class TreeNode:
    """A message and the messages that follow it. The root is the conversation."""

    id: str
    """Id of the message. At the root, id of the conversation."""
    content: str
    """Text of the message. At the root, title of the conversation."""
    role: str
    """Role of the author. At the root, `system`. More roles may be added."""
    children: list[TreeNode]
    """The messages that follow this message, oldest first. More than one if branches start here."""
    branch_info: BranchInfo | None | Unset = UNSET
    """The branch that starts with this message."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> TreeNode:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        # A loop, because the objects can be nested deeper than Python can recurse.
        root = cls._from_dict(source)
        pending = [root]
        while pending:
            node = pending.pop()
            node.children = [
                cls._from_dict(check_object("an item of children", item)) for item in node.children
            ]
            pending += node.children
        return root

    @classmethod
    def _from_dict(cls, source: Mapping[str, Any]) -> TreeNode:
        """Return an instance whose nested objects of the same class are not converted yet."""
        values = check_object("TreeNode", source)
        return cls(
            id=values["id"],
            content=values["content"],
            role=values["role"],
            children=check_list("children", values["children"]),
            branch_info=UNSET
            if "branchInfo" not in values
            else None
            if values["branchInfo"] is None
            else BranchInfo.from_dict(check_object("branchInfo", values["branchInfo"])),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        root = self._to_dict()
        pending = [root]
        while pending:
            target = pending.pop()
            target["children"] = [item._to_dict() for item in target["children"]]
            pending += target["children"]
        return root

    def _to_dict(self) -> dict[str, Any]:
        """Return the JSON object, in which nested objects of the same class are not converted yet."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["id"] = self.id
        target["content"] = self.content
        target["role"] = self.role
        target["children"] = self.children
        if not isinstance(self.branch_info, Unset):
            target["branchInfo"] = None if self.branch_info is None else self.branch_info.to_dict()
        return target


from ..models.branch_info import BranchInfo
