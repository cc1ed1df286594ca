"""The interface of a model, and the context that it replies to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class ContextMessage(NamedTuple):
    """A message that is sent to a model."""

    role: str
    """`user`, `assistant` or `system`."""
    content: str
    """The text."""


@dataclass(frozen=True)
class Context:
    """The input of a model. The reply is to the last message.

    The ids are those of the conversation, the branch, the message to reply to and the message before
    it. `fork_point` is the text of the message after which the branch starts.
    """

    model: str
    messages: Sequence[ContextMessage]
    system_prompt: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    conversation_id: str = ""
    branch_id: str = ""
    message_id: str = ""
    parent_id: str | None = None
    fork_point: str | None = None


class Usage(NamedTuple):
    """The numbers of tokens that a model reported for a reply."""

    prompt_tokens: int
    completion_tokens: int


class ReplyStream(Protocol):
    """The chunks of a reply. The attributes are valid after the last chunk.

    Attributes:
        finish_reason: Why the reply ended.
        usage: What the model reported, or None.
    """

    finish_reason: str
    usage: Usage | None

    @property
    def cost(self) -> float | None:
        """The cost of the reply in US dollars, or None if it is not known."""
        ...

    def __aiter__(self) -> AsyncIterator[str]: ...


class Model(Protocol):
    """A language model. Iterating over its replies raises ApiError if the model fails."""

    @property
    def id(self) -> str: ...

    @property
    def provider(self) -> str: ...

    @property
    def deterministic(self) -> bool:
        """Whether the model returns the same reply to the same context, at no cost."""
        ...

    def stream_reply(self, context: Context, no_delay: bool = False) -> ReplyStream:
        """Return a new reply. With `no_delay`, the model does not pause between chunks."""
        ...


class UpstreamModel(Model, Protocol):
    """A model of an external provider."""

    async def complete(self, context: Context, api_key: str | None = None) -> str:
        """Return the text of a whole reply. `api_key` replaces the configured key."""
        ...
