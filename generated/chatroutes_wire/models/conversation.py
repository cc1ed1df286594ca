# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `Conversation`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import define, field

from ..client import check_list, check_object, format_time, parse_time
from ..types import UNSET, Unset


@define
class Conversation:
    """A conversation."""

    id: str
    """Id of the conversation."""
    user_id: str
    """Id of the account that owns the conversation."""
    title: str
    """Title of the conversation."""
    created_at: datetime
    """Time of creation."""
    updated_at: datetime
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
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> Conversation:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        rest = dict(check_object("Conversation", source))
        id = rest.pop("id")
        user_id = rest.pop("userId")
        title = rest.pop("title")
        created_at = rest.pop("createdAt")
        updated_at = rest.pop("updatedAt")
        model = rest.pop("model", UNSET)
        system_prompt = rest.pop("systemPrompt", UNSET)
        temperature = rest.pop("temperature", UNSET)
        max_tokens = rest.pop("maxTokens", UNSET)
        messages = rest.pop("messages", UNSET)
        branches = rest.pop("branches", UNSET)
        return cls(
            id=id,
            user_id=user_id,
            title=title,
            created_at=parse_time("createdAt", created_at),
            updated_at=parse_time("updatedAt", updated_at),
            model=model,
            system_prompt=system_prompt,
            temperature=temperature,
            max_tokens=max_tokens,
            messages=UNSET
            if messages is UNSET
            else [
                Message.from_dict(check_object("an item of messages", item))
                for item in check_list("messages", messages)
            ],
            branches=UNSET
            if branches is UNSET
            else [
                Branch.from_dict(check_object("an item of branches", item))
                for item in check_list("branches", branches)
            ],
            additional_properties=rest,
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
