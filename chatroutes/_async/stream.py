"""A reply as it is written: chunks, text, and the answer that they amount to."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from time import monotonic
from types import TracebackType
from typing import Any, Self
from weakref import finalize

import httpx

from chatroutes_wire.api.messages import stream_message
from chatroutes_wire.errors import UnexpectedPayload

from .. import _json, _responses
from .. import _lazy_types as types
from .._concurrency import current_event_loop_async, schedule_close_async
from .._httpx import TRANSPORT_ERRORS, map_httpx_error, to_httpx_timeout
from .._normalize import StreamAccumulator, find_error
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
    """The reply to a message, as it is written: a context manager and an iterator of chunks.

    The request goes out on entering it, or on the first read. Leaving the `with`, or the end of the
    stream, lets go of the connection. Until the first chunk was handed over, a stream that the
    network fails is tried again by the client's rules; after that, the error says how far the
    stream came, in `partial_content`.
    """

    _response: httpx.Response | None = None
    _body: AsyncIterator[bytes] | None = None
    _finalizer: finalize[Any, Any]

    def __init__(
        self, requestor: AsyncRequestor, conversation_id: str, data: types.SendMessageRequest
    ) -> None:
        self._requestor = requestor
        self._request = requestor.build_operation(stream_message.request, conversation_id, data)
        self._httpx_request = requestor.build_request(self._request)
        self._read_timeout = to_httpx_timeout(requestor.options).read
        self._decoder = Decoder()
        self._accumulator = StreamAccumulator(conversation_id, data)
        self._events: deque[Event] = deque()
        self._retries_made = 0
        self._has_yielded = False
        self._ended = False
        self._error: ChatRoutesError | None = None

    async def __aenter__(self) -> Self:
        if not self._ended and self._error is None and self._response is None:
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
        """Give the next chunk.

        Raises:
            ChatRoutesError: the stream failed; `partial_content` holds the text so far.
        """
        while True:
            if self._events:
                taken = self._to_chunk(self._events.popleft())
                if taken is None:
                    await self._finish()
                elif isinstance(taken, ChatRoutesError):
                    await self._fail(taken)
                else:
                    self._has_yielded = True
                    return taken
            elif self._error is not None:
                raise self._error
            elif self._ended:
                raise StopAsyncIteration
            else:
                await self._read_more()

    @property
    def text_stream(self) -> AsyncTextStream:
        """The pieces of text alone, as they come."""
        return AsyncTextStream(self)

    async def get_final_response(self) -> types.SendMessageResponse:
        """Read to the end and give what `messages.send` would have given.

        Raises:
            ChatRoutesError: the stream failed, or was closed before its end.
        """
        async for _ in self:
            pass
        return self._accumulator.response()

    async def get_final_text(self) -> str:
        """Read to the end and give the whole text of the reply.

        Raises:
            ChatRoutesError: the stream failed, or was closed before its end.
        """
        response = await self.get_final_response()
        return response["assistantMessage"]["content"]

    async def close(self) -> None:
        """Stop reading and let go of the connection. Twice is no harm."""
        if not self._ended and self._error is None:
            self._error = self._closed_error("The stream was closed before its end.")
        self._events.clear()
        await self._release()

    async def _open(self) -> None:
        """Send the request, until an event stream is open or no further try is due."""
        while self._response is None:
            try:
                response = await self._requestor.send_once(
                    self._request, self._httpx_request, self._retries_made, stream=True
                )
                if not _responses.is_event_stream(response.headers):
                    await self._raise_not_event_stream(response)
                self._attach(response, iter_raw_body(response))
            except ChatRoutesError as error:
                failed = error
            else:
                return
            await self._sleep_before_retry(failed)

    async def _raise_not_event_stream(self, response: httpx.Response) -> None:
        """Raise the error of an answer that is a success by its status, and no event stream."""
        try:
            failed = _responses.not_event_stream_error(
                self._request,
                response.status_code,
                response.headers,
                await read_error_body(response),
                self._requestor.secret.redact,
            )
        except TRANSPORT_ERRORS as problem:
            failed = map_httpx_error(self._request, problem)
        raise failed

    async def _read_more(self) -> None:
        """Wait until there are events, or until the stream ended."""
        if self._response is None:
            await self._open()
        waiting_since = monotonic()
        while not self._events and not self._ended:
            failed: ChatRoutesError | None = None
            data = None
            try:
                assert self._body is not None  # _open() saw to it
                data = await anext(self._body)
            except StopAsyncIteration:
                pass
            except TRANSPORT_ERRORS as problem:
                failed = map_httpx_error(self._request, problem)
            if data is not None:
                self._events.extend(self._decoder.feed(data))
                if self._events or self._read_timeout is None:
                    continue
                waited = monotonic() - waiting_since
                if waited <= self._read_timeout:
                    continue
                failed = RequestTimeoutError(
                    f"No event came for {waited:.1f} s, longer than the timeout.",
                    status_code=0,
                    asked=_responses.describe_request(self._request),
                )
            if self._accumulator.is_complete:
                # What the reply had to say it has said, however the connection ends.
                await self._finish()
                return
            if not isinstance(failed, (RequestTimeoutError, ResponseError)):
                failed = self._interrupted_error(failed)
            if self._has_yielded or not isinstance(failed, NetworkError):
                await self._fail(failed)
            await self._release()
            await self._sleep_before_retry(failed)
            await self._open()
            waiting_since = monotonic()

    async def _sleep_before_retry(self, failed: ChatRoutesError) -> None:
        """Wait for the next try, or raise the error if there is to be none."""
        self._decoder = Decoder()
        try:
            await self._requestor.sleep_before_retry(self._request, failed, self._retries_made)
        except ChatRoutesError as error:
            final = error
        else:
            self._retries_made += 1
            return
        await self._fail(final)

    def _to_chunk(self, event: Event) -> types.StreamChunk | ChatRoutesError | None:
        """Turn an event into a chunk, into the error that it stands for, or into None: the end."""
        if event.data == "[DONE]":
            self._accumulator.done()
            return None
        payload: Any = event.data
        problem: ValueError | None = None
        try:
            payload = _json.loads(event.data)
            failure = find_error(event.event, payload)
            if failure is None:
                stream_message.read(payload)
        except UnexpectedPayload as odd:
            failure, problem = None, odd
        except ValueError as odd:
            failure = find_error(event.event, payload)
            problem = None if failure else odd
        if failure is not None:
            return _responses.make_stream_error(
                self._request, failure, self._requestor.secret.redact
            )
        if problem is not None:
            return ResponseError(
                f"The stream is not what the contract says: {problem}.",
                status_code=200,
                asked=_responses.describe_request(self._request),
            )
        return self._accumulator.add(payload)

    def _interrupted_error(self, failed: ChatRoutesError | None) -> StreamInterruptedError:
        """The error of a stream that stopped before its end, and why, where the network said why."""
        held = ", in the middle of an event" if self._decoder.has_partial_event else ""
        why = f": {failed.message}" if failed else "."
        error = StreamInterruptedError(
            f"The stream stopped before its end{held}{why}",
            status_code=0,
            asked=_responses.describe_request(self._request),
        )
        error.__cause__ = failed.__cause__ if failed else None
        return error

    def _closed_error(self, message: str) -> ChatRoutesError:
        return ChatRoutesError(
            message,
            partial_content=self._accumulator.text,
            asked=_responses.describe_request(self._request),
        )

    async def _fail(self, error: ChatRoutesError) -> None:
        """Raise an error, now and on every later read."""
        error.partial_content = self._accumulator.text
        self._error = error
        self._events.clear()
        await self._release()
        raise error

    async def _finish(self) -> None:
        self._ended = True
        self._events.clear()
        await self._release()

    def _attach(self, response: httpx.Response, pieces: AsyncIterator[bytes]) -> None:
        self._response, self._body = response, pieces
        # It keeps both alive, so that the garbage collector does not come to them before it does.
        self._finalizer = finalize(
            self, schedule_close_async, current_event_loop_async(), close_response, response, pieces
        )
        self._finalizer.atexit = False

    async def _release(self) -> None:
        response, pieces = self._response, self._body
        self._response = self._body = None
        if response is not None:
            self._finalizer.detach()
            await close_response(response, pieces)


class AsyncTextStream:
    """The pieces of text of a stream, as they come."""

    def __init__(self, stream: AsyncMessageStream) -> None:
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        """Give the next piece of text; it is never empty.

        Raises:
            ChatRoutesError: the stream failed; `partial_content` holds the text so far.
        """
        while True:
            chunk = await anext(self._stream)
            text = chunk["choices"][0]["delta"].get("content")
            if text:
                return text
