# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `SendMessageRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "content",
        "model",
        "temperature",
        "maxTokens",
        "branchId",
    )
)


@attrs.define
class SendMessageRequest:
    """A message to send, and options for the reply."""

    content: str
    """Text of the message."""
    model: str | None | Unset = UNSET
    """Name of the model that replies to this message. Defaults to the model of the conversation."""
    temperature: float | None | Unset = UNSET
    """Sampling temperature for this reply, 0 to 2. Defaults to the temperature of the conversation."""
    max_tokens: int | None | Unset = UNSET
    """Maximum length of this reply, in tokens. Defaults to the maximum of the conversation."""
    branch_id: str | None | Unset = UNSET
    """Id of the branch to which the message is appended. Defaults to the main branch."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> SendMessageRequest:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("SendMessageRequest", source)
        return cls(
            content=values["content"],
            model=values.get("model", UNSET),
            temperature=values.get("temperature", UNSET),
            max_tokens=values.get("maxTokens", UNSET),
            branch_id=values.get("branchId", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["content"] = self.content
        if not isinstance(self.model, Unset):
            target["model"] = self.model
        if not isinstance(self.temperature, Unset):
            target["temperature"] = self.temperature
        if not isinstance(self.max_tokens, Unset):
            target["maxTokens"] = self.max_tokens
        if not isinstance(self.branch_id, Unset):
            target["branchId"] = self.branch_id
        return target
