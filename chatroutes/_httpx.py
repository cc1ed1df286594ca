"""What both clients do with httpx: limits, timeouts, requests, and the sockets of connections."""

from __future__ import annotations

import functools
import ipaddress
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote, urlsplit

import httpx

from chatroutes_wire.client import Request

from . import _json
from ._concurrency import shut_down
from ._fork import first_use_lock
from ._options import Options, limit_wait
from ._responses import describe_request
from .errors import (
    invalid_argument,
)

if TYPE_CHECKING:
    import httpcore

    from ._observer import CallObserver, Observer, Reply
    from ._responses import Redact


# Each stream holds a connection for as long as it runs, so the number of connections is not limited.
LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=100)

# The errors of sending and reading. httpx maps most errors of the network; the others are OSErrors.
TRANSPORT_ERRORS: Final = (httpx.HTTPError, OSError)

# The errors of building a request: the URL is too long, or a string contains half a surrogate pair.
INVALID_REQUEST_ERRORS: Final = (httpx.InvalidURL, UnicodeError)

# The extension of a request with the observer of its call.
OBSERVER: Final = "chatroutes.observer"

# The extension of a request with the `TimeLimits` of its call.
TIME_LIMITS: Final = "chatroutes.time_limits"

# The extension of a request that the user's client sends, with the id of the `AsyncConnections`.
CONNECTIONS: Final = "chatroutes.connections"

# The extension of a response with the number of retries before it.
RETRIES_TAKEN: Final = "chatroutes.retries_taken"


def network_backend() -> httpcore.NetworkBackend:
    """Return what opens the sockets of synchronous connections."""
    import httpcore

    return httpcore.SyncBackend()


def network_backend_async() -> httpcore.AsyncNetworkBackend:
    """Return what opens the sockets of connections in the running event loop."""
    # httpcore defines both as an unrelated class if their package is missing.
    backends: Any = import_module("httpcore")
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return cast("httpcore.AsyncNetworkBackend", backends.TrioBackend())
    return cast("httpcore.AsyncNetworkBackend", backends.AnyIOBackend())


def warn_if_unencrypted(base_url: str) -> None:
    """Warn once for each host if the API key is sent to another machine without encryption."""
    url = urlsplit(base_url)
    host = url.hostname or ""
    address = parse_address(host)
    is_local = host == "localhost" or host.endswith(".localhost")
    if address is not None:
        is_local = address.is_loopback or address.is_unspecified
    if url.scheme != "http" or is_local or host in _warned_hosts:
        return
    _warned_hosts.add(host)
    with first_use_lock:
        from ._tracebacks import find_stacklevel

    warnings.warn(
        f"The API key is sent to {host} without encryption. Use a base_url that begins with https://.",
        UserWarning,
        stacklevel=find_stacklevel(),
    )


_warned_hosts: set[str] = set()


def parse_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that a host is, or None if the host is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def to_httpx_timeout(options: Options) -> httpx.Timeout:
    """Return the timeout of a client's options as an `httpx.Timeout`."""
    timeout = options.timeout
    if isinstance(timeout, httpx.Timeout):
        parts = timeout.as_dict().items()
        return httpx.Timeout(**{name: limit_wait(seconds) for name, seconds in parts})
    return httpx.Timeout(limit_wait(timeout))


def observe(
    request: Request, options: Options, redact: Callable[[str], str], reply: Reply | None = None
) -> CallObserver | None:
    """Begin to observe a call. Return None if the client has no telemetry.

    The arguments are those of `Observer.start_call`.
    """
    observer: Observer | None = options.telemetry
    return (
        None if observer is None else observer.start_call(request, options.base_url, redact, reply)
    )


def limit_steps(
    http_client: object,
    httpx_request: httpx.Request,
    options: Options,
    limit: Callable[[dict[str, float | None], float], dict[str, float | None]],
) -> None:
    """Reduce the timeouts of a request that the user's client sends, if there is one.

    The connections of the SDK limit each step themselves.

    Raises:
        TimeLimitError: If a limit was reached.
    """
    if http_client is not None:
        timeouts = to_httpx_timeout(options).as_dict()
        httpx_request.extensions["timeout"] = limit(timeouts, monotonic())


@functools.lru_cache(maxsize=128)
def parse_url(url: str) -> httpx.URL:
    """Parse a URL. Programs use a few URLs again and again, so the results are cached.

    Raises:
        httpx.InvalidURL: If the URL is invalid.
    """
    return httpx.URL(url)


