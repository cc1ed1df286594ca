# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `CreateConversationRequest`."""

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
class CreateConversationRequest:
    """The title and the defaults of a new conversation."""

    title: str
    """Title of the conversation."""
    model: str | None | Unset = UNSET
    """Name of the default model of the conversation. Any name that the service accepts; currently gpt-5
    (used if no model is given), claude-opus-4-1, claude-opus-4, claude-opus-4-0, claude-sonnet-4-5,
    claude-sonnet-4-0, claude-3-7-sonnet-latest and claude-3-5-haiku-latest."""
    system_prompt: str | None | Unset = UNSET
    """Instructions that are sent to the model before all messages."""
    temperature: float | None | Unset = UNSET
    """Default sampling temperature, 0 to 2."""
    max_tokens: int | None | Unset = UNSET
    """Default maximum length of a reply, in tokens."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> CreateConversationRequest:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("CreateConversationRequest", source)
        return cls(
            title=values["title"],
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
