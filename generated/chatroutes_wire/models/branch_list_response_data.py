# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `BranchListResponseData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_list, check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "branches",
        "nextCursor",
    )
)


@attrs.define
class BranchListResponseData:
    """Contains the branches."""

    branches: list[Branch] | Unset = UNSET
    """The branches, the main branch first."""
    next_cursor: str | None | Unset = UNSET
    """Value of `cursor` for the next page. Missing or null if there is none, and if the service does
    not support pages."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> BranchListResponseData:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("BranchListResponseData", source)
        return cls(
            branches=UNSET
            if "branches" not in values
            else [
                Branch.from_dict(check_object("an item of branches", item))
                for item in check_list("branches", values["branches"])
            ],
            next_cursor=values.get("nextCursor", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.branches, Unset):
            target["branches"] = [item.to_dict() for item in self.branches]
        if not isinstance(self.next_cursor, Unset):
            target["nextCursor"] = self.next_cursor
        return target


from ..models.branch import Branch
