"""The responses that `with_streaming_response` opens: the headers first, the body when it is requested."""

from __future__ import annotations

import os
import sys
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator, Callable, Iterable
from io import IncrementalNewlineDecoder
from time import monotonic
from typing import Any, Generic, TypeVar

import httpx

from chatroutes_wire.client import Request

from .. import _json
from .._content import ContentDecoder, ContentError
from .._httpx import TIME_LIMITS, TRANSPORT_ERRORS
from .._raw_response import ResponseInfo
from .._stream_errors import (
    closed_response_error,
    consumed_response_error,
    other_process_error,
)
from .._time_limits import TimeLimits
from .._transport_errors import hide_api_key, map_httpx_error
from ..errors import ChatRoutesError
from .requestor import AsyncRequestor
from .response_body import close_response, content_encoding, iter_raw_body, read_body

T = TypeVar("T")


class AsyncStreamingResponse(ResponseInfo, Generic[T]):
    """An open response. Its body is not read until it is requested.

        responses = client.conversations.with_streaming_response
        async with responses.get_tree(conversation_id) as response:
            print(response.headers["x-request-id"])
            tree = await response.parse()

    The response is closed at the end of the `async with` block.

    Args:
        requestor: The requestor that has sent the request.
        request: The request.
        response: The response, with its body unread.
        read_result: Returns the result from the decoded body.
    """

    def __init__(
        self,
        requestor: AsyncRequestor,
        request: Request,
        response: httpx.Response,
        read_result: Callable[[object], T],
    ) -> None:
        super().__init__(request, response)
        self._requestor = requestor
        self._read_result = read_result
        self._limits: TimeLimits | None = response.request.extensions.get(TIME_LIMITS)
        self._body: AsyncIterator[bytes] | None = None
        self._result: list[T] = []
        self._is_closed = False
        self._process_id = os.getpid()

    async def read(self) -> bytes:
        """Read the whole body and return it, decompressed.

        Raises:
            ChatRoutesError: If the body cannot be read, is larger than `max_response_size`, or was read
                with an iterator.
        """
        self._require_unread()
        self._require_open()
        handled, started = sys.exception(), monotonic()
        if self._limits is not None:
            self._limits.resume(started)
        max_size = self._requestor.options.max_response_size
        try:
            await read_body(self._response, max_size, self._limits)
        except (ContentError, *TRANSPORT_ERRORS) as error:
            raise self._read_error(error, handled, started) from error
        return self._response.content

    async def text(self) -> str:
        """Read the whole body and return it as text.

        Raises:
            ChatRoutesError: If the body cannot be read, or is larger than `max_response_size`.
        """
        await self.read()
        return self._response.text

    async def json(self) -> Any:
        """Read the whole body and return it decoded from JSON: the whole envelope.

        Raises:
            ChatRoutesError: If the body cannot be read, or is larger than `max_response_size`.
            ValueError: If the body is not JSON.
        """
        return _json.loads(await self.read())

    async def parse(self) -> T:
        """Return what the method without `with_streaming_response` returns.

        Raises:
            ChatRoutesError: If the body cannot be read, reports a failure, or does not follow the
                contract.
        """
        if not self._result:
            await self.read()
            parse_response = self._requestor.responses.parse_response
            self._result = [parse_response(self._request, self._response, self._read_result)]
        return self._result[0]

    def iter_bytes(self) -> AsyncIterator[bytes]:
        """Iterate over the pieces of the body, decompressed, as they arrive.

        Only the size of a piece is limited, so that a body can be larger than the memory.

        Raises:
            ChatRoutesError: If another iterator has read the body.
        """
        self._require_unread()
        self._require_open()
        self._body = iter_raw_body(self._response)
        decoder = ContentDecoder(
            content_encoding(self._response), self._requestor.options.max_response_size
        )
        return _ByteIterator(
            self._body, decoder, self._limits, self._require_open, self._read_error
        )

    def iter_text(self) -> AsyncIterator[str]:
        """Iterate over the pieces of the body as text, as they arrive.

        Raises:
            ChatRoutesError: If another iterator has read the body.
        """
        decoder = getincrementaldecoder(self._response.encoding or "utf-8")("replace")
        return _TextIterator(self.iter_bytes(), decoder)

    def iter_lines(self) -> AsyncIterator[str]:
        """Iterate over the lines of the body, without the line breaks, as they arrive.

        Raises:
            ChatRoutesError: If another iterator has read the body.
        """
        decoder = getincrementaldecoder(self._response.encoding or "utf-8")("replace")
        newlines = IncrementalNewlineDecoder(decoder, translate=True)
        return _LineIterator(
            _TextIterator(self.iter_bytes(), newlines),
            self._requestor.options.max_response_size,
            self._read_error,
        )

    async def close(self) -> None:
        """Close the response. Closing twice is harmless."""
        # A body that was read as a whole is in memory, and can still be read.
        self._is_closed = self._body is not None or not self._response.is_stream_consumed
        body = self._body or iter_raw_body(self._response)
        await close_response(self._response, body)

    def _require_unread(self) -> None:
        """Raise an error if an iterator has read the body."""
        if self._body is not None:
            raise consumed_response_error(self._request)

    def _require_open(self) -> None:
        """Raise an error if the rest of the body cannot be read: it was closed, or is of another process."""
        if os.getpid() != self._process_id and not self._response.is_stream_consumed:
            raise other_process_error(self._request)
        if self._is_closed:
            raise closed_response_error(self._request)

    def _read_error(
        self, error: BaseException, handled: BaseException | None, started: float
    ) -> ChatRoutesError:
        """Return the error of the SDK for an exception that was raised while the body was read."""
        response, limits, now = self._response, self._limits, monotonic()
        hide_api_key(error, response.request, handled)
        errors = self._requestor.responses.errors
        if isinstance(error, ContentError):
            return errors.content_error(self._request, self.status_code, response.headers, error)
        failure = map_httpx_error(
            self._request,
            error,
            response.request.url,
            elapsed=now - started,
            reached=None if limits is None else limits.reached(now),
            responded=True,
        )
        errors.add_headers(failure, response.headers)
        return self._requestor.replace_if_closed(failure)


