# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `Conversation`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_list, check_object, format_time, parse_time
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "id",
        "userId",
        "title",
        "createdAt",
        "updatedAt",
        "model",
        "systemPrompt",
        "temperature",
        "maxTokens",
        "messages",
        "branches",
    )
)


@attrs.define
class Conversation:
    """A conversation."""

    id: str
    """Id of the conversation."""
    user_id: str
    """Id of the account that owns the conversation."""
    title: str
    """Title of the conversation."""
    created_at: datetime.datetime
    """Time of creation."""
    updated_at: datetime.datetime
    """Time of the last change of the conversation, its branches or its messages."""
    model: str | None | Unset = UNSET
    """Name of the default model."""
    system_prompt: str | None | Unset = UNSET
    """Instructions that are sent to the model before all messages."""
    temperature: float | None | Unset = UNSET
    """Default sampling temperature."""
    max_tokens: int | None | Unset = UNSET
    """Default maximum length of a reply, in tokens."""
    messages: list[Message] | Unset = UNSET
    """Messages of the main branch, oldest first. Missing in lists."""
    branches: list[Branch] | Unset = UNSET
    """All branches, the main branch first. Missing in lists."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> Conversation:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("Conversation", source)
        return cls(
            id=values["id"],
            user_id=values["userId"],
            title=values["title"],
            created_at=parse_time("createdAt", values["createdAt"]),
            updated_at=parse_time("updatedAt", values["updatedAt"]),
            model=values.get("model", UNSET),
            system_prompt=values.get("systemPrompt", UNSET),
            temperature=values.get("temperature", UNSET),
            max_tokens=values.get("maxTokens", UNSET),
            messages=UNSET
            if "messages" not in values
            else [
                Message.from_dict(check_object("an item of messages", item))
                for item in check_list("messages", values["messages"])
            ],
            branches=UNSET
            if "branches" not in values
            else [
                Branch.from_dict(check_object("an item of branches", item))
                for item in check_list("branches", values["branches"])
            ],
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["id"] = self.id
        target["userId"] = self.user_id
        target["title"] = self.title
        target["createdAt"] = format_time(self.created_at)
        target["updatedAt"] = format_time(self.updated_at)
        if not isinstance(self.model, Unset):
            target["model"] = self.model
        if not isinstance(self.system_prompt, Unset):
            target["systemPrompt"] = self.system_prompt
        if not isinstance(self.temperature, Unset):
            target["temperature"] = self.temperature
        if not isinstance(self.max_tokens, Unset):
            target["maxTokens"] = self.max_tokens
        if not isinstance(self.messages, Unset):
            target["messages"] = [item.to_dict() for item in self.messages]
        if not isinstance(self.branches, Unset):
            target["branches"] = [item.to_dict() for item in self.branches]
        return target


from ..models.branch import Branch
from ..models.message import Message
