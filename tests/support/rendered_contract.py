"""Small contracts, the package that scripts/wire.py renders from each, and calls of their operation by the SDK."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from chatroutes import ChatRoutes
from tests.support.checkout import load_script
from tests.support.fault_responses import ScriptedResponse, json_response
from tests.support.fault_server import FaultServer, RecordedRequest
from tests.support.paths import ROOT

Json = dict[str, Any]

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NO_RESULT = """
'200':
  description: Done.
  content:
    application/json: { schema: { type: object, properties: { success: { type: boolean } } } }
"""


def contract(
    operation: str = "",
    schemas: str = "",
    *,
    method: str = "get",
    path: str = "/things",
    result: str | None = None,
) -> Json:
    """Return a contract with one operation, `doIt`.

    Args:
        operation: Fields of the operation, in YAML.
        schemas: The components, in YAML.
        method: The method.
        path: The path.
        result: The schema of the result, in YAML. Without it, the response contains no result.
    """
    fields: Json = {
        "operationId": "doIt",
        "tags": ["things"],
        "summary": "Do it",
        "description": "Does it.",
        "responses": yaml.load(NO_RESULT, LOADER),
    }
    if result is not None:
        envelope = {
            "type": "object",
            "required": ["success", "data"],
            "x-result": "thing",
            "properties": {
                "success": {"type": "boolean"},
                "data": {
                    "type": "object",
                    "required": ["thing"],
                    "properties": {"thing": yaml.load(result, LOADER)},
                },
            },
        }
        fields["responses"]["200"]["content"]["application/json"]["schema"] = envelope
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1.0.0"},
        "security": [{"ApiKeyAuth": []}],
        "paths": {path: {method: fields | (yaml.load(operation, LOADER) or {})}},
        "components": {
            "schemas": yaml.load(schemas, LOADER) or {},
            "securitySchemes": {
                "ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
        },
    }


def load_wire_script() -> ModuleType:
    return load_script("wire", ROOT / "scripts")


class Renderer:
    """Renders contracts into packages of a folder."""

    def __init__(self, folder: Path) -> None:
        self.wire: Any = load_wire_script()
        self._folder = folder
        self._count = 0
        self._cache = self.wire.jinja2.FileSystemBytecodeCache(str(folder))
        settings = yaml.safe_load((ROOT / "openapi/generator.yaml").read_text("utf-8"))
        # The linter and the formatter do not change what the code does.
        (folder / "generator.yaml").write_text(yaml.safe_dump(settings | {"post_hooks": []}))

    def render(self, document: Json) -> str:
        """Render a contract, and return the name of the package."""
        self._count += 1
        name = f"rendered_{self._count}"
        out = self._folder / name
        settings = self._folder / "generator.yaml"
        self.wire.render(document, out, settings, ROOT / "templates", self._cache)
        for file in out.rglob("*.py"):
            compile(file.read_text("utf-8"), str(file), "exec")
        return name

    @contextmanager
    def imported(self, document: Json) -> Iterator[str]:
        """Render a contract, and let the block import the package by its name."""
        name = self.render(document)
        sys.path.insert(0, str(self._folder))
        try:
            yield name
        finally:
            sys.path.remove(str(self._folder))
            for module in [each for each in sys.modules if each.partition(".")[0] == name]:
                del sys.modules[module]


def operation_module(package: str, module: str = "things.do_it") -> Any:
    return importlib.import_module(f"{package}.api.{module}")


def call(
    package: str,
    arguments: dict[str, Any],
    response: ScriptedResponse | None = None,
    module: str = "things.do_it",
) -> tuple[RecordedRequest, Any]:
    """Call the operation with the SDK over a socket, and return the request and the result."""
    endpoint = operation_module(package, module)
    with FaultServer() as server, ChatRoutes("key", server.base_url, retry_attempts=0) as client:
        server.script(response or json_response(200, {"success": True}))
        requestor = client.conversations._requestor
        result = requestor.execute(endpoint.request, endpoint.read, {}, **arguments)
        [request] = server.requests
    return request, result
