# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `SuggestBranchesEnvelope`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "success",
        "data",
    )
)


@attrs.define
class SuggestBranchesEnvelope:
    """Response with suggested branches."""

    success: bool | Unset = UNSET
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: SuggestBranchesResponse | Unset = UNSET
    """The suggested branches."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> SuggestBranchesEnvelope:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("SuggestBranchesEnvelope", source)
        return cls(
            success=values.get("success", UNSET),
            data=UNSET
            if "data" not in values
            else SuggestBranchesResponse.from_dict(check_object("data", values["data"])),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.success, Unset):
            target["success"] = self.success
        if not isinstance(self.data, Unset):
            target["data"] = self.data.to_dict()
        return target


from ..models.suggest_branches_response import SuggestBranchesResponse
