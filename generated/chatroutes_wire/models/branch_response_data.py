# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `BranchResponseData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(("branch",))


@attrs.define
class BranchResponseData:
    """Contains the branch."""

    branch: Branch | Unset = UNSET
    """A branch of a conversation."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> BranchResponseData:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("BranchResponseData", source)
        return cls(
            branch=UNSET
            if "branch" not in values
            else Branch.from_dict(check_object("branch", values["branch"])),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.branch, Unset):
            target["branch"] = self.branch.to_dict()
        return target


from ..models.branch import Branch
