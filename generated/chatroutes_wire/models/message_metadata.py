# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `MessageMetadata`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "model",
        "temperature",
        "maxTokens",
        "responseTime",
        "finishReason",
        "cost",
        "warning",
        "mergedFrom",
        "context_truncated",
        "checkpoint_used",
        "prompt_tokens",
        "context_message_count",
    )
)


@attrs.define
class MessageMetadata:
    """How a reply was generated. Any field may be missing. The names of the last four fields are in snake_case."""

    model: str | None | Unset = UNSET
    """Name of the model that generated the reply."""
    temperature: float | None | Unset = UNSET
    """Sampling temperature that was used."""
    max_tokens: int | None | Unset = UNSET
    """Maximum length of the reply that was used, in tokens."""
    response_time: float | None | Unset = UNSET
    """Time that the model took to reply, in milliseconds."""
    finish_reason: str | None | Unset = UNSET
    """Reason why the reply ended: `stop` (the reply is complete), `length` (the reply reached maxTokens) or
    `cancelled` (the reply was stopped because no client followed it any more, and contains the text up to
    then, which may be empty). More reasons may be added."""
    cost: float | None | Unset = UNSET
    """Cost of the reply, in US dollars. Missing if it is not known."""
    warning: str | None | Unset = UNSET
    """A sentence about a probable mistake in the request, such as the misspelled name of a model. Missing if
    there is none."""
    merged_from: MergeSource | None | Unset = UNSET
    """Source of the message if it was copied by a merge."""
    context_truncated: bool | None | Unset = UNSET
    """Whether the model received fewer messages than are visible on the branch."""
    checkpoint_used: bool | None | Unset = UNSET
    """Whether the summary of a checkpoint replaced older messages."""
    prompt_tokens: int | None | Unset = UNSET
    """Length of the input of the model, in tokens."""
    context_message_count: int | None | Unset = UNSET
    """Number of messages that the model received. The summary of a checkpoint counts as one message."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> MessageMetadata:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("MessageMetadata", source)
        return cls(
            model=values.get("model", UNSET),
            temperature=values.get("temperature", UNSET),
            max_tokens=values.get("maxTokens", UNSET),
            response_time=values.get("responseTime", UNSET),
            finish_reason=values.get("finishReason", UNSET),
            cost=values.get("cost", UNSET),
            warning=values.get("warning", UNSET),
            merged_from=UNSET
            if "mergedFrom" not in values
            else None
            if values["mergedFrom"] is None
            else MergeSource.from_dict(check_object("mergedFrom", values["mergedFrom"])),
            context_truncated=values.get("context_truncated", UNSET),
            checkpoint_used=values.get("checkpoint_used", UNSET),
            prompt_tokens=values.get("prompt_tokens", UNSET),
            context_message_count=values.get("context_message_count", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.model, Unset):
            target["model"] = self.model
        if not isinstance(self.temperature, Unset):
            target["temperature"] = self.temperature
        if not isinstance(self.max_tokens, Unset):
            target["maxTokens"] = self.max_tokens
        if not isinstance(self.response_time, Unset):
            target["responseTime"] = self.response_time
        if not isinstance(self.finish_reason, Unset):
            target["finishReason"] = self.finish_reason
        if not isinstance(self.cost, Unset):
            target["cost"] = self.cost
        if not isinstance(self.warning, Unset):
            target["warning"] = self.warning
        if not isinstance(self.merged_from, Unset):
            target["mergedFrom"] = None if self.merged_from is None else self.merged_from.to_dict()
        if not isinstance(self.context_truncated, Unset):
            target["context_truncated"] = self.context_truncated
        if not isinstance(self.checkpoint_used, Unset):
            target["checkpoint_used"] = self.checkpoint_used
        if not isinstance(self.prompt_tokens, Unset):
            target["prompt_tokens"] = self.prompt_tokens
        if not isinstance(self.context_message_count, Unset):
            target["context_message_count"] = self.context_message_count
        return target


from ..models.merge_source import MergeSource
