# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `BranchNode`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_list, check_object

_NAMES = frozenset(
    (
        "branch",
        "children",
    )
)


@attrs.define
class BranchNode:
    """A branch and the branches that fork from it."""

    branch: Branch
    """A branch of a conversation."""
    children: list[BranchNode]
    """The branches that fork from this branch, oldest first."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> BranchNode:
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
    def _from_dict(cls, source: Mapping[str, Any]) -> BranchNode:
        """Return an instance whose nested objects of the same class are not converted yet."""
        values = check_object("BranchNode", source)
        return cls(
            branch=Branch.from_dict(check_object("branch", values["branch"])),
            children=check_list("children", values["children"]),
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
        target["branch"] = self.branch.to_dict()
        target["children"] = self.children
        return target


from ..models.branch import Branch
