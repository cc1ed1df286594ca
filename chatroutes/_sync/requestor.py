# Derived from chatroutes/_async/requestor.py by scripts/regen.py. Do not edit.

"""From a request to its answer, with the rules of trying again."""

from __future__ import annotations

import random
from collections.abc import Iterator, Callable
from time import monotonic, time
from typing import Any, ParamSpec, TypeVar

import httpx
from time import sleep

from chatroutes_wire.client import Request
from chatroutes_wire.errors import InvalidArgument

from .. import _responses
from .._httpx import (
    INVALID_REQUEST_ERRORS,
    TRANSPORT_ERRORS,
    build_headers,
    encode_body,
    map_httpx_error,
    parse_url,
    to_httpx_timeout,
    without_frames,
)
from .._logging import logger
from .._normalize import normalize_envelope
from .._options import Options, Secret
from .._retry import delay_before_retry
from ..errors import ChatRoutesError, NetworkError, ValidationError
from .connections import Connections

P = ParamSpec("P")
T = TypeVar("T")

# More than this of an error's body is nobody's sentence.
_MAX_ERROR_BODY = 1_000_000

# One read of httpcore, a byte at a time. A transport of the user's own may have no end of them.
_MAX_BUFFERED_PIECES = 65_536


class Requestor:
    """Sends requests over a client's connections, with a client's settings."""

    def __init__(self, connections: Connections, secret: Secret, options: Options) -> None:
        self.connections = connections
        self.secret = secret
        self.options = options

    def execute(
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
        request = self.build_operation(build, *args, **kwargs)
        response = self.send(request)
        outcome = _responses.parse_response(
            request,
            response.status_code,
            response.headers,
            response.content,
            self.secret.redact,
            lambda payload: read(normalize_envelope(payload, request.result)),
        )
        if isinstance(outcome, ChatRoutesError):
            raise outcome
        return outcome

    def build_operation(
        self, build: Callable[P, Request], *args: P.args, **kwargs: P.kwargs
    ) -> Request:
        """Build a request.

        Raises:
            ValidationError: none can be made of these arguments.
        """
        try:
            return build(*args, **kwargs)
        except InvalidArgument as problem:
            raise ValidationError(f"Nothing was sent: {problem}.") from None

    def send(self, request: Request) -> httpx.Response:
        """Send a request, again where that may help, and read its answer to the end.

        Raises:
            ChatRoutesError: there was no answer, or it was not a success.
        """
        outgoing = self.build_request(request)
        retries_made = 0
        while True:
            try:
                response = self.send_once(request, outgoing, retries_made)
                return response
            except ChatRoutesError as error:
                failed = error
            self.sleep_before_retry(request, failed, retries_made)
            retries_made += 1

    def build_request(self, request: Request) -> httpx.Request:
        """Make a request ready for all its tries.

        Raises:
            ValidationError: it can never be sent.
        """
        content = encode_body(request)
        try:
            return self.connections.pool().build_request(
                request.method,
                parse_url(self.options.base_url + request.path),
                params=request.query or None,
                headers=build_headers(request, self.options, self.secret),
                content=content,
                timeout=to_httpx_timeout(self.options),
            )
        except INVALID_REQUEST_ERRORS as problem:
            failed = map_httpx_error(request, problem)
        raise failed

    def send_once(
        self, request: Request, outgoing: httpx.Request, retries_made: int, *, stream: bool = False
    ) -> httpx.Response:
        """Try once. A stream is left open after its headers; any other answer is read to its end.

        Raises:
            ChatRoutesError: what the try ended in.
        """
        started = monotonic()
        status = 0
        try:
            response = self.connections.pool().send(outgoing, stream=stream)
            status = response.status_code
            if response.is_success:
                return response
            failed = _responses.make_status_error(
                request,
                status,
                response.headers,
                read_error_body(response) if stream else response.content,
                self.secret.redact,
                time(),
            )
        except TRANSPORT_ERRORS as problem:
            failed = map_httpx_error(request, problem)
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

    def sleep_before_retry(
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
            jitter=random.random(),
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
        sleep(delay)


def read_error_body(response: httpx.Response) -> bytes:
    """Read as much of an open answer as an error may quote, and close it."""
    content = bytearray()
    pieces = response.iter_bytes()
    try:
        for piece in pieces:
            content += piece
            if len(content) > _MAX_ERROR_BODY:
                break
    finally:
        close_response(response, pieces)
    return bytes(content)


def iter_raw_body(response: httpx.Response) -> Iterator[bytes]:
    """The body of an open answer as it comes: straight from the transport, where nothing is packed."""
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.iter_bytes()
    coming: Any = response.stream
    return iter(coming)


def close_response(response: httpx.Response, pieces: Iterator[bytes] | None) -> None:
    """Close an answer: its connection goes back if all was read, and is closed if not."""
    response.close()
    if pieces is not None:
        # Half-read, the iterators within httpx would wait for the garbage collector, of which event
        # loops complain. Reading on from what is closed gives what had come already, and then ends
        # them; how it fails does not matter.
        try:
            for _ in range(_MAX_BUFFERED_PIECES):
                next(pieces)
        except Exception as problem:  # noqa: BLE001  see above
            without_frames(problem)
