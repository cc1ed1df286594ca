"""The contract's schemas, compiled once at the start, and their errors as sentences.

This is the only module that imports jsonschema-rs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from jsonschema_rs import Draft202012Validator, Registry, ValidationError

from chatroutes_server.contract import Contract, Location

MAX_SHOWN_LENGTH = 200

_CONTRACT = "urn:chatroutes:contract"

# The error message for each keyword that a value violates. `{limit}` is the value of the keyword.
_SENTENCES = {
    "const": "{value} is not {limit}",
    "enum": "{value} is not one of {limit}",
    "exclusiveMaximum": "{value} is greater than or equal to the maximum of {limit}",
    "exclusiveMinimum": "{value} is less than or equal to the minimum of {limit}",
    "format": "{value} is not a {limit!r}",
    "maxItems": "{value} is too long",
    "maxLength": "{value} is too long",
    "maximum": "{value} is greater than the maximum of {limit}",
    "minItems": "{value} is too short",
    "minLength": "{value} is too short",
    "minimum": "{value} is less than the minimum of {limit}",
    "multipleOf": "{value} is not a multiple of {limit}",
    "pattern": "{value} does not match {limit!r}",
}

_INTEGER_BITS = {"int32": 32, "int64": 64}


class Problem(NamedTuple):
    """A violation of a schema: the path of the invalid field within the value, and a sentence."""

    path: tuple[str, ...]
    sentence: str


class SchemaCompiler:
    """Compiles the schemas of a contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._registry = Registry([(_CONTRACT, contract.document)])

    def compile(self, location: Location) -> Schema:
        """Return the schema at a location of the contract."""
        pointer = "/".join(str(key).replace("~", "~0").replace("/", "~1") for key in location)
        reference = {"$ref": f"{_CONTRACT}#/{quote(pointer, safe='/~')}"}
        keywords: Any = {"format": _Format}
        validator = Draft202012Validator(reference, registry=self._registry, keywords=keywords)
        return Schema(self._contract, validator)


class Schema:
    """A compiled schema."""

    def __init__(self, contract: Contract, validator: Draft202012Validator) -> None:
        self._contract = contract
        self._validator = validator

    def find_problems(self, value: Any) -> list[Problem]:
        """Return the violations of the schema, in its order. The list is empty if the value is valid.

        Raises:
            RecursionError: If the value is nested too deeply.
        """
        errors = sorted(self._find_errors(value), key=self._order)
        return [self._describe(error, value) for error in errors]

    def _find_errors(self, value: Any) -> list[ValidationError]:
        try:
            # `is_valid` takes less time than `iter_errors`, and most values are valid.
            return (
                [] if self._validator.is_valid(value) else list(self._validator.iter_errors(value))
            )
        except UnicodeEncodeError:  # an unpaired surrogate in an invalid value
            return self._find_errors(_replace_surrogates(value))
        except ValueError as error:  # "Recursion limit reached"
            raise RecursionError(str(error)) from error

    def _describe(self, error: ValidationError, value: Any) -> Problem:
        while error.kind.name in ("anyOf", "oneOf"):
            alternatives: list[list[ValidationError]] = error.kind.as_dict()["context"]
            if not alternatives or not alternatives[0]:
                break
            error = min(alternatives[0], key=self._order)
        path = tuple(map(str, error.instance_path))
        keyword = error.kind.name
        if keyword == "required":
            return Problem((*path, error.kind.as_dict()["property"]), "is required")
        value = _get(value, error)
        if keyword == "minLength" and value == "":
            return Problem(path, "must not be empty")
        shown = shorten(json.dumps(value))
        limit = self._keyword_value(error)
        if keyword == "type":
            types: Sequence[str] = [limit] if isinstance(limit, str) else limit
            return Problem(path, f"{shown} is not of type {', '.join(map(repr, types))}")
        sentence = _SENTENCES.get(keyword)
        if sentence is None:
            return Problem(path, shorten(error.message))
        return Problem(path, sentence.format(value=shown, limit=limit))

    def _keyword_value(self, error: ValidationError) -> Any:
        return self._contract.resolve(tuple(error.schema_path))[1]

    def _order(self, error: ValidationError) -> list[int]:
        """Return the position of the violated keyword in the contract, for sorting."""
        value: Any = self._contract.document
        positions: list[int] = []
        for step in error.schema_path:
            positions.append(step if isinstance(step, int) else list(value).index(step))
            value = value[step]
        return positions


def _get(value: Any, error: ValidationError) -> Any:
    """Return the part of a value to which an error belongs."""
    try:
        for step in error.instance_path:
            value = value[step]
    except KeyError:  # a name with an unpaired surrogate, which was replaced for the validation
        return error.instance
    return value


class _Format:
    """The keyword `format`. jsonschema-rs supports the formats of strings, but not those of integers."""

    def __init__(self, _schema: Any, name: str, _path: Any) -> None:
        self._bits = _INTEGER_BITS.get(name)
        self._of_strings = Draft202012Validator({"format": name}, validate_formats=True)

    def validate(self, value: Any) -> None:
        """Raise ValueError if the value does not have the format."""
        if isinstance(value, str):
            self._of_strings.validate(value)
        elif self._bits is not None and isinstance(value, int):
            limit = 2 ** (self._bits - 1)
            if not -limit <= value < limit:
                raise ValueError


def shorten(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_LENGTH else text[:MAX_SHOWN_LENGTH] + "…"


def _replace_surrogates(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode(errors="replace"))
