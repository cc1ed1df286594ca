"""Everything that both clients do with httpx: TLS, proxies, timeouts, building requests, mapping errors."""

from __future__ import annotations

import errno
import functools
import ipaddress
import os
import re
import socket
import ssl
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from chatroutes_wire.client import Request

from . import _json
from ._concurrency import shut_down
from ._hints import proxy_hint, tls_hint
from ._options import FAST, Options, redact_text
from ._responses import describe_request
from ._tracebacks import clear_locals, find_stacklevel, iter_causes
from .errors import (
    ChatRoutesError,
    NetworkError,
    RequestTimeoutError,
    ResponseError,
    invalid_argument,
)

if TYPE_CHECKING:
    import httpcore

# Each stream holds a connection for as long as it runs, so the number of connections is not limited.
LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=100)

# The errors of sending and reading. httpx maps most errors of the network; the others are OSErrors.
TRANSPORT_ERRORS: Final = (httpx.HTTPError, OSError)

# The errors of building a request: the URL is too long, or a string contains half a surrogate pair.
INVALID_REQUEST_ERRORS: Final = (httpx.InvalidURL, UnicodeError)


@functools.cache
def ssl_context() -> ssl.SSLContext:
    """Return the SSL context of all clients. Loading its certificates takes most of a client's setup.

    Raises:
        ValidationError: If `SSL_CERT_FILE` or `SSL_CERT_DIR` does not name certificates.
    """
    handled = sys.exc_info()[1]
    try:
        _check_certificate_folder()
        return httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError is an OSError
        for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            path = os.environ.get(variable)
            if path:
                clear_locals(error, handled)
                raise invalid_argument(
                    f"Nothing was sent: {variable} names {path!r}, and no certificate can be loaded "
                    f"from there ({error.strerror or error}). Correct or remove the variable."
                ) from error
        raise


# Another thread may use the context, and hold one of its locks, while a child is forked.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ssl_context.cache_clear)


def _check_certificate_folder() -> None:
    """Check `SSL_CERT_DIR`, if httpx uses it. OpenSSL ignores a folder that does not exist.

    Raises:
        OSError: If there is no such folder, or it is empty.
    """
    folder = os.environ.get("SSL_CERT_DIR")
    if not folder or os.environ.get("SSL_CERT_FILE"):
        return
    folders = folder.split(os.pathsep)
    if len(folders) == 1 and not os.listdir(folder):
        raise FileNotFoundError(errno.ENOENT, "the folder is empty", folder)


def ssl_context_for(base_url: str) -> ssl.SSLContext:
    """Return the SSL context for a URL. For plain HTTP it is an empty one, which trusts no certificate.

    Raises:
        ValidationError: As for `ssl_context`.
    """
    if base_url.lower().startswith("https:"):
        return ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


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
    address = _parse_address(host)
    is_local = host == "localhost" or host.endswith(".localhost")
    if address is not None:
        is_local = address.is_loopback
    if url.scheme != "http" or is_local or host in _warned_hosts:
        return
    _warned_hosts.add(host)
    warnings.warn(
        f"The API key is sent to {host} without encryption. Use a base_url that begins with https://.",
        UserWarning,
        stacklevel=find_stacklevel(),
    )


_warned_hosts: set[str] = set()


class EnvironmentProxy(NamedTuple):
    """A proxy, and the environment variable that names it."""

    proxy: httpx.Proxy
    variable: str

    def __str__(self) -> str:
        return f"{self.proxy.url} ({self.variable})"

    def validate(self, base_url: str, transport: str) -> None:
        """Check that a transport can use this proxy.

        Raises:
            ValidationError: If it cannot.
        """
        if transport == FAST:
            problem = "the transport 'fast' does not support proxies. Use the transport 'httpx'"
        elif self.proxy.url.scheme.startswith("socks") and not _has_socks_support():
            problem = (
                "a SOCKS proxy needs another package. Install it with `pip install "
                '"httpx[socks]"`'
            )
        else:
            return
        raise invalid_argument(
            f"Nothing was sent: {self.variable} names the proxy {self.proxy.url} for {base_url}, and "
            f"{problem}, correct the variable, or add the host to NO_PROXY."
        )

    def to_httpcore(self) -> httpcore.Proxy:
        """Return the same proxy for httpcore."""
        import httpcore

        proxy, url = self.proxy, self.proxy.url
        return httpcore.Proxy(
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            auth=proxy.raw_auth,
            headers=proxy.headers.raw,
            ssl_context=proxy.ssl_context,
        )


