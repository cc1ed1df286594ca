# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `BranchSuggestion`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object

_NAMES = frozenset(
    (
        "id",
        "title",
        "description",
        "triggerText",
        "branchPoint",
        "confidence",
        "reasoning",
        "estimatedDivergence",
    )
)


@attrs.define
class BranchSuggestion:
    """A place in a text where a conversation could branch."""

    id: str
    """Id of the suggestion, unique within the response."""
    title: str
    """Title for the branch."""
    description: str
    """Subject of the branch."""
    trigger_text: str
    """Words in the text that led to the suggestion."""
    branch_point: BranchPoint
    """The position of the trigger in the text."""
    confidence: float
    """Confidence of the detection, 0 to 1."""
    reasoning: str
    """Reason for the suggestion."""
    estimated_divergence: str
    """How far the branch would diverge: `low`, `medium` or `high`. More values may be added."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> BranchSuggestion:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("BranchSuggestion", source)
        return cls(
            id=values["id"],
            title=values["title"],
            description=values["description"],
            trigger_text=values["triggerText"],
            branch_point=BranchPoint.from_dict(check_object("branchPoint", values["branchPoint"])),
            confidence=values["confidence"],
            reasoning=values["reasoning"],
            estimated_divergence=values["estimatedDivergence"],
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["id"] = self.id
        target["title"] = self.title
        target["description"] = self.description
        target["triggerText"] = self.trigger_text
        target["branchPoint"] = self.branch_point.to_dict()
        target["confidence"] = self.confidence
        target["reasoning"] = self.reasoning
        target["estimatedDivergence"] = self.estimated_divergence
        return target


from ..models.branch_point import BranchPoint
