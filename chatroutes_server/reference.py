"""The API reference as an HTML page, rendered from the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Any

from chatroutes_server.contract import Contract, Json, Operation, Parameter

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


def group_by_tag(contract: Contract) -> Iterator[tuple[Json, list[tuple[Operation, Json]]]]:
    """Yield each tag with its operations and their definitions."""
    operations: list[tuple[Operation, Json]] = [
        (each, contract.resolve(("paths", each.path, each.method))[1])
        for each in contract.operations
    ]
    for tag in contract.document["tags"]:
        yield tag, [each for each in operations if each[1]["tags"][0] == tag["name"]]


def format_type(schema: Json, link: Callable[[str], str], code: Callable[[str], str]) -> str:
    """Return the type of a schema. `link` formats the name of another schema, and `code` a value."""
    if "$ref" in schema:
        return link(schema["$ref"].rpartition("/")[2])
    if "oneOf" in schema:
        return " or ".join(format_type(each, link, code) for each in schema["oneOf"])
    if "enum" in schema:
        return " or ".join(code(str(each)) for each in schema["enum"])
    types: Any = schema.get("type", "any")
    names = " or ".join([types] if isinstance(types, str) else types)
    return names + (f" of {format_type(schema['items'], link, code)}" if "items" in schema else "")


class _Reference:
    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._document = contract.document

    def render(self) -> Iterator[str]:
        info = self._document["info"]
        yield f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        yield render_markdown(info.get("description", ""))
        yield '<p>OpenAPI document: <a href="/openapi.yaml">YAML</a>, <a href="/openapi.json">JSON</a></p>'
        yield "<nav><ul>"
        for each in self._contract.operations:
            yield f'<li><a href="#{escape(each.id)}">{escape(each.id)}</a></li>'
        yield '<li><a href="#schemas">Schemas</a></li></ul></nav>'
        for tag, operations in group_by_tag(self._contract):
            yield f"<section><h2>{escape(tag['name'].capitalize())}</h2>"
            yield render_markdown(tag.get("description", ""))
            for operation, definition in operations:
                yield from self._operation(operation, definition)
            yield "</section>"
        yield '<section><h2 id="schemas">Schemas</h2>'
        for name, schema in self._document["components"]["schemas"].items():
            yield from self._schema(name, schema)
        yield "</section>"

    def _operation(self, operation: Operation, definition: Json) -> Iterator[str]:
        path = self._contract.base_path + operation.path
        yield f'<section id="{escape(operation.id)}"><h3>{escape(definition["summary"])}</h3>'
        yield f"<p><code>{operation.method.upper()} {escape(path)}</code> ({escape(operation.id)})</p>"
        yield render_markdown(definition.get("description", ""))
        if operation.parameters:
            yield "<h4>Parameters</h4>"
            yield self._table(map(self._parameter, operation.parameters))
        if "requestBody" in definition:
            yield "<h4>Request body</h4>"
            body = self._contract.dereference(definition["requestBody"])
            yield from self._content(body["content"])
        yield "<h4>Responses</h4>"
        for status, response in definition["responses"].items():
            resolved = self._contract.dereference(response)
            yield f"<p><strong>{escape(status)}</strong></p>{render_markdown(resolved['description'])}"
            yield from self._content(resolved.get("content", {}))
        yield "</section>"

    def _content(self, content: Json) -> Iterator[str]:
        for media_type, value in content.items():
            yield f"<p><code>{escape(media_type)}</code>: {_render_type(value.get('schema', {}))}</p>"
            for example in value.get("examples", {}).values():
                resolved = self._contract.dereference(example)
                text = resolved.get("value")
                if not isinstance(text, str):
                    text = json.dumps(text, indent=2, ensure_ascii=False)
                summary = escape(resolved.get("summary", "Example"))
                yield f"<details><summary>{summary}</summary><pre>{escape(text)}</pre></details>"

    def _parameter(self, parameter: Parameter) -> tuple[str, str, bool, str]:
        definition = self._contract.resolve(parameter.schema[:-1])[1]
        text = f"In: {parameter.place}.\n\n{definition.get('description', '')}"
        schema = self._contract.dereference(definition["schema"])
        return parameter.name, _render_type(schema), parameter.required, text

    def _schema(self, name: str, schema: Json) -> Iterator[str]:
        yield f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>'
        yield render_markdown(schema.get("description", ""))
        properties = schema.get("properties", {})
        if properties:
            required = schema.get("required", [])
            yield self._table(
                (
                    each,
                    _render_type(value),
                    each in required,
                    self._contract.dereference(value).get("description", ""),
                )
                for each, value in properties.items()
            )
        else:
            yield f"<p>Type: {_render_type(schema)}</p>"
        yield "</section>"

    def _table(self, rows: Iterable[tuple[str, str, bool, str]]) -> str:
        lines = [
            f"<tr><td><code>{escape(name)}</code>{' (required)' if required else ''}</td>"
            f"<td>{type_name}</td><td>{render_markdown(text)}</td></tr>"
            for name, type_name, required, text in rows
        ]
        head = "<tr><th>Name</th><th>Type</th><th>Description</th></tr>"
        return "\n".join(["<table>", head, *lines, "</table>"])


def _render_type(schema: Json) -> str:
    return format_type(schema, _link_schema, lambda value: f"<code>{escape(value)}</code>")


def _link_schema(name: str) -> str:
    return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'


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
