"""A streamed reply: its chunks, its text, and the response that they amount to."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import AsyncIterator, Callable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import finalize

import httpx

from chatroutes_wire.api.messages import stream_message
from chatroutes_wire.errors import UnexpectedPayload

from .. import _json
from .. import _lazy_types as types
from .._chunks import StreamAccumulator, find_error
from .._concurrency import current_event_loop_async, run_callback_async, schedule_close_async
from .._httpx import TRANSPORT_ERRORS, hide_api_key, map_httpx_error, to_httpx_timeout
from .._normalize import add_reply_fields
from .._responses import describe_request, is_event_stream
from .._sse import Decoder, Event
from ..errors import (
    ChatRoutesError,
    NetworkError,
    RequestTimeoutError,
    ResponseError,
    StreamInterruptedError,
)
from .requestor import AsyncRequestor, close_response, iter_raw_body, read_error_body


class AsyncMessageStream:
    """The reply to a message while it is generated: a context manager and an iterator of chunks.

    The request is sent when the `async with` block is entered, or on the first read. The connection
    is closed at the end of the block or of the stream. If the network fails before the first chunk
    was returned, the request is retried by the rules of the client. After the first chunk it is
    never retried; the error has the text so far in `partial_content`.
    """

    _response: httpx.Response | None = None
    _body: AsyncIterator[bytes] | None = None
    if TYPE_CHECKING:  # at runtime, finalize cannot be subscripted
        _finalizer: finalize[Any, Any]

    def __init__(
        self, requestor: AsyncRequestor, conversation_id: str, data: types.SendMessageRequest
    ) -> None:
        self._requestor = requestor
        self._request = requestor.make_request(stream_message.request, conversation_id, data)
        self._httpx_request = requestor.build_request(self._request)
        self._read_timeout = to_httpx_timeout(requestor.options).read
        self._decoder = Decoder()
        self._accumulator = StreamAccumulator(conversation_id, data)
        self._events: deque[Event] = deque()
        self._retries_made = 0
        self._has_yielded = False
        self._is_finished = False
        self._error: ChatRoutesError | None = None

    async def __aenter__(self) -> Self:
        if not self._is_finished and self._error is None and self._response is None:
            await self._open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[types.StreamChunk]:
        return self

    async def __anext__(self) -> types.StreamChunk:
        """Return the next chunk.

        Raises:
            ChatRoutesError: If the stream fails. `partial_content` has the text so far.
        """
        while True:
            if self._events:
                chunk = self._to_chunk(self._events.popleft())
                if chunk is None:
                    await self._finish()
                elif isinstance(chunk, ChatRoutesError):
                    await self._fail(chunk)
                else:
                    self._has_yielded = True
                    return chunk
            elif self._error is not None:
                raise self._error
            elif self._is_finished:
                raise StopAsyncIteration
            else:
                await self._read_more()

    @property
    def text_stream(self) -> AsyncTextStream:
        """An iterator over the pieces of text of the chunks."""
        return AsyncTextStream(self)

    async def get_final_response(self) -> types.SendMessageResponse:
        """Read the stream to its end and return what `messages.send` would have returned.

        Raises:
            ChatRoutesError: If the stream fails, or was closed before its end.
        """
        async for _ in self:
            pass
        return self._accumulator.response()

    async def get_final_text(self) -> str:
        """Read the stream to its end and return the whole text of the reply.

        Raises:
            ChatRoutesError: If the stream fails, or was closed before its end.
        """
        response = await self.get_final_response()
        return response["assistantMessage"]["content"]

    async def close(self) -> None:
        """Stop reading and close the connection. Closing twice is harmless."""
        if not self._is_finished and self._error is None:
            self._error = self._closed_error()
        self._events.clear()
        await self._release()

    async def _open(self) -> None:
        """Send the request, with retries, until an event stream is open.

        Raises:
            ChatRoutesError: If no retry is left, or none is due.
        """
        while self._response is None:
            try:
                response = await self._requestor.send_once(
                    self._request, self._httpx_request, self._retries_made, stream=True
                )
                if not is_event_stream(response.headers):
                    await self._raise_not_event_stream(response)
                self._attach(response)
            except ChatRoutesError as error:
                await self._sleep_before_retry(error)

    async def _raise_not_event_stream(self, response: httpx.Response) -> None:
        """Raise the error for a success that is not an event stream."""
        handled = sys.exc_info()[1]
        try:
            raise self._requestor.responses.not_event_stream_error(
                self._request,
                response.status_code,
                response.headers,
                await read_error_body(response),
            )
        except TRANSPORT_ERRORS as error:
            hide_api_key(error, self._httpx_request, handled)
            raise map_httpx_error(self._request, error, self._httpx_request.url) from error

    async def _read_more(self) -> None:
        """Read until there are events, or the stream has ended.

        Raises:
            ChatRoutesError: If the stream fails and must not be retried.
        """
        if self._response is None:
            await self._open()
        handled = sys.exc_info()[1]
        waiting_since = monotonic()
        while not self._events and not self._is_finished:
            error: ChatRoutesError
            try:
                assert self._body is not None  # _open() has set it
                data = await anext(self._body)
            except StopAsyncIteration:
                error = self._interrupted_error()
            except TRANSPORT_ERRORS as cause:
                hide_api_key(cause, self._httpx_request, handled)
                error = map_httpx_error(self._request, cause, self._httpx_request.url)
                if not isinstance(error, (RequestTimeoutError, ResponseError)):
                    error = self._interrupted_error(error.message)
                error.__cause__ = cause
            else:
                self._events.extend(self._decoder.feed(data))
                if self._events or self._read_timeout is None:
                    continue
                waited = monotonic() - waiting_since
                if waited <= self._read_timeout:
                    continue
                error = RequestTimeoutError(
                    f"No event arrived for {waited:.1f} s, which is longer than the timeout.",
                    status_code=0,
                    operation=describe_request(self._request),
                )
            if self._accumulator.is_complete:
                # The reply is complete, however the connection ends.
                await self._finish()
                return
            if self._has_yielded or not isinstance(error, NetworkError):
                await self._fail(error)
            await self._release()
            await self._sleep_before_retry(error)
            await self._open()
            waiting_since = monotonic()

    async def _sleep_before_retry(self, error: ChatRoutesError) -> None:
        """Sleep until the next attempt is due, or raise the error if no retry is due."""
        self._decoder = Decoder()
        if not await self._requestor.sleep_before_retry(self._request, error, self._retries_made):
            await self._fail(error)
        self._retries_made += 1

    def _to_chunk(self, event: Event) -> types.StreamChunk | ChatRoutesError | None:
        """Return the chunk of an event, the error that it reports, or None for the last event.

        Errors are returned and not raised. A traceback can show local variables, and here they hold
        what the service sent, which may repeat the API key.
        """
        if event.data == "[DONE]":
            self._accumulator.mark_done()
            return None
        payload: Any = event.data
        problem: ValueError | None = None
        try:
            payload = _json.loads(event.data)
            failure = find_error(event.event, payload)
            if failure is None:
                stream_message.read(payload)
        except UnexpectedPayload as error:
            failure, problem = None, error
        except ValueError as error:
            failure = find_error(event.event, payload)
            problem = None if failure else error
        if failure is not None:
            return self._requestor.responses.make_event_error(self._request, failure)
        if problem is not None:
            return ResponseError(
                f"An event of the stream does not follow the contract: {problem}.",
                status_code=200,
                operation=describe_request(self._request),
            )
        return self._accumulator.add(payload)

    def _interrupted_error(self, reason: str = "") -> StreamInterruptedError:
        """Return the error for a stream that stopped before its end, with the reason if it is known."""
        place = ", in the middle of an event" if self._decoder.has_partial_event else ""
        return StreamInterruptedError(
            f"The stream stopped before its end{place}" + (f": {reason}" if reason else "."),
            status_code=0,
            operation=describe_request(self._request),
        )

    def _closed_error(self) -> ChatRoutesError:
        """Return the error for reading from a stream that was closed before its end."""
        return ChatRoutesError(
            "The stream was closed before its end.",
            status_code=None,
            partial_content=self._accumulator.text,
            operation=describe_request(self._request),
        )

    async def _fail(self, error: ChatRoutesError) -> None:
        """Close the connection and raise an error, now and on every later read."""
        error.partial_content = self._accumulator.text
        self._error = error
        self._events.clear()
        await self._release()
        raise error

    async def _finish(self) -> None:
        """Close the connection of a stream that is complete."""
        self._is_finished = True
        self._events.clear()
        await self._release()

    def _attach(self, response: httpx.Response) -> None:
        """Start to read from a response, and have it closed if this stream is dropped."""
        body = iter_raw_body(response)
        self._response, self._body = response, body
        # The finalizer refers to both, so the garbage collector does not delete them before it runs.
        self._finalizer = finalize(
            self, schedule_close_async, current_event_loop_async(), close_response, response, body
        )
        self._finalizer.atexit = False

    async def _release(self) -> None:
        """Close the response."""
        response, body = self._response, self._body
        self._response = self._body = None
        if response is not None and body is not None:
            self._finalizer.detach()
            await close_response(response, body)


class AsyncTextStream:
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


async def run_callbacks(
    stream: AsyncMessageStream,
    on_chunk: Callable[[types.StreamChunk], object] | None,
    on_complete: Callable[[types.CompletedMessage], object] | None,
) -> None:
    """Read a stream to its end, and call the callbacks with what programs for any release expect."""
    async with stream:
        async for chunk in stream:
            if on_chunk is not None:
                accumulator = stream._accumulator  # pyright: ignore[reportPrivateUsage]
                chunk = accumulator.add_compact_fields(chunk)
                await run_callback_async(on_chunk, chunk)
        response = await stream.get_final_response()
    if on_complete is not None:
        await run_callback_async(on_complete, add_reply_fields(response))
