# Derived from chatroutes/_async/stream_consumers.py by scripts/regen.py. Do not edit.

"""Three ways to read a stream: piece by piece as text, as typed events, and with callbacks."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Callable
from typing import TYPE_CHECKING

from .. import _lazy_types as types
from .._concurrency import Closing, run_callback
from .._normalize import add_reply_fields
from .._results import add_request_id
from ..errors import ChatRoutesError

if TYPE_CHECKING:
    from ..events import ReplyEvent
    from .stream import MessageStream


class TextStream(Closing):
    """An iterator over the pieces of text of a stream, as they arrive."""

    def __init__(self, stream: MessageStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Return the next piece of text. It is never empty.

        Raises:
            ChatRoutesError: If the stream fails. `partial_content` has the text so far.
        """
        while True:
            chunk = next(self._stream)
            text = chunk["choices"][0]["delta"].get("content")
            if text:
                return text

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()


class EventStream(Closing):
    """An iterator over the events of a stream, as they arrive.

    The last event is `done` or `error`. A stream that fails does not raise its error here.
    """

    def __init__(self, stream: MessageStream) -> None:
        from .. import _reply_events, events

        self._to_reply_events = _reply_events.to_reply_events
        self._make_done, self._make_error = events.DoneEvent, events.ErrorEvent
        self._stream = stream
        self._events: deque[ReplyEvent] = deque()
        self._is_done = False

    def __iter__(self) -> Iterator[ReplyEvent]:
        return self

    def __next__(self) -> ReplyEvent:
        """Return the next event.

        Raises:
            ChatRoutesError: If the stream was closed, or another task is reading it.
        """
        stream = self._stream
        while not self._events:
            if self._is_done:
                raise StopIteration
            try:
                self._events.extend(self._to_reply_events(stream._next_item()))
            except StopIteration:
                self._is_done = True
                return self._make_done(stream._final_response(), stream.finish_reason)
            except ChatRoutesError as error:
                if stream.status != "failed" or error is not stream._error:
                    raise
                self._is_done = True
                return self._make_error(error)
        return self._events.popleft()

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()


def run_callbacks(
    stream: MessageStream,
    on_chunk: Callable[[types.StreamChunk], object] | None,
    on_complete: Callable[[types.CompletedMessage], object] | None,
) -> None:
    """Read a stream to its end, and call the callbacks with the arguments of all releases."""
    with stream:
        for chunk in stream:
            if on_chunk is not None:
                chunk = stream._accumulator.add_compact_fields(chunk)
                run_callback(on_chunk, chunk)
        response = stream.get_final_response()
    if on_complete is not None:
        completed = add_request_id(add_reply_fields(response), stream.request_id)
        run_callback(on_complete, completed)
