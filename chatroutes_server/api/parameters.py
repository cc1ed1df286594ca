"""Parameters of a request: each is read once, converted to the type of its schema, and validated."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request

from chatroutes_server.api.schemas import SchemaCompiler, shorten
from chatroutes_server.contract import Contract, Parameter
from chatroutes_server.errors import StartupError

MAX_NUMBER_LENGTH = 400  # characters; Python converts no integers of more than 4,300

# The numbers of JSON. `int` and `float` accept more, such as "1_0", " 1" and digits of other scripts.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def _to_integer(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH or not _INTEGER.fullmatch(text):
        raise ValueError
    return int(text)


def _to_number(text: str) -> float:
    if len(text) > MAX_NUMBER_LENGTH or not _NUMBER.fullmatch(text):
        raise ValueError
    return float(text)


def _to_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


# The types that a parameter can have.
_CONVERSIONS: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
}


class ParameterReader:
    """Reads a parameter from requests.

    Raises:
        StartupError: If the server cannot read parameters of this kind.
    """

    def __init__(self, contract: Contract, compiler: SchemaCompiler, parameter: Parameter) -> None:
        schema: dict[str, Any] = contract.resolve(parameter.schema)[1]
        types = schema.get("type", "string")
        known = [
            name for name in ([types] if isinstance(types, str) else types) if name in _CONVERSIONS
        ]
        if not known or parameter.place not in ("path", "query", "header"):
            raise StartupError(
                f"the contract has the parameter {parameter.name} in {parameter.place} with the type "
                f"{types}, which the server cannot read: extend chatroutes_server/api/parameters.py"
            )
        self.name: str = parameter.name
        self.place = parameter.place
        self._required = parameter.required
        self._default: Any = schema.get("default")
        self._type = known[0]
        self._schema = compiler.compile(parameter.schema)

    def read(self, request: Request) -> Any:
        """Return the value, converted to its type. Without a value, return the default or None.

        Raises:
            ValueError: If the parameter is missing, repeated or invalid. The message is a sentence.
        """
        values = self._raw_values(request)
        if not values:
            if self._required:
                raise ValueError("is required")
            return self._default
        if len(values) > 1:
            raise ValueError("must not be repeated")
        try:
            value = _CONVERSIONS[self._type](values[0])
        except ValueError:
            shown = shorten(values[0])
            raise ValueError(f"Failed to cast value to {self._type} type: {shown}") from None
        problems = self._schema.find_problems(value)
        if problems:
            raise ValueError(problems[0].sentence)
        return value

    def _raw_values(self, request: Request) -> Sequence[str]:
        if self.place == "query":
            return request.query_params.getlist(self.name)
        if self.place == "header":
            return request.headers.getlist(self.name)
        return [request.path_params[self.name]]
