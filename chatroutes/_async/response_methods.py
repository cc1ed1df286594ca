"""The base classes of `with_raw_response` and `with_streaming_response` of all resources.

The classes with the methods are derived from the resources: see `raw_response_methods`
and `streaming_response_methods`. A method of a resource returns what its requestor returns, so that the same
method returns the response if it is called with one of the requestors here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import httpx

from chatroutes_wire.client import Request

from .._raw_response import RawResponse
from .._stream_errors import consumed_response_error
from .._time_limits import TimeLimits
from .._with_blocks import with_block_async
from .requestor import AsyncRequestor
from .response_body import require_supported_encoding
from .stream import AsyncMessageStream
from .streaming_response import AsyncStreamingResponse

T = TypeVar("T")


class AsyncRawRequestor(AsyncRequestor):
    """A requestor whose calls return a `RawResponse`."""

    def read_result(
        self, request: Request, response: httpx.Response, read: Callable[[object], T]
    ) -> T:
        """Return the response. Its method `parse` parses the body."""
        parse = partial(self.responses.parse_response, request, response, read)
        return cast("T", RawResponse(request, response, parse))


class AsyncStreamingRequestor(AsyncRequestor):
    """A requestor whose calls return an open response: see `AsyncStreamingResponse`."""

    sent: tuple[Request, httpx.Response]
    """The last request of a stream that had a response, and the response."""

    def read_result(
        self, request: Request, response: httpx.Response, read: Callable[[object], T]
    ) -> T:
        """Return the response. Its methods read the body."""
        return cast("T", AsyncStreamingResponse(self, request, response, read))

    async def read_body(self, response: httpx.Response, limits: TimeLimits | None) -> None:
        """Leave the body of a success unread."""
        await require_supported_encoding(response)

    async def send_once(
        self,
        request: Request,
        httpx_request: httpx.Request,
        retries_made: int,
        *,
        stream: bool = False,
    ) -> httpx.Response:
        """Make one attempt, and keep the response of a stream."""
        response = await super().send_once(request, httpx_request, retries_made, stream=stream)
        if stream:
            self.sent = (request, response)
        return response


class EventStreamResponse(AsyncStreamingResponse[AsyncMessageStream]):
    """The open response of `messages.stream`."""

    def __init__(self, requestor: AsyncStreamingRequestor, stream: AsyncMessageStream) -> None:
        super().__init__(requestor, *requestor.sent, lambda payload: stream)
        self._stream = stream
        self._is_parsed = False

    async def parse(self) -> AsyncMessageStream:
        """Return the stream, which reads its chunks when it is iterated over.

        Raises:
            ChatRoutesError: If the body was read.
        """
        if self._body is not None or self._response.is_stream_consumed:
            raise consumed_response_error(self._request)
        self._is_parsed = True
        return self._stream

    def _require_unread(self) -> None:
        """Raise an error if an iterator or the stream reads the body."""
        if self._is_parsed:
            raise consumed_response_error(self._request)
        super()._require_unread()

    async def close(self) -> None:
        """Close the stream and its response."""
        await self._stream.close()
        await super().close()


class ResponseMethods:
    """The methods of a resource, with another result.

    Args:
        resource: The resource.
    """

    _requestor_class: type[AsyncRequestor]

    def __init__(self, resource: Any) -> None:
        requestor = resource._requestor.with_class(self._requestor_class)
        self._resource: Any = type(resource)(requestor)

    if not TYPE_CHECKING:  # with __getattr__, a type checker would accept every name

        def __getattr__(self, name: str) -> object:
            reason = ""
            if name == "stream" and hasattr(self._resource, name):
                reason = ": its body is not read at once. Use with_streaming_response.stream"
            elif name[0] != "_" and hasattr(self._resource, name):
                requests = "one request for each page" if "iterate" in name else "several requests"
                reason = f": it sends {requests}"
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}{reason}",
                name=name,
                obj=self,
            )


class RawMethods(ResponseMethods):
    """The methods of a resource that return a `RawResponse`."""

    _requestor_class = AsyncRawRequestor

    async def _send(self, name: str, *args: Any, **options: Any) -> RawResponse[Any]:
        """Call a method and return its response."""
        response: RawResponse[Any] = await getattr(self._resource, name)(*args, **options)
        return response


class StreamingMethods(ResponseMethods):
    """The methods of a resource that open a response: see `AsyncStreamingResponse`."""

    _requestor_class = AsyncStreamingRequestor

    @with_block_async
    async def _open(
        self, name: str, *args: Any, **options: Any
    ) -> AsyncGenerator[AsyncStreamingResponse[Any]]:
        """Call a method and close its response at the end of the block."""
        response: AsyncStreamingResponse[Any] = await getattr(self._resource, name)(
            *args, **options
        )
        try:
            yield response
        finally:
            await response.close()

    @with_block_async
    async def _open_stream(
        self, name: str, *args: Any, **options: Any
    ) -> AsyncGenerator[AsyncStreamingResponse[AsyncMessageStream]]:
        """Open a stream and close it at the end of the block."""
        requestor = self._resource._requestor.for_call(options, is_stream=True)
        requestor = requestor.with_class(AsyncStreamingRequestor)  # for the response of this stream
        resource = type(self._resource)(requestor)
        async with getattr(resource, name)(*args) as stream:
            response = EventStreamResponse(requestor, stream)
            try:
                yield response
            finally:
                await response.close()
