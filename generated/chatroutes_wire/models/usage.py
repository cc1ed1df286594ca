# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `Usage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "promptTokens",
        "completionTokens",
        "totalTokens",
        "estimated",
    )
)


@attrs.define
class Usage:
    """The number of tokens that a reply used."""

    prompt_tokens: int
    """Length of the input of the model, in tokens."""
    completion_tokens: int
    """Length of the reply, in tokens."""
    total_tokens: int
    """Sum of both lengths, in tokens."""
    estimated: bool | Unset = UNSET
    """True if the model reported no numbers, and the service estimated them. Missing otherwise."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> Usage:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("Usage", source)
        return cls(
            prompt_tokens=values["promptTokens"],
            completion_tokens=values["completionTokens"],
            total_tokens=values["totalTokens"],
            estimated=values.get("estimated", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["promptTokens"] = self.prompt_tokens
        target["completionTokens"] = self.completion_tokens
        target["totalTokens"] = self.total_tokens
        if not isinstance(self.estimated, Unset):
            target["estimated"] = self.estimated
        return target
