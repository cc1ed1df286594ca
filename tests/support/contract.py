"""The contract: its operations, its objects and validation against its schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.support.paths import CONTRACT

Json = dict[str, Any]

SPEC: Json = yaml.load(CONTRACT.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
SCHEMAS: Json = SPEC["components"]["schemas"]
# The class of each schema whose Python name differs.
PYTHON_NAMES: dict[str, str] = {
    name: each["class_name"]
    for name, each in yaml.safe_load((CONTRACT.parent / "generator.yaml").read_text("utf-8"))[
        "class_overrides"
    ].items()
}
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Operation(NamedTuple):
    method: str
    path: str

    path_item: Json
    """The path item object of the document."""
    fields: Json
    """The operation object of the document."""

    @property
    def id(self) -> str:
        return self.fields["operationId"]

    def parameters(self, location: str) -> list[Json]:
        all_parameters = [*self.path_item.get("parameters", []), *self.fields.get("parameters", [])]
        return [each for each in map(resolve, all_parameters) if each["in"] == location]


def required_by_sdk(name: str) -> list[str]:
    """Return the properties that an object of the SDK always has."""
    schema = SCHEMAS[name]
    return [*schema.get("required", []), *schema.get("x-sdk-required", [])]


def resolve(node: Json, document: Json | None = None) -> Json:
    """Follow references to the object that they name, in the contract or in another document."""
    while "$ref" in node:
        target: Any = document or SPEC
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


def all_operations() -> Iterator[Operation]:
    for path, item in SPEC["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(method, path, item, item[method])


ALL_OPERATIONS = list(all_operations())
each_operation = pytest.mark.parametrize(
    "operation", ALL_OPERATIONS, ids=lambda operation: operation.id
)


def iterate_nodes(node: Any, location: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every object of the document, with its path."""
    if isinstance(node, dict):
        yield location, node
        for name, value in node.items():
            yield from iterate_nodes(value, f"{location}/{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from iterate_nodes(value, f"{location}/{number}")


def media_types() -> Iterator[tuple[str, Json]]:
    """Yield every media type object that has a schema and examples, with its path."""
    for location, node in iterate_nodes(SPEC["components"]["responses"], "components/responses"):
        if location.endswith(("/application~1json", "/application/json")):
            yield location, node
    for operation in ALL_OPERATIONS:
        for kind in ("requestBody", "responses"):
            for location, node in iterate_nodes(
                operation.fields.get(kind, {}), f"{operation.id}/{kind}"
            ):
                if "schema" in node and "/content/" in location:
                    yield location, node


MEDIA_TYPES = list(media_types())
REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:contract", Resource.from_contents(SPEC, default_specification=DRAFT202012)
)


def validation_errors(schema: Json, value: object) -> list[str]:
    if "$ref" in schema:
        schema = {"$ref": f"urn:contract{schema['$ref']}"}
    validator = OAS31Validator(schema, registry=REGISTRY, format_checker=oas31_format_checker)
    return [error.message for error in validator.iter_errors(value)]
