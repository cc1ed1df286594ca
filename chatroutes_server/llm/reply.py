"""A reply that a program sets in advance, and the request that it replies to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from chatroutes_server.errors import ApiError, code_for_status
from chatroutes_server.llm.model import ContextMessage, Usage


@dataclass(frozen=True)
class Reply:
    """The reply to a request, with more than its text.

    Args:
        text: The text.
        finish_reason: Why the reply ended.
        prompt_tokens: The number of tokens of the context, in `usage`.
        completion_tokens: The number of tokens of the reply, in `usage`. By default, the server counts.
        word_delay: Seconds between the words, in place of the server's `word_delay`.
        whole: Whether a stream has the text in one chunk, and not word by word.
        status: Status of an error that follows the text, from 400 to 599. Without a text, it is the
            response. After a text, a stream ends with an error event.
        code: Code of the error. By default, it is the code of the status.
        message: Message of the error.
        retry_after: Seconds in the `Retry-After` header of the error response.

    Raises:
        ValueError: If a value is invalid, or the values cannot be combined.
    """

    text: str = ""
    _: KW_ONLY
    finish_reason: str = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    word_delay: float | None = None
    whole: bool = False
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: int | None = None

    def __post_init__(self) -> None:
        for name in ("text", "finish_reason", "code", "message"):
            value = getattr(self, name)
            optional = value is None and name in ("code", "message")
            if not (optional or isinstance(value, str)):
                raise ValueError(f"invalid {name} of a Reply: expected a str, not {value!r}")
            if value is not None and not _is_encodable(value):
                raise ValueError(
                    f"invalid {name} of a Reply: it has a surrogate, which UTF-8 cannot encode"
                )
        if not self.finish_reason:
            raise ValueError("invalid finish_reason of a Reply: it is empty")
        for name in ("prompt_tokens", "completion_tokens", "retry_after"):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < 0):
                raise ValueError(f"invalid {name} {value!r} of a Reply: expected 0 or more")
        if (self.prompt_tokens is None) != (self.completion_tokens is None):
            raise ValueError("prompt_tokens and completion_tokens of a Reply belong together")
        if self.word_delay is not None and not _is_delay(self.word_delay):
            raise ValueError(
                f"invalid word_delay {self.word_delay!r} of a Reply: expected 0 or more seconds"
            )
        if not isinstance(self.whole, bool):
            raise ValueError(f"invalid whole {self.whole!r} of a Reply: expected True or False")
        if self.status is None:
            for name in ("code", "message", "retry_after"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name} of a Reply requires status")
        elif type(self.status) is not int or not 400 <= self.status <= 599:
            raise ValueError(f"invalid status {self.status!r} of a Reply: expected 400 to 599")

    @property
    def usage(self) -> Usage | None:
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return Usage(self.prompt_tokens, self.completion_tokens)

    @property
    def error(self) -> ApiError | None:
        return None if self.status is None else ReplyError(self)


class ReplyError(ApiError):
    """The error of a reply with a status."""

    def __init__(self, reply: Reply) -> None:
        assert reply.status is not None
        message = "the reply is an error" if reply.message is None else reply.message
        super().__init__(message, retry_after=reply.retry_after)
        self.status: int = reply.status
        self.code: str = reply.code or code_for_status(reply.status)


@dataclass(frozen=True)
class ReplyRequest:
    """The argument of a function that returns replies.

    Attributes:
        number: The number of the request, from 1.
        model: The name of the model.
        messages: The messages that the model receives, oldest first, each with `role` and `content`.
            The last one is the message to reply to.
        conversation_id: The id of the conversation.
        branch_id: The id of the branch.
        system_prompt: The system prompt of the conversation, or None.
        temperature: The temperature, or None.
        max_tokens: The maximum length of the reply in tokens, or None. The server does not shorten the
            reply.
    """

    number: int
    model: str
    messages: Sequence[ContextMessage]
    conversation_id: str
    branch_id: str
    system_prompt: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None

    @property
    def content(self) -> str:
        """The text of the message to reply to."""
        return self.messages[-1].content


def _is_delay(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
