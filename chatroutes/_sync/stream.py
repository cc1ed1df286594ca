# Derived from chatroutes/_async/stream.py by scripts/regen.py. Do not edit.

"""A streamed reply: its chunks, its text, and the whole response."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Self, cast

from chatroutes_wire.api.messages import stream_message

from .. import _lazy_types as types
from .._concurrency import Closing, run_shielded
from .._event_reader import EventReader, Marker, UnclassifiedEvent
from .._results import add_request_id
from .._sse import Event
from .._stream_errors import (
    closed_error,
    concurrent_read_error,
    interrupted_error,
    not_resumed_error,
)
from .._stream_state import StreamState
from ..errors import ChatRoutesError, NetworkError
from .requestor import Requestor
from .stream_connection import StreamConnection
from .stream_consumers import EventStream, TextStream


class MessageStream(StreamState, Closing):
    """The reply to a message while it is generated: a context manager and an iterator of chunks.

    The request is sent when the `with` block is entered, or on the first read. The connection
    is closed at the end of the block or of the stream. If the network fails before the first chunk
    was returned, the request is retried by the rules of the client. After the first chunk, the stream
    is resumed by the same rules if the service gives its events ids, and fails if it does not. The
    error has the text so far in `partial_content`. A read that was cancelled ends the stream, because
    the event that it waited for is lost.

    `close` and `stop` can be called while another task waits for a chunk. After `close`, that read
    raises an error. After `stop`, the iteration ends.
    """

    def __init__(
        self, requestor: Requestor, conversation_id: str, data: types.SendMessageRequest
    ) -> None:
        request = requestor.build_operation_request(stream_message.request, conversation_id, data)
        super().__init__(request, conversation_id, data, requestor.redact)
        self._connection = StreamConnection(requestor, request)
        self._interruption = self._connection.interruption
        self._reader = EventReader(
            request, requestor.responses, self._accumulator, self._resume_point
        )
        self._read_event = self._reader.read
        self._events: deque[Event] = deque()
        self._has_yielded = False  # a chunk of the current connection
        self._resumed_length = 0  # of the text, when the stream was last interrupted
        self._returns_unclassified = False
        self._is_unused = True

    def __enter__(self) -> Self:
        if not self._is_finished and self._error is None and not self._connection.is_open:
            self._advance(is_waiting=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[types.StreamChunk]:
        return self

    def __next__(self) -> types.StreamChunk:
        """Return the next chunk.

        Raises:
            ChatRoutesError: If the stream fails. `partial_content` has the text so far.
        """
        is_waiting = False
        try:
            while True:
                events = self._events
                if events:
                    chunk = self._read_event(events)
                    if self._events is not events and not self._is_recorded(chunk):
                        continue
                    if isinstance(chunk, dict):
                        if not self._has_yielded:
                            self._start_yielding()
                        return chunk
                    if isinstance(chunk, ChatRoutesError):
                        self._fail(chunk)
                    if chunk is Marker.END:
                        self._finish()
                    elif self._returns_unclassified and isinstance(chunk, UnclassifiedEvent):
                        return cast("types.StreamChunk", chunk)  # to `_next_item`
                elif (failure := self._error) is not None:
                    self._connection.release()
                    raise failure
                elif self._is_finished:
                    raise StopIteration
                else:
                    self._advance(is_waiting)
                    is_waiting = True
        except Exception:  # only cancellation and Ctrl-C abandon the stream
            raise
        except BaseException as error:
            self._abandon(error)
            raise

    @property
    def text_stream(self) -> TextStream:
        """An iterator over the pieces of text of the chunks."""
        return TextStream(self)

    @property
    def request_id(self) -> str | None:
        """The id of the latest request, to quote in a support request, or None if there is none."""
        return self._connection.request_id

    def events(self) -> EventStream:
        """Return an iterator over typed events: `text`, `usage`, and `done` or `error` at the end.

        Events of unknown kinds are passed through as `unknown`. A stream that fails does not raise its
        error but ends with `error`.
        """
        return EventStream(self)

    def get_final_response(self) -> types.SendMessageResponse:
        """Read the stream to its end and return what `messages.send` would have returned.

        Raises:
            ChatRoutesError: If the stream fails, or was closed before its end.
        """
        for _ in self:
            pass
        return self._final_response()

    def get_final_text(self) -> str:
        """Read the stream to its end and return the whole text of the reply.

        Raises:
            ChatRoutesError: If the stream fails, or was closed before its end.
        """
        response = self.get_final_response()
        return response["assistantMessage"]["content"]

    def stop(self) -> types.SendMessageResponse:
        """Stop the reply, close the connection, and return the response with the text so far.

        The finish reason of the reply is then `cancelled`. The service ends a reply whose client has
        disconnected; the local server does so after its resume window, or at the next message. If the
        reply has ended already, its response is returned unchanged.

        It can also be called after `close`, and after a read that was cancelled or interrupted by Ctrl-C.
        """
        with self._lock:
            is_ended_by_user = self._is_closed or self._is_abandoned
            if not self._is_finished and (self._error is None or is_ended_by_user):
                self._accumulator.mark_cancelled()
                self._detach()
                self._is_stopped = self._accumulator.is_cancelled
                self._is_finished = True
                self._error = None
        self.close()
        return self._final_response()

    def _final_response(self) -> types.SendMessageResponse:
        return add_request_id(self._accumulator.response(), self.request_id)

    def close(self) -> None:
        """Stop reading and close the connection. Closing twice is harmless.

        If another thread or task waits for the next chunk, its read raises an error. A thread that waits
        for a connection, or reads over HTTP/2, raises it with the next bytes or after the timeout.
        """
        self._is_unused = False
        with self._lock:
            is_open = not self._is_finished and self._error is None
            self._detach()
            if is_open:
                self._is_closed = True
                self._error = closed_error(
                    self._request, self._partial_content(), self._interruption.is_reading
                )
        self._end_observation()
        if not self._connection.interrupt():
            self._connection.release()

    def _next_item(self) -> types.StreamChunk | UnclassifiedEvent:
        """Return the next chunk, or the next event that is not a chunk."""
        self._returns_unclassified = True
        try:
            return next(self)
        finally:
            self._returns_unclassified = False

    def _advance(self, is_waiting: bool) -> None:
        """Send the request, or read the next bytes of the response, unless `close` is called.

        Args:
            is_waiting: Whether the stream has waited for the next event already.

        Raises:
            ChatRoutesError: If the stream fails, is closed, or another task is reading.
        """
        connection, interruption = self._connection, self._interruption
        if interruption.is_reading:
            raise concurrent_read_error(self._request)
        self._is_unused = False
        interruption.is_reading = True
        try:
            if self._error is None:
                if not connection.is_open:
                    self._open()
                else:
                    try:
                        self._events.extend(connection.read_events(is_waiting))
                    except ChatRoutesError as error:
                        self._recover(error)
        except ChatRoutesError as error:
            if not self._is_finished:  # by `stop`
                closed = self._error
                if not self._is_closed or closed is None:
                    raise
                connection.release()
                raise closed from error
        except BaseException as error:
            self._abandon(error)
            raise
        finally:
            interruption.is_reading = False
        if connection.is_closed:
            self._events = deque()
            connection.release()
            if (closed := self._error) is not None:
                raise closed

    def _open(self) -> None:
        """Send the request until an event stream is open.

        Raises:
            ChatRoutesError: If no retry is left, or none is due.
        """
        if self._observer is None:
            self._observer = self._connection.observe(self._accumulator)
        try:
            self._connection.open()
        except ChatRoutesError as error:
            self._fail(error)

    def _start_yielding(self) -> None:
        """Record the first chunk of a connection."""
        self._has_yielded = True
        self._connection.stop_awaiting_first_event()
        if self._observer is not None:
            self._observer.record_first_chunk()

    def _recover(self, error: ChatRoutesError) -> None:
        """Go on after a read has failed: finish a complete reply, or send the request again.

        Raises:
            ChatRoutesError: If the stream fails and cannot be resumed.
        """
        if self._connection.is_closed:
            return
        if self._accumulator.is_complete:
            # The reply is complete, however the connection ends.
            self._finish()
        else:
            self._open_again(error)

    def _open_again(self, error: ChatRoutesError) -> None:
        """Send the request again after an error, and resume the stream if chunks were returned.

        Raises:
            ChatRoutesError: If this error must not be retried, or the stream cannot be resumed.
        """
        point, connection = self._resume_point, self._connection
        is_resuming = self._has_yielded or point.is_resuming
        if not isinstance(error, NetworkError) or (
            is_resuming and not point.can_resume(connection.last_event_id)
        ):
            self._fail(error)
        if self._observer is not None:
            self._observer.record_failure(error)
        connection.release()
        length = len(self.text)
        if length > self._resumed_length:
            self._resumed_length = length
            connection.retries_made = 0
        try:
            connection.open(error, point.last_event_id if is_resuming else None)
        except ChatRoutesError as failure:
            self._fail(not_resumed_error(self._request, failure) if is_resuming else failure)
        if is_resuming:
            self._reader.start_resuming()
        self._has_yielded = False

    def _abandon(self, error: BaseException) -> None:
        """Close the connection after a read was cancelled, or interrupted by Ctrl-C.

        The result of the read is lost, so the next read raises an error.
        """
        self._end_observation(error)
        if self._error is None and not self._is_finished:
            self._is_abandoned = True
            self._error = interrupted_error(
                self._request, False, f"a read was interrupted ({type(error).__name__})."
            )
            self._error.partial_content = self._partial_content()
        self._detach()
        run_shielded(self._connection.release)

    def _detach(self) -> None:
        """Discard the events that were not returned, and keep the state as it is now."""
        self._connection.is_closed = True
        self._events = deque()
        self._accumulator = self._accumulator.copy()

    def _is_recorded(self, chunk: object) -> bool:
        """Return whether the state has this chunk, after another thread has called `_detach`.

        If not, the chunk is not returned: the text of the chunks is always the text of the stream.
        """
        with self._lock:
            return isinstance(chunk, dict) and self._accumulator.has_pieces_of(
                self._reader.accumulator
            )

    def _fail(self, error: ChatRoutesError) -> None:
        """Close the connection and raise an error, now and on every later read."""
        error.partial_content = self._partial_content()
        self._connection.add_headers(error)
        with self._lock:
            if not self._is_closed and not self._is_finished:  # by another task
                self._error = error
            self._events = deque()
        self._end_observation(error)
        self._connection.release()
        raise error

    def _finish(self) -> None:
        """Close the connection of a stream that is complete."""
        with self._lock:
            self._is_finished = self._error is None  # else another thread has closed it
        self._end_observation()
        self._events = deque()
        self._connection.release()
