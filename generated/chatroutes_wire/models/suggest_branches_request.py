# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `SuggestBranchesRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "text",
        "suggestionsCount",
        "hybridDetection",
        "threshold",
        "llmModel",
        "llmProvider",
        "llmApiKey",
    )
)


@attrs.define
class SuggestBranchesRequest:
    """The text to analyze, and options for the detection."""

    text: str
    """Text in which branch points are searched."""
    suggestions_count: int | None | Unset = UNSET
    """Maximum number of suggestions."""
    hybrid_detection: bool | None | Unset = UNSET
    """Whether a language model is used in addition to the patterns."""
    threshold: float | None | Unset = UNSET
    """Minimum confidence of a suggestion, 0 to 1."""
    llm_model: str | None | Unset = UNSET
    """Name of the language model for hybrid detection. Chosen by the server if missing."""
    llm_provider: str | None | Unset = UNSET
    """Provider of the language model."""
    llm_api_key: str | None | Unset = UNSET
    """API key for the provider. It is used for this request only and is not stored."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> SuggestBranchesRequest:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("SuggestBranchesRequest", source)
        return cls(
            text=values["text"],
            suggestions_count=values.get("suggestionsCount", UNSET),
            hybrid_detection=values.get("hybridDetection", UNSET),
            threshold=values.get("threshold", UNSET),
            llm_model=values.get("llmModel", UNSET),
            llm_provider=values.get("llmProvider", UNSET),
            llm_api_key=values.get("llmApiKey", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["text"] = self.text
        if not isinstance(self.suggestions_count, Unset):
            target["suggestionsCount"] = self.suggestions_count
        if not isinstance(self.hybrid_detection, Unset):
            target["hybridDetection"] = self.hybrid_detection
        if not isinstance(self.threshold, Unset):
            target["threshold"] = self.threshold
        if not isinstance(self.llm_model, Unset):
            target["llmModel"] = self.llm_model
        if not isinstance(self.llm_provider, Unset):
            target["llmProvider"] = self.llm_provider
        if not isinstance(self.llm_api_key, Unset):
            target["llmApiKey"] = self.llm_api_key
        return target
