# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `SuggestBranchesResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_list, check_object

_NAMES = frozenset(
    (
        "suggestions",
        "metadata",
    )
)


@attrs.define
class SuggestBranchesResponse:
    """The suggested branches."""

    suggestions: list[BranchSuggestion]
    """The suggestions, ordered by confidence, highest first."""
    metadata: SuggestionMetadata
    """How the suggestions were found."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> SuggestBranchesResponse:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("SuggestBranchesResponse", source)
        return cls(
            suggestions=[
                BranchSuggestion.from_dict(check_object("an item of suggestions", item))
                for item in check_list("suggestions", values["suggestions"])
            ],
            metadata=SuggestionMetadata.from_dict(check_object("metadata", values["metadata"])),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["suggestions"] = [item.to_dict() for item in self.suggestions]
        target["metadata"] = self.metadata.to_dict()
        return target


from ..models.branch_suggestion import BranchSuggestion
from ..models.suggestion_metadata import SuggestionMetadata
