# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `Usage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ..client import check_object


@define
class Usage:
    """The number of tokens that a reply used."""

    prompt_tokens: int
    """Length of the input of the model, in tokens."""
    completion_tokens: int
    """Length of the reply, in tokens."""
    total_tokens: int
    """Sum of both lengths, in tokens."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> Usage:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        rest = dict(check_object("Usage", source))
        prompt_tokens = rest.pop("promptTokens")
        completion_tokens = rest.pop("completionTokens")
        total_tokens = rest.pop("totalTokens")
        return cls(
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            total_tokens=total_tokens,
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["promptTokens"] = self.prompt_tokens
        target["completionTokens"] = self.completion_tokens
        target["totalTokens"] = self.total_tokens
        return target
