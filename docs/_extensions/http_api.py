"""Sphinx extension: write the page of the HTTP API from the contract.

The page reference/http-api.md is the beginning. The tags, operations and schemas of the contract follow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from sphinx.application import Sphinx

from chatroutes_server.contract import Contract, Json, Operation, contract_path, load_contract
from chatroutes_server.reference import format_type, group_by_tag

PAGE = "reference/http-api"
LIMITS = {
    "default": "default: {}",
    "minimum": "minimum: {}",
    "maximum": "maximum: {}",
    "minLength": "minimum length: {}",
    "maxLength": "maximum length: {}",
    "maxItems": "maximum number of items: {}",
    "pattern": "pattern: {}",
}


class Reference:
    """The contract as lines of Markdown."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._document = contract.document

    def render(self) -> Iterator[str]:
        yield self._document["info"]["description"]
        for tag, operations in group_by_tag(self._contract):
            yield f"## {tag['name'].capitalize()}\n"
            yield tag["description"]
            for operation, definition in operations:
                yield from self._operation(operation, definition)
        yield "## Schemas\n"
        for name, schema in self._document["components"]["schemas"].items():
            yield from self._schema(name, schema)

    def _operation(self, operation: Operation, definition: Json) -> Iterator[str]:
        yield f"(operation-{operation.id.lower()})=\n### {definition['summary']}\n"
        path = self._contract.base_path + operation.path
        yield f"`{operation.method.upper()} {path}` (`{operation.id}`)\n"
        yield definition["description"]
        if operation.parameters:
            yield "\n**Parameters**\n"
            for each in operation.parameters:
                parameter = self._contract.resolve(each.schema[:-1])[1]
                kind = f"{_render_type(parameter['schema'])}, in: {each.place}"
                yield self._field(each.name, kind, each.required, parameter["schema"], parameter)
        if "requestBody" in definition:
            yield "\n**Request body**\n"
            body = self._contract.dereference(definition["requestBody"])
            yield from self._content(body["content"])
        yield "\n**Responses**\n"
        for status, each in definition["responses"].items():
            response = self._contract.dereference(each)
            yield f"`{status}`: {_one_line(response['description'])}"
            if headers := response.get("headers"):
                yield f"Headers: {', '.join(f'`{name}`' for name in headers)}.\n"
            yield from self._content(response.get("content", {}))

    def _content(self, content: Json) -> Iterator[str]:
        for media_type, value in content.items():
            yield f"\n`{media_type}`: {_render_type(value['schema'])}\n"
            for name, schema in value.get("x-events", {}).items():
                yield f"- The `data` of an event named `{name}`: {_render_type(schema)}"
            for example in value.get("examples", {}).values():
                yield from self._example(self._contract.dereference(example))

    def _example(self, example: Json) -> Iterator[str]:
        text, language = example["value"], "text"
        if not isinstance(text, str):
            text, language = json.dumps(text, indent=2, ensure_ascii=False), "json"
        yield f"\n<details><summary>Example: {example.get('summary', language)}</summary>\n"
        yield f"````{language}\n{text}\n````\n\n</details>\n"

    def _schema(self, name: str, schema: Json) -> Iterator[str]:
        yield f"(schema-{name.lower()})=\n### {name}\n"
        yield schema.get("description", "")
        if "properties" not in schema:
            yield f"\nType: {_render_type(schema)}{_limits(schema)}.\n"
        for each, value in schema.get("properties", {}).items():
            required = each in schema.get("required", [])
            described = value if "description" in value else self._contract.dereference(value)
            yield self._field(each, _render_type(value), required, value, described)

    def _field(self, name: str, kind: str, required: bool, schema: Json, described: Json) -> str:
        requirement = ", required" if required else ""
        text = described.get("description", "").strip().replace("\n", "\n  ")
        return f"- **`{name}`** ({kind}{requirement}{_limits(schema)}): {text}\n"


def _render_type(schema: Json) -> str:
    return format_type(
        schema,
        lambda name: f"[{name}](#schema-{name.lower()})",
        lambda value: f"`{value}`",
    )


def _limits(schema: Json) -> str:
    """Return the limits of a value, each after a comma."""
    limits = [text.format(f"`{schema[key]}`") for key, text in LIMITS.items() if key in schema]
    if known := schema.get("x-known-values"):
        limits.append(f"known values: {' '.join(f'`{each}`' for each in known)}")
    return "".join(f", {each}" for each in limits)


def _one_line(text: str) -> str:
    return f"{' '.join(text.split())}\n"


def add_reference(app: Sphinx, docname: str, source: list[str]) -> None:
    """Append the reference to the source of its page."""
    if docname == PAGE:
        source[0] += "\n" + "\n".join(Reference(load_contract()).render())
        app.env.note_dependency(str(contract_path()), docname=docname)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", add_reference)
    return {"parallel_read_safe": True}
