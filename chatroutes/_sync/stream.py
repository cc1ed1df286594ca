# Derived from chatroutes/_async/stream.py by scripts/regen.py. Do not edit.

"""A streamed reply: its chunks, its text, and the whole response."""

from __future__ import annotations

import sys
import warnings
from collections import deque
from collections.abc import Iterator, Callable
from functools import partial
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, SupportsIndex
from weakref import finalize

import httpx

from chatroutes_wire.api.messages import stream_message

from .. import _lazy_types as types
from .._chunks import StreamAccumulator
from .._concurrency import (
    Interruption,
    current_event_loop,
    schedule_close,
)
from .._content import ContentDecoder, ContentError
from .._httpx import find_response_socket, to_httpx_timeout
from .._sse import MAX_EVENT_SIZE, Decoder, Event, EventTooLargeError
from .._stream_errors import closed_error, concurrent_read_error, interrupted_error, timeout_error
from .._stream_events import EventReader, Marker
from .._time_limits import ReachedLimit, TimeLimits
from .._transport_errors import TRANSPORT_ERRORS, hide_api_key, map_httpx_error
from ..errors import (
    ChatRoutesError,
    NetworkError,
    RequestTimeoutError,
    ResponseError,
    StreamInterruptedError,
)
from .requestor import Requestor
from .response_body import close_response, content_encoding, iter_raw_body
from .stream_consumers import TextStream


