# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `StreamChunk`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_list, check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "id",
        "model",
        "created",
        "choices",
        "type",
        "content",
        "userMessage",
        "assistantMessage",
        "message",
        "usage",
    )
)


@attrs.define
class StreamChunk:
    """The `data` of one event, with the fields of both dialects. A server may send the fields of both.

    In the documented dialect, every event has `id`, `model`, `created` and `choices`. The text of the reply
    is the concatenation of `choices[0].delta.content`. The last event has a `finish_reason`, and may have
    `userMessage` and `assistantMessage`.

    In the compact dialect, every event has a `type`. An event of type `content` has the next part of the
    text as `content`, and its `model`. The event of type `complete` ends the reply and has `message`,
    `usage` and `model`.

    The `data` of an event named `error` is a `StreamError`. So is an object of type `error`, or with an
    `error` that is not empty, whatever the name of its event."""

    id: str
    """Id of the message that contains the reply. The same in every event of a reply."""
    model: str
    """Name of the model that generates the reply."""
    created: int
    """Time at which the reply started, in seconds since 1970."""
    choices: list[StreamChunkChoice]
    """The parts of the replies. Currently always one."""
    type_: str | Unset = UNSET
    """Kind of the event, in the compact dialect."""
    content: str | Unset = UNSET
    """Next part of the text, in an event of type `content`."""
    user_message: Message | Unset = UNSET
    """A message of a conversation."""
    assistant_message: Message | Unset = UNSET
    """A message of a conversation."""
    message: Message | Unset = UNSET
    """A message of a conversation."""
    usage: Usage | Unset = UNSET
    """The number of tokens that a reply used."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> StreamChunk:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("StreamChunk", source)
        return cls(
            id=values["id"],
            model=values["model"],
            created=values["created"],
            choices=[
                StreamChunkChoice.from_dict(check_object("an item of choices", item))
                for item in check_list("choices", values["choices"])
            ],
            type_=values.get("type", UNSET),
            content=values.get("content", UNSET),
            user_message=UNSET
            if "userMessage" not in values
            else Message.from_dict(check_object("userMessage", values["userMessage"])),
            assistant_message=UNSET
            if "assistantMessage" not in values
            else Message.from_dict(check_object("assistantMessage", values["assistantMessage"])),
            message=UNSET
            if "message" not in values
            else Message.from_dict(check_object("message", values["message"])),
            usage=UNSET
            if "usage" not in values
            else Usage.from_dict(check_object("usage", values["usage"])),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["id"] = self.id
        target["model"] = self.model
        target["created"] = self.created
        target["choices"] = [item.to_dict() for item in self.choices]
        if not isinstance(self.type_, Unset):
            target["type"] = self.type_
        if not isinstance(self.content, Unset):
            target["content"] = self.content
        if not isinstance(self.user_message, Unset):
            target["userMessage"] = self.user_message.to_dict()
        if not isinstance(self.assistant_message, Unset):
            target["assistantMessage"] = self.assistant_message.to_dict()
        if not isinstance(self.message, Unset):
            target["message"] = self.message.to_dict()
        if not isinstance(self.usage, Unset):
            target["usage"] = self.usage.to_dict()
        return target


from ..models.message import Message
from ..models.stream_chunk_choice import StreamChunkChoice
from ..models.usage import Usage
