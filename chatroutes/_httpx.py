"""Everything that both clients do with httpx: TLS, proxies, timeouts, building requests, mapping errors."""

from __future__ import annotations

import functools
import socket
import ssl
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from chatroutes_wire.client import Request

from . import _json
from ._concurrency import shut_down
from ._hints import proxy_hint, tls_hint
from ._options import Options
from ._responses import describe_request
from ._tracebacks import clear_locals
from .errors import (
    ChatRoutesError,
    NetworkError,
    RequestTimeoutError,
    ResponseError,
    invalid_argument,
)

# Each stream holds a connection for as long as it runs, so the number of connections is not limited.
LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=100)

# The errors of sending and reading. httpx maps most errors of the network; the others are OSErrors.
TRANSPORT_ERRORS: Final = (httpx.HTTPError, OSError)

# The errors of building a request: the URL is too long, or a string contains half a surrogate pair.
INVALID_REQUEST_ERRORS: Final = (httpx.InvalidURL, UnicodeError)


@functools.cache
def ssl_context() -> ssl.SSLContext:
    """Return the SSL context of all clients. Loading its certificates takes most of a client's setup."""
    return httpx.create_ssl_context()


def ssl_context_for(base_url: str) -> ssl.SSLContext:
    """Return the SSL context for a URL. For plain HTTP it is an empty one, which trusts no certificate."""
    if base_url.lower().startswith("https:"):
        return ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def find_proxy(base_url: str) -> httpx.Proxy | None:
    """Return the proxy that the environment, or the operating system, names for a URL.

    Raises:
        ValidationError: If the proxy's URL is invalid.
    """
    url = urlsplit(base_url)
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(url.netloc) or proxy_bypass(url.hostname or ""):
        return None
    try:
        return httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
    except (ValueError, httpx.InvalidURL):
        without_password = proxy.rpartition("@")[2]
    raise invalid_argument(
        f"Nothing was sent: the environment names the proxy {without_password!r} for {base_url}, "
        "which is not a URL with the scheme http, https, socks5 or socks5h. Correct the variable, "
        "or add the host to NO_PROXY."
    )


def applicable_proxies(base_url: str) -> dict[str, str]:
    """Return the proxies of the environment for a base URL, by scheme. Empty if the host is excepted."""
    url = urlsplit(base_url)
    if not url.hostname or proxy_bypass(url.netloc) or proxy_bypass(url.hostname):
        return {}
    return getproxies()


def to_httpx_timeout(options: Options) -> httpx.Timeout:
    """Return the timeout of a client's options as an `httpx.Timeout`."""
    return (
        options.timeout
        if isinstance(options.timeout, httpx.Timeout)
        else httpx.Timeout(options.timeout)
    )


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