def find_proxy(base_url: str) -> EnvironmentProxy | None:
    """Return the proxy that the environment, or the operating system, names for a URL.

    Raises:
        ValidationError: If the proxy's URL is invalid.
    """
    url = urlsplit(base_url)
    proxies = getproxies()
    scheme = url.scheme if proxies.get(url.scheme) else "all"
    proxy = proxies.get(scheme)
    if not proxy or _bypasses_proxy(url, proxies.get("no", "")):
        return None
    variable = _variable_of_proxy(scheme)
    try:
        return EnvironmentProxy(
            httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}"), variable
        )
    except (ValueError, httpx.InvalidURL):
        without_password = proxy.rpartition("@")[2]
        hint = (
            "Write socks5:// instead of socks://"
            if proxy.lower().startswith("socks:")
            else "Correct the variable"
        )
    del proxy, proxies  # a traceback can show the local variables of this frame
    raise invalid_argument(
        f"Nothing was sent: {variable} names the proxy {without_password!r} for {base_url}, "
        "which is not a URL with the scheme http, https, socks5 or socks5h. "
        f"{hint}, or add the host to NO_PROXY."
    )


def _variable_of_proxy(scheme: str) -> str:
    """Return the environment variable that names the proxy for a scheme."""
    name = f"{scheme}_proxy"
    names = [each for each, value in os.environ.items() if each.lower() == name and value]
    if name in names or not names:
        return name if names else "the configuration of the operating system"
    return names[0]


def _bypasses_proxy(url: SplitResult, exceptions: str) -> bool:
    """Return whether requests to a URL use no proxy.

    `urllib` compares names only. Here, an exception can also be an address in brackets, a range of
    addresses such as `fd07::/64`, or begin with `*.`.
    """
    host = url.hostname or ""
    if proxy_bypass(url.netloc) or proxy_bypass(host):
        return True
    address = _parse_address(host)
    for exception in exceptions.lower().replace(",", " ").split():
        if address is None:
            name = exception.removeprefix("*.")
            if name != exception and (host == name or host.endswith(f".{name}")):
                return True
            continue
        bracket, _, port = exception.rpartition("]:")
        if bracket and port != str(url.port):
            continue
        name = (bracket or exception).strip("[]")
        try:
            if address in ipaddress.ip_network(name, strict=False):
                return True
        except ValueError:  # a name
            continue
    return False


def _parse_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _has_socks_support() -> bool:
    return find_spec("socksio") is not None


