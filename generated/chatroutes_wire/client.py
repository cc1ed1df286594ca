# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The request type, and the functions that the operations use to build requests and to read responses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, cast
from urllib.parse import quote

from .errors import InvalidArgument, UnexpectedPayload


class Request:
    """A request that a client can send. Creating a NamedTuple would double the time of importing this module.

    Attributes:
        operation: The operationId.
        method: The HTTP method.
        path: The path below the base URL, with quoted parameters.
        query: The query parameters.
        headers: The headers.
        body: The body, to be encoded as JSON. None if the request has no body.
        accept: The media type of the response.
        result: The property of the response's `data` that contains the result. None if `data` is the
            result.
        enveloped: Whether the response has the result in `data`. If not, the response is the result.
        idempotent_by_key: Whether the operation accepts an `Idempotency-Key`.
        known_fields: The query parameters, headers and properties of the body that the contract defines.
            None if unknown.
    """

    def __init__(
        self,
        operation: str,
        method: str,
        path: str,
        query: Mapping[str, Any] = {},
        headers: Mapping[str, str] = {},
        body: object = None,
        accept: str = "application/json",
        result: str | None = None,
        enveloped: bool = True,
        idempotent_by_key: bool = False,
        known_fields: frozenset[str] | None = None,
    ) -> None:
        self.operation = operation
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.accept = accept
        self.result = result
        self.enveloped = enveloped
        self.idempotent_by_key = idempotent_by_key
        self.known_fields = known_fields

    def unknown_fields(self) -> list[str]:
        """Return the names of query parameters, headers and properties of the body that are not known."""
        if self.known_fields is None:
            return []
        names = [*self.query, *self.headers]
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


def quote_path_segment(name: str, value: object, *kinds: str) -> str:
    """Return a path parameter quoted as one segment of a path.

    `kinds` are the JSON types that the parameter can have. Without any, it is a string.
    """
    text = value if isinstance(value, str) and (not kinds or "a string" in kinds) else None
    if text is None:
        is_allowed = kinds and _has_kind(value, kinds)
        if not is_allowed or (isinstance(value, float) and "a number" not in kinds):
            expected = " or ".join(kinds or ("a string",))
            raise InvalidArgument(f"{name} must be {expected}, not {describe_argument(value)}")
        text = _to_text(value)
    if not text.strip():
        raise InvalidArgument(f"{name} must not be empty")
    if text in (".", ".."):
        raise InvalidArgument(f"{name} must not be {value!r}, which refers to another path")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise InvalidArgument(
            f"{name} contains an unpaired surrogate and cannot be encoded"
        ) from None


