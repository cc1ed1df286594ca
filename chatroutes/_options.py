"""A client's settings: read from arguments and environment, checked, and kept without showing the key."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

T = TypeVar("T")

DEFAULT_BASE_URL: Final = "https://api.chatroutes.com/api/v1"

HTTPX: Final = "httpx"
FAST: Final = "fast"


class NotGiven:
    """The type of `NOT_GIVEN`: an argument left out, where None means something."""

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN: Final = NotGiven()

# A token, https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Secret:
    """An API key that no repr, `vars()` or pickle shows."""

    __slots__ = ("_reveal",)

    def __init__(self, key: str) -> None:
        self._reveal: Callable[[], str] = lambda: key

    def authorization(self) -> str:
        """The value of the `Authorization` header."""
        return f"ApiKey {self._reveal()}"

    def redact(self, told: T) -> T:
        """Take the key out of what a server may have echoed: bytes, or decoded JSON (in place)."""
        key = self._reveal()
        if isinstance(told, bytes):
            return cast("T", told.replace(key.encode("ascii"), b"***"))
        root: list[Any] = [told]
        containers: list[Any] = [root]
        while containers:
            container = containers.pop()
            named = isinstance(container, dict)
            items: list[tuple[Any, Any]]
            items = [*container.items()] if named else [*enumerate(container)]
            if named:
                container.clear()
            for name, value in items:
                if isinstance(value, (list, dict)):
                    containers.append(value)
                container[name.replace(key, "***") if named else name] = (
                    value.replace(key, "***") if isinstance(value, str) else value
                )
        return cast("T", root[0])

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str:
        raise TypeError("an API key is not to be pickled")


class Options(NamedTuple):
    """Checked settings. `timeout` is seconds, None for no limit, or an `httpx.Timeout`."""

    base_url: str
    timeout: Any
    retry_attempts: int
    retry_delay: float
    headers: Mapping[str, str]

    def merge(self, **changes: object) -> Options:
        """A copy with some settings changed; those that are NOT_GIVEN or None stay, headers add up."""
        given = {name: value for name, value in changes.items() if not isinstance(value, NotGiven)}
        if headers := given.pop("headers", None):
            more = copy_headers(headers)
            given["headers"] = {**self.headers, **more} if isinstance(more, dict) else more
        return self._replace(**given)  # type: ignore[arg-type]  # validate() checks what came in


def find_api_key_problem(key: object) -> str | None:
    """Say what is wrong with an API key, without showing it; None if nothing is."""
    if key is None or key == "":
        return (
            "There is no API key: pass api_key, or set the environment variable CHATROUTES_API_KEY."
        )
    if not isinstance(key, str):
        return f"api_key must be a string, not {type(key).__name__}."
    if not key.isascii() or any(ord(character) <= 32 or ord(character) == 127 for character in key):
        return (
            "The API key holds a space, a line break or a character that is not ASCII, and cannot be sent; "
            "perhaps more was copy_headers than the key."
        )
    return None


def find_transport_problem(transport: object) -> str | None:
    """Say why there is no such transport here; None if there is."""
    if transport not in (HTTPX, FAST):
        return (
            "transport, or the environment variable CHATROUTES_TRANSPORT, must be 'httpx' or 'fast', "
            f"not {transport!r}."
        )
    from importlib.util import find_spec  # which is felt where it is not needed

    if transport == FAST and find_spec("httptools") is None:
        return "The transport 'fast' needs more: pip install \"chatroutes[fast]\" installs it."
    return None


def validate(options: Options) -> str | None:
    """Say what is wrong with settings; None if nothing is."""
    return (
        _validate_url(options.base_url)
        or _validate_timeout(options.timeout)
        or _validate_retries(options.retry_attempts, options.retry_delay)
        or _validate_headers(options.headers)
    )


def _validate_url(url: object) -> str | None:
    if not isinstance(url, str):
        return f"base_url must be a string, not {type(url).__name__}."
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    else:
        usable = usable and not parts.query and not parts.fragment
    if not usable or not url.isprintable() or " " in url:
        return f"base_url must be an address such as {DEFAULT_BASE_URL!r}, not {url!r}."
    return None


def _validate_timeout(timeout: Any) -> str | None:
    if timeout is None:
        return None
    if isinstance(timeout, (int, float)) and not isinstance(timeout, bool):
        if math.isfinite(timeout) and timeout > 0:
            return None
        return (
            f"timeout must be a positive number of seconds, or None for no limit, not {timeout!r}."
        )
    # An httpx.Timeout, known by its parts: nothing here imports httpx.
    for name in ("connect", "read", "write", "pool"):
        part = getattr(timeout, name, timeout)
        if part is timeout or not isinstance(part, (int, float, type(None))):
            return f"timeout must be a number of seconds or an httpx.Timeout, not {timeout!r}."
        if part is not None and not (math.isfinite(part) and part >= 0):
            return f"timeout must be made of seconds from 0 on, not {timeout!r}."
    return None


def _validate_retries(attempts: object, delay: object) -> str | None:
    if isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < 0:
        return f"retry_attempts must be a whole number from 0 on, not {attempts!r}."
    if (
        isinstance(delay, bool)
        or not isinstance(delay, (int, float))
        or not (math.isfinite(delay) and delay >= 0)
    ):
        return f"retry_delay must be a number of seconds from 0 on, not {delay!r}."
    return None


def _validate_headers(headers: object) -> str | None:
    if not isinstance(headers, Mapping):
        return f"headers must be a dict of strings, not {type(headers).__name__}."
    for name, value in cast("Mapping[object, object]", headers).items():
        if not isinstance(name, str) or not isinstance(value, str):
            return f"headers must map strings to strings; {name!r} does not."
        if not name or any(character in "\r\n\0" for character in name + value):
            return f"The header {name!r} is empty or holds a line break, and cannot be sent."
        if not name.isascii() or not value.isascii():
            return f"The header {name!r} holds a character that is not ASCII, and cannot be sent."
        if not _HEADER_NAME.fullmatch(name) or not value.replace("\t", " ").isprintable():
            return f"The header {name!r} holds what no header may hold, and cannot be sent."
    return None


def copy_headers(headers: Any) -> Any:
    """Headers that do not change when their giver changes them; what are none stay, to be refused."""
    return dict(cast("Any", headers)) if isinstance(headers, Mapping) else headers