class MessageStream:
    """The reply to a message while it is generated: a context manager and an iterator of chunks.

    The request is sent when the `with` block is entered, or on the first read. The connection
    is closed at the end of the block or of the stream. If the network fails before the first chunk
    was returned, the request is retried by the rules of the client. After the first chunk it is
    never retried; the error has the text so far in `partial_content`. A read that was cancelled ends
    the stream, because the event that it waited for is lost.

    `close` can be called while another task waits for a chunk. That read then raises an error.
    """

    _response: httpx.Response | None = None
    _body: Iterator[bytes] | None = None
    if TYPE_CHECKING:  # at runtime, finalize cannot be subscripted
        _finalizer: finalize[Any, Any]
    _is_unused = False

    def __init__(
        self, requestor: Requestor, conversation_id: str, data: types.SendMessageRequest
    ) -> None:
        self._requestor = requestor
        self._request = requestor.build_operation_request(
            stream_message.request, conversation_id, data
        )
        self._httpx_request = requestor.build_request(self._request)
        self._read_timeout = to_httpx_timeout(requestor.options).read
        self._decoder = Decoder()
        self._accumulator = StreamAccumulator(conversation_id, data)
        self._read_event = EventReader(self._request, requestor.responses, self._accumulator).read
        self._events: deque[Event] = deque()
        self._retries_made = 0
        self._waiting_since = 0.0
        self._limits: TimeLimits | None = None
        self._interruption = Interruption()
        self._has_yielded = False
        self._is_finished = False
        self._is_closed = False
        self._error: ChatRoutesError | None = None
        self._is_unused = True

    def __repr__(self) -> str:
        if self._is_finished:
            state = "finished"
        elif self._is_closed:
            state = "closed"
        elif self._error is not None:
            state = "failed"
        else:
            state = "not sent" if self._is_unused else "open"
        return f"<{type(self).__name__} [{state}] {self._request.method} {self._request.path}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "A stream cannot be copied or pickled, because it reads one response. Keep its text, or "
            "start another stream."
        )

    def __del__(self) -> None:
        if self._is_unused:
            warnings.warn(
                f"{self!r} was never read, so its message was not sent. Iterate over the stream, "
                "or call get_final_response().",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    def __enter__(self) -> Self:
        if not self._is_finished and self._error is None and self._response is None:
            self._read(self._open_interruptibly)
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
        while True:
            events = self._events  # close() replaces the deque
            if events:
                chunk = self._read_event(events)
                if isinstance(chunk, dict):
                    self._has_yielded = True
                    return chunk
                if isinstance(chunk, ChatRoutesError):
                    self._fail(chunk)
                elif chunk is Marker.END:
                    self._finish()
            elif self._error is not None:
                self._release()
                raise self._error
            elif self._is_finished:
                raise StopIteration
            else:
                if not is_waiting:
                    is_waiting = True
                    self._waiting_since = monotonic()
                self._read(self._read_more)

    @property
    def text(self) -> str:
        """The text received so far. It remains available after the stream was closed."""
        return self._accumulator.text

    @property
    def text_stream(self) -> TextStream:
        """An iterator over the pieces of text of the chunks."""
        return TextStream(self)

    def get_final_response(self) -> types.SendMessageResponse:
        """Read the stream to its end and return what `messages.send` would have returned.

        Raises:
            ChatRoutesError: If the stream fails, or was closed before its end.
        """
        for _ in self:
            pass
        return self._accumulator.response()

    def get_final_text(self) -> str:
        """Read the stream to its end and return the whole text of the reply.

        Raises:
            ChatRoutesError: If the stream fails, or was closed before its end.
        """
        response = self.get_final_response()
        return response["assistantMessage"]["content"]

    def close(self) -> None:
        """Stop reading and close the connection. Closing twice is harmless.

        If another thread or task waits for the next chunk, its read raises an error. A thread that waits
        for a connection, or reads over HTTP/2, raises it with the next bytes or after the timeout.
        """
        self._is_unused = False
        is_reading = self._interruption.is_reading
        if not self._is_finished and self._error is None:
            self._is_closed = True
            self._error = closed_error(self._request, self._partial_content(), is_reading)
        self._events = deque()
        find_socket = partial(self._requestor.find_socket, self._httpx_request)
        if not self._interruption.interrupt(find_socket):
            self._release()

    def _read(self, step: Callable[[], Any]) -> None:
        """Run a step that sends the request or reads the response, until it ends or `close` is called.

        Raises:
            ChatRoutesError: If the step fails, the stream is closed, or another task is reading.
        """
        if self._interruption.is_reading:
            raise concurrent_read_error(self._request)
        self._is_unused = False
        self._interruption.is_reading = True
        try:
            if self._error is None:
                step()
        except ChatRoutesError as error:
            if not self._is_closed or self._error is None:
                raise
            self._release()
            raise self._error from error
        except BaseException as error:
            # The read was cancelled. Its event is lost, and a new request could repeat the reply.
            if self._error is None:
                self._error = self._interrupted_error(
                    f"a read was interrupted ({type(error).__name__})."
                )
                self._error.partial_content = self._partial_content()
            raise
        finally:
            self._interruption.is_reading = False
        if self._is_closed and self._error is not None:
            self._release()
            raise self._error

    def _open_interruptibly(self, error: ChatRoutesError | None = None) -> None:
        """Call `_open`, and return early if `close` is called."""
        self._interruption.run(partial(self._open, error))

    def _open(self, error: ChatRoutesError | None = None) -> None:
        """Send the request, with retries, until an event stream is open.

        Args:
            error: The error of the attempt before, if there was one.

        Raises:
            ChatRoutesError: If no retry is left, or none is due.
        """
        if error is not None:
            self._sleep_before_retry(error)
        else:
            self._limits = self._requestor.start_time_limits(self._httpx_request, stream=True)
        while self._response is None and not self._is_closed:
            try:
                response = self._requestor.send_once(
                    self._request, self._httpx_request, self._retries_made, stream=True
                )
            except ChatRoutesError as failure:
                self._sleep_before_retry(failure)
            else:
                self._attach(response)

    def _read_more(self) -> None:
        """Read until there are events, or the stream has ended.

        Raises:
            ChatRoutesError: If the stream fails and must not be retried.
        """
        if self._response is None:
            self._open_interruptibly()
            self._waiting_since = monotonic()
        if self._limits is not None and self._has_yielded:
            self._limits.is_awaiting_first_event = False
        handled = sys.exc_info()[1]
        while not self._events and not self._is_finished and not self._is_closed:
            error: ChatRoutesError | None = self._timeout_error()
            if error is None:
                try:
                    data = self._read_piece()
                except StopIteration:
                    error = self._interrupted_error()
                except TRANSPORT_ERRORS as cause:
                    hide_api_key(cause, self._httpx_request, handled)
                    error = map_httpx_error(
                        self._request,
                        cause,
                        self._httpx_request.url,
                        elapsed=monotonic() - self._waiting_since,
                        reached=self._reached_limit(),
                    )
                    if not isinstance(error, (RequestTimeoutError, ResponseError)):
                        error = self._interrupted_error(error.message)
                    error.__cause__ = cause
                else:
                    try:
                        self._events.extend(self._decoder.feed(self._decode_content(data)))
                        continue
                    except (ContentError, EventTooLargeError) as problem:
                        error = self._content_error(problem)
            if self._is_closed:
                return
            if self._accumulator.is_complete:
                # The reply is complete, however the connection ends.
                self._finish()
                return
            if self._has_yielded or not isinstance(error, NetworkError):
                self._fail(error)
            self._release()
            self._open_interruptibly(error)
            self._waiting_since = monotonic()

    def _read_piece(self) -> bytes:
        """Return the next bytes of the body, or none if `close` is called."""
        body = self._body
        if body is None:  # closed at this moment
            return b""
        if self._interruption.has_socket:
            return next(body)
        return self._interruption.run(partial(next, body)) or b""

    def _timeout_error(self) -> RequestTimeoutError | None:
        """Return an error if a limit was reached, even if heartbeats arrive."""
        reached, waited = self._reached_limit(), monotonic() - self._waiting_since
        is_first = self._limits is not None and self._limits.is_awaiting_first_event
        timeout = None if is_first else self._read_timeout
        if reached is None and (timeout is None or waited <= timeout):
            return None
        return timeout_error(self._request, reached, waited)

    def _reached_limit(self) -> ReachedLimit | None:
        return None if self._limits is None else self._limits.reached(monotonic())

    def _sleep_before_retry(self, error: ChatRoutesError) -> None:
        """Sleep until the next attempt is due, or raise the error if no retry is due."""
        if self._is_closed:
            raise error
        self._decoder = Decoder()
        if not self._requestor.sleep_before_retry(
            self._request, error, self._retries_made, self._limits, self._interruption.sleep
        ):
            self._fail(error)
        self._retries_made += 1

    def _interrupted_error(self, reason: str = "") -> StreamInterruptedError:
        """Return the error for a stream that stopped before its end, with the reason if it is known."""
        return interrupted_error(self._request, self._decoder.has_partial_event, reason)

    def _partial_content(self) -> str:
        """Return the text so far for an error. The service may have repeated the API key in it."""
        return self._requestor.redact(self._accumulator.text)

    def _fail(self, error: ChatRoutesError) -> None:
        """Close the connection and raise an error, now and on every later read."""
        error.partial_content = self._partial_content()
        if self._response is not None:
            self._requestor.responses.add_headers(error, self._response.headers)
        if not self._is_closed:
            self._error = error
        self._events = deque()
        self._release()
        raise error

    def _finish(self) -> None:
        """Close the connection of a stream that is complete."""
        self._is_finished = True
        self._events = deque()
        self._release()

    def _content_error(self, problem: ValueError) -> ChatRoutesError:
        """Return the error for a body that cannot be decoded, or for an event that is too large."""
        hide_api_key(problem, self._httpx_request, None)
        error = self._requestor.responses.content_error(
            self._request,
            200,
            self._response.headers if self._response is not None else {},
            problem,
        )
        error.__cause__ = problem
        return error

    def _attach(self, response: httpx.Response) -> None:
        """Start to read from a response, and have it closed if this stream is dropped."""
        max_size = min(MAX_EVENT_SIZE, self._requestor.options.max_response_size)
        self._decode_content = ContentDecoder(content_encoding(response), max_size).decode
        body = iter_raw_body(response)
        self._response, self._body = response, body
        self._interruption.attach(find_response_socket(response))
        # The finalizer refers to both, so the garbage collector does not delete them before it runs.
        self._finalizer = finalize(
            self, schedule_close, current_event_loop(), close_response, response, body
        )
        self._finalizer.atexit = False

    def _release(self) -> None:
        """Close the response."""
        response, body = self._response, self._body
        self._response = self._body = None
        self._interruption.detach()
        if response is not None and body is not None:
            self._finalizer.detach()
            close_response(response, body)
