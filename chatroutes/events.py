"""The events that `MessageStream.events()` and `client.compare_stream` yield.

A `match` statement or the attribute `type` tells them apart, also for type checkers:

    for event in stream.events():
        if event.type == "text":
            print(event.text, end="")
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .errors import ChatRoutesError
from .types import SendMessageResponse, Usage


@dataclass(frozen=True, slots=True)
class TextEvent:
    """The next piece of the text."""

    text: str
    type: Literal["text"] = field(default="text", init=False)


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """The numbers of tokens."""

    usage: Usage
    type: Literal["usage"] = field(default="usage", init=False)


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """The stream failed. This is the last event. `error.partial_content` has the text so far."""

    error: ChatRoutesError
    type: Literal["error"] = field(default="error", init=False)


@dataclass(frozen=True, slots=True)
class DoneEvent:
    """The reply has ended, or was stopped. This is the last event.

    Attributes:
        response: What `messages.send` would have returned.
        finish_reason: Why the reply ended, such as `stop`, `length` or `cancelled`.
    """

    response: SendMessageResponse
    finish_reason: str | None
    type: Literal["done"] = field(default="done", init=False)


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event of a kind that this release does not know, as the service sent it.

    Attributes:
        name: The kind: the name of the event, or the `type` in its data.
        data: The decoded data, or its text if it is not JSON.
    """

    name: str
    data: Any
    type: Literal["unknown"] = field(default="unknown", init=False)


ReplyEvent: TypeAlias = TextEvent | UsageEvent | ErrorEvent | DoneEvent | UnknownEvent


@dataclass(frozen=True, slots=True)
class ComparisonEvent:
    """An event in the reply of one model, from `client.compare_stream`.

    Attributes:
        index: The position of the model in `models`. It differs if a model occurs twice.
        model: The model, as it was passed.
        event: The event. The last one of each model is `done` or `error`.
    """

    index: int
    model: str
    event: ReplyEvent
