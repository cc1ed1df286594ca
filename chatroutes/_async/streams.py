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
from .. import _types as types
from .._dialects import Transcript, error_in
from .._httpx import FAILURES, error_of, timeout_of
from .._modes import close_abandoned_async, loop_async
from .._sse import Decoder, Event
from ..errors import (
    ChatRoutesError,
    NetworkError,
    RequestTimeoutError,
    ResponseError,
    StreamInterruptedError,
)
from .sending import AsyncSender, beginning_of, let_go_of, pieces_of


class AsyncMessageStream:
    """The reply to a message, as it is written: a context manager and an iterator of chunks.

    The request goes out on entering it, or on the first read. Leaving the `with`, or the end of the
    stream, lets go of the connection. Until the first chunk was handed over, a stream that the
    network fails is tried again by the client's rules; after that, the error says how far the
    stream came, in `partial_content`.
    """

    _response: httpx.Response | None = None
    _bytes: AsyncIterator[bytes] | None = None
    _if_dropped: finalize[Any, Any]

    def __init__(
        self, sender: AsyncSender, conversation_id: str, data: types.SendMessageRequest
    ) -> None:
        self._sender = sender
        self._request = sender.build(stream_message.request, conversation_id, data)
        self._outgoing = sender.prepare(self._request)
        self._silence = timeout_of(sender.options).read
        self._decoder = Decoder()
        self._transcript = Transcript(conversation_id, data)
        self._events: deque[Event] = deque()
        self._retries_made = 0
        self._handed_over = False
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
                taken = self._take(self._events.popleft())
                if taken is None:
                    await self._end()
                elif isinstance(taken, ChatRoutesError):
                    await self._fail(taken)
                else:
                    self._handed_over = True
                    return taken
            elif self._error is not None:
                raise self._error
            elif self._ended:
                raise StopAsyncIteration
            else:
                await self._fill()

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
        return self._transcript.response()

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
            self._error = self._told("The stream was closed before its end.")
        self._events.clear()
        await self._let_go()

    async def _open(self) -> None:
        """Send the request, until an event stream is open or no further try is due."""
        while self._response is None:
            try:
                response = await self._sender.once(
                    self._request, self._outgoing, self._retries_made, stream=True
                )
                if not _responses.is_event_stream(response.headers):
                    await self._refuse(response)
                self._hold(response, pieces_of(response))
            except ChatRoutesError as error:
                failed = error
            else:
                return
            await self._try_again(failed)

    async def _refuse(self, response: httpx.Response) -> None:
        """Raise the error of an answer that is a success by its status, and no event stream."""
        try:
            failed = _responses.not_an_event_stream(
                self._request,
                response.status_code,
                response.headers,
                await beginning_of(response),
                self._sender.secret.scrub,
            )
        except FAILURES as problem:
            failed = error_of(self._request, problem)
        raise failed

    async def _fill(self) -> None:
        """Wait until there are events, or until the stream ended."""
        if self._response is None:
            await self._open()
        waiting_since = monotonic()
        while not self._events and not self._ended:
            failed: ChatRoutesError | None = None
            data = None
            try:
                assert self._bytes is not None  # _open() saw to it
                data = await anext(self._bytes)
            except StopAsyncIteration:
                pass
            except FAILURES as problem:
                failed = error_of(self._request, problem)
            if data is not None:
                self._events.extend(self._decoder.feed(data))
                if self._events or self._silence is None:
                    continue
                waited = monotonic() - waiting_since
                if waited <= self._silence:
                    continue
                failed = RequestTimeoutError(
                    f"No event came for {waited:.1f} s, longer than the timeout.",
                    status_code=0,
                    asked=_responses.asked(self._request),
                )
            if self._transcript.whole:
                # What the reply had to say it has said, however the connection ends.
                await self._end()
                return
            if not isinstance(failed, (RequestTimeoutError, ResponseError)):
                failed = self._cut(failed)
            if self._handed_over or not isinstance(failed, NetworkError):
                await self._fail(failed)
            await self._let_go()
            await self._try_again(failed)
            await self._open()
            waiting_since = monotonic()

    async def _try_again(self, failed: ChatRoutesError) -> None:
        """Wait for the next try, or raise the error if there is to be none."""
        self._decoder = Decoder()
        try:
            await self._sender.before_retry(self._request, failed, self._retries_made)
        except ChatRoutesError as error:
            final = error
        else:
            self._retries_made += 1
            return
        await self._fail(final)

    def _take(self, event: Event) -> types.StreamChunk | ChatRoutesError | None:
        """Turn an event into a chunk, into the error that it stands for, or into None: the end."""
        if event.data == "[DONE]":
            self._transcript.done()
            return None
        payload: Any = event.data
        problem: ValueError | None = None
        try:
            payload = _json.loads(event.data)
            failure = error_in(event.event, payload)
            if failure is None:
                stream_message.read(payload)
        except UnexpectedPayload as odd:
            failure, problem = None, odd
        except ValueError as odd:
            failure = error_in(event.event, payload)
            problem = None if failure else odd
        if failure is not None:
            return _responses.stream_failure(self._request, failure, self._sender.secret.scrub)
        if problem is not None:
            return ResponseError(
                f"The stream is not what the contract says: {problem}.",
                status_code=200,
                asked=_responses.asked(self._request),
            )
        return self._transcript.add(payload)

    def _cut(self, failed: ChatRoutesError | None) -> StreamInterruptedError:
        """The error of a stream that stopped before its end, and why, where the network said why."""
        held = ", in the middle of an event" if self._decoder.unfinished else ""
        why = f": {failed.message}" if failed else "."
        error = StreamInterruptedError(
            f"The stream stopped before its end{held}{why}",
            status_code=0,
            asked=_responses.asked(self._request),
        )
        error.__cause__ = failed.__cause__ if failed else None
        return error

    def _told(self, message: str) -> ChatRoutesError:
        return ChatRoutesError(
            message,
            partial_content=self._transcript.text,
            asked=_responses.asked(self._request),
        )

    async def _fail(self, error: ChatRoutesError) -> None:
        """Raise an error, now and on every later read."""
        error.partial_content = self._transcript.text
        self._error = error
        self._events.clear()
        await self._let_go()
        raise error

    async def _end(self) -> None:
        self._ended = True
        self._events.clear()
        await self._let_go()

    def _hold(self, response: httpx.Response, pieces: AsyncIterator[bytes]) -> None:
        self._response, self._bytes = response, pieces
        # It keeps both alive, so that the garbage collector does not come to them before it does.
        self._if_dropped = finalize(
            self, close_abandoned_async, loop_async(), let_go_of, response, pieces
        )
        self._if_dropped.atexit = False

    async def _let_go(self) -> None:
        response, pieces = self._response, self._bytes
        self._response = self._bytes = None
        if response is not None:
            self._if_dropped.detach()
            await let_go_of(response, pieces)


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
