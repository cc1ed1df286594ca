"""The errors of httpx and the network: how they become errors of the SDK, without the API key."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable
from typing import Any, Final, cast

import httpx

from chatroutes_wire.client import Request

from ._header_errors import HeaderTimeoutError, InterimResponsesError
from ._hints import proxy_hint, tls_hint
from ._httpx import INVALID_REQUEST_ERRORS
from ._proxies import EnvironmentProxy, applicable_proxies
from ._redaction import redact_text
from ._responses import describe_request
from ._stream_errors import timeout_error
from ._time_limits import ReachedLimit, TimeLimitError, format_seconds
from ._tracebacks import clear_locals, iter_causes
from .errors import (
    ChatRoutesError,
    NetworkError,
    RequestTimeoutError,
    ResponseError,
    invalid_argument,
)


def map_httpx_error(
    request: Request,
    error: BaseException,
    url: httpx.URL | None = None,
    base_url: str = "",
    proxy: EnvironmentProxy | None = None,
    *,
    elapsed: float | None = None,
    reached: ReachedLimit | None = None,
    responded: bool = False,
) -> ChatRoutesError:
    """Return the error of the SDK for an exception of httpx or the network.

    Args:
        request: The request that failed.
        error: One of `TRANSPORT_ERRORS` or `INVALID_REQUEST_ERRORS`.
        url: Where the request was sent, if it was built.
        base_url: The base URL of the client.
        proxy: The proxy of the environment that it was sent through, if any.
        elapsed: How long the attempt, or the wait for an event, has taken, in seconds.
        reached: The limit of the whole call that was reached, if any.
        responded: Whether the headers of a response had arrived.
    """
    operation = describe_request(request)
    text = _error_text(error)
    server = f"{url.scheme}://{url.netloc.decode('ascii')}" if url is not None else "the service"
    if reached is not None and isinstance(error, (httpx.TimeoutException, TimeLimitError)):
        return timeout_error(request, reached)
    if isinstance(error, httpx.TimeoutException):
        phase = next(
            (text for kind, text in _TIMEOUT_PHASES.items() if isinstance(error, kind)),
            "{server} did not respond",
        )
        after = "" if elapsed is None else f" after {format_seconds(elapsed)} s"
        # The texts of the event loops are about their own cancellation, which ends the wait.
        reason = text if isinstance(error, HeaderTimeoutError) else type(error).__name__
        return RequestTimeoutError(
            f"Timed out{after}: {phase.format(server=server)} within the timeout ({reason}). "
            "Pass a longer timeout if the service needs more time.",
            status_code=0,
            operation=operation,
            limit="timeout",
            elapsed=elapsed,
        )
    if isinstance(error, httpx.DecodingError):  # in an event hook, so that the status is unknown
        return ResponseError(
            f"The body of the response cannot be decompressed ({text}).",
            status_code=0,
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
    elif isinstance(error, InterimResponsesError):
        message = f"{server} sent no final response ({text})."
        hint = hint or "Check base_url."
    else:
        message = f"The connection to {server} was lost ({text})."
        if (
            url is not None
            and url.scheme == "http"
            and not responded
            and isinstance(error, httpx.RemoteProtocolError)
        ):
            hint = hint or "If the server uses TLS, use https:// in base_url."
    if hint and url is not None:
        hint = f"The URL was {url.copy_with(query=None)}. {hint}"
    return NetworkError(message, status_code=0, operation=operation, hint=hint)


def is_certificate_error(error: BaseException) -> bool:
    """Return whether an exception means that the certificate of the server cannot be verified."""
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in iter_causes(error, None))


def is_permanent(error: BaseException) -> bool:
    """Return whether the next attempt fails too: the certificate is not valid, or the server has no TLS."""
    if is_certificate_error(error):
        return True
    return isinstance(error, httpx.ConnectError) and any(
        isinstance(each, ssl.SSLError) and each.reason in _NOT_TLS
        for each in iter_causes(error, None)
    )


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
        text = re.sub(_ILLEGAL_HEADER, r"\1 ***", text)
        for secret in (key, *values):
            text = redact_text(text, secret)
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


def _error_text(error: BaseException) -> str:
    """Return the type of an exception and its text, or the text of its first cause that has one.

    An event loop that has tried all addresses of a host reports only that. The reason is in its causes.
    """
    if isinstance(error, httpx.ConnectError) and not str(error).startswith("["):
        for each in iter_causes(error, None):
            if type(each) in _REASONS and isinstance(each, OSError) and each.errno:
                reason = f"[Errno {each.errno}] {os.strerror(each.errno)}"
                if hasattr(each, "winerror"):  # on Windows, which has no text for these numbers
                    reason = str(each)
                return f"{type(error).__name__}: {reason}"
    cause: BaseException | None = error
    while cause is not None:
        if str(cause):
            return f"{type(error).__name__}: {cause}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


# The classes of the errors of a failed connect. Their subclasses, such as those of TLS, have other numbers.
_REASONS: Final = (
    OSError,
    ConnectionRefusedError,
    ConnectionResetError,
    TimeoutError,
    PermissionError,
)

# How versions of OpenSSL report a response without TLS to the first message of a handshake.
_NOT_TLS: Final = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")

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
# Compiled when it is used.
_ILLEGAL_HEADER: Final = r"(?s)(Illegal header (?:name|value)) b?(?:'.*'|\".*\")"


_TIMEOUT_PHASES: Final[dict[type[httpx.TimeoutException], str]] = {
    httpx.ConnectTimeout: "no connection to {server} could be made",
    httpx.ReadTimeout: "{server} sent no complete response",
    httpx.WriteTimeout: "{server} did not accept the request",
    httpx.PoolTimeout: "no connection became free",
}
