"""Bodies of requests: JSON that is parsed once and validated against the contract."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, cast

from chatroutes_server.api.schemas import SchemaCompiler, shorten
from chatroutes_server.contract import Contract, Location
from chatroutes_server.errors import ValidationError

Json = dict[str, Any]

MAX_EXACT_INTEGER = 2**53 - 1  # JSON readers disagree on larger numbers
TOO_LARGE = 10**309  # no float is as large


def _read_integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # the message of Python is about its settings
        raise ValueError(f"an integer of {len(text)} characters is too long") from None


class BodyReader:
    """Reads a body with a certain schema.

    Attributes:
        fields: The fields that the schema defines.
    """

    def __init__(self, contract: Contract, compiler: SchemaCompiler, location: Location) -> None:
        location, schema = contract.resolve(location)
        properties = {
            name: contract.resolve((*location, "properties", name))[1]
            for name in schema.get("properties", {})
        }
        self.fields: frozenset[str] = frozenset(properties)
        self._defaults: Json = {
            name: each["default"] for name, each in properties.items() if "default" in each
        }
        self._integers = [
            name
            for name, each in properties.items()
            if "integer" in each.get("type", "") and "number" not in each["type"]
        ]
        self._schema = compiler.compile(location)

    def parse(self, raw_body: bytes) -> Any:
        """Return a body, without the fields that are null.

        Raises:
            ValidationError: If the body is not JSON.
        """
        body = decode_body(raw_body, _parse_float, _parse_integer)
        if isinstance(body, dict):
            fields = cast("Json", body)
            return {name: value for name, value in fields.items() if value is not None}
        return body

    def find_problems(self, body: Any) -> list[tuple[str, str]]:
        """Return the invalid fields of a body, each with a sentence.

        Raises:
            ValidationError: If the body is nested too deeply.
        """
        try:
            problems = self._schema.find_problems(body)
        except RecursionError:
            raise ValidationError("body: nested too deeply") from None
        if problems:
            return [(".".join(each.path) or "body", each.sentence) for each in problems]
        return list(self._unstorable_values(body))

    def convert(self, body: Json) -> Json:
        """Return a valid body with the defaults, and with integers such as 1.0 as `int`."""
        converted = {**self._defaults, **body}
        for name in self._integers:
            if isinstance(converted.get(name), float):
                converted[name] = int(converted[name])
        return converted

    def _unstorable_values(self, body: Json) -> Iterator[tuple[str, str]]:
        """Find values that the schema allows but that cannot be stored and read back unchanged."""
        for field, value in body.items():
            if field not in self.fields:
                continue
            if isinstance(value, int) and abs(value) > MAX_EXACT_INTEGER:
                yield field, f"{shorten(str(value))} is outside ±{MAX_EXACT_INTEGER}"
            if isinstance(value, str) and not is_encodable(value):
                yield field, "contains an unpaired surrogate"


def decode_body(
    raw_body: bytes,
    parse_float: Callable[[str], float] = float,
    parse_integer: Callable[[str], int] = _read_integer,
) -> Any:
    """Decode a body of JSON.

    Args:
        raw_body: The body.
        parse_float: Returns the number for the text of a float.
        parse_integer: Returns the number for the text of an integer.

    Raises:
        ValidationError: If the body is not JSON in UTF-8.
    """
    try:
        text = raw_body.decode("utf-8")
        return json.loads(
            text,
            parse_float=parse_float,
            parse_int=parse_integer,
            parse_constant=_reject_constant,
        )
    except UnicodeDecodeError:
        raise ValidationError("body: not valid UTF-8") from None
    except RecursionError:
        raise ValidationError("body: nested too deeply") from None
    except ValueError as error:
        raise ValidationError(f"body: not valid JSON: {shorten(str(error))}") from None


def is_encodable(text: str) -> bool:
    """Return whether a text can be stored: it has no unpaired surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parse_float(text: str) -> float:
    """Return a number. One that is too large for a float becomes an integer that is too large."""
    value = float(text)
    return value if math.isfinite(value) else TOO_LARGE if value > 0 else -TOO_LARGE


def _parse_integer(text: str) -> int:
    """Return an integer. One with more digits than Python converts becomes another too large one."""
    try:
        return int(text)
    except ValueError:
        return -TOO_LARGE if text.startswith("-") else TOO_LARGE


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")
