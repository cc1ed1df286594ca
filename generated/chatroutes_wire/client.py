# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The request type, and the functions that the operations use to build requests and to read responses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast
from urllib.parse import quote

from .errors import InvalidArgument, UnexpectedPayload


class Request(NamedTuple):
    """A request that a client can send."""

    operation: str
    """The operationId."""
    method: str
    path: str
    """The path below the base URL, with quoted parameters."""
    query: Mapping[str, Any] = {}
    body: object = None
    """The body, to be encoded as JSON. None if the request has no body."""
    accept: str = "application/json"
    """The media type of the response."""
    result: str | None = None
    """The property of the response's `data` that contains the result. None if `data` is the result."""
    idempotent_by_key: bool = False
    """Whether the operation accepts an `Idempotency-Key`."""
    known_fields: frozenset[str] | None = None
    """The query parameters and the properties of the body that the contract defines. None if unknown."""

    def unknown_fields(self) -> list[str]:
        """Return the names of query parameters and of properties of the body that are not known."""
        if self.known_fields is None:
            return []
        names = [*self.query]
        body: Any = self.body
        if isinstance(body, Mapping):
            names.extend(cast("Mapping[str, object]", body))
        return [name for name in names if name not in self.known_fields]


class _LazyTypes:
    """The names of `types` for annotations. The module is imported when one is looked up."""

    def __getattr__(self, name: str) -> object:
        from . import types

        return getattr(types, name)


lazy_types = _LazyTypes()


def quote_path_segment(name: str, value: object) -> str:
    """Return an id quoted as one segment of a path."""
    if not isinstance(value, str):
        raise InvalidArgument(f"{name} must be a string, not {_python_type(value)}")
    if not value.strip():
        raise InvalidArgument(f"{name} must not be empty")
    if value in (".", ".."):
        raise InvalidArgument(f"{name} must not be {value!r}, which refers to another path")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidArgument(
            f"{name} contains an unpaired surrogate and cannot be encoded"
        ) from None


def check_query(operation: str, params: object) -> dict[str, Any]:
    """Return the query parameters without those that are None."""
    if params is None:
        return {}
    if not isinstance(params, Mapping):
        raise InvalidArgument(
            f"{operation} takes its parameters as a dict, not {_python_type(params)}"
        )
    given: dict[str, Any] = {}
    for name, value in cast("Mapping[str, Any]", params).items():
        if value is None:
            continue
        if value == "":
            raise InvalidArgument(f"{name} must not be empty")
        if not isinstance(value, (str, int, float)):
            raise InvalidArgument(f"{name} must be a string or a number, not {_python_type(value)}")
        given[name] = value
    return given


def check_body(operation: str, body: object, *ids: str) -> object:
    """Return the body. Raise InvalidArgument if it is not a dict or if one of the `ids` is empty."""
    if not isinstance(body, dict):
        raise InvalidArgument(f"{operation} takes its data as a dict, not {_python_type(body)}")
    fields = cast("dict[str, object]", body)
    for name in ids:
        if fields.get(name) == "":
            raise InvalidArgument(f"{name} must not be empty")
    return fields


def read_object(
    payload: object, result: str | None, required: tuple[str, ...], **parts: str
) -> Any:
    """Return the result, an object, from a response.

    The object must have at least one of the properties in `required`. Without any of them, it is
    another object. The properties in `parts` must all exist, because programs access them as lists
    or objects. The value in `parts` is the expected type: "an object", "a list" or "objects" (a list
    of objects).
    """
    value = _unwrap(payload, result)
    _check_type(_pointer(result), value, dict, "an object")
    fields = cast("dict[str, Any]", value)
    if required and not any(name in fields for name in required):
        raise UnexpectedPayload(f"{_pointer(result)} has none of {', '.join(required)}")
    for name, kind in parts.items():
        if name not in fields:
            raise UnexpectedPayload(f"{_pointer(result)} has no {name}")
        pointer = f"{_pointer(result)}.{name}"
        if kind == "an object":
            _check_type(pointer, fields[name], dict, kind)
        else:
            _check_type(pointer, fields[name], list, "a list")
        if kind == "objects":
            _check_items(pointer, fields[name])
    return fields


def read_list(payload: object, result: str | None) -> Any:
    """Return the result, a list of objects, from a response."""
    value = _unwrap(payload, result)
    _check_type(_pointer(result), value, list, "a list")
    _check_items(_pointer(result), cast("list[object]", value))
    return value


def has_all(value: object, names: tuple[str, ...]) -> bool:
    """Return whether a value is an object that has all of these properties."""
    return isinstance(value, dict) and all(name in value for name in names)


def check_object(name: str, value: object) -> Mapping[str, Any]:
    """Return a value that is an object. Raise ValueError with the name if it is not."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {_json_type(value)}, not an object")
    return cast("Mapping[str, Any]", value)


def check_list(name: str, value: object) -> Any:
    """Return a value that is a list. Raise ValueError with the name if it is not."""
    if not isinstance(value, list):
        raise ValueError(f"{name} is {_json_type(value)}, not a list")
    return cast("list[object]", value)


def parse_time(name: str, value: object) -> datetime:
    """Return a time. Raise ValueError with the name if the value is not a time in ISO 8601.

    A time without a time zone is taken as UTC.
    """
    from dateutil.parser import isoparse  # only the models need it

    if not isinstance(value, str):
        raise ValueError(f"{name} is {_json_type(value)}, not a time in ISO 8601")
    try:
        time = isoparse(value)
    except ValueError as error:
        raise ValueError(f"{name} is {value!r}, not a time in ISO 8601") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def format_time(time: datetime) -> str:
    """Format a time in UTC with milliseconds and `Z`. A time without a time zone is taken as UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    text = aware.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _check_type(pointer: str, value: object, kind: type, expected: str) -> None:
    if not isinstance(value, kind):
        raise UnexpectedPayload(f"{pointer} is {_json_type(value)}, not {expected}")


def _check_items(pointer: str, items: list[object]) -> None:
    for item in items:
        if not isinstance(item, dict):
            raise UnexpectedPayload(f"{pointer} contains {_json_type(item)}, not only objects")


def _unwrap(payload: object, result: str | None) -> object:
    if not isinstance(payload, dict):
        raise UnexpectedPayload(f"the response is {_json_type(payload)}, not an object")
    envelope = cast("dict[str, object]", payload)
    if "data" not in envelope:
        raise UnexpectedPayload("the response has no data")
    data = envelope["data"]
    if result is None:
        return data
    if not isinstance(data, dict):
        raise UnexpectedPayload(f"data is {_json_type(data)}, not an object")
    fields = cast("dict[str, object]", data)
    if result not in fields:
        raise UnexpectedPayload(f"data has no {result}")
    return fields[result]


def _pointer(result: str | None) -> str:
    return "data" if result is None else f"data.{result}"


def _python_type(value: object) -> str:
    """Return the name of the Python type of a value."""
    return "None" if value is None else type(value).__name__


def _json_type(value: object) -> str:
    """Return the name of the JSON type of a value."""
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
