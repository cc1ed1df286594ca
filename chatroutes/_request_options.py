"""The options of one call, which every method of a resource takes as keyword arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from ._options import MAX_KEY_LENGTH

if TYPE_CHECKING:
    import httpx
else:  # get_type_hints() looks the name up
    from . import _lazy_types

    httpx = _lazy_types.httpx


class RequestOptions(TypedDict, total=False):
    """The keyword arguments of one call. Each replaces the option of the client."""

    timeout: float | httpx.Timeout | None
    """How long to wait for each step, in seconds; None for no limit."""
    deadline: float | None
    """How long the whole call may take, in seconds; None for no limit."""
    headers: Mapping[str, str]
    """Headers to add to those of the client."""
    idempotency_key: str | None
    """The `Idempotency-Key` of the request. A call that is repeated with its key returns the first result.
    Default: a new key for each call. A GET has none."""
    retry_attempts: int
    """How many times to retry the request."""


class StreamOptions(RequestOptions, total=False):
    """The keyword arguments of one stream."""

    first_event_timeout: float | None
    """How long each attempt may take until its first event, in seconds; None for no limit."""


def require_known_options(options: RequestOptions, is_stream: bool) -> None:
    """Check that the keyword arguments of a call are options.

    Raises:
        TypeError: If there is no such option.
    """
    known = (StreamOptions if is_stream else RequestOptions).__annotations__
    for name in options:
        if name not in known:
            from ._unknown_fields import find_similar_name

            similar = find_similar_name(name, known)
            raise TypeError(
                f"There is no keyword argument {name!r}"
                + (f"; did you mean {similar!r}? " if similar else ". ")
                + f"The options of a call are {', '.join(known)}. The fields of a request are passed "
                "in a dict."
            )


def call_options(options: Mapping[str, Any], step: str, number: int) -> Any:
    """Return the options of one of several requests. Each has an idempotency key of its own."""
    changed = dict(options)
    if changed.get("idempotency_key") is not None:
        changed["idempotency_key"] = limit_key(f"{changed['idempotency_key']}-{step}-{number}")
    if step != "message":
        changed.pop("first_event_timeout", None)
    return changed


def limit_key(key: str) -> str:
    """Return an idempotency key, or its hash if it is longer than the contract allows."""
    from hashlib import sha256

    return key if len(key) <= MAX_KEY_LENGTH else sha256(key.encode()).hexdigest()


def _pydantic_schema(source: Any, handler: Any) -> Any:
    """Let pydantic read the options: a timeout is a number or an instance of `httpx.Timeout`.

    On Python 3.11, pydantic rejects the TypedDicts of `typing`, so that it reads a copy.
    """
    import typing_extensions  # a dependency of pydantic

    make: Any = typing_extensions.TypedDict
    copy = make(source.__name__, source.__annotations__, total=False)
    copy.__module__, copy.__doc__ = source.__module__, source.__doc__
    copy.__pydantic_config__ = {"arbitrary_types_allowed": True}
    return handler(copy)


_bundles: tuple[Any, ...] = (RequestOptions, StreamOptions)
for _bundle in _bundles:
    _bundle.__get_pydantic_core_schema__ = _pydantic_schema
