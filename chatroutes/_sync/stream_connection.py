# Derived from chatroutes/_async/stream_connection.py by scripts/regen.py. Do not edit.

"""The connection of a stream: sends the request, with retries, and reads the events of the response."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import finalize

import httpx

from chatroutes_wire.client import Request

from .._concurrency import current_event_loop, schedule_close
from .._content import ContentDecoder, ContentError
from .._httpx import (
    OBSERVER,
    TRANSPORT_ERRORS,
    find_response_socket,
    observe,
    to_httpx_timeout,
)
from .._interruption import Interruption
from .._sse import MAX_EVENT_SIZE, Decoder, Event, EventTooLargeError
from .._stream_errors import interrupted_error, other_process_error, timeout_error
from .._time_limits import ReachedLimit, TimeLimitError, TimeLimits
from .._transport_errors import hide_api_key, map_httpx_error
from ..errors import ChatRoutesError, RequestTimeoutError, ResponseError
from .requestor import Requestor
from .response_body import close_response, content_encoding, iter_raw_body

if TYPE_CHECKING:
    from .._observer import CallObserver, Reply


class StreamConnection:
    """Sends the request of one stream as often as necessary, and reads its events.

    Attributes:
        interruption: Interrupts the current step when the stream is closed.
        is_open: Whether there is a response.
        is_closed: Whether the stream was closed: nothing is sent or read any more.
        retries_made: How many retries were made since the last progress.
        request_id: The id of the latest request, or None if the service has sent none.
    """

    _response: httpx.Response | None = None
    _body: Iterator[bytes] | None = None
    if TYPE_CHECKING:  # at runtime, finalize cannot be subscripted
        _finalizer: finalize[Any, Any]

    def __init__(self, requestor: Requestor, request: Request) -> None:
        self._requestor = requestor
        self._request = request
        self._httpx_request = requestor.build_request(request)
        self._read_timeout = to_httpx_timeout(requestor.options).read
        self._decoder = Decoder()
        self._waiting_since = 0.0
        self._limits: TimeLimits | None = None
        self.interruption = Interruption()
        self.is_open = False
        self.is_closed = False
        self.retries_made = 0
        self.request_id: str | None = None

    @property
    def last_event_id(self) -> str:
        """The last id that arrived on this connection, or an empty string."""
        return self._decoder.last_event_id

    def observe(self, reply: Reply) -> CallObserver | None:
        """Begin to observe the stream. Return None if the client has no telemetry."""
        requestor = self._requestor
        observer = observe(self._request, requestor.options, requestor.redact, reply)
        if observer is not None:
            self._httpx_request.extensions[OBSERVER] = observer
        return observer

    def open(self, error: ChatRoutesError | None = None, last_event_id: str | None = None) -> None:
        """Send the request, with retries, until an event stream is open or the stream is closed.

        Args:
            error: The error of the attempt before, if there was one.
            last_event_id: The event after which the service is to continue, or None for all events.

        Raises:
            ChatRoutesError: If no retry is left, or none is due.
        """
        if last_event_id is not None:
            headers = self._httpx_request.headers
            headers.encoding = "utf-8"  # httpx may have chosen ASCII before
            headers["Last-Event-ID"] = last_event_id
        self.interruption.run(partial(self._open, error))
        self._waiting_since = monotonic()
        if self._limits is not None:
            self._limits.pause(self._waiting_since)

    def _open(self, error: ChatRoutesError | None) -> None:
        if error is not None:
            self._sleep_before_retry(error)
        else:
            self._limits = self._requestor.start_time_limits(self._httpx_request, stream=True)
        while self._response is None and not self.is_closed:
            try:
                response = self._requestor.send_once(
                    self._request, self._httpx_request, self.retries_made, stream=True
                )
            except ChatRoutesError as failure:
                self._sleep_before_retry(failure)
            else:
                self._attach(response)

    def _sleep_before_retry(self, error: ChatRoutesError) -> None:
        """Sleep until the next attempt is due, or raise the error if no retry is due."""
        if self.is_closed:
            raise error
        if not self._requestor.sleep_before_retry(
            self._request, error, self.retries_made, self._limits, self.interruption
        ):
            raise error
        self.retries_made += 1

    def add_headers(self, error: ChatRoutesError) -> None:
        """Add the headers of the open response to an error."""
        if self._response is not None:
            self._requestor.responses.errors.add_headers(error, self._response.headers)

    def stop_awaiting_first_event(self) -> None:
        """Record that the first event of this connection has arrived."""
        if self._limits is not None:
            self._limits.is_awaiting_first_event = False

    def read_events(self, is_waiting: bool) -> list[Event]:
        """Read some bytes, and return the events that they complete.

        Args:
            is_waiting: Whether the stream has waited for the next event already. If not, its timeout
                begins now.

        Raises:
            ChatRoutesError: If the response ends, cannot be decoded or does not arrive in time.
        """
        error: ChatRoutesError | None
        if os.getpid() != self._process_id:
            raise other_process_error(self._request)
        limits = self._limits
        if limits is not None and not limits.is_active:
            limits = None
        if not is_waiting:
            self._waiting_since = monotonic()
        if is_waiting or limits is not None:
            if limits is not None:
                limits.resume(monotonic())
            error = self._timeout_error()
            if error is not None:
                raise error
        body = self._body
        if body is None:  # closed at this moment
            return []
        handled = sys.exception()
        interruption = self.interruption
        try:
            if interruption.has_socket:
                data = next(body)
            else:
                data = interruption.run(partial(next, body)) or b""
            if limits is not None:
                limits.pause(monotonic())
            if not self._is_encoded and len(data) <= self._max_size:
                return self._decoder.feed(data)
            events: list[Event] = []
            for piece in self._iter_decoded(data):
                events += self._decoder.feed(piece)
            return events
        except StopIteration:
            error = self._interrupted_error()
        except (ContentError, EventTooLargeError) as problem:
            error = self._content_error(problem)
        except TRANSPORT_ERRORS as cause:
            hide_api_key(cause, self._httpx_request, handled)
            if isinstance(cause, (httpx.TimeoutException, TimeLimitError)):
                waited = monotonic() - self._waiting_since
                error = timeout_error(self._request, self._reached_limit(), waited)
            else:
                error = map_httpx_error(self._request, cause, self._httpx_request.url)
                if not isinstance(error, ResponseError):
                    error = self._interrupted_error(error.message)
            error.__cause__ = cause
        closed = self._requestor.replace_if_closed(error)
        if closed is not error:
            error = self._interrupted_error(closed.message)
            error.__cause__ = closed
        raise error

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

    def _interrupted_error(self, reason: str = "") -> ChatRoutesError:
        return interrupted_error(self._request, self._decoder.has_partial_event, reason)

    def _content_error(self, problem: ValueError) -> ChatRoutesError:
        """Return the error for a body that cannot be decoded, or for an event that is too large."""
        hide_api_key(problem, self._httpx_request, None)
        error = self._requestor.responses.errors.content_error(
            self._request,
            200,
            self._response.headers if self._response is not None else {},
            problem,
        )
        error.__cause__ = problem
        return error

    def _attach(self, response: httpx.Response) -> None:
        """Start to read from a response, and have it closed if this stream is dropped."""
        encoding = content_encoding(response)
        self._max_size = min(MAX_EVENT_SIZE, self._requestor.options.max_response_size)
        self._decoder = Decoder()
        self._is_encoded = bool(encoding)
        self._iter_decoded = ContentDecoder(encoding, self._max_size).iter_decoded
        body = iter_raw_body(response)
        # The finalizer refers to both, so the garbage collector does not delete them before it runs.
        self._finalizer = finalize(
            self, schedule_close, current_event_loop(), close_response, response, body
        )
        self._finalizer.atexit = False
        self._response, self._body, self.is_open = response, body, True
        self._process_id = os.getpid()
        request_id: str | None = response.headers.get("x-request-id")
        self.request_id = None if request_id is None else self._requestor.redact(request_id)
        self.interruption.attach(find_response_socket(response))

    def interrupt(self) -> bool:
        """Interrupt the current step. Return False if there is none."""
        return self.interruption.interrupt(
            partial(self._requestor.find_socket, self._httpx_request)
        )

    def release(self) -> None:
        """Close the response."""
        response, body = self._response, self._body
        self._response = self._body = None
        self.is_open = False
        self.interruption.detach()
        if response is not None and body is not None:
            finalizer = self._finalizer
            close_response(response, body)
            finalizer.detach()  # not before: Ctrl-C could interrupt the closing
