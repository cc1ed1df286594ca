"""The contract that the server implements: the operations of `openapi/chatroutes.yaml`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from chatroutes_server.errors import StartupError

Json = dict[str, Any]
Location = tuple[str | int, ...]  # the keys that lead to a value in the document

_ROOT = Path(__file__).parents[1]
# In a wheel, and in a checkout. The SDK finds the same file on its own; the two packages share no code.
CONTRACT_PATHS = (
    _ROOT / "chatroutes" / "openapi" / "chatroutes.yaml",
    _ROOT / "openapi" / "chatroutes.yaml",
)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation."""

    name: str
    place: str  # "path", "query", "header" or "cookie"
    required: bool
    schema: Location


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    id: str
    method: str  # in lower case, as in the document
    path: str  # with placeholders, such as /conversations/{conversationId}
    parameters: tuple[Parameter, ...]
    body_schemas: Mapping[str, Location]  # by media type; empty if the operation takes no body
    body_required: bool

    @property
    def path_parameters(self) -> list[str]:
        """The names of the placeholders, from left to right."""
        return re.findall(r"{(\w+)}", self.path)


class Contract:
    """The parts of an OpenAPI document that the server uses."""

    def __init__(self, document: Json) -> None:
        self.document = document
        url: str = document["servers"][0]["url"]
        self.base_path: str = urlsplit(url).path.rstrip("/")
        self.version: str = document["info"]["version"]
        self.operations: list[Operation] = [
            self._operation(path, method)
            for path, item in document["paths"].items()
            for method in METHODS
            if method in item
        ]

    def resolve(self, location: Location) -> tuple[Location, Any]:
        """Return the value at a location, and where it is after following references."""
        value: Any = self.document
        for key in location:
            value = value[key]
        reference = cast("Json", value).get("$ref") if isinstance(value, dict) else None
        if reference is None:
            return location, cast("Any", value)
        return self.resolve(_parse_reference(reference))

    def dereference(self, value: Json) -> Json:
        """Return the value that a reference leads to, or the value itself."""
        return self.resolve(_parse_reference(value["$ref"]))[1] if "$ref" in value else value

    def _operation(self, path: str, method: str) -> Operation:
        location = ("paths", path, method)
        _, operation = self.resolve(location)
        body_location: Location = location
        body: Json = {}
        if "requestBody" in operation:
            body_location, body = self.resolve((*location, "requestBody"))
        return Operation(
            id=operation["operationId"],
            method=method,
            path=path,
            parameters=(*self._parameters(location[:2]), *self._parameters(location)),
            body_schemas={
                media_type: (*body_location, "content", media_type, "schema")
                for media_type in body.get("content", {})
            },
            body_required=body.get("required", False),
        )

    def _parameters(self, owner: Location) -> Iterator[Parameter]:
        for number in range(len(self.resolve(owner)[1].get("parameters", []))):
            location, parameter = self.resolve((*owner, "parameters", number))
            yield Parameter(
                name=parameter["name"],
                place=parameter["in"],
                required=parameter.get("required", False),
                schema=(*location, "schema"),
            )


def _parse_reference(reference: str) -> Location:
    """Return the location of a reference such as `#/components/schemas/Message`."""
    steps = unquote(reference.removeprefix("#/")).split("/")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def contract_path() -> Path:
    """Return the path of the contract.

    Raises:
        StartupError: If the file is missing.
    """
    for path in CONTRACT_PATHS:
        if path.is_file():
            return path
    raise StartupError("chatroutes.yaml is missing from this installation of chatroutes_server")


@functools.cache
def load_contract() -> Contract:
    """Read the contract that is installed with this package.

    Raises:
        StartupError: If the file is missing.
        ModuleNotFoundError: If the extra `server` is not installed.
    """
    import yaml

    # The loader in C is ten times as fast. Some builds of PyYAML do not have it.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Contract(yaml.load(contract_path().read_text("utf-8"), loader))
