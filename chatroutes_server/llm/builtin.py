"""The built-in model: it describes the context that it receives, or replies as a program states.

It is no language model, and says so at the start of each conversation. The same context has the same
reply. A message in a reply is shortened, except the one that is replied to, so that a long
message has a long reply.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from chatroutes_server.llm.model import Context, ReplyStream, Usage
from chatroutes_server.llm.replies import Replies
from chatroutes_server.tokens import truncate_to_tokens

YIELD_INTERVAL = 64  # words without a delay, before other tasks run
MAX_QUOTE_LENGTH = 40  # characters of an earlier message
INTRODUCTION = (
    "This is the built-in model of the local ChatRoutes server, which is no language model. "
)

Pacer = Callable[[int], Awaitable[None]]  # waits after the word with this number


class BuiltinModel:
    """Replies in place of any model, with the same reply to the same context."""

    id = "builtin"
    provider = "local"
    deterministic = True

    def __init__(self, word_delay: float = 0.0, replies: Replies | None = None) -> None:
        self.replies = Replies() if replies is None else replies
        self._word_delay = word_delay
        self._delays_skipped = False
        self._sleepers: set[asyncio.Future[None]] = set()

    def stream_reply(self, context: Context, no_delay: bool = False) -> ReplyStream:
        def create_pacer(word_delay: float | None) -> Pacer:
            if no_delay:
                return _yield_to_other_tasks
            return self._pacer(self._word_delay if word_delay is None else word_delay)

        if self.replies:
            return _StatedReply(self.replies, context, create_pacer)
        return _BuiltinReply(context, create_pacer(None))

    def skip_delays(self) -> None:
        """Finish all replies without delays."""
        self._delays_skipped = True
        for sleeper in self._sleepers:
            _wake(sleeper)

    def _pacer(self, word_delay: float) -> Pacer:
        """Return a function that waits until a word is due.

        The time at which a word is due depends only on the start of the reply. On a busy machine,
        all words that are late are sent together, so that the delays do not add up.
        """
        loop = asyncio.get_running_loop()
        start = loop.time()

        async def pause(word_number: int) -> None:
            due = start + word_number * word_delay
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

    def __init__(self, context: Context, pause: Pacer) -> None:
        full_text = build_reply_text(context)
        self._text = truncate_to_tokens(full_text, context.max_tokens)
        self.finish_reason = "stop" if self._text == full_text else "length"
        self._pause = pause

    async def __aiter__(self) -> AsyncIterator[str]:
        for number, word in enumerate(split_words(self._text), 1):
            yield word
            await self._pause(number)


class _StatedReply:
    usage: Usage | None = None
    cost: float | None = None
    finish_reason = "stop"

    def __init__(
        self, replies: Replies, context: Context, create_pacer: Callable[[float | None], Pacer]
    ) -> None:
        self._replies = replies
        self._context = context
        self._create_pacer = create_pacer

    async def __aiter__(self) -> AsyncIterator[str]:
        reply = await self._replies.get(self._context)
        self.usage, self.finish_reason = reply.usage, reply.finish_reason
        if not reply.whole:
            pause = self._create_pacer(reply.word_delay)
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
