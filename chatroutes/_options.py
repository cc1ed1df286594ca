"""The options of a client, validated, and its API key, which no repr shows."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, Self, SupportsIndex, TypeVar, cast
from urllib.parse import urlsplit

from ._fork import first_use_lock
from .errors import invalid_argument

T = TypeVar("T")

DEFAULT_BASE_URL: Final = "https://api.chatroutes.com/api/v1"
DEFAULT_MAX_RESPONSE_SIZE: Final = 256 * 1024 * 1024  # bytes

# The names of the transports.
HTTPX: Final = "httpx"
FAST: Final = "fast"


class NotGiven:
    """The type of `NOT_GIVEN`: the default of an argument for which None has a meaning."""

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN: Final = NotGiven()

# The longest wait, in seconds. A socket counts milliseconds in 32 bits: it ends a wait of more than 24 days
# at a wrong time, or raises an OverflowError.
MAX_WAIT: Final = 2_000_000.0

# The longest idempotency key that the contract allows, in characters.
MAX_KEY_LENGTH: Final = 255

# Regular expressions are compiled when they are first used.

# The user information of a URL, https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1
_CREDENTIALS: Final = r"//[^/?#]*@"

# A token, https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
_HEADER_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"


class Secret:
    """An API key that is not shown by repr, `vars()`, pickle or the local variables of a traceback."""

    __slots__ = ("_redact", "_reveal")

    def __init__(self, key: Any) -> None:
        self._reveal: Callable[[], Any] = lambda: key
        self._redact: Callable[[str], str] | None = None

    def validate(self) -> None:
        """Check that the key can be sent.

        Raises:
            ValidationError: If the key is missing or invalid. The message does not show it.
        """
        problem = _key_problem(self._reveal())
        if problem is not None:
            raise invalid_argument(problem)

    def reveal(self) -> str:
        """Return the key."""
        return cast("str", self._reveal())

    def authorization(self) -> str:
        """Return the value of the `Authorization` header."""
        return f"ApiKey {self._reveal()}"

    def redact(self, value: T) -> T:
        """Replace the key in what a server sent: bytes, text, or decoded JSON, which is changed in place."""
        redact = self._redact
        if redact is None:
            with first_use_lock:
                from ._redaction import make_redact
            redact = self._redact = make_redact(self._reveal())
        if isinstance(value, str):
            return cast("T", redact(value))
        if isinstance(value, bytes):
            return cast("T", redact(value.decode("latin-1")).encode("latin-1"))
        root: list[Any] = [value]
        containers: list[Any] = [root]
        while containers:  # a loop, because JSON can be nested deeper than Python can recurse
            container = containers.pop()
            is_object = isinstance(container, dict)
            items: list[tuple[Any, Any]]
            items = [*container.items()] if is_object else [*enumerate(container)]
            if is_object:
                container.clear()
            for name, item in items:
                if isinstance(item, (list, dict)):
                    containers.append(item)
                container[redact(name) if is_object else name] = (
                    redact(item) if isinstance(item, str) else item
                )
        return cast("T", root[0])

    def __repr__(self) -> str:
        return "Secret(***)"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_to_pickle("A ChatRoutes client")


def refuse_to_pickle(name: str) -> NoReturn:
    """Raise the error for pickling an object that belongs to this process.

    Raises:
        TypeError: Always.
    """
    raise TypeError(
        f"{name} cannot be pickled, because its connections and its API key belong to this process. "
        "Create the client in the process that uses it."
    )


class Options:
    """The options of a client or a view. `timeout` is in seconds, None, or an `httpx.Timeout`.

    If `first_event_timeout` is NOT_GIVEN, `timeout` also limits the wait for the first event.
    """

    def __init__(
        self,
        *,
        base_url: str,
        timeout: Any,
        retry_attempts: int,
        retry_delay: float,
        headers: Mapping[str, str],
        max_response_size: int = DEFAULT_MAX_RESPONSE_SIZE,
        first_event_timeout: float | NotGiven | None = NOT_GIVEN,
        deadline: float | None = None,
        idempotency_key: str | None = None,
        telemetry: Any = None,  # an Observer: importing `_observer` here would be slow
    ) -> None:
        self.base_url = base_url
        self.timeout = timeout
        self.retry_attempts = retry_attempts
        self.retry_delay = retry_delay
        self.headers = headers
        self.max_response_size = max_response_size
        self.first_event_timeout = first_event_timeout
        self.deadline = deadline
        self.idempotency_key = idempotency_key
        self.telemetry = telemetry

    def __repr__(self) -> str:
        # Headers may hold secrets.
        shown = {**vars(self), "headers": sorted(self.headers)}
        return f"Options({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def merge(self, **changes: object) -> Self:
        """Return a copy with some options replaced and headers added. NOT_GIVEN changes nothing.

        A header replaces one of the same name, in any case.
        """
        given: dict[str, Any] = {
            name: value for name, value in changes.items() if not isinstance(value, NotGiven)
        }
        headers = given.pop("headers", None)
        if headers is not None:
            given["headers"] = added = copy_headers(headers)
            if isinstance(added, dict):
                names = {str(name).lower() for name in cast("dict[object, object]", added)}
                kept = {
                    name: self.headers[name] for name in self.headers if name.lower() not in names
                }
                given["headers"] = {**kept, **added}
        return type(self)(**{**vars(self), **given})  # validate() checks the types


def copy_headers(headers: Any) -> Any:
    """Copy headers, so that later changes of the caller's dict have no effect on the client.

    Anything that is not a mapping is returned as it is, for `validate` to reject.
    """
    return dict(cast("Any", headers)) if isinstance(headers, Mapping) else headers


def limit_wait(seconds: float | None) -> float | None:
    """Return a number of seconds that a socket can wait, or None for no limit."""
    return None if seconds is None else min(seconds, MAX_WAIT)


def validate(options: Options) -> None:
    """Check the options of a client.

    Raises:
        ValidationError: If one of them is invalid.
    """
    problem = (
        _base_url_problem(options.base_url)
        or _timeout_problem(options.timeout)
        or _seconds_problem("first_event_timeout", options.first_event_timeout)
        or _seconds_problem("deadline", options.deadline)
        or _retries_problem(options.retry_attempts, options.retry_delay)
        or _headers_problem(options.headers)
        or _max_response_size_problem(options.max_response_size)
        or _idempotency_key_problem(options.idempotency_key)
    )
    if problem is not None:
        raise invalid_argument(problem)


def validate_transport(transport: object) -> None:
    """Check the name of a transport, and that what it needs is installed.

    Raises:
        ValidationError: If there is no such transport, or it is not installed.
    """
    if transport == HTTPX:
        return
    if transport != FAST:
        raise invalid_argument(
            "transport, or the environment variable CHATROUTES_TRANSPORT, must be 'httpx' or 'fast', "
            f"not {transport!r}."
        )
    from importlib.util import find_spec  # takes a millisecond to import

    if find_spec("httptools") is None:
        raise invalid_argument(
            "The transport 'fast' is not installed. Install it with: pip install \"chatroutes[fast]\"."
        )


def validate_headers(headers: object) -> None:
    """Check that headers can be sent.

    Raises:
        ValidationError: If one of them cannot.
    """
    problem = _headers_problem(headers)
    if problem is not None:
        raise invalid_argument(problem)


def _key_problem(key: object) -> str | None:
    if key is None or key == "":
        return (
            "There is no API key. Pass api_key, or set the environment variable CHATROUTES_API_KEY. "
            "To start without an account, run a local server: python -m chatroutes_server."
        )
    if not isinstance(key, str):
        return f"api_key must be a string, not {type(key).__name__}."
    if key.lower().startswith(("http://", "https://")):
        return "api_key is a URL. Pass the key as api_key, and the URL as base_url."
    if not key.isascii() or any(ord(character) <= 32 or ord(character) == 127 for character in key):
        return (
            "The API key contains a space, a line break or a character that is not ASCII, and cannot "
            "be sent. Check that only the key was copied."
        )
    return None


def _base_url_problem(url: object) -> str | None:
    if not isinstance(url, str):
        return f"base_url must be a string, not {type(url).__name__}."
    shown = re.sub(_CREDENTIALS, "//***@", url) if "@" in url else url
    if shown != url:
        return (
            f"base_url must not contain a user name or a password, as {shown!r} does: the API key is "
            "sent in their place. Pass an http_client with a proxy, or headers, if a gateway needs them."
        )
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        problem = f"{str(error)[:1].lower()}{str(error)[1:]}"
        return f"base_url must be a URL such as {DEFAULT_BASE_URL!r}, not {url!r}: {problem}."
    else:
        is_usable = is_usable and not parts.query and not parts.fragment
        if parts.scheme not in ("http", "https"):
            return (
                f"base_url must be a URL such as {DEFAULT_BASE_URL!r}, not {url!r}, which does not "
                "begin with http:// or https://."
            )
    if not is_usable or not url.isprintable() or " " in url:
        return f"base_url must be a URL such as {DEFAULT_BASE_URL!r}, not {url!r}."
    return None


def _max_response_size_problem(size: object) -> str | None:
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        return f"max_response_size must be a number of bytes from 1, not {size!r}."
    return None


def _timeout_problem(timeout: Any) -> str | None:
    if timeout is None:
        return None
    if isinstance(timeout, (int, float)) and not isinstance(timeout, bool):
        return _seconds_problem("timeout", timeout)
    # An httpx.Timeout is recognized by its attributes: importing httpx here would be slow.
    for name in ("connect", "read", "write", "pool"):
        part = getattr(timeout, name, timeout)
        if part is timeout or not isinstance(part, (int, float, type(None))):
            return f"timeout must be a number of seconds or an httpx.Timeout, not {timeout!r}."
        if part is not None and not 0 <= part < math.inf:
            return f"timeout must be at least 0 seconds in each of its parts, not {timeout!r}."
    return None


def _idempotency_key_problem(key: object) -> str | None:
    if key is None:
        return None
    if not isinstance(key, str) or not key:
        return f"idempotency_key must be a string with at least one character, not {key!r}."
    if len(key) > MAX_KEY_LENGTH:
        return f"idempotency_key must have at most {MAX_KEY_LENGTH} characters, not {len(key)}."
    return _headers_problem({"Idempotency-Key": key})


def _seconds_problem(name: str, seconds: object) -> str | None:
    if seconds is None or isinstance(seconds, NotGiven):
        return None
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, (int, float))
        or not 0 < seconds < math.inf
    ):
        return (
            f"{name} must be a positive number of seconds, or None for no limit, not {seconds!r}."
        )
    return None


def _retries_problem(attempts: object, delay: object) -> str | None:
    if isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < 0:
        return f"retry_attempts must be a whole number of at least 0, not {attempts!r}."
    if isinstance(delay, bool) or not isinstance(delay, (int, float)) or not 0 <= delay < math.inf:
        return f"retry_delay must be a number of seconds of at least 0, not {delay!r}."
    return None


def _headers_problem(headers: object) -> str | None:
    if not isinstance(headers, Mapping):
        return f"headers must be a dict of strings, not {type(headers).__name__}."
    for name, value in cast("Mapping[object, object]", headers).items():
        if not isinstance(name, str) or not isinstance(value, str):
            return f"headers must map strings to strings; {name!r} does not."
        if not name or any(character in "\r\n\0" for character in name + value):
            return f"The header {name!r} is empty or contains a line break, and cannot be sent."
        if not name.isascii() or not value.isascii():
            return (
                f"The header {name!r} contains a character that is not ASCII, and cannot be sent."
            )
        if value != value.strip():
            return f"The header {name!r} begins or ends with a blank, and cannot be sent."
        if not re.fullmatch(_HEADER_NAME, name) or not value.replace("\t", " ").isprintable():
            return f"The header {name!r} contains an invalid character, and cannot be sent."
    return None
