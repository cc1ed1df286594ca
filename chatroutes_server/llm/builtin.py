"""The built-in model, which quotes the user's message."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial

from chatroutes_server.llm.model import Context, ReplyStream, Usage
from chatroutes_server.llm.pacer import Pacer, yield_to_other_tasks
from chatroutes_server.tokens import truncate_to_tokens


class BuiltinModel:
    """Replies in place of any model, with the same reply to the same context."""

    id = "builtin"
    provider = "local"
    deterministic = True

    def __init__(self, word_delay: float = 0.0) -> None:
        self._pacer = Pacer(word_delay)

    def stream_reply(self, context: Context, no_delay: bool = False) -> ReplyStream:
        if no_delay:
            return _BuiltinReply(context, yield_to_other_tasks)
        start = asyncio.get_running_loop().time()
        return _BuiltinReply(context, partial(self._pacer.wait, start))

    def skip_delays(self) -> None:
        """Finish all replies without delays."""
        self._pacer.skip_delays()


class _BuiltinReply:
    usage: Usage | None = None
    cost: float | None = None

    def __init__(self, context: Context, pause: Callable[[int], Awaitable[None]]) -> None:
        full_text = build_reply_text(context)
        self._text = truncate_to_tokens(full_text, context.max_tokens)
        self.finish_reason = "stop" if self._text == full_text else "length"
        self._pause = pause

    async def __aiter__(self) -> AsyncIterator[str]:
        for number, word in enumerate(split_words(self._text), 1):
            yield word
            await self._pause(number)


def build_reply_text(context: Context) -> str:
    count = len(context.messages)
    messages = "1 message" if count == 1 else f"{count} messages"
    return (
        "This is the built-in model of the local ChatRoutes server, standing in for "
        f"{context.model}. It is no language model and makes nothing up. "
        f"The context it was given holds {messages}. "
        f'You wrote: "{context.messages[-1].content}"'
    )


def split_words(text: str) -> Iterator[str]:
    """Split the text into words, each with the white space after it."""
    return (match.group() for match in re.finditer(r"\S+\s*|\s+", text))