RequireOpen = Callable[[], None]
ReadError = Callable[[BaseException, BaseException | None, float], ChatRoutesError]


class _ByteIterator:
    """An iterator over the pieces of a body. A generator would have to be closed."""

    def __init__(
        self,
        body: AsyncIterator[bytes],
        decoder: ContentDecoder,
        limits: TimeLimits | None,
        require_open: RequireOpen,
        read_error: ReadError,
    ) -> None:
        self._body = body
        self._require_open = require_open
        self._decoder = decoder
        self._pieces: Iterable[bytes] = ()  # decoded
        self._limits = limits
        self._read_error = read_error
        self._is_finished = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece. It is never empty."""
        if self._is_finished:
            raise StopAsyncIteration
        self._require_open()
        handled, started = sys.exception(), monotonic()
        if self._limits is not None:
            self._limits.resume(started)
        try:
            while True:
                if self._decoder.is_encoded:
                    for piece in self._pieces:
                        if piece:
                            return piece
                data = await anext(self._body)
                if self._limits is not None:
                    self._limits.check_body(monotonic())
                if self._decoder.is_encoded:
                    self._pieces = self._decoder.iter_decoded(data)
                elif data := self._decoder.decode(data):
                    return data
        except StopAsyncIteration:
            self._is_finished = True
            raise
        except (ContentError, *TRANSPORT_ERRORS) as error:
            raise self._read_error(error, handled, started) from error


class _TextIterator:
    """An iterator over the pieces of a body as text."""

    def __init__(self, pieces: AsyncIterator[bytes], decoder: Any) -> None:
        self._pieces = pieces
        self._decoder = decoder
        self._is_finished = False

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        """Return the next piece of text. It is never empty."""
        while not self._is_finished:
            piece = await anext(self._pieces, None)
            self._is_finished = piece is None
            text: str = self._decoder.decode(piece or b"", final=self._is_finished)
            if text:
                return text
        raise StopAsyncIteration


class _LineIterator:
    """An iterator over the lines of a text."""

    def __init__(self, texts: AsyncIterator[str], max_size: int, read_error: ReadError) -> None:
        self._texts = texts
        self._max_size = max_size
        self._read_error = read_error
        self._lines: list[str] = []
        self._pieces: list[str] = []
        self._size = 0

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        """Return the next line."""
        while not self._lines:
            text = await anext(self._texts, None)
            if text is None:
                if not self._pieces:
                    raise StopAsyncIteration
                text = "\n"
            first, *others = text.split("\n")
            self._pieces.append(first)
            self._size += len(first)
            if self._size > self._max_size:
                problem = ContentError(f"a line of more than {self._max_size} characters")
                raise self._read_error(problem, None, monotonic()) from problem
            if others:
                lines = ["".join(self._pieces), *others]
                self._pieces = [last] if (last := lines.pop()) else []
                self._size = len(last)
                self._lines = lines[::-1]
        return self._lines.pop()
