"""Validation of requests against the contract's schemas, with openapi-core.

This is the only module that imports openapi-core.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, cast

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
from starlette.requests import Request
from werkzeug.datastructures import Headers, MultiDict

from chatroutes_server.contract import Contract, Operation
from chatroutes_server.errors import UnsupportedMediaTypeError, ValidationError

Json = dict[str, Any]

logger = logging.getLogger("chatroutes_server")

MAX_HINTS = 1000  # unknown fields that are logged and remembered
MAX_EXACT_INTEGER = 2**53 - 1  # JSON readers disagree on larger numbers
MAX_SHOWN_LENGTH = 200


class RequestValidator:
    """Validates requests against the schemas of a contract."""

    def __init__(self, contract: Contract) -> None:
        self._base_path = contract.base_path
        # The authentication middleware checks API keys, so openapi-core does not have to.
        document: Json = {
            **contract.document,
            "servers": [{"url": contract.base_path}],
            "security": [],
        }
        self._hints: set[tuple[str, str]] = set()
        self._validator = V31RequestValidator(SchemaPath.from_dict(document))

    def validate(self, request: Request, operation: Operation, raw_body: bytes) -> Json:
        """Return the fields of the body, without those that are null.

        Raises:
            UnsupportedMediaTypeError: If the body has another media type than the contract's.
            ValidationError: If the body or a parameter does not match its schema.
        """
        body: Any = None
        if operation.media_types and raw_body:
            _require_media_type(request.headers.get("content-type", ""), operation)
            body = _parse(raw_body)
        adapter = _OpenapiRequest(
            method=operation.method,
            path=self._base_path + operation.path,
            parameters=RequestParameters(
                MultiDict(request.query_params.multi_items()),
                Headers(request.headers.items()),
                path=request.path_params,
            ),
            body=_encode(body, raw_body),
        )
        try:
            errors = list(self._validator.iter_errors(adapter))
        except RecursionError:
            raise ValidationError("body: nested too deeply") from None
        problems = [problem for error in errors for problem in _describe_problems(error)]
        problems = problems or list(_unstorable_values(body or {}, operation.body_fields))
        if problems:
            field, text = problems[0]
            details = [{"field": field, "message": text} for field, text in problems]
            raise ValidationError(f"{field}: {text}", details)
        self._log_unknown_fields(operation, request.query_params, operation.query_fields)
        self._log_unknown_fields(operation, body or {}, operation.body_fields)
        return body or {}

    def _log_unknown_fields(
        self, operation: Operation, names: Iterable[str], known: frozenset[str]
    ) -> None:
        """Log each field that the contract does not define once, with the nearest known one."""
        for name in names:
            hint = (operation.id, name)
            if name in known or hint in self._hints or len(self._hints) >= MAX_HINTS:
                continue
            self._hints.add(hint)
            logger.warning(
                "%s: unknown field %r%s", operation.id, _shorten(name), _nearest(name, known)
            )


def _nearest(name: str, known: Iterable[str]) -> str:
    by_plain_name = {_plain(each): each for each in known}
    matches = get_close_matches(_plain(name[:MAX_SHOWN_LENGTH]), by_plain_name, n=1)
    return f"; did you mean {by_plain_name[matches[0]]!r}?" if matches else ""


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


@dataclass
class _OpenapiRequest:
    """A request in the form that openapi-core reads; `path` is the template of the contract."""

    method: str
    path: str
    parameters: RequestParameters
    body: bytes | None
    content_type: str = "application/json"
    host_url: str = ""


def _require_media_type(content_type: str, operation: Operation) -> None:
    if content_type.partition(";")[0].strip().lower() not in operation.media_types:
        expected = ", ".join(sorted(operation.media_types))
        raise UnsupportedMediaTypeError(f"Content-Type: the body must be {expected}")


def _parse(raw_body: bytes) -> Any:
    try:
        body = json.loads(raw_body.decode("utf-8"), parse_constant=_reject_constant)
    except UnicodeDecodeError:
        raise ValidationError("body: not valid UTF-8") from None
    except RecursionError:
        raise ValidationError("body: nested too deeply") from None
    except ValueError as error:
        raise ValidationError(f"body: not valid JSON: {_shorten(str(error))}") from None
    if isinstance(body, dict):
        fields = cast("Json", body)
        return {field: value for field, value in fields.items() if value is not None}
    return body


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _encode(body: Any, raw_body: bytes) -> bytes | None:
    # json.dumps escapes a lone surrogate, so openapi-core accepts it and `_unstorable_values` reports it.
    return json.dumps(body).encode() if body is not None or raw_body else None


def _describe_problems(error: Exception) -> list[tuple[str, str]]:
    """Translate an error of openapi-core into pairs of a field and a message."""
    field = error.name if isinstance(error, ParameterValidationError) else "body"
    if isinstance(error, (MissingRequiredParameter, MissingRequiredRequestBody)):
        return [(field, "is required")]
    cause = error.__cause__
    if isinstance(cause, InvalidSchemaValue):
        return [_schema_problem(field, each) for each in cause.schema_errors]
    if isinstance(cause, OpenAPIError):
        return [(field, _shorten(str(cause)))]
    raise error


def _schema_problem(field: str, error: Any) -> tuple[str, str]:
    while error.validator in ("anyOf", "oneOf") and error.context:
        error = error.context[0]
    steps = [str(step) for step in error.absolute_path]
    if error.validator == "required":
        missing = error.message.partition("' is")[0].lstrip("'")
        return ".".join([*steps, missing]), "is required"
    if field == "body" and steps:
        field = ".".join(steps)
    if error.validator == "minLength" and error.instance == "":
        return field, "must not be empty"
    instance = repr(error.instance)
    if error.message.startswith(instance):
        return field, _shorten(json.dumps(error.instance)) + error.message[len(instance) :]
    return field, _shorten(error.message)


def _unstorable_values(body: Json, fields: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Find values that the schema allows but that cannot be stored and read back unchanged."""
    for field, value in body.items():
        if field not in fields:
            continue
        if isinstance(value, int) and abs(value) > MAX_EXACT_INTEGER:
            yield field, f"{_shorten(str(value))} is outside ±{MAX_EXACT_INTEGER}"
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            yield field, "contains an unpaired surrogate"


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_LENGTH else text[:MAX_SHOWN_LENGTH] + "…"
