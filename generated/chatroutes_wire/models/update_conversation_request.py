# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `UpdateConversationRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "title",
        "model",
        "systemPrompt",
        "temperature",
        "maxTokens",
    )
)


@attrs.define
class UpdateConversationRequest:
    """The fields to change."""

    title: str | None | Unset = UNSET
    """New title of the conversation."""
    model: str | None | Unset = UNSET
    """New default model."""
    system_prompt: str | None | Unset = UNSET
    """New instructions for the model. The empty string removes them."""
    temperature: float | None | Unset = UNSET
    """New default temperature, 0 to 2."""
    max_tokens: int | None | Unset = UNSET
    """New default maximum length of a reply, in tokens."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> UpdateConversationRequest:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("UpdateConversationRequest", source)
        return cls(
            title=values.get("title", UNSET),
            model=values.get("model", UNSET),
            system_prompt=values.get("systemPrompt", UNSET),
            temperature=values.get("temperature", UNSET),
            max_tokens=values.get("maxTokens", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.title, Unset):
            target["title"] = self.title
        if not isinstance(self.model, Unset):
            target["model"] = self.model
        if not isinstance(self.system_prompt, Unset):
            target["systemPrompt"] = self.system_prompt
        if not isinstance(self.temperature, Unset):
            target["temperature"] = self.temperature
        if not isinstance(self.max_tokens, Unset):
            target["maxTokens"] = self.max_tokens
        return target
