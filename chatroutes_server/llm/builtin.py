"""The built-in model, which is not a language model: its replies describe the context that it receives.

The first reply of a conversation introduces the model. The same context has the same reply. A reply
quotes the user's message as a whole, so a long message has a long reply, and shortens earlier ones.
If a program has set replies, the model returns these instead.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial

from chatroutes_server.llm.model import Context, ReplyStream, Usage
from chatroutes_server.llm.pacer import Pacer, yield_to_other_tasks
from chatroutes_server.llm.replies import Replies
from chatroutes_server.tokens import truncate_to_tokens

MAX_QUOTE_LENGTH = 40  # characters of an earlier message
INTRODUCTION = (
    "This is the built-in model of the local ChatRoutes server, which is not a language model. "
)

Pause = Callable[[int], Awaitable[None]]  # waits after the word with this number


class BuiltinModel:
    """Replies in place of any model, with the same reply to the same context."""

    id = "builtin"
    provider = "local"
    deterministic = True

    def __init__(self, word_delay: float = 0.0, replies: Replies | None = None) -> None:
        self.replies: Replies = Replies() if replies is None else replies
        self._pacer = Pacer(word_delay)

    def stream_reply(self, context: Context, no_delay: bool = False) -> ReplyStream:
        def create_pause(word_delay: float | None = None) -> Pause:
            if no_delay:
                return yield_to_other_tasks
            start = asyncio.get_running_loop().time()
            return partial(self._pacer.wait, start, word_delay=word_delay)

        if self.replies:
            return _CustomReply(self.replies, context, create_pause)
        return _BuiltinReply(context, create_pause())

    def skip_delays(self) -> None:
        """Finish all replies without delays."""
        self._pacer.skip_delays()


class _BuiltinReply:
    usage: Usage | None = None
    cost: float | None = None

    def __init__(self, context: Context, pause: Pause) -> None:
        full_text = build_reply_text(context)
        self._text = truncate_to_tokens(full_text, context.max_tokens)
        self.finish_reason = "stop" if self._text == full_text else "length"
        self._pause = pause

    async def __aiter__(self) -> AsyncIterator[str]:
        for number, word in enumerate(split_words(self._text), 1):
            yield word
            await self._pause(number)


class _CustomReply:
    usage: Usage | None = None
    cost: float | None = None
    finish_reason = "stop"

    def __init__(
        self, replies: Replies, context: Context, create_pause: Callable[[float | None], Pause]
    ) -> None:
        self._replies = replies
        self._context = context
        self._create_pause = create_pause

    async def __aiter__(self) -> AsyncIterator[str]:
        reply = await self._replies.get(self._context)
        self.usage, self.finish_reason = reply.usage, reply.finish_reason
        if not reply.whole:
            pause = self._create_pause(reply.word_delay)
            for number, word in enumerate(split_words(reply.text), 1):
                yield word
                await pause(number)
        elif reply.text:
            yield reply.text
        if reply.error is not None:
            raise reply.error


def build_reply_text(context: Context) -> str:
    """Return the reply of the built-in model to a context."""
    *earlier, message = context.messages
    introduction = "" if context.parent_id else INTRODUCTION
    is_name = context.model == BuiltinModel.id
    name = "The built-in model" if is_name else f"{context.model} (built-in)"
    count = len(context.messages)
    seen = "1 message" if count == 1 else f"{count} messages"
    if context.fork_point is not None:
        seen += f" of a branch that forks after {_quote(context.fork_point)}"
    questions = [each.content for each in earlier if each.role == "user"]
    previous = f"You wrote before: {_quote(questions[-1])}. " if questions else ""
    return f'{introduction}{name} sees {seen}. {previous}You wrote: "{message.content}"'


def _quote(text: str) -> str:
    line = " ".join(text[: 4 * MAX_QUOTE_LENGTH].split())
    shortened = f"{line[:MAX_QUOTE_LENGTH].rstrip()}…" if len(line) > MAX_QUOTE_LENGTH else line
    return f'"{shortened}"'


def split_words(text: str) -> Iterator[str]:
    """Split the text into words, each with the white space after it."""
    return (match.group() for match in re.finditer(r"\S+\s*|\s+", text))
