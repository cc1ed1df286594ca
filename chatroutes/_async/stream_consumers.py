"""Three ways to read a stream: piece by piece as text, as typed events, and with callbacks."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from .. import _lazy_types as types
from .._concurrency import AsyncClosing, run_callback_async
from .._normalize import add_reply_fields
from .._results import add_request_id
from ..errors import ChatRoutesError

if TYPE_CHECKING:
    from ..events import ReplyEvent
    from .stream import AsyncMessageStream


class AsyncTextStream(AsyncClosing):
    """An iterator over the pieces of text of a stream, as they arrive."""

    def __init__(self, stream: AsyncMessageStream) -> None:
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        """Return the next piece of text. It is never empty.

        Raises:
            ChatRoutesError: If the stream fails. `partial_content` has the text so far.
        """
        while True:
            chunk = await anext(self._stream)
            text = chunk["choices"][0]["delta"].get("content")
            if text:
                return text

    async def close(self) -> None:
        """Close the stream."""
        await self._stream.close()


class AsyncEventStream(AsyncClosing):
    """An iterator over the events of a stream, as they arrive.

    The last event is `done` or `error`. A stream that fails does not raise its error here.
    """

    def __init__(self, stream: AsyncMessageStream) -> None:
        from .. import _reply_events, events

        self._to_reply_events = _reply_events.to_reply_events
        self._make_done, self._make_error = events.DoneEvent, events.ErrorEvent
        self._stream = stream
        self._events: deque[ReplyEvent] = deque()
        self._is_done = False

    def __aiter__(self) -> AsyncIterator[ReplyEvent]:
        return self

    async def __anext__(self) -> ReplyEvent:
        """Return the next event.

        Raises:
            ChatRoutesError: If the stream was closed, or another task is reading it.
        """
        stream = self._stream
        while not self._events:
            if self._is_done:
                raise StopAsyncIteration
            try:
                self._events.extend(self._to_reply_events(await stream._next_item()))
            except StopAsyncIteration:
                self._is_done = True
                return self._make_done(stream._final_response(), stream.finish_reason)
            except ChatRoutesError as error:
                if stream.status != "failed" or error is not stream._error:
                    raise
                self._is_done = True
                return self._make_error(error)
        return self._events.popleft()

    async def close(self) -> None:
        """Close the stream."""
        await self._stream.close()


async def run_callbacks(
    stream: AsyncMessageStream,
    on_chunk: Callable[[types.StreamChunk], object] | None,
    on_complete: Callable[[types.CompletedMessage], object] | None,
) -> None:
    """Read a stream to its end, and call the callbacks with the arguments of all releases."""
    async with stream:
        async for chunk in stream:
            if on_chunk is not None:
                chunk = stream._accumulator.add_compact_fields(chunk)
                await run_callback_async(on_chunk, chunk)
        response = await stream.get_final_response()
    if on_complete is not None:
        completed = add_request_id(add_reply_fields(response), stream.request_id)
        await run_callback_async(on_complete, completed)
