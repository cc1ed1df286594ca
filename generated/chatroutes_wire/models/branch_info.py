# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `BranchInfo`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "branchId",
        "title",
        "isMain",
        "isActive",
    )
)


@attrs.define
class BranchInfo:
    """A branch, as shown in a tree."""

    branch_id: str | Unset = UNSET
    """Id of the branch."""
    title: str | Unset = UNSET
    """Title of the branch."""
    is_main: bool | Unset = UNSET
    """Whether the branch is the main branch."""
    is_active: bool | Unset = UNSET
    """Whether the branch accepts messages. False after a merge."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> BranchInfo:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("BranchInfo", source)
        return cls(
            branch_id=values.get("branchId", UNSET),
            title=values.get("title", UNSET),
            is_main=values.get("isMain", UNSET),
            is_active=values.get("isActive", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.branch_id, Unset):
            target["branchId"] = self.branch_id
        if not isinstance(self.title, Unset):
            target["title"] = self.title
        if not isinstance(self.is_main, Unset):
            target["isMain"] = self.is_main
        if not isinstance(self.is_active, Unset):
            target["isActive"] = self.is_active
        return target
