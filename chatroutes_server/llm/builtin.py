"""The built-in model, which quotes the user's message."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from chatroutes_server.llm.model import Context, ReplyStream, Usage
from chatroutes_server.tokens import truncate_to_tokens

YIELD_INTERVAL = 64  # words without a delay, before other tasks run


class BuiltinModel:
    """Replies in place of any model, with the same reply to the same context."""

    id = "builtin"
    provider = "local"
    deterministic = True

    def __init__(self, word_delay: float = 0.0) -> None:
        self._word_delay = word_delay
        self._delays_skipped = False
        self._sleepers: set[asyncio.Future[None]] = set()

    def stream_reply(self, context: Context, no_delay: bool = False) -> ReplyStream:
        return _BuiltinReply(context, _yield_to_other_tasks if no_delay else self._pacer())

    def skip_delays(self) -> None:
        """Finish all replies without delays."""
        self._delays_skipped = True
        for sleeper in self._sleepers:
            _wake(sleeper)

    def _pacer(self) -> Callable[[int], Awaitable[None]]:
        """Return a function that waits until a word is due.

        The time at which a word is due depends only on the start of the reply. On a busy machine,
        all words that are late are sent together, so that the delays do not add up.
        """
        loop = asyncio.get_running_loop()
        start = loop.time()

        async def pause(word_number: int) -> None:
            due = start + word_number * self._word_delay
            if self._delays_skipped or due <= loop.time():
                await _yield_to_other_tasks(word_number)
                return
            sleeper = loop.create_future()
            timer = loop.call_at(due, _wake, sleeper)
            self._sleepers.add(sleeper)
            try:
                await sleeper
            finally:
                timer.cancel()
                self._sleepers.discard(sleeper)

        return pause


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


async def _yield_to_other_tasks(word_number: int) -> None:
    if word_number % YIELD_INTERVAL == 0:
        await asyncio.sleep(0)


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
