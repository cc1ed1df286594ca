"""The API reference as an HTML page, rendered from the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from chatroutes_server.contract import Contract, Json, Operation

STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
code, pre { font: 14px/1.4 ui-monospace, monospace; background: #f4f4f4; }
pre { padding: .8rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem; text-align: left; vertical-align: top; }
section { margin-top: 2.5rem; }
nav ul { columns: 3; list-style: none; padding: 0; }
"""


def render_page(title: str, body: str) -> str:
    """Return an HTML document."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def render_reference(contract: Contract) -> str:
    """Return the reference of all operations and schemas."""
    return render_page(contract.document["info"]["title"], "\n".join(_Reference(contract).render()))


class _Reference:
    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._document = contract.document

    def render(self) -> Iterator[str]:
        info = self._document["info"]
        yield f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        yield render_markdown(info.get("description", ""))
        yield '<p>OpenAPI document: <a href="/openapi.yaml">YAML</a>, <a href="/openapi.json">JSON</a></p>'
        operations = {each.id: each for each in self._contract.operations}
        yield "<nav><ul>"
        for name in operations:
            yield f'<li><a href="#{escape(name)}">{escape(name)}</a></li>'
        yield '<li><a href="#schemas">Schemas</a></li></ul></nav>'
        for tag in self._document["tags"]:
            yield f"<section><h2>{escape(tag['name'].capitalize())}</h2>"
            yield render_markdown(tag.get("description", ""))
            for operation in operations.values():
                if self._definition(operation)["tags"][0] == tag["name"]:
                    yield from self._operation(operation)
            yield "</section>"
        yield '<section><h2 id="schemas">Schemas</h2>'
        for name, schema in self._document["components"]["schemas"].items():
            yield from self._schema(name, schema)
        yield "</section>"

    def _definition(self, operation: Operation) -> Json:
        definition: Json = self._contract.resolve(("paths", operation.path, operation.method))[1]
        return definition

    def _operation(self, operation: Operation) -> Iterator[str]:
        definition = self._definition(operation)
        path = self._contract.base_path + operation.path
        yield f'<section id="{escape(operation.id)}"><h3>{escape(definition["summary"])}</h3>'
        yield f"<p><code>{operation.method.upper()} {escape(path)}</code> ({escape(operation.id)})</p>"
        yield render_markdown(definition.get("description", ""))
        if operation.parameters:
            yield "<h4>Parameters</h4>"
            yield self._table(
                (
                    each.name,
                    self._type(each.schema),
                    each.required,
                    self._parameter_text(each.schema),
                )
                for each in operation.parameters
            )
        if operation.body_schemas:
            yield "<h4>Request body</h4>"
            _, body = self._contract.resolve(
                ("paths", operation.path, operation.method, "requestBody")
            )
            yield from self._content(body.get("content", {}))
        yield "<h4>Responses</h4>"
        for status, response in definition["responses"].items():
            resolved = self._contract.dereference(response)
            yield f"<p><strong>{escape(status)}</strong></p>{render_markdown(resolved['description'])}"
            yield from self._content(resolved.get("content", {}))
        yield "</section>"

    def _content(self, content: Json) -> Iterator[str]:
        for media_type, value in content.items():
            yield f"<p><code>{escape(media_type)}</code>: {self._schema_type(value.get('schema', {}))}</p>"
            for example in value.get("examples", {}).values():
                resolved = self._contract.dereference(example)
                text = resolved.get("value")
                if not isinstance(text, str):
                    text = json.dumps(text, indent=2, ensure_ascii=False)
                summary = escape(resolved.get("summary", "Example"))
                yield f"<details><summary>{summary}</summary><pre>{escape(text)}</pre></details>"

    def _parameter_text(self, schema: tuple[str | int, ...]) -> str:
        _, parameter = self._contract.resolve(schema[:-1])
        return f"In: {parameter['in']}.\n\n{parameter.get('description', '')}"

    def _type(self, location: tuple[str | int, ...]) -> str:
        return self._schema_type(self._contract.resolve(location)[1])

    def _schema(self, name: str, schema: Json) -> Iterator[str]:
        yield f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>'
        yield render_markdown(schema.get("description", ""))
        properties = schema.get("properties", {})
        if properties:
            required = schema.get("required", [])
            yield self._table(
                (
                    each,
                    self._schema_type(value),
                    each in required,
                    self._contract.dereference(value).get("description", ""),
                )
                for each, value in properties.items()
            )
        else:
            yield f"<p>Type: {self._schema_type(schema)}</p>"
        yield "</section>"

    def _table(self, rows: Iterable[tuple[str, str, bool, str]]) -> str:
        lines = [
            f"<tr><td><code>{escape(name)}</code>{' (required)' if required else ''}</td>"
            f"<td>{type_name}</td><td>{render_markdown(text)}</td></tr>"
            for name, type_name, required, text in rows
        ]
        head = "<tr><th>Name</th><th>Type</th><th>Description</th></tr>"
        return "\n".join(["<table>", head, *lines, "</table>"])

    def _schema_type(self, schema: Json) -> str:
        """Return the type of a schema as HTML, with links to the named schemas."""
        if "$ref" in schema:
            name = escape(schema["$ref"].rpartition("/")[2])
            return f'<a href="#schema-{name}">{name}</a>'
        if "oneOf" in schema:
            return " or ".join(map(self._schema_type, schema["oneOf"]))
        if "enum" in schema:
            return " or ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
        types: Any = schema.get("type", "any")
        names = [types] if isinstance(types, str) else types
        items = f" of {self._schema_type(schema['items'])}" if "items" in schema else ""
        return escape(" or ".join(names)) + items


def render_markdown(text: str) -> str:
    """Return the HTML of a description: paragraphs, headings, lists, code and emphasis."""
    blocks: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        heading, _, rest = block.partition("\n")
        if heading.startswith("#"):
            blocks.append(f"<h4>{_render_inline(heading.lstrip('# '))}</h4>")
            block = rest
        first, *items = re.split(r"(?:^|\n)\s*\* ", block)
        if first.strip():
            blocks.append(f"<p>{_render_inline(first)}</p>")
        if items:
            rendered = "".join(f"<li>{_render_inline(item)}</li>" for item in items)
            blocks.append(f"<ul>{rendered}</ul>")
    return "\n".join(blocks)


def _render_inline(text: str) -> str:
    """Return the HTML of a text with `code`, *emphasis* and URLs."""
    parts = re.split(r"`([^`]+)`", text)
    for number, part in enumerate(parts):
        if number % 2:
            parts[number] = f"<code>{escape(part)}</code>"
            continue
        html = re.sub(r"\*([^*\s][^*]*)\*", r"<em>\1</em>", escape(part))
        parts[number] = re.sub(
            r"https?://[^\s<>()]+[^\s<>().,:]", r'<a href="\g<0>">\g<0></a>', html
        )
    return "".join(parts)