def check_query(
    operation: str,
    params: object,
    *,
    required: tuple[str, ...] = (),
    lists: tuple[str, ...] = (),
    may_be_empty: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the query parameters without those that are None. The `lists` can have several values."""
    given = _check_mapping(operation, "parameters", params, required)
    for name, value in given.items():
        if value == "" and name not in may_be_empty:
            raise InvalidArgument(f"{name} must not be empty")
        if name in lists and isinstance(value, (list, tuple)):
            for item in cast("list[object]", value):
                if not isinstance(item, (str, int, float)):
                    raise InvalidArgument(f"{name} must not contain {_python_type(item)}")
            if not value and name in required:
                raise InvalidArgument(f"{name} must not be empty")
        elif not isinstance(value, (str, int, float)):
            raise InvalidArgument(
                f"{name} must be a string or a number, not {describe_argument(value)}"
            )
    return given


def check_headers(
    operation: str, headers: object, *, required: tuple[str, ...] = ()
) -> dict[str, str]:
    """Return the headers as strings, without those that are None."""
    given = _check_mapping(operation, "headers", headers, required)
    for name, value in given.items():
        if not isinstance(value, (str, int, float)):
            raise InvalidArgument(f"{name} must be a string or a number, not {_python_type(value)}")
        text = _to_text(value)
        if not (text.isascii() and text.isprintable()):
            raise InvalidArgument(f"{name} contains characters that a header cannot have")
        given[name] = text
    return given


def check_body(operation: str, body: object, *ids: str, example: str | None = None) -> object:
    """Return the body. Raise InvalidArgument if it is not a dict or if one of the `ids` is invalid.

    `example` is a property that the error message shows in a dict.
    """
    if not isinstance(body, dict):
        shown = " such as {" + repr(example) + ": ...}" if example else ""
        raise InvalidArgument(
            f"{operation} takes its data as a dict{shown}, not {_python_type(body)}"
        )
    fields = cast("dict[str, object]", body)
    for name in ids:
        if fields.get(name) == "":
            raise InvalidArgument(f"{name} must not be empty")
        if _has_id(fields.get(name)):
            raise InvalidArgument(f"{name} must be an id, not {describe_argument(fields[name])}")
    return fields


def check_list_body(operation: str, body: object) -> object:
    """Return the body. Raise InvalidArgument if it is not a list."""
    if not isinstance(body, list):
        raise InvalidArgument(f"{operation} takes its data as a list, not {_python_type(body)}")
    return cast("list[object]", body)


def read_object(
    payload: object,
    result: str | None,
    required: tuple[str, ...],
    parts: Mapping[str, str] = {},
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
            _check_items(pointer, fields[name], ("an object",))
    return fields


def read_list(payload: object, result: str | None, *kinds: str) -> Any:
    """Return the result, a list, from a response.

    `kinds` are the JSON types that the items can have. Without any, they are objects.
    """
    value = _unwrap(payload, result)
    _check_type(_pointer(result), value, list, "a list")
    _check_items(_pointer(result), cast("list[object]", value), kinds or ("an object",))
    return value


def read_value(payload: object, result: str | None, *kinds: str) -> Any:
    """Return the result from a response. `kinds` are the JSON types that it can have."""
    value = _unwrap(payload, result)
    if not _has_kind(value, kinds):
        raise UnexpectedPayload(
            f"{_pointer(result)} is {_json_type(value)}, not {' or '.join(kinds)}"
        )
    return value


def has_all(value: object, names: tuple[str, ...], constants: Mapping[str, object] = {}) -> bool:
    """Return whether a value is an object that has all of these properties, and these values."""
    if not isinstance(value, Mapping):
        return False
    fields = cast("Mapping[str, object]", value)
    return all(name in fields for name in names) and all(
        fields.get(name) == constant for name, constant in constants.items()
    )


def is_list(value: object) -> bool:
    """Return whether a value is a list."""
    return isinstance(value, list)


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


def parse_date(name: str, value: object) -> date:
    """Return a date. Raise ValueError with the name if the value is not a date in ISO 8601."""
    if not isinstance(value, str):
        raise ValueError(f"{name} is {_json_type(value)}, not a date in ISO 8601")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{name} is {value!r}, not a date in ISO 8601") from error


def format_time(time: datetime) -> str:
    """Format a time in UTC with milliseconds and `Z`. A time without a time zone is taken as UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    text = aware.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _check_type(pointer: str, value: object, kind: type, expected: str) -> None:
    if not isinstance(value, kind):
        raise UnexpectedPayload(f"{pointer} is {_json_type(value)}, not {expected}")


def _check_mapping(
    operation: str, what: str, values: object, required: tuple[str, ...]
) -> dict[str, Any]:
    """Return the values of a dict that are not None."""
    if values is not None and not isinstance(values, Mapping):
        raise InvalidArgument(f"{operation} takes its {what} as a dict, not {_python_type(values)}")
    items = cast("Mapping[str, Any]", values or {}).items()
    given = {name: value for name, value in items if value is not None}
    for name in required:
        if name not in given:
            raise InvalidArgument(f"{operation} needs {name}")
    return given


def _to_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _has_kind(value: object, kinds: tuple[str, ...]) -> bool:
    """Return whether a value has one of these JSON types."""
    if "anything" in kinds:
        return True
    if isinstance(value, bool):
        return "a boolean" in kinds
    if isinstance(value, int):
        return "an integer" in kinds or "a number" in kinds
    if isinstance(value, float):
        return "a number" in kinds or ("an integer" in kinds and value.is_integer())
    if isinstance(value, str):
        return "a string" in kinds
    return _json_type(value) in kinds


def _check_items(pointer: str, items: list[object], kinds: tuple[str, ...]) -> None:
    for item in items:
        if not _has_kind(item, kinds):
            expected = "objects" if kinds == ("an object",) else " or ".join(kinds)
            raise UnexpectedPayload(f"{pointer} contains {_json_type(item)}, not only {expected}")


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


def describe_argument(value: object) -> str:
    """Return the name of the Python type of an invalid argument, and what to pass if it has an id."""
    if value == "":
        return "an empty string"
    return f"{_python_type(value)}; pass its 'id'" if _has_id(value) else _python_type(value)


def _has_id(value: object) -> bool:
    """Return whether a value is an object of the API, as a dict or as a model."""
    if isinstance(value, Mapping):
        return "id" in value
    return isinstance(getattr(value, "id", None), str)


def _python_type(value: object) -> str:
    """Return the name of the Python type of a value. A subclass of dict or list is one of these."""
    for kind in (dict, list):
        if isinstance(value, kind):
            return kind.__name__
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
