"""Models: what writes the replies, and the one that is built in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Protocol

from chatroutes_server.llm.model import Context, ReplyStream
from chatroutes_server.tokens import truncate_to_tokens

BURST = 16  # words written without a delay before others get their turn


class BuiltinModel:
    """Stands in for every model: says so, quotes what it was asked, and always replies the same."""

    id = "builtin"
    provider = "local"
    deterministic = True

    def __init__(self, word_delay: float = 0.0) -> None:
        self._word_delay = word_delay
        self._hurry = asyncio.Event()

    def stream_reply(self, context: Context, no_delay: bool = False) -> ReplyStream:
        return _BuiltinReply(context, _no_pause if no_delay else self._pause)

    def hurry(self) -> None:
        """Finish the replies that are being written without further waiting: the server stops."""
        self._hurry.set()

    async def _pause(self, number: int) -> None:
        if self._word_delay <= 0 or self._hurry.is_set():
            await _no_pause(number)
            return
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), self._word_delay)


async def _no_pause(number: int) -> None:
    if number % BURST == 0:
        await asyncio.sleep(0)


class _Pause(Protocol):
    async def __call__(self, number: int) -> None: ...


class _BuiltinReply:
    def __init__(self, context: Context, pause: _Pause) -> None:
        whole = build_reply_text(context)
        self._text = truncate_to_tokens(whole, context.max_tokens)
        self.finish_reason = "stop" if self._text == whole else "length"
        self._pause = pause

    async def __aiter__(self) -> AsyncIterator[str]:
        for number, word in enumerate(words(self._text), 1):
            yield word
            await self._pause(number)


def build_reply_text(context: Context) -> str:
    count = len(context.messages)
    seen = "1 message" if count == 1 else f"{count} messages"
    return (
        "This is the built-in model of the local ChatRoutes server, standing in for "
        f"{context.model}. It is no language model and makes nothing up. "
        f"The context it was given holds {seen}. "
        f'You wrote: "{context.messages[-1].content}"'
    )


def words(text: str) -> Iterator[str]:
    """Cut the text into words, each with the white space after it; joined, they are the text."""
    return (match.group() for match in re.finditer(r"\S+\s*|\s+", text))
