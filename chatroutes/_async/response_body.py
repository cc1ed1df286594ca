"""The body of a response: how it is read, limited, decoded and closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import monotonic, time
from typing import TYPE_CHECKING, Any, Final

import httpx

from chatroutes_wire.client import Request

from .._concurrency import close_body_async
from .._content import BodyReader, ContentDecoder, ContentError
from .._httpx import kept_body

if TYPE_CHECKING:
    from .._responses import ResponseReader
    from .._time_limits import TimeLimits

# An error has the first 65,536 bytes. The response may have no end.
_MAX_ERROR_BODY: Final = 1_000_000


def iter_raw_body(response: httpx.Response) -> AsyncIterator[bytes]:
    """Iterate over the body of an open response: directly over the transport's stream if possible."""
    if response.is_stream_consumed:
        return response.aiter_bytes()
    stream: Any = response.stream
    return aiter(stream)


def content_encoding(response: httpx.Response) -> str:
    """Return the content encoding of what `iter_raw_body` yields, or an empty string."""
    if response.is_stream_consumed:
        return ""
    encoding: str = response.headers.get("content-encoding", "")
    return encoding


async def close_response(response: httpx.Response, body: AsyncIterator[bytes]) -> None:
    """Close a response and the iterator of its body without reading on.

    The connection becomes free for the next request if the body was read to its end. If not, an
    HTTP/1.1 connection is closed.
    """
    try:
        await response.aclose()
    finally:
        await close_body_async(body)


async def require_supported_encoding(response: httpx.Response) -> None:
    """Close a response whose body cannot be decoded, and raise a ContentError."""
    try:
        ContentDecoder(content_encoding(response), 1)
    except ContentError:
        await close_response(response, iter_raw_body(response))
        raise


async def read_error_body(response: httpx.Response, limits: TimeLimits | None) -> bytes:
    """Read the beginning of the body of an open response for an error, and close the response.

    Raises:
        ContentError: If not even the beginning can be decoded.
        TimeLimitError: If a limit of the whole call was reached.
    """
    content = b""
    body = iter_raw_body(response)
    try:
        reader = BodyReader(content_encoding(response), _MAX_ERROR_BODY)
        try:
            async for piece in body:
                reader.feed(piece)
                if limits is not None:
                    limits.limit(None, monotonic())
        finally:
            content = reader.content
    except ContentError:
        if not content:
            raise
    finally:
        await close_response(response, body)
    return content


async def read_body(response: httpx.Response, max_size: int, limits: TimeLimits | None) -> None:
    """Read and decode the whole body of a response, and close it.

    Raises:
        ContentError: If the body cannot be decoded or is too large.
        TimeLimitError: If a limit of the whole call was reached.
    """
    if response.is_stream_consumed:
        # An event hook of the user's client has read it, and httpx has no limit.
        if len(response.content) > max_size:
            raise ContentError(f"more than {max_size} bytes")
        return
    body = iter_raw_body(response)
    try:
        reader = BodyReader(content_encoding(response), max_size)
        async for piece in body:
            reader.feed(piece)
            if limits is not None:
                limits.check_body(monotonic())
    except BaseException:
        await close_response(response, body)
        raise
    await response.aclose()  # the iterator has ended, and needs no closing
    # The body is decoded, so httpx must not decode it again.
    encoding = content_encoding(response)
    if encoding:
        del response.headers["content-encoding"]
    response.stream = httpx.ByteStream(reader.content)
    response.is_closed = response.is_stream_consumed = False
    response.read()
    if encoding:
        response.headers["content-encoding"] = encoding


async def require_kept_body(
    request: Request, response: httpx.Response, responses: ResponseReader
) -> None:
    """Check that an event hook of the user's client has kept the body that it has read.

    Raises:
        ChatRoutesError: If the body is lost.
    """
    await response.aclose()
    if kept_body(response) is None:
        raise responses.errors.unread_body_error(
            request,
            response.status_code,
            response.headers,
            "The body of the response is lost, because an event hook of the http_client has read "
            "or closed the response. In the hook, use `response.aread()`.",
            time(),
        )
