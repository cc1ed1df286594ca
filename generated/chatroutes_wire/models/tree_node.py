# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `TreeNode`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.branch_info import BranchInfo


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
        """Return an instance from a decoded JSON object.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a time is not in ISO 8601.
        """
        from ..models.branch_info import BranchInfo

        rest = dict(source)
        id = rest.pop("id")
        content = rest.pop("content")
        role = rest.pop("role")
        children = rest.pop("children")
        branch_info = rest.pop("branchInfo", UNSET)
        return cls(
            id=id,
            content=content,
            role=role,
            children=[TreeNode.from_dict(item) for item in children],
            branch_info=UNSET
            if branch_info is UNSET
            else None
            if branch_info is None
            else BranchInfo.from_dict(branch_info),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["id"] = self.id
        target["content"] = self.content
        target["role"] = self.role
        target["children"] = [item.to_dict() for item in self.children]
        if not isinstance(self.branch_info, Unset):
            target["branchInfo"] = None if self.branch_info is None else self.branch_info.to_dict()
        return target
