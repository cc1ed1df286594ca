"""Sends requests: builds them, retries them, and reads the responses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from time import monotonic, time
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import httpx

from chatroutes_wire.client import Request
from chatroutes_wire.errors import InvalidArgument

from .. import _lazy_types as types
from .._content import ContentError
from .._fork import first_use_lock
from .._headers import build_headers
from .._httpx import (
    INVALID_REQUEST_ERRORS,
    OBSERVER,
    RETRIES_TAKEN,
    TIME_LIMITS,
    TRANSPORT_ERRORS,
    encode_body,
    limit_steps,
    observe,
    parse_url,
    to_httpx_timeout,
)
from .._logging import logger
from .._options import NOT_GIVEN, NotGiven, Options, Secret, validate
from .._responses import ResponseReader, is_event_stream
from ..errors import ChatRoutesError, invalid_argument
from .connections import AsyncConnections
from .response_body import (
    read_body,
    read_error_body,
    require_kept_body,
    require_supported_encoding,
)
from .transports import build_request

if TYPE_CHECKING:
    from .._batch_rate_limiter import AsyncRateLimiter
    from .._interruption import AsyncSleeper
    from .._observer import CallObserver
    from .._response_errors import ResponseErrors
    from .._responses import Redact
    from .._time_limits import TimeLimits

    R = TypeVar("R", bound="AsyncRequestor")

P = ParamSpec("P")
T = TypeVar("T")


class AsyncRequestor:
    """Sends requests over the connections of a client, with the options of the client or of a view."""

    def __init__(
        self,
        connections: AsyncConnections,
        secret: Secret,
        options: Options,
        limits: TimeLimits | None = None,
    ) -> None:
        self.options = options
        self.responses: ResponseReader = ResponseReader(
            secret.redact, partial(_make_errors, secret.redact, options.base_url)
        )
        self._connections = connections
        self._secret = secret
        self._limits = limits

    def redact(self, text: str) -> str:
        """Replace the API key in a text that goes into an error."""
        return self._secret.redact(text)

    async def execute(
        self,
        build: Callable[P, Request],
        read: Callable[[object], T],
        options: types.RequestOptions,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Call an operation: build its request, send it, and read its response.

        Args:
            build: Builds the request from the other arguments.
            read: Returns the result from the decoded response.
            options: The options of this call.
            *args: Arguments of `build`.
            **kwargs: Arguments of `build`.

        Raises:
            ChatRoutesError: If the operation failed.
        """
        requestor = self.for_call(options) if options else self
        request = requestor.build_operation_request(build, *args, **kwargs)
        observer = observe(request, requestor.options, self.redact)
        if observer is None:
            return requestor.read_result(request, await requestor.send(request), read)
        with observer:
            response = await requestor.send(request, observer)
            return observer.record(requestor.read_result(request, response, read))

    def read_result(
        self, request: Request, response: httpx.Response, read: Callable[[object], T]
    ) -> T:
        """Return what `execute` returns for a response. A subclass may return the response itself."""
        return self.responses.parse_response(request, response, read)

    def with_class(self, requestor_class: type[R]) -> R:
        """Return a requestor of another class with the same connections and options."""
        return requestor_class(self._connections, self._secret, self.options, self._limits)

    def for_call(self, options: types.RequestOptions, *, is_stream: bool = False) -> AsyncRequestor:
        """Return a requestor with the options of one call, or of one stream.

        Raises:
            TypeError: If there is no such option.
            ValidationError: If an option is invalid.
        """
        if not options:
            return self
        from .._request_options import require_known_options

        require_known_options(options, is_stream)
        merged = self.options.merge(**options)
        validate(merged)
        return type(self)(self._connections, self._secret, merged)

    def begin_call(
        self, options: types.RequestOptions, *, is_stream: bool = False, started: float = 0
    ) -> AsyncRequestor:
        """Return a requestor for the requests of one call, which have the same deadline.

        Raises:
            TypeError: If there is no such option.
            ValidationError: If an option is invalid.
        """
        requestor = self.for_call(options, is_stream=is_stream)
        if requestor.options.deadline is not None and requestor._limits is None:
            first_event = requestor.options.first_event_timeout if is_stream else NOT_GIVEN
            limits = _begin_limits(requestor.options.deadline, first_event, started or monotonic())
            requestor = type(self)(self._connections, self._secret, requestor.options, limits)
        return requestor

    def build_operation_request(
        self, build: Callable[P, Request], /, *args: P.args, **kwargs: P.kwargs
    ) -> Request:
        """Build the request of an operation.

        Raises:
            ValidationError: If an argument is invalid.
        """
        try:
            request = build(*args, **kwargs)
        except InvalidArgument as error:
            raise invalid_argument(f"Nothing was sent: {error}.") from error
        if unknown := request.unknown_fields():
            from .._unknown_fields import warn_unknown_fields

            warn_unknown_fields(request.operation, unknown, request.known_fields or ())
        return request

    async def send(self, request: Request, observer: CallObserver | None = None) -> httpx.Response:
        """Send a request, retry it by the rules of `_retry`, and read the whole response.

        Raises:
            ChatRoutesError: If there was no response, or its status was not a success.
        """
        httpx_request = self.build_request(request)
        if observer is not None:
            httpx_request.extensions[OBSERVER] = observer
        limits = None if self.options.deadline is None else self.start_time_limits(httpx_request)
        retries_made = 0
        while True:
            try:
                return await self.send_once(request, httpx_request, retries_made)
            except ChatRoutesError as error:
                if not await self.sleep_before_retry(request, error, retries_made, limits):
                    raise
            retries_made += 1

    def build_request(self, request: Request) -> httpx.Request:
        """Build the httpx request that all attempts send.

        Raises:
            ValidationError: If it cannot be sent.
        """
        handled = sys.exception()
        content = encode_body(request)
        try:
            return build_request(
                self._connections.http_client,
                self._connections,
                request.method,
                parse_url(self.options.base_url + request.path),
                params=request.query or None,
                headers=build_headers(request, self.options, self._secret),
                content=content,
                timeout=to_httpx_timeout(self.options),
            )
        except INVALID_REQUEST_ERRORS as error:
            with first_use_lock:
                from .._tracebacks import clear_locals
                from .._transport_errors import map_httpx_error
            clear_locals(error, handled)
            raise map_httpx_error(request, error) from error

    def start_time_limits(
        self, httpx_request: httpx.Request, *, stream: bool = False
    ) -> TimeLimits | None:
        """Begin the limits of a whole call. Return None if it has none.

        Args:
            httpx_request: The request that all attempts of the call send. It refers to the limits.
            stream: Whether the response is an event stream.
        """
        options = self.options
        first_event_timeout = options.first_event_timeout if stream else NOT_GIVEN
        if options.deadline is None and isinstance(first_event_timeout, NotGiven):
            return None
        limits = self._limits or _begin_limits(options.deadline, first_event_timeout, monotonic())
        httpx_request.extensions[TIME_LIMITS] = limits
        return limits

    async def send_once(
        self,
        request: Request,
        httpx_request: httpx.Request,
        retries_made: int,
        *,
        stream: bool = False,
    ) -> httpx.Response:
        """Make one attempt to send a request.

        Args:
            request: The request.
            httpx_request: The same request, as `build_request` returned it.
            retries_made: How many attempts were made before this one, for the log.
            stream: Whether the response must be an event stream. Its body is left unread. The body of
                any other success is read, and the beginning of the body of an error.

        Raises:
            ChatRoutesError: If there was no response, its status was not a success, or it was not
                the event stream that was requested.
        """
        observer: CallObserver | None = httpx_request.extensions.get(OBSERVER)
        if observer is None:
            return await self._attempt(request, httpx_request, retries_made, stream)
        with observer.attempt(httpx_request.headers):
            return await self._attempt(request, httpx_request, retries_made, stream)

    async def _attempt(
        self, request: Request, httpx_request: httpx.Request, retries_made: int, stream: bool
    ) -> httpx.Response:
        transport = self._connections.current_transport()
        http_client = self._connections.http_client
        handled = sys.exception()
        started = monotonic()
        status = 0
        response: httpx.Response | None = None
        limits: TimeLimits | None = httpx_request.extensions.get(TIME_LIMITS)
        try:
            if limits is not None:
                limits.start_attempt(started)
                limit_steps(http_client, httpx_request, self.options, limits.limit_steps)
            response = await transport.send(httpx_request)
            status = response.status_code
            response.extensions[RETRIES_TAKEN] = retries_made
            if limits is not None:
                limit_steps(http_client, httpx_request, self.options, limits.limit_body)
            if response.is_closed or response.is_stream_consumed:
                await require_kept_body(request, response, self.responses)
            if stream and response.is_success and is_event_stream(response.headers):
                await require_supported_encoding(response)
                return response
            if stream or not response.is_success:
                raise self.responses.errors.make_response_error(
                    request,
                    status,
                    response.headers,
                    await read_error_body(response, limits),
                    time(),
                )
            await self.read_body(response, limits)
            response.elapsed = timedelta(seconds=monotonic() - started)
            return response
        except (ContentError, *TRANSPORT_ERRORS) as error:
            with first_use_lock:
                from .._failed_attempts import attempt_error
            # Without a local variable for the new error, which keeps this frame.
            raise self.replace_if_closed(
                attempt_error(
                    error,
                    request,
                    httpx_request,
                    response,
                    self.responses.errors,
                    self.options.base_url,
                    transport.proxy,
                    started,
                    handled,
                )
            ) from error
        finally:
            logger.debug(
                "%s %s: %s after %.0f ms, attempt %d",
                request.method,
                request.path,
                status or "no response",
                (monotonic() - started) * 1000,
                retries_made + 1,
            )

    async def read_body(self, response: httpx.Response, limits: TimeLimits | None) -> None:
        """Read the body of a success. A subclass may leave it unread."""
        await read_body(response, self.options.max_response_size, limits)

    def find_socket(self, httpx_request: httpx.Request) -> Any:
        """Return the socket on which a request waits for its response, or None."""
        try:
            return self._connections.current_transport().find_socket(httpx_request)
        except ChatRoutesError:  # the client was closed
            return None

    async def sleep_before_retry(
        self,
        request: Request,
        error: ChatRoutesError,
        retries_made: int,
        limits: TimeLimits | None = None,
        sleeper: AsyncSleeper | AsyncRateLimiter | None = None,
    ) -> bool:
        """Sleep until the next attempt is due. Return False at once if no retry is due.

        Raises:
            ChatRoutesError: If the client is closed, before or meanwhile.
        """
        with first_use_lock:
            from .._failed_attempts import delay_before_next_attempt
        options = self.options
        delay = delay_before_next_attempt(error, options, retries_made, limits)
        if delay is None:
            return False
        if sleeper is None:
            with first_use_lock:
                from .._interruption import AsyncSleeper
            sleeper = AsyncSleeper()
        with self.wake_on_close(sleeper.wake):
            logger.warning(
                "%s %s: %s, retrying in %.1f s (retry %d of %d)",
                request.method,
                request.path,
                error.status_code or type(error).__name__,
                delay,
                retries_made + 1,
                options.retry_attempts,
            )
            await sleeper.sleep(delay)
        return True

    def wake_on_close(self, wake: Callable[[], object]) -> AbstractContextManager[None]:
        """Call `wake` if the client is closed while the block waits: see `AsyncConnections`."""
        return self._connections.wake_on_close(wake)

    def replace_if_closed(self, error: ChatRoutesError) -> ChatRoutesError:
        """Return the error of a closed client for a connection that was lost because it was closed."""
        return self._connections.replace_if_closed(error)


# What most programs do not need is imported at its first use, under a lock that forking waits for.


def _make_errors(redact: Redact, base_url: str) -> ResponseErrors:
    from .._failed_attempts import make_response_errors

    return make_response_errors(redact, base_url)


def _begin_limits(
    deadline: float | None, first_event_timeout: float | NotGiven | None, now: float
) -> TimeLimits:
    with first_use_lock:
        from .._time_limits import TimeLimits
    return TimeLimits(deadline, first_event_timeout, now)
