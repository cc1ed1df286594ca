"""The contract: which operations there are, and whether a request keeps to its schema."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import yaml
from jsonschema_path import SchemaPath
from openapi_core import V31RequestValidator
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.validation.request.exceptions import (
    MissingRequiredParameter,
    MissingRequiredRequestBody,
    ParameterValidationError,
)
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.datastructures import Headers, MultiDict

from chatroutes_server.errors import StartupError, UnsupportedMediaTypeError, ValidationError

Json = dict[str, Any]

_AROUND = Path(__file__).parents[2]
# Of a wheel and of a checkout. The SDK finds the same file by itself: a path is all that they share.
PLACES = (
    _AROUND / "chatroutes" / "openapi" / "chatroutes.yaml",
    _AROUND / "openapi" / "chatroutes.yaml",
)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LARGEST_EXACT_INTEGER = 2**53 - 1  # above it, JSON readers disagree on a number
LONGEST_SHOWN = 200


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    media_types: frozenset[str]  # of the request's body; empty if there is none
    fields: frozenset[str]  # of the request's body; others are let be


class Contract:
    """The document, as far as it says what a request must look like."""

    def __init__(self) -> None:
        document = _document()
        url: str = document["servers"][0]["url"]
        self.base_path = urlsplit(url).path.rstrip("/")
        self.version: str = document["info"]["version"]
        self.operations = list(_operations(document))
        # Who may call is decided before, and by the key itself.
        open_to_all: Json = {**document, "servers": [{"url": self.base_path}], "security": []}
        self._validator = V31RequestValidator(SchemaPath.from_dict(open_to_all))

    def check(
        self,
        operation: Operation,
        path: Mapping[str, str],
        query: list[tuple[str, str]],
        headers: list[tuple[str, str]],
        media_type: str,
        raw_body: bytes,
    ) -> Json:
        """Give the body's fields, without those that are null, or raise what is wrong."""
        body: Any = None
        if operation.media_types and raw_body:
            if media_type.partition(";")[0].strip().lower() not in operation.media_types:
                wanted = ", ".join(sorted(operation.media_types))
                raise UnsupportedMediaTypeError(f"Content-Type: the body must be {wanted}")
            body = _parse(raw_body)
        parameters = RequestParameters(MultiDict(query), Headers(headers), path=path)
        pattern = self.base_path + operation.path
        request = _Request(operation.method, pattern, parameters, _encode(body, raw_body))
        try:
            faults = [_fault(error) for error in self._validator.iter_errors(request)]
        except RecursionError:
            raise ValidationError("body: it is nested too deeply") from None
        problems = [problem for found in faults for problem in found]
        problems = problems or list(_unstorable(body or {}, operation.fields))
        if problems:
            field, text = problems[0]
            details = [{"field": field, "message": text} for field, text in problems]
            raise ValidationError(f"{field}: {text}", details)
        return body or {}


@dataclass
class _Request:
    """What openapi-core wants to see of a request; the path is the contract's own template."""

    method: str
    path: str
    parameters: RequestParameters
    body: bytes | None
    content_type: str = "application/json"
    host_url: str = ""


# The loader in C reads it ten times as fast; not every build of PyYAML has it.
_YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.cache
def _document() -> Json:
    for place in PLACES:
        if place.is_file():
            document: Json = yaml.load(place.read_text("utf-8"), _YAML_LOADER)
            return document
    raise StartupError("chatroutes.yaml is missing from this installation of chatroutes_server")


def _operations(document: Json) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                content = item[method].get("requestBody", {}).get("content", {})
                fields = frozenset(
                    field for each in content.values() for field in _properties(document, each)
                )
                name = item[method]["operationId"]
                yield Operation(name, method, path, frozenset(content), fields)


def _properties(document: Json, media_type: Json) -> Iterable[str]:
    schema = media_type["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    properties: Json = schema.get("properties", {})
    return properties


def _parse(raw_body: bytes) -> Any:
    try:
        body = json.loads(raw_body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise ValidationError("body: it is not UTF-8") from None
    except RecursionError:
        raise ValidationError("body: it is nested too deeply") from None
    except ValueError as error:
        raise ValidationError(f"body: it is not JSON: {_shorten(str(error))}") from None
    if isinstance(body, dict):
        fields = cast("Json", body)
        return {field: value for field, value in fields.items() if value is not None}
    return body


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _encode(body: Any, raw_body: bytes) -> bytes | None:
    # Escaped, so that a lone surrogate passes through here and is named by `_unstorable`.
    return json.dumps(body).encode() if body is not None or raw_body else None


def _fault(error: Exception) -> list[tuple[str, str]]:
    """Translate what openapi-core found into fields and sentences."""
    field = error.name if isinstance(error, ParameterValidationError) else "body"
    if isinstance(error, (MissingRequiredParameter, MissingRequiredRequestBody)):
        return [(field, "it is required")]
    cause = error.__cause__
    if isinstance(cause, InvalidSchemaValue):
        return [_schema_fault(field, found) for found in cause.schema_errors]
    if isinstance(cause, OpenAPIError):
        return [(field, _shorten(str(cause)))]
    raise error


def _schema_fault(field: str, error: Any) -> tuple[str, str]:
    while error.validator in ("anyOf", "oneOf") and error.context:
        error = error.context[0]
    steps = [str(step) for step in error.absolute_path]
    if error.validator == "required":
        missing = error.message.partition("' is")[0].lstrip("'")
        return ".".join([*steps, missing]), "it is required"
    if field == "body" and steps:
        field = ".".join(steps)
    if error.validator == "minLength" and error.instance == "":
        return field, "it must not be empty"
    shown = repr(error.instance)
    if error.message.startswith(shown):
        return field, _shorten(json.dumps(error.instance)) + error.message[len(shown) :]
    return field, _shorten(error.message)


def _unstorable(body: Json, fields: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Find values that the schema allows and that no reader or store can keep as they are."""
    for field, value in body.items():
        if field not in fields:
            continue
        if isinstance(value, int) and abs(value) > LARGEST_EXACT_INTEGER:
            yield field, f"{_shorten(str(value))} is beyond {LARGEST_EXACT_INTEGER}"
        if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
            yield field, "it holds half of a surrogate pair, which is no character"


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
