# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""What all operations share: the request that each builds, and the steps of building and reading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple, cast
from urllib.parse import quote

from .errors import InvalidArgument, UnexpectedPayload


class Request(NamedTuple):
    """A request as data, for a client to send."""

    operation: str
    """The operationId."""
    method: str
    path: str
    """Below the base URL, each parameter quoted."""
    query: Mapping[str, Any] = {}
    body: object = None
    """What goes out as JSON; None for no body at all."""
    accept: str = "application/json"
    """The media type of the answer."""
    result: str | None = None
    """The property of the answer's `data` that holds the result; None where `data` is the result."""
    idempotent_by_key: bool = False
    """Whether the operation takes an `Idempotency-Key`."""


def path_segment(name: str, value: object) -> str:
    """Quote an id so that it stays one segment of the path, whatever is in it."""
    if not isinstance(value, str):
        raise InvalidArgument(f"{name} must be a string, not {_named(value)}")
    if not value.strip():
        raise InvalidArgument(f"{name} must not be empty")
    if value in (".", ".."):
        raise InvalidArgument(f"{name} must not be {value!r}: that names another path")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidArgument(f"{name} holds half a character and cannot be sent") from None


def query_of(operation: str, params: object) -> dict[str, Any]:
    """Keep the query parameters that are given; None means not given."""
    if params is None:
        return {}
    if not isinstance(params, Mapping):
        raise InvalidArgument(f"{operation} takes its parameters as a dict, not {_named(params)}")
    given: dict[str, Any] = {}
    for name, value in cast("Mapping[str, Any]", params).items():
        if value is None:
            continue
        if value == "":
            raise InvalidArgument(f"{name} must not be empty")
        if not isinstance(value, (str, int, float)):
            raise InvalidArgument(f"{name} must be a string or a number, not {_named(value)}")
        given[name] = value
    return given


def body_of(operation: str, body: object, *ids: str) -> object:
    """Check that a body is an object whose ids, where given, are not empty."""
    if not isinstance(body, dict):
        raise InvalidArgument(f"{operation} takes its data as a dict, not {_named(body)}")
    fields = cast("dict[str, object]", body)
    for name in ids:
        if fields.get(name) == "":
            raise InvalidArgument(f"{name} must not be empty")
    return fields


def read_object(
    payload: object, result: str | None, required: tuple[str, ...], **parts: type
) -> Any:
    """Take the result, an object, out of its envelope.

    It must have one of the properties that the contract requires, or it is another object. Those of
    them that are lists or objects, `parts`, must all be there: a program would stumble over them.
    """
    value = _data(payload, result)
    if not isinstance(value, dict):
        raise UnexpectedPayload(f"{_place(result)} is {_named(value)}, not an object")
    fields = cast("dict[str, Any]", value)
    if required and not any(name in fields for name in required):
        raise UnexpectedPayload(f"{_place(result)} has none of {', '.join(required)}")
    for name, kind in parts.items():
        if name not in fields:
            raise UnexpectedPayload(f"{_place(result)} has no {name}")
        if not isinstance(fields[name], kind):
            wanted = "a list" if kind is list else "an object"
            raise UnexpectedPayload(
                f"{_place(result)}.{name} is {_named(fields[name])}, not {wanted}"
            )
    return fields


def read_list(payload: object, result: str | None) -> Any:
    """Take the result, a list of objects, out of its envelope."""
    value = _data(payload, result)
    if not isinstance(value, list):
        raise UnexpectedPayload(f"{_place(result)} is {_named(value)}, not a list")
    items = cast("list[object]", value)
    for item in items:
        if not isinstance(item, dict):
            raise UnexpectedPayload(f"{_place(result)} holds {_named(item)}, not objects alone")
    return items


def has_all(value: object, names: tuple[str, ...]) -> bool:
    """Whether a value is an object with all of these properties."""
    return isinstance(value, dict) and all(name in value for name in names)


def iso_text(time: datetime) -> str:
    """Write a time as the contract has it: UTC, milliseconds, `Z`. A time without a zone is UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=timezone.utc)
    text = aware.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _data(payload: object, result: str | None) -> object:
    if not isinstance(payload, dict):
        raise UnexpectedPayload(f"the answer is {_named(payload)}, not an object")
    envelope = cast("dict[str, object]", payload)
    if "data" not in envelope:
        raise UnexpectedPayload("the answer has no data")
    data = envelope["data"]
    if result is None:
        return data
    if not isinstance(data, dict):
        raise UnexpectedPayload(f"data is {_named(data)}, not an object")
    fields = cast("dict[str, object]", data)
    if result not in fields:
        raise UnexpectedPayload(f"data has no {result}")
    return fields[result]


def _place(result: str | None) -> str:
    return "data" if result is None else f"data.{result}"


def _named(value: object) -> str:
    """Name a value's kind in the words of JSON, without showing it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string" if value else "an empty string"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    return f"a {type(value).__name__}"
