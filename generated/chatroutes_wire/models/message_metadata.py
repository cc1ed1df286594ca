# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `MessageMetadata`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ..client import check_object
from ..types import UNSET, Unset


@define
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
    `cancelled` (the client disconnected). More reasons may be added."""
    cost: float | None | Unset = UNSET
    """Cost of the reply, in US dollars."""
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
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> MessageMetadata:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        rest = dict(check_object("MessageMetadata", source))
        model = rest.pop("model", UNSET)
        temperature = rest.pop("temperature", UNSET)
        max_tokens = rest.pop("maxTokens", UNSET)
        response_time = rest.pop("responseTime", UNSET)
        finish_reason = rest.pop("finishReason", UNSET)
        cost = rest.pop("cost", UNSET)
        merged_from = rest.pop("mergedFrom", UNSET)
        context_truncated = rest.pop("context_truncated", UNSET)
        checkpoint_used = rest.pop("checkpoint_used", UNSET)
        prompt_tokens = rest.pop("prompt_tokens", UNSET)
        context_message_count = rest.pop("context_message_count", UNSET)
        return cls(
            model=model,
            temperature=temperature,
            max_tokens=max_tokens,
            response_time=response_time,
            finish_reason=finish_reason,
            cost=cost,
            merged_from=UNSET
            if merged_from is UNSET
            else None
            if merged_from is None
            else MergeSource.from_dict(check_object("mergedFrom", merged_from)),
            context_truncated=context_truncated,
            checkpoint_used=checkpoint_used,
            prompt_tokens=prompt_tokens,
            context_message_count=context_message_count,
            additional_properties=rest,
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
