# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `SuggestionMetadata`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "detectionMethod",
        "totalBranchPointsFound",
        "modelUsed",
    )
)


@attrs.define
class SuggestionMetadata:
    """How the suggestions were found."""

    detection_method: str
    """Method that found the suggestions: `pattern`, `hybrid` or `llm`. More methods may be added."""
    total_branch_points_found: int
    """Number of branch points that were found, before the maximum number and the threshold were applied."""
    model_used: str | None | Unset = UNSET
    """Name of the language model, if one was used."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> SuggestionMetadata:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("SuggestionMetadata", source)
        return cls(
            detection_method=values["detectionMethod"],
            total_branch_points_found=values["totalBranchPointsFound"],
            model_used=values.get("modelUsed", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["detectionMethod"] = self.detection_method
        target["totalBranchPointsFound"] = self.total_branch_points_found
        if not isinstance(self.model_used, Unset):
            target["modelUsed"] = self.model_used
        return target
