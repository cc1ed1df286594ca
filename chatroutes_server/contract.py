"""The contract that the server implements: the operations of `openapi/chatroutes.yaml`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chatroutes_server.errors import StartupError

Json = dict[str, Any]

_ROOT = Path(__file__).parents[1]
# In a wheel, and in a checkout. The SDK finds the same file on its own; the two packages share no code.
CONTRACT_PATHS = (
    _ROOT / "chatroutes" / "openapi" / "chatroutes.yaml",
    _ROOT / "openapi" / "chatroutes.yaml",
)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    id: str
    method: str  # in lower case, as in the document
    path: str  # with placeholders, such as /conversations/{conversationId}
    media_types: frozenset[str]  # of the request body; empty if the operation takes no body
    body_fields: frozenset[str]  # properties of the request body that the contract defines
    query_fields: frozenset[str]  # query parameters

    @property
    def path_parameters(self) -> list[str]:
        """The names of the placeholders, from left to right."""
        return re.findall(r"{(\w+)}", self.path)


class Contract:
    """The parts of an OpenAPI document that the server uses."""

    def __init__(self, document: Json) -> None:
        self.document = document
        url: str = document["servers"][0]["url"]
        self.base_path = urlsplit(url).path.rstrip("/")
        self.version: str = document["info"]["version"]
        self.operations = list(_operations(document))


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
    for path in CONTRACT_PATHS:
        if path.is_file():
            return Contract(yaml.load(path.read_text("utf-8"), loader))
    raise StartupError("chatroutes.yaml is missing from this installation of chatroutes_server")


def _operations(document: Json) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                content = item[method].get("requestBody", {}).get("content", {})
                fields = frozenset(
                    field for each in content.values() for field in _properties(document, each)
                )
                parameters = [*item.get("parameters", []), *item[method].get("parameters", [])]
                resolved = [_resolve(document, each) for each in parameters]
                query = frozenset(each["name"] for each in resolved if each["in"] == "query")
                name = item[method]["operationId"]
                yield Operation(name, method, path, frozenset(content), fields, query)


def _properties(document: Json, media_type: Json) -> Iterable[str]:
    properties: Json = _resolve(document, media_type["schema"]).get("properties", {})
    return properties


def _resolve(document: Json, value: Json) -> Json:
    while "$ref" in value:
        kind, name = value["$ref"].split("/")[-2:]
        value = document["components"][kind][name]
    return value
