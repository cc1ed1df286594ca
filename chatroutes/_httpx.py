"""What both modes do with httpx: one SSL context, requests made ready, and our errors for its own."""

from __future__ import annotations

import functools
import ssl
import uuid
from typing import Any, Final

import httpx

from chatroutes_wire.client import Request

from . import _json
from ._options import Options, Secret
from ._responses import asked
from ._version import __version__
from .errors import (
    ChatRoutesError,
    NetworkError,
    RequestTimeoutError,
    ResponseError,
    ValidationError,
)

USER_AGENT: Final = f"chatroutes-python/{__version__}"

# As many connections as a program has requests at once: each stream holds one for as long as it runs.
LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=100)

# What a try can end in besides an answer. httpx maps what it knows; the rest of the network is OSError.
FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, OSError)


@functools.cache
def ssl_context() -> ssl.SSLContext:
    """The context that all clients of a process share: loading its certificates is what a client costs."""
    return httpx.create_ssl_context()


def timeout_of(options: Options) -> httpx.Timeout:
    """The timeout as httpx has it."""
    return (
        options.timeout
        if isinstance(options.timeout, httpx.Timeout)
        else httpx.Timeout(options.timeout)
    )


def headers_of(request: Request, options: Options, secret: Secret) -> httpx.Headers:
    """The headers of all tries of a request. Their repr does not show the key."""
    headers = httpx.Headers({"User-Agent": USER_AGENT, "Accept": request.accept})
    headers["Authorization"] = secret.authorization()
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    if request.accept == "text/event-stream":
        # Compressed, an event may be held back until its block is full.
        headers["Accept-Encoding"] = "identity"
        headers["Cache-Control"] = "no-store"
    if request.idempotent_by_key:
        headers["Idempotency-Key"] = uuid.uuid4().hex
    headers.update(options.headers)
    return headers


def body_of(request: Request) -> bytes | None:
    """Encode the body.

    Raises:
        ValidationError: something in it has no form in JSON.
    """
    if request.body is None:
        return None
    try:
        return _json.dumps(request.body)
    except (TypeError, ValueError, RecursionError) as problem:
        message = f"The data cannot be written as JSON: {problem}."
    raise ValidationError(message, asked=asked(request))


def error_of(request: Request, problem: BaseException) -> ChatRoutesError:
    """Make our error of a failed try.

    The cause is kept for its words, without its traceback: its frames hold the headers, and with them the key.
    """
    what = asked(request)
    said = f"{type(problem).__name__}: {problem}" if str(problem) else type(problem).__name__
    error: ChatRoutesError
    if isinstance(problem, httpx.TimeoutException):
        doing = _WAITED_FOR.get(type(problem), "the service")
        error = RequestTimeoutError(
            f"Waited longer than the timeout for {doing} ({said}).", status_code=0, asked=what
        )
    elif isinstance(problem, httpx.DecodingError):
        error = ResponseError(
            f"The answer cannot be unpacked ({said}).", status_code=200, asked=what
        )
    elif isinstance(
        problem, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
    ):
        error = ValidationError(f"The request cannot be sent ({said}).", asked=what)
    elif isinstance(problem, (httpx.ConnectError, httpx.ProxyError)):
        error = NetworkError(f"No connection could be made ({said}).", status_code=0, asked=what)
    else:
        error = NetworkError(f"The connection was lost ({said}).", status_code=0, asked=what)
    cause: Any = problem
    cause.__traceback__ = cause.__cause__ = cause.__context__ = None
    error.__cause__ = cause
    return error


_WAITED_FOR: Final[dict[type[httpx.TimeoutException], str]] = {
    httpx.ConnectTimeout: "a connection",
    httpx.ReadTimeout: "an answer",
    httpx.WriteTimeout: "the service to take the request",
    httpx.PoolTimeout: "a free connection",
}