def applicable_proxies(base_url: str) -> dict[str, str]:
    """Return the proxies of the environment for a base URL, by scheme. Empty if the host is excepted."""
    url = urlsplit(base_url)
    proxies = getproxies()
    if not url.hostname or _bypasses_proxy(url, proxies.get("no", "")):
        return {}
    return proxies


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
    request: Request,
    error: BaseException,
    url: httpx.URL | None = None,
    base_url: str = "",
    proxy: EnvironmentProxy | None = None,
) -> ChatRoutesError:
    """Return the error of the SDK for an exception of httpx or the network.

    Args:
        request: The request that failed.
        error: One of `TRANSPORT_ERRORS` or `INVALID_REQUEST_ERRORS`.
        url: Where the request was sent, if it was built.
        base_url: The base URL of the client.
        proxy: The proxy of the environment that it was sent through, if any.
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
    through = f" through the proxy {proxy}" if proxy is not None else ""
    if is_certificate_error(error):
        message = f"The certificate of {server} cannot be verified{through} ({text})."
        hint = (
            "Check base_url. If the certificate is of a private authority, name its file in "
            "SSL_CERT_FILE."
        )
    elif isinstance(error, httpx.ProxyError):
        name = proxy or "of the http_client"
        message = f"The proxy {name} cannot connect to {server} ({text})."
        hint = hint or "Check the proxy and base_url."
    elif isinstance(error, httpx.ConnectError) and proxy is not None:
        message = f"Cannot connect to {server}{through} ({text})."
        hint = hint or ("Is the proxy running? Correct the variable, or add the host to NO_PROXY.")
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


def drop_reason(response: httpx.Response) -> None:
    """Drop the reason phrase of a response, which may repeat the API key. httpx shows it in the repr.

    The `reason_phrase` of the response is then the usual one of its status.
    """
    response.extensions.pop("reason_phrase", None)


def is_certificate_error(error: BaseException) -> bool:
    """Return whether an exception means that the certificate of the server cannot be verified."""
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in iter_causes(error, None))


def hide_api_key(
    error: BaseException, request: httpx.Request, handled: BaseException | None
) -> None:
    """Remove the API key from an exception of httpx or the network, and keep everything else.

    - Its `request` is replaced by one without the headers that may hold a secret.
    - What it quotes of the response is redacted: a server may repeat the key in a malformed header.
    - The local variables of the frames that it was raised in are cleared.

    The same is done for its causes. The tracebacks and the causes themselves stay.

    Args:
        error: The exception.
        request: The request that failed.
        handled: As for `clear_locals`.
    """
    headers = [each for each in request.headers.multi_items() if each[0] in _PUBLIC_HEADERS]
    safe_request = httpx.Request(request.method, request.url, headers=headers)
    redact = _make_redact(request)
    for each in iter_causes(error, handled):
        if isinstance(each, (httpx.RequestError, httpx.HTTPStatusError)):
            each.request = safe_request
        if isinstance(each, httpx.HTTPStatusError):  # raised by an event hook of the user's client
            each.response.request = safe_request
        _redact_exception(each, redact)
    clear_locals(error, handled)


def _make_redact(request: httpx.Request) -> Callable[[str], str]:
    """Return a function that replaces the secrets of a request in a text."""
    values = [value for name, value in request.headers.items() if name not in _PUBLIC_HEADERS]
    key = request.headers.get("authorization", "").partition(" ")[2]

    def redact(text: str) -> str:
        text = _ILLEGAL_HEADER.sub(r"\1 ***", text)
        for secret in (key, *values):
            for form in {secret, repr(secret)[1:-1]}:  # an exception may quote the repr
                text = redact_text(text, form)
        return text

    return redact


def _redact_exception(error: BaseException, redact: Callable[[str], str]) -> None:
    """Redact the arguments and the attributes of an exception."""

    def redacted(value: object) -> Any:
        if isinstance(value, str):
            return redact(value)
        if isinstance(value, (bytes, bytearray)):
            return redact(value.decode("latin-1")).encode("latin-1")
        if isinstance(value, (list, tuple, dict, set)):
            text = repr(cast("object", value))
            safe = redact(text)
            return cast("object", value) if safe == text else safe
        return value

    # httpcore passes the exception that it handled as the argument of its own.
    error.args = tuple(
        redact(str(each)) if isinstance(each, BaseException) else redacted(each)
        for each in error.args
    )
    for name, value in list(vars(error).items()):
        safe = redacted(value)
        if safe is not value and safe != value:
            setattr(error, name, safe)
    if isinstance(error, OSError):
        for name in ("strerror", "filename", "filename2"):
            value = getattr(error, name)
            if value is not None and redacted(value) != value:
                setattr(error, name, redacted(value))


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


# The headers of a request that hold no secret.
_PUBLIC_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "cache-control",
        "connection",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "transfer-encoding",
        "user-agent",
    }
)

# What h11 says about a header of the request; the value follows.
_ILLEGAL_HEADER: Final = re.compile(r"(Illegal header (?:name|value)) b?(?:'.*'|\".*\")", re.DOTALL)

_TIMEOUT_PHASES: Final[dict[type[httpx.TimeoutException], str]] = {
    httpx.ConnectTimeout: "no connection to {server} could be made",
    httpx.ReadTimeout: "{server} sent no response",
    httpx.WriteTimeout: "{server} did not accept the request",
    httpx.PoolTimeout: "no connection became free",
}
