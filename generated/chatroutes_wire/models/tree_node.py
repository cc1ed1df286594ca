# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `TreeNode`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ..client import check_list, check_object
from ..types import UNSET, Unset


@define
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
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
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
        rest = dict(check_object("TreeNode", source))
        id = rest.pop("id")
        content = rest.pop("content")
        role = rest.pop("role")
        children = rest.pop("children")
        branch_info = rest.pop("branchInfo", UNSET)
        return cls(
            id=id,
            content=content,
            role=role,
            children=check_list("children", children),
            branch_info=UNSET
            if branch_info is UNSET
            else None
            if branch_info is None
            else BranchInfo.from_dict(check_object("branchInfo", branch_info)),
            additional_properties=rest,
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
