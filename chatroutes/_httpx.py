"""What both modes do with httpx: one SSL context, requests made ready, and our errors for its own."""

from __future__ import annotations

import functools
import os
import ssl
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from chatroutes_wire.client import Request

from . import _json
from ._options import Options, Secret
from ._responses import describe_request
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
TRANSPORT_ERRORS: Final = (httpx.HTTPError, OSError)

# Why httpx makes no request: it is too long, or holds half a character.
INVALID_REQUEST_ERRORS: Final = (httpx.InvalidURL, UnicodeError)


@functools.cache
def ssl_context() -> ssl.SSLContext:
    """The context that all clients of a process share: loading its certificates is what a client costs."""
    return httpx.create_ssl_context()


def ssl_context_for(base_url: str) -> ssl.SSLContext:
    """The context for an address. Where there is no TLS, one without certificates, which trusts nobody."""
    if base_url.lower().startswith("https:"):
        return ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def has_proxies() -> bool:
    """Whether httpx would find a proxy in the environment, or in the settings of the system."""
    return not {"http", "https", "all"}.isdisjoint(getproxies())


def find_proxy(base_url: str) -> str | None:
    """The host of the proxy that the environment, or the system, has for an address."""
    address = urlsplit(base_url)
    proxies = getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(address.netloc):
        return None
    return proxy.rpartition("@")[2]  # its password is nobody's to read


def to_httpx_timeout(options: Options) -> httpx.Timeout:
    """The timeout as httpx has it."""
    return (
        options.timeout
        if isinstance(options.timeout, httpx.Timeout)
        else httpx.Timeout(options.timeout)
    )


@functools.lru_cache(maxsize=128)
def parse_url(address: str) -> httpx.URL:
    """Parse an address: a program asks for the same few again and again, such as those of a conversation.

    Raises:
        httpx.InvalidURL: it is none that httpx would send to.
    """
    return httpx.URL(address)


def build_headers(request: Request, options: Options, secret: Secret) -> httpx.Headers:
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
        headers["Idempotency-Key"] = os.urandom(16).hex()
    headers.update(options.headers)
    return headers


def build_raw_request(method: object, path: object, params: object, body: object) -> Request:
    """Make a request that no operation stands for.

    Raises:
        ValidationError: it cannot be sent, or not below the base URL.
    """
    if not isinstance(method, str) or not (method.isascii() and method.isalpha()):
        raise ValidationError(f"method must be a word such as 'GET', not {method!r}.")
    if not isinstance(path, str) or not path.startswith("/"):
        raise ValidationError(
            f"path must begin with a slash and is taken below the base_url, not {path!r}."
        )
    if not path.isprintable() or "#" in path:
        raise ValidationError(f"path holds what must be quoted in it: {path!r}.")
    place, _, query = path.partition("?")
    if any(unquote(segment) in (".", "..") for segment in place.split("/")):
        raise ValidationError(f"path must not hold '.' or '..' between slashes: {path!r}.")
    if params is not None and not isinstance(params, Mapping):
        raise ValidationError(f"params must be a dict, not {type(params).__name__}.")
    asked_for = cast("Mapping[str, Any]", params or {})
    given = {name: value for name, value in asked_for.items() if value is not None}
    if given and query:
        # httpx lets its params take the place of a query that is there already.
        path, given = place, dict(httpx.QueryParams(query).merge(given))
    method = method.upper()
    return Request(
        operation="request",
        method=method,
        path=path,
        query=given,
        body=body,
        idempotent_by_key=method == "POST",
    )


def encode_body(request: Request) -> bytes | None:
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
    raise ValidationError(message, asked=describe_request(request))


def map_httpx_error(request: Request, problem: BaseException) -> ChatRoutesError:
    """Make our error of a failed try.

    The cause is kept for its words, without its traceback and its request: they hold the headers, and
    with them the key.
    """
    what = describe_request(request)
    said = _error_text(problem)
    error: ChatRoutesError
    if isinstance(problem, httpx.TimeoutException):
        doing = _TIMEOUT_PHASES.get(type(problem), "the service")
        error = RequestTimeoutError(
            f"Waited longer than the timeout for {doing} ({said}).", status_code=0, asked=what
        )
    elif isinstance(problem, httpx.DecodingError):
        error = ResponseError(
            f"The answer cannot be unpacked ({said}).", status_code=200, asked=what
        )
    elif isinstance(
        problem, (*INVALID_REQUEST_ERRORS, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
    ):
        error = ValidationError(f"The request cannot be sent ({said}).", asked=what)
    elif isinstance(problem, (httpx.ConnectError, httpx.ProxyError)):
        error = NetworkError(f"No connection could be made ({said}).", status_code=0, asked=what)
    else:
        error = NetworkError(f"The connection was lost ({said}).", status_code=0, asked=what)
    if isinstance(problem, httpx.RequestError):
        problem.request = httpx.Request(request.method, request.path)
    without_frames(problem)
    error.__cause__ = problem
    return error


def _error_text(problem: BaseException) -> str:
    """An exception's own words; where it has none, those of what led to it."""
    reason: BaseException | None = problem
    while reason is not None:
        if str(reason):
            return f"{type(problem).__name__}: {reason}"
        reason = reason.__cause__ or reason.__context__
    return type(problem).__name__


def without_frames(problem: BaseException) -> None:
    """Cut an exception off from the frames that it came through, and from those that led to it.

    httpx and httpcore leave cycles of exceptions and frames behind, and with the frames all that is
    on the stack, down to the user's own variables: it would live until the garbage collector comes.
    """
    reason: BaseException | None = problem
    while reason is not None:
        earlier = reason.__cause__ or reason.__context__
        reason.__traceback__ = reason.__cause__ = reason.__context__ = None
        reason = earlier


_TIMEOUT_PHASES: Final[dict[type[httpx.TimeoutException], str]] = {
    httpx.ConnectTimeout: "a connection",
    httpx.ReadTimeout: "an answer",
    httpx.WriteTimeout: "the service to take the request",
    httpx.PoolTimeout: "a free connection",
}