def map_httpx_error(
    request: Request, error: BaseException, url: httpx.URL | None = None, base_url: str = ""
) -> ChatRoutesError:
    """Return the error of the SDK for an exception of httpx or the network.

    Args:
        request: The request that failed.
        error: One of `TRANSPORT_ERRORS` or `INVALID_REQUEST_ERRORS`.
        url: Where the request was sent, if it was built.
        base_url: The base URL of the client.
    """
    operation = describe_request(request)
    text = _error_text(error)
    server = f"{url.scheme}://{url.netloc.decode('ascii')}" if url is not None else "the service"
    if isinstance(error, httpx.TimeoutException):
        phase = _TIMEOUT_PHASES.get(type(error), f"{server} did not respond")
        return RequestTimeoutError(
            f"Timed out: {phase.format(server=server)} within the timeout ({text}). "
            "Pass a longer timeout if the service needs more time.",
            status_code=0,
            operation=operation,
        )
    if isinstance(error, httpx.DecodingError):
        return ResponseError(
            f"The body of the response cannot be decompressed ({text}).",
            status_code=200,
            operation=operation,
        )
    if isinstance(
        error, (*INVALID_REQUEST_ERRORS, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
    ):
        return invalid_argument(f"The request cannot be sent ({text}).", operation=operation)
    hint = tls_hint(base_url, text) or proxy_hint(base_url, applicable_proxies(base_url))
    if isinstance(error, httpx.ProxyError):
        message = f"The proxy cannot connect to {server} ({text})."
        hint = hint or "Check the proxy and base_url."
    elif isinstance(error, httpx.ConnectError):
        message = f"Cannot connect to {server} ({text})."
        hint = hint or "Is the server running? Check base_url."
    else:
        message = f"The connection to {server} was lost ({text})."
        if (
            url is not None
            and url.scheme == "http"
            and isinstance(error, httpx.RemoteProtocolError)
        ):
            hint = hint or "If the server uses TLS, use https:// in base_url."
    if hint and url is not None:
        hint = f"The URL was {url.copy_with(query=None)}. {hint}"
    return NetworkError(message, status_code=0, operation=operation, hint=hint)


def hide_api_key(
    error: BaseException, request: httpx.Request, handled: BaseException | None
) -> None:
    """Remove the API key from an exception of httpx or the network, and keep everything else.

    Its `request` is replaced by one without the `Authorization` header, and the local variables of
    the frames that it was raised in are cleared. Its traceback and its causes stay.

    Args:
        error: The exception.
        request: The request that failed.
        handled: As for `clear_locals`.
    """
    headers = [each for each in request.headers.multi_items() if each[0] != "authorization"]
    safe_request = httpx.Request(request.method, request.url, headers=headers)
    if isinstance(error, (httpx.RequestError, httpx.HTTPStatusError)):
        error.request = safe_request
    if isinstance(error, httpx.HTTPStatusError):  # raised by an event hook of the user's client
        error.response.request = safe_request
    clear_locals(error, handled)


def find_response_socket(response: httpx.Response) -> Any:
    """Return the socket that only this response is read from, or None.

    An HTTP/2 connection is shared with other responses. A transport of the user may have no socket,
    and those of uvloop cannot be shut down.
    """
    if response.extensions.get("http_version") == b"HTTP/2":
        return None
    stream: Any = response.extensions.get("network_stream")
    sock = stream.get_extra_info("socket") if stream is not None else None
    return None if type(sock).__module__.startswith("uvloop") else sock


def find_request_socket(transport: Any, request: httpx.Request) -> Any:
    """Return the socket on which a request waits for its response, or None.

    httpcore names the socket of a response only, so this looks into the pool of an httpx transport.
    """
    for waiting in list(getattr(getattr(transport, "_pool", None), "_requests", ())):
        if waiting.request.extensions is request.extensions:
            connection = _established_connection(waiting.connection)
            return _socket_of(connection) if "HTTP11" in type(connection).__name__ else None
    return None


def interrupt_reads(transport: Any) -> None:
    """Wake the threads that wait for a response of an httpx transport that is about to be closed.

    Closing a socket does not wake a thread that waits for it. An event loop does wake its tasks.
    """
    for connection in list(getattr(getattr(transport, "_pool", None), "connections", ())):
        sock = _socket_of(_established_connection(connection))
        if isinstance(sock, socket.socket):
            shut_down(sock)


def _established_connection(connection: Any) -> Any:
    """Return the connection inside the wrappers of httpcore, which connect it and tunnel it."""
    while inner := getattr(connection, "_connection", None):
        connection = inner
    return connection


def _socket_of(connection: Any) -> Any:
    stream = getattr(connection, "_network_stream", None)
    return None if stream is None else stream.get_extra_info("socket")


def _error_text(error: BaseException) -> str:
    """Return the type of an exception and its text, or the text of its first cause that has one."""
    cause: BaseException | None = error
    while cause is not None:
        if str(cause):
            return f"{type(error).__name__}: {cause}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


_TIMEOUT_PHASES: Final[dict[type[httpx.TimeoutException], str]] = {
    httpx.ConnectTimeout: "no connection to {server} could be made",
    httpx.ReadTimeout: "{server} sent no response",
    httpx.WriteTimeout: "{server} did not accept the request",
    httpx.PoolTimeout: "no connection became free",
}
