"""Read the fields of an imported document. Errors name the field, such as `messages.3.role`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from chatroutes_server.api.bodies import MAX_EXACT_INTEGER, is_encodable
from chatroutes_server.api.schemas import shorten
from chatroutes_server.errors import ValidationError
from chatroutes_server.json_encoding import Json
from chatroutes_server.timestamps import from_iso

MAX_ID_LENGTH = 255


def field_error(path: str, sentence: str) -> ValidationError:
    """Return the error for an invalid field."""
    return ValidationError.for_fields([(path, sentence)])


class Fields:
    """The fields of one object. Null is the same as a missing field.

    Args:
        value: The object.
        path: Where the object is in the document, such as `messages.3`. Empty for the document.

    Raises:
        ValidationError: If the value is not an object.
    """

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise field_error(path or "body", f"expected an object, not {_show(value)}")
        self._values = cast("Json", value)
        self._path = path

    def path(self, name: str) -> str:
        """Return the path of a field in the document."""
        return f"{self._path}.{name}" if self._path else name

    def unknown(self, known: Sequence[str]) -> Json:
        """Return the fields that are not known and not null."""
        return {
            name: value
            for name, value in self._values.items()
            if name not in known and value is not None
        }

    def has(self, name: str) -> bool:
        """Return whether a field is present and not null."""
        return self._values.get(name) is not None

    def text(self, name: str, *, min_length: int = 0, max_length: int | None = None) -> str | None:
        """Return a string, or None if it is missing.

        Raises:
            ValidationError: If the value is not such a string.
        """
        value = self._values.get(name)
        if value is None:
            return None
        path = self.path(name)
        if not isinstance(value, str):
            raise field_error(path, f"expected a string, not {_show(value)}")
        if len(value) < min_length:
            raise field_error(path, "must not be empty")
        if max_length is not None and len(value) > max_length:
            raise field_error(path, f"longer than {max_length} characters")
        require_encodable(value, path)
        return value

    def required_text(
        self, name: str, *, min_length: int = 0, max_length: int | None = None
    ) -> str:
        """Return a string.

        Raises:
            ValidationError: If there is no such string.
        """
        value = self.text(name, min_length=min_length, max_length=max_length)
        if value is None:
            raise field_error(self.path(name), "is required")
        return value

    def id(self, name: str = "id") -> str:
        """Return a required id."""
        return self.required_text(name, min_length=1, max_length=MAX_ID_LENGTH)

    def integer(self, name: str, minimum: int = 0) -> int | None:
        """Return a whole number, or None if it is missing.

        Raises:
            ValidationError: If the value is not such a number.
        """
        value = self._values.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise field_error(self.path(name), f"expected a whole number, not {_show(value)}")
        if not minimum <= value <= MAX_EXACT_INTEGER:
            raise field_error(
                self.path(name), f"{_show(value)} is not between {minimum} and {MAX_EXACT_INTEGER}"
            )
        return value

    def number(self, name: str, minimum: float, maximum: float) -> float | None:
        """Return a number, or None if it is missing.

        Raises:
            ValidationError: If the value is not such a number.
        """
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise field_error(self.path(name), f"expected a number, not {_show(value)}")
        if not minimum <= value <= maximum:
            raise field_error(
                self.path(name), f"{_show(value)} is not between {minimum} and {maximum}"
            )
        return float(value)

    def boolean(self, name: str, default: bool) -> bool:
        """Return a boolean, or the default if it is missing.

        Raises:
            ValidationError: If the value is not a boolean.
        """
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            raise field_error(self.path(name), f"expected true or false, not {_show(value)}")
        return default if value is None else value

    def time(self, name: str) -> int | None:
        """Return a time in milliseconds since 1970, or None if it is missing.

        Raises:
            ValidationError: If the value is not a time in ISO 8601.
        """
        text = self.text(name, max_length=MAX_ID_LENGTH)
        if text is None:
            return None
        try:
            return from_iso(text)
        except (ValueError, OverflowError):
            expected = "expected a time such as 2025-10-05T03:01:09.598Z"
            raise field_error(self.path(name), f"{expected}, not {_show(text)}") from None

    def object(self, name: str) -> Json | None:
        """Return an object, or None if it is missing.

        Raises:
            ValidationError: If the value is not an object, or cannot be stored.
        """
        value = self._values.get(name)
        if value is None:
            return None
        path = self.path(name)
        fields = Fields(value, path)._values
        require_encodable(json.dumps(fields, ensure_ascii=False), path)
        return fields

    def objects(self, name: str) -> list[Fields]:
        """Return the objects of an array. A missing array is empty.

        Raises:
            ValidationError: If the value is not an array of objects.
        """
        value: Any = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise field_error(self.path(name), f"expected an array, not {_show(value)}")
        items = cast("Sequence[Any]", value)
        return [Fields(item, f"{self.path(name)}.{number}") for number, item in enumerate(items)]


def index_ids(objects: Sequence[Fields]) -> Mapping[str, int]:
    """Return the position of each object by its id.

    Raises:
        ValidationError: If two objects have the same id.
    """
    positions: dict[str, int] = {}
    for number, each in enumerate(objects):
        object_id = each.id()
        if object_id in positions:
            first = each.path("id").replace(f".{number}.", f".{positions[object_id]}.")
            raise field_error(each.path("id"), f"{_show(object_id)} is also the id at {first}")
        positions[object_id] = number
    return positions


def require_encodable(text: str, path: str) -> None:
    """Check that a text can be stored.

    Raises:
        ValidationError: If it has an unpaired surrogate.
    """
    if not is_encodable(text):
        raise field_error(path, "contains an unpaired surrogate")


def _show(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return shorten(json.dumps(value))
