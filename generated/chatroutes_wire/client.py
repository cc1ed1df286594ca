# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""What all operations share: the request that each builds, and the steps of building and reading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
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
        raise InvalidArgument(f"{name} must be a string, not {_called(value)}")
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
        raise InvalidArgument(f"{operation} takes its parameters as a dict, not {_called(params)}")
    given: dict[str, Any] = {}
    for name, value in cast("Mapping[str, Any]", params).items():
        if value is None:
            continue
        if value == "":
            raise InvalidArgument(f"{name} must not be empty")
        if not isinstance(value, (str, int, float)):
            raise InvalidArgument(f"{name} must be a string or a number, not {_called(value)}")
        given[name] = value
    return given


def body_of(operation: str, body: object, *ids: str) -> object:
    """Check that a body is an object whose ids, where given, are not empty."""
    if not isinstance(body, dict):
        raise InvalidArgument(f"{operation} takes its data as a dict, not {_called(body)}")
    fields = cast("dict[str, object]", body)
    for name in ids:
        if fields.get(name) == "":
            raise InvalidArgument(f"{name} must not be empty")
    return fields


def read_object(
    payload: object, result: str | None, required: tuple[str, ...], **parts: str
) -> Any:
    """Take the result, an object, out of its envelope.

    It must have one of the properties that the contract requires, or it is another object. Those of
    them that are lists or objects must all be there, since a program would stumble over them:
    `parts` says of each whether it is "an object", "a list" or a list of "objects".
    """
    value = _data(payload, result)
    _check(_place(result), value, dict, "an object")
    fields = cast("dict[str, Any]", value)
    if required and not any(name in fields for name in required):
        raise UnexpectedPayload(f"{_place(result)} has none of {', '.join(required)}")
    for name, kind in parts.items():
        if name not in fields:
            raise UnexpectedPayload(f"{_place(result)} has no {name}")
        place = f"{_place(result)}.{name}"
        if kind == "an object":
            _check(place, fields[name], dict, kind)
        else:
            _check(place, fields[name], list, "a list")
        if kind == "objects":
            _check_objects(place, fields[name])
    return fields


def read_list(payload: object, result: str | None) -> Any:
    """Take the result, a list of objects, out of its envelope."""
    value = _data(payload, result)
    _check(_place(result), value, list, "a list")
    _check_objects(_place(result), cast("list[object]", value))
    return value


def has_all(value: object, names: tuple[str, ...]) -> bool:
    """Whether a value is an object with all of these properties."""
    return isinstance(value, dict) and all(name in value for name in names)


def iso_text(time: datetime) -> str:
    """Write a time as the contract has it: UTC, milliseconds, `Z`. A time without a zone is UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    text = aware.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _check(place: str, value: object, kind: type, wanted: str) -> None:
    if not isinstance(value, kind):
        raise UnexpectedPayload(f"{place} is {_named(value)}, not {wanted}")


def _check_objects(place: str, items: list[object]) -> None:
    for item in items:
        if not isinstance(item, dict):
            raise UnexpectedPayload(f"{place} holds {_named(item)}, not objects alone")


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


def _called(value: object) -> str:
    """Name a value's kind in the words of Python, without showing it."""
    return "None" if value is None else type(value).__name__


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
