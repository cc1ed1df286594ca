"""Validation of requests against the contract. Endpoints get validated values only."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from chatroutes_server.api.bodies import BodyReader
from chatroutes_server.api.parameters import ParameterReader
from chatroutes_server.api.schemas import SchemaCompiler
from chatroutes_server.contract import Contract, Operation
from chatroutes_server.errors import UnsupportedMediaTypeError, ValidationError
from chatroutes_server.nearest_name import nearest_name

Json = dict[str, Any]

logger: logging.Logger = logging.getLogger("chatroutes_server")

MAX_HINTS = 100  # unknown fields of an operation that are logged and remembered
MAX_HINTS_PER_REQUEST = 10
MAX_NAME_LENGTH = 200  # characters of an unknown field


@dataclass(frozen=True)
class ValidatedRequest:
    """The values of a request, each with the type that its schema has.

    A parameter or field that was left out has its default, and is missing if there is no default.
    """

    path_params: Mapping[str, Any]
    query_params: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Json


class RequestValidator:
    """Validates the requests of one operation.

    Raises:
        StartupError: If the server cannot read a parameter of the operation.
    """

    def __init__(self, contract: Contract, compiler: SchemaCompiler, operation: Operation) -> None:
        self._operation = operation
        self._parameters = [
            ParameterReader(contract, compiler, parameter) for parameter in operation.parameters
        ]
        self._query_names = frozenset(
            parameter.name for parameter in operation.parameters if parameter.place == "query"
        )
        self._bodies = {
            media_type: BodyReader(contract, compiler, location)
            for media_type, location in operation.body_schemas.items()
        }
        self._hints: set[str] = set()

    def validate(self, request: Request, raw_body: bytes) -> ValidatedRequest:
        """Return the values of a request.

        Raises:
            UnsupportedMediaTypeError: If the body has another media type than the contract's.
            ValidationError: If the body or a parameter does not match its schema.
        """
        values: dict[str, Json] = {"path": {}, "query": {}, "header": {}}
        problems: list[tuple[str, str]] = []
        body: Json = {}
        reader = self._body_reader(request, raw_body)
        if reader is not None:
            body = reader.parse(raw_body)
        for parameter in self._parameters:
            try:
                value = parameter.read(request)
            except ValueError as error:
                problems.append((parameter.name, str(error)))
            else:
                if value is not None:
                    values[parameter.place][parameter.name] = value
        if reader is not None:
            problems += reader.find_problems(body)
        elif self._operation.body_required:
            problems.append(("body", "is required"))
        if problems:
            raise ValidationError.for_fields(problems)
        hints = self._find_unknown_fields(request.query_params, self._query_names)
        if reader is not None:
            hints += self._find_unknown_fields(body, reader.fields)
            body = reader.convert(body)
        if hints:
            logger.warning("%s: %s", self._operation.id, ", ".join(hints))
        return ValidatedRequest(values["path"], values["query"], values["header"], body)

    def _body_reader(self, request: Request, raw_body: bytes) -> BodyReader | None:
        if not raw_body or not self._bodies:
            return None
        values = request.headers.getlist("content-type")
        media_types = {value.partition(";")[0].strip().lower() for value in values}
        reader = self._bodies.get(media_types.pop()) if len(media_types) == 1 else None
        if reader is None:
            expected = ", ".join(sorted(self._bodies))
            raise UnsupportedMediaTypeError(f"Content-Type: the body must be {expected}")
        return reader

    def _find_unknown_fields(self, names: Iterable[str], known: frozenset[str]) -> list[str]:
        """Describe each field that the contract does not define once, with the nearest known one."""
        hints: list[str] = []
        for name in names:
            if len(hints) == MAX_HINTS_PER_REQUEST or len(self._hints) == MAX_HINTS:
                break
            if name not in known and name not in self._hints:
                self._hints.add(name)
                shown = name[:MAX_NAME_LENGTH]
                nearest = nearest_name(shown, known)
                hint = f"; did you mean {nearest!r}?" if nearest else ""
                hints.append(f"unknown field {shown!r}{hint}")
        return hints
