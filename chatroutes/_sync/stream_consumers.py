# Derived from chatroutes/_async/stream_consumers.py by scripts/regen.py. Do not edit.

"""Two ways to read a stream: piece by piece as text, and with callbacks."""

from __future__ import annotations

from collections.abc import Iterator, Callable
from typing import TYPE_CHECKING

from .. import _lazy_types as types
from .._concurrency import run_callback
from .._normalize import add_reply_fields

if TYPE_CHECKING:
    from .stream import MessageStream


class TextStream:
    """An iterator over the pieces of text of a stream, as they arrive."""

    def __init__(self, chunks: Iterator[types.StreamChunk]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Return the next piece of text. It is never empty.

        Raises:
            ChatRoutesError: If the stream fails. `partial_content` has the text so far.
        """
        while True:
            chunk = next(self._chunks)
            text = chunk["choices"][0]["delta"].get("content")
            if text:
                return text


def run_callbacks(
    stream: MessageStream,
    on_chunk: Callable[[types.StreamChunk], object] | None,
    on_complete: Callable[[types.CompletedMessage], object] | None,
) -> None:
    """Read a stream to its end, and call the callbacks with the arguments of all releases."""
    with stream:
        for chunk in stream:
            if on_chunk is not None:
                accumulator = stream._accumulator  # pyright: ignore[reportPrivateUsage]
                chunk = accumulator.add_compact_fields(chunk)
                run_callback(on_chunk, chunk)
        response = stream.get_final_response()
    if on_complete is not None:
        run_callback(on_complete, add_reply_fields(response))
