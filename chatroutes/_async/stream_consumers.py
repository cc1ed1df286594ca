"""Two ways to read a stream: piece by piece as text, and with callbacks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from .. import _lazy_types as types
from .._concurrency import run_callback_async
from .._normalize import add_reply_fields

if TYPE_CHECKING:
    from .stream import AsyncMessageStream


class AsyncTextStream:
    """An iterator over the pieces of text of a stream, as they arrive."""

    def __init__(self, chunks: AsyncIterator[types.StreamChunk]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        """Return the next piece of text. It is never empty.

        Raises:
            ChatRoutesError: If the stream fails. `partial_content` has the text so far.
        """
        while True:
            chunk = await anext(self._chunks)
            text = chunk["choices"][0]["delta"].get("content")
            if text:
                return text


async def run_callbacks(
    stream: AsyncMessageStream,
    on_chunk: Callable[[types.StreamChunk], object] | None,
    on_complete: Callable[[types.CompletedMessage], object] | None,
) -> None:
    """Read a stream to its end, and call the callbacks with the arguments of all releases."""
    async with stream:
        async for chunk in stream:
            if on_chunk is not None:
                accumulator = stream._accumulator  # pyright: ignore[reportPrivateUsage]
                chunk = accumulator.add_compact_fields(chunk)
                await run_callback_async(on_chunk, chunk)
        response = await stream.get_final_response()
    if on_complete is not None:
        await run_callback_async(on_complete, add_reply_fields(response))