def build_raw_request(method: object, path: object, params: object, body: object) -> Request:
    """Build the request of `client.request`, for an endpoint that the SDK does not wrap.

    Raises:
        ValidationError: If it cannot be sent, or would leave the base URL.
    """
    if not isinstance(method, str) or not (method.isascii() and method.isalpha()):
        raise invalid_argument(f"method must be a word such as 'GET', not {method!r}.")
    if not isinstance(path, str) or not path.startswith("/"):
        raise invalid_argument(
            f"path must begin with a slash and is relative to the base_url, not {path!r}."
        )
    if not path.isprintable() or "#" in path:
        raise invalid_argument(f"path contains characters that must be quoted: {path!r}.")
    route, _, query = path.partition("?")
    if any(unquote(segment) in (".", "..") for segment in route.split("/")):
        raise invalid_argument(f"path must not contain the segments '.' and '..': {path!r}.")
    if params is not None and not isinstance(params, Mapping):
        raise invalid_argument(f"params must be a dict, not {type(params).__name__}.")
    items = cast("Mapping[str, Any]", params or {}).items()
    given = {name: value for name, value in items if value is not None}
    if given and query:
        # httpx would replace a query in the path by the params.
        path, given = route, dict(httpx.QueryParams(query).merge(given))
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
    """Encode the body of a request as JSON.

    Raises:
        ValidationError: If JSON cannot represent it.
    """
    if request.body is None:
        return None
    try:
        return _json.dumps(request.body)
    except (TypeError, ValueError, RecursionError) as error:
        raise invalid_argument(
            f"The data cannot be written as JSON: {error}.", operation=describe_request(request)
        ) from error


def copy_headers(headers: Mapping[str, str], redact: Redact) -> httpx.Headers:
    """Copy the headers of a response without the API key, which a server may repeat in them."""
    pairs = headers.raw if isinstance(headers, httpx.Headers) else httpx.Headers(headers).raw
    return httpx.Headers([(redact(name), redact(value)) for name, value in pairs])


def kept_body(response: httpx.Response) -> bytes | None:
    """Return the body that an event hook of the user's client has read, or None."""
    try:
        return response.content
    except httpx.ResponseNotRead:
        return None


def drop_reason(response: httpx.Response) -> None:
    """Drop the reason phrase of a response, which may repeat the API key. httpx shows it in the repr.

    The `reason_phrase` of the response is then the usual one of its status.
    """
    response.extensions.pop("reason_phrase", None)


def find_response_socket(response: httpx.Response) -> Any:
    """Return the socket that only this response is read from, or None.

    An HTTP/2 connection is shared with other responses. A transport of the user may have no socket,
    and those of uvloop cannot be shut down.
    """
    if response.extensions.get("http_version") == b"HTTP/2":
        return None
    stream: Any = response.extensions.get("network_stream")
    return _stream_socket(stream)


def find_request_socket(transport: Any, request: httpx.Request) -> Any:
    """Return the socket on which a request waits for its response, or None.

    httpcore names the socket of a response only, so this looks into the pool of an httpx transport.
    """
    for waiting in _pooled_requests(transport):
        if waiting.request.extensions is request.extensions:
            return _request_socket(waiting)
    return None


def interrupt_requests(transport: Any, connections: int) -> None:
    """Interrupt the requests of an httpx transport that have this value in the extension CONNECTIONS.

    A request over HTTP/2, which shares its socket, and one that waits for a connection are not interrupted.
    """
    for waiting in _pooled_requests(transport):
        if waiting.request.extensions.get(CONNECTIONS) == connections:
            sock = _request_socket(waiting)
            if sock is not None:
                shut_down(sock)


def _pooled_requests(transport: Any) -> list[Any]:
    return list(getattr(getattr(transport, "_pool", None), "_requests", ()))


def _request_socket(waiting: Any) -> Any:
    connection = _established_connection(waiting.connection)
    return _socket_of(connection) if "HTTP11" in type(connection).__name__ else None


def _established_connection(connection: Any) -> Any:
    """Return the connection inside the wrappers of httpcore, which connect it and tunnel it."""
    while inner := getattr(connection, "_connection", None):
        connection = inner
    return connection


def _socket_of(connection: Any) -> Any:
    return _stream_socket(getattr(connection, "_network_stream", None))


def _stream_socket(stream: Any) -> Any:
    sock = None if stream is None else stream.get_extra_info("socket")
    return None if type(sock).__module__.startswith("uvloop") else sock
