"""From a request to its answer, with the rules of trying again."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from time import monotonic, time
from typing import Any, ParamSpec, TypeVar

import httpx
from anyio import sleep

from chatroutes_wire.client import Request
from chatroutes_wire.errors import InvalidArgument

from .. import _responses
from .._dialects import documented
from .._httpx import (
    FAILURES,
    UNSENDABLE,
    body_of,
    error_of,
    headers_of,
    timeout_of,
    url_of,
    without_frames,
)
from .._logging import logger
from .._options import Options, Secret
from .._retry import delay_before_retry
from ..errors import ChatRoutesError, NetworkError, ValidationError
from .connections import AsyncConnections

P = ParamSpec("P")
T = TypeVar("T")

# More than this of an error's body is nobody's sentence.
_LONGEST_ERROR_BODY = 1_000_000

# One read of httpcore, a byte at a time. A transport of the user's own may have no end of them.
_MOST_PIECES_HELD = 65_536


class AsyncSender:
    """Sends requests over a client's connections, with a client's settings."""

    def __init__(self, connections: AsyncConnections, secret: Secret, options: Options) -> None:
        self.connections = connections
        self.secret = secret
        self.options = options

    async def call(
        self,
        build: Callable[P, Request],
        read: Callable[[object], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Build a request, send it, and read its answer.

        Raises:
            ChatRoutesError: whatever came of it instead, in the class that says so.
        """
        request = self.build(build, *args, **kwargs)
        response = await self.send(request)
        outcome = _responses.outcome(
            request,
            response.status_code,
            response.headers,
            response.content,
            self.secret.scrub,
            lambda payload: read(documented(payload, request.result)),
        )
        if isinstance(outcome, ChatRoutesError):
            raise outcome
        return outcome

    def build(self, build: Callable[P, Request], *args: P.args, **kwargs: P.kwargs) -> Request:
        """Build a request.

        Raises:
            ValidationError: none can be made of these arguments.
        """
        try:
            return build(*args, **kwargs)
        except InvalidArgument as problem:
            raise ValidationError(f"Nothing was sent: {problem}.") from None

    async def send(self, request: Request) -> httpx.Response:
        """Send a request, again where that may help, and read its answer to the end.

        Raises:
            ChatRoutesError: there was no answer, or it was not a success.
        """
        outgoing = self.prepare(request)
        retries_made = 0
        while True:
            try:
                response = await self.once(request, outgoing, retries_made)
                return response
            except ChatRoutesError as error:
                failed = error
            await self.before_retry(request, failed, retries_made)
            retries_made += 1

    def prepare(self, request: Request) -> httpx.Request:
        """Make a request ready for all its tries.

        Raises:
            ValidationError: it can never be sent.
        """
        content = body_of(request)
        try:
            return self.connections.pool().build_request(
                request.method,
                url_of(self.options.base_url + request.path),
                params=request.query or None,
                headers=headers_of(request, self.options, self.secret),
                content=content,
                timeout=timeout_of(self.options),
            )
        except UNSENDABLE as problem:
            failed = error_of(request, problem)
        raise failed

    async def once(
        self, request: Request, outgoing: httpx.Request, retries_made: int, *, stream: bool = False
    ) -> httpx.Response:
        """Try once. A stream is left open after its headers; any other answer is read to its end.

        Raises:
            ChatRoutesError: what the try ended in.
        """
        started = monotonic()
        status = 0
        try:
            response = await self.connections.pool().send(outgoing, stream=stream)
            status = response.status_code
            if response.is_success:
                return response
            failed = _responses.error_from(
                request,
                status,
                response.headers,
                await beginning_of(response) if stream else response.content,
                self.secret.scrub,
                time(),
            )
        except FAILURES as problem:
            failed = error_of(request, problem)
        finally:
            logger.debug(
                "%s %s: %s after %.0f ms, try %d",
                request.method,
                request.path,
                status or "no answer",
                (monotonic() - started) * 1000,
                retries_made + 1,
            )
        raise failed

    async def before_retry(
        self, request: Request, error: ChatRoutesError, retries_made: int
    ) -> None:
        """Wait as long as the next try should wait.

        Raises:
            ChatRoutesError: the error itself, if there is to be no next try.
        """
        options = self.options
        delay = delay_before_retry(
            retries_made=retries_made,
            retry_attempts=options.retry_attempts,
            retry_delay=options.retry_delay,
            status=None if isinstance(error, NetworkError) else error.status_code or 200,
            retry_after=error.retry_after,
            chance=random.random(),
        )
        if delay is None:
            raise error
        logger.warning(
            "%s %s: %s, trying again in %.1f s (retry %d of %d)",
            request.method,
            request.path,
            error.status_code or type(error).__name__,
            delay,
            retries_made + 1,
            options.retry_attempts,
        )
        await sleep(delay)


async def beginning_of(response: httpx.Response) -> bytes:
    """Read as much of an open answer as an error may quote, and close it."""
    content = bytearray()
    pieces = response.aiter_bytes()
    try:
        async for piece in pieces:
            content += piece
            if len(content) > _LONGEST_ERROR_BODY:
                break
    finally:
        await let_go_of(response, pieces)
    return bytes(content)


def pieces_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body of an open answer as it comes: straight from the transport, where nothing is packed."""
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.aiter_bytes()
    coming: Any = response.stream
    return aiter(coming)


async def let_go_of(response: httpx.Response, pieces: AsyncIterator[bytes] | None) -> None:
    """Close an answer: its connection goes back if all was read, and is closed if not."""
    await response.aclose()
    if pieces is not None:
        # Half-read, the iterators within httpx would wait for the garbage collector, of which event
        # loops complain. Reading on from what is closed gives what had come already, and then ends
        # them; how it fails does not matter.
        try:
            for _ in range(_MOST_PIECES_HELD):
                await anext(pieces)
        except Exception as problem:  # noqa: BLE001  see above
            without_frames(problem)
