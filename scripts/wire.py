"""Render the package `chatroutes_wire` from a contract, with openapi-python-client and the templates."""

from __future__ import annotations

import contextlib
import copy
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import jinja2
import sdk_schemas
import yaml
from openapi_python_client import Project, strings
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from wire_operation_check import find_problems
from wire_operations import (
    EVENT_STREAM,
    Json,
    Operation,
    find_media_type,
    find_users,
    is_idempotency_key,
    is_json,
    iterate_operations,
    resolve,
)
from wire_simplify import simplify

# Names that the generated modules use. The generator appends `_` to a class or an attribute with such a name.
strings.RESERVED_WORDS.update(
    [
        "check_body",
        "check_headers",
        "check_list_body",
        "check_query",
        "quote_path_segment",
        "additional_properties",
        "attrs",
        "from_dict",
        "to_dict",
        "Any",
        "Literal",
        "Mapping",
        "NotRequired",
        "TypedDict",
        "UNSET",
        "Unset",
    ]
)

YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader of YAML 1.1, in C where it is available."""

T = TypeVar("T")


class RenderError(Exception):
    """The contract cannot be rendered."""


class View(NamedTuple):
    """The parts of an operation that its template reads from the contract."""

    id: str
    deprecated: bool
    accept: str | None
    """The media type of the response, or None if it has no content."""
    streamed: bool
    enveloped: bool
    """Whether the result is in `data`."""
    result: str | None
    """The property of `data` that contains the result."""
    body_required: bool
    idempotent_by_key: bool
    may_be_empty: tuple[str, ...]
    """The query parameters that accept an empty string."""


def load(file: Path) -> Json:
    """Load a contract.

    Raises:
        RenderError: If it is not an OpenAPI document, or tools for YAML 1.1 and 1.2 read it differently.
    """
    text = file.read_text("utf-8")
    try:
        document = YAML(typ="safe").load(text)
    except YAMLError as problem:
        raise RenderError(f"invalid YAML: {problem}") from None
    if difference := _find_difference(document, yaml.load(text, YAML_LOADER)):
        raise RenderError(difference)
    if not isinstance(document, dict) or not all(
        isinstance(document.get(name), dict) for name in ("info", "paths")
    ):
        raise RenderError("not an OpenAPI document with info and paths")
    version = str(document.get("openapi"))
    if not version.startswith("3.1."):
        raise RenderError(f"the version of OpenAPI is {version}, not 3.1")
    return document


def _find_difference(first: Any, second: Any, place: str = "") -> str | None:
    """Return a sentence for the first value that is not the same in YAML 1.2 and in YAML 1.1."""
    if first == second:
        return None
    pairs: list[tuple[str, Any, Any]] = []
    if isinstance(first, dict) and isinstance(second, dict):
        pairs = [(f"a name in {place or '/'}", *each) for each in zip(first, second, strict=False)]
        pairs += [(f"{place}/{name}", first[name], second.get(name)) for name in first]
    elif isinstance(first, list) and isinstance(second, list):
        pairs = [(f"{place}/{i}", *each) for i, each in enumerate(zip(first, second, strict=False))]
    for where, *values in pairs:
        if difference := _find_difference(*values, where):
            return difference
    return f"{place} is {first!r} in YAML 1.2, but {second!r} in YAML 1.1; use quotes"


def render(
    document: Json,
    out: Path,
    settings: Path,
    templates: Path,
    template_cache: jinja2.BytecodeCache | None = None,
) -> None:
    """Render a contract into a folder.

    Args:
        document: The contract.
        out: The folder.
        settings: The configuration of the generator.
        templates: The folder of the templates.
        template_cache: A cache of compiled templates, for a program that renders more than one contract.

    Raises:
        RenderError: If the templates do not render a part of the contract. The message names it.
    """
    document = sdk_schemas.normalize(copy.deepcopy(document))
    if problems := find_problems(document):
        raise RenderError("\n".join(problems))
    config_file = ConfigFile.load_from_path(settings)
    hooks, config_file.post_hooks = config_file.post_hooks or [], []
    config = Config.from_sources(config_file, MetaType.NONE, "", "utf-8", True, out)
    operations = _index_operations(document, config)
    try:
        data = GeneratorData.from_dict(simplify(document), config=config)
    except (
        Exception
    ) as problem:  # the generator can fail anywhere on a document that it does not expect
        raise RenderError(f"The generator fails: {problem!r}.") from problem
    if isinstance(data, GeneratorError):
        raise RenderError(_describe(data, document))
    views = {name: view(operation) for name, operation in operations.items()}
    _check_errors(data, document)
    _check_names(data, document, operations, config)
    models = {model.class_info.name: model for model in data.models}
    project = Project(openapi=data, config=config, custom_template_path=templates)
    project.env.undefined = jinja2.StrictUndefined
    project.env.bytecode_cache = template_cache
    project.env.filters |= {
        "safe_for_docstring": format_docstring,
        "literal": format_literal,
        "required_count": lambda property: len(
            models[property.class_info.name].required_properties
        ),
    }
    project.env.globals |= {
        "view_of": lambda endpoint: views[endpoint.name],
        "model_of": lambda property: models[property.class_info.name],
        "is_map": is_map,
        "kinds": lambda property: [*dict.fromkeys(iterate_kinds(property))],
        "raw_property": find_raw_property,
        "const_of": find_const,
    }
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            errors = project.build()
    except jinja2.TemplateError as problem:
        raise RenderError(f"the templates fail: {problem}") from problem
    for error in errors:
        raise RenderError(_describe(error, document))
    for hook in hooks:
        command = [sys.executable, "-P", "-m", *shlex.split(hook)]
        done = subprocess.run(command, cwd=out, capture_output=True, text=True)
        if done.returncode:
            raise RenderError(f"{hook} failed: {done.stdout}{done.stderr}")


def view(operation: Operation) -> View:
    _, response = next(iter(operation.successes().items()))
    content = response.get("content") or {}
    accept = find_media_type(content)
    schema = {} if accept is None else resolve(operation.document, content[accept]["schema"])
    properties = _property_names(operation.document, schema)
    streamed = accept is not None and not is_json(accept)
    return View(
        id=operation.id,
        deprecated=operation.fields.get("deprecated", False),
        accept=EVENT_STREAM if streamed else accept,
        streamed=streamed,
        enveloped="data" in properties or properties == {"success"},
        result=schema.get("x-result"),
        body_required=(operation.body() or {}).get("required", False),
        idempotent_by_key=any(map(is_idempotency_key, operation.parameters())),
        may_be_empty=tuple(
            each["name"]
            for each in operation.parameters()
            if each["in"] == "query" and _may_be_empty(resolve(operation.document, each["schema"]))
        ),
    )


def _property_names(document: Json, schema: Json) -> set[str]:
    names = set(schema.get("properties", {}))
    for member in schema.get("allOf", []):
        names |= _property_names(document, resolve(document, member))
    return names


def _may_be_empty(schema: Json) -> bool:
    return schema.get("type") == "string" and "enum" not in schema and not schema.get("minLength")


# The data of the generator.


def is_map(model: Any) -> bool:
    """Return whether a model is an object with any names."""
    properties = model.required_properties or model.optional_properties
    return not properties and model.additional_properties is not None


def iterate_kinds(property: Any) -> Iterator[str]:
    """Yield the JSON types of a property, as `client.read_value` names them."""
    name = type(property).__name__
    if name == "UnionProperty":
        for inner in property.inner_properties:
            yield from iterate_kinds(inner)
    elif name in ("LiteralEnumProperty", "ConstProperty"):
        values = property.values if name == "LiteralEnumProperty" else [property.value.raw_value]
        yield {str: "a string", bool: "a boolean"}.get(type(next(iter(values))), "an integer")
    else:
        yield {
            "ModelProperty": "an object",
            "ListProperty": "a list",
            "IntProperty": "an integer",
            "FloatProperty": "a number",
            "BooleanProperty": "a boolean",
            "NoneProperty": "null",
            "AnyProperty": "anything",
        }.get(name, "a string")


def find_raw_property(model: Any, name: Any) -> Any:
    """Return the schema of a property as the contract has it, or None."""
    return (model.data.properties or {}).get(name) if model else None


def find_const(property: Any) -> Any:
    """Return the only value of a property, or None."""
    name = type(property).__name__
    if name == "ConstProperty":
        return property.value.raw_value
    if name == "LiteralEnumProperty" and len(property.values) == 1:
        return next(iter(property.values))
    return None


def format_docstring(text: object) -> str:
    """Escape a text for a docstring. A quote at its end would close the docstring."""
    text = strings.safe_for_docstring(text).strip()
    if not text.endswith('"'):
        return text
    before = text[:-1]
    is_escaped = (len(before) - len(before.rstrip("\\"))) % 2
    return text if is_escaped else before + '\\"'


def format_literal(value: Any) -> str:
    """Return the literal of a string, a number, or a tuple of strings."""
    return repr(value.get_untrusted_value() if hasattr(value, "get_untrusted_value") else value)


# Errors.


def _describe(error: GeneratorError, document: Json) -> str:
    """Return an error of the generator as a sentence that names the operation and the schema."""
    header = error.header
    place = ""
    if found := re.search(r"WARNING parsing (\w+) (\S+) within", header):
        header = ""
        place = next(
            each.label
            for each in iterate_operations(document)
            if (each.method.upper(), each.path) == found.groups()
        )
    elif found := re.search(r"schema (?:/components/schemas/)?([^\s:]+)", header):
        header = ""
        users = [each.label for each in find_users(document, found[1])][:1]
        place = ": ".join([*users, f"schema {found[1]!r}"])
    text = f"{header}: {error.detail or ''}".partition("Failure to process schema")[0]
    text = text.replace("Unable to parse this part of your OpenAPI document: ", "")
    text = re.sub(r"(: *)+", ": ", " ".join(text.split())).strip(":. ")
    return f"{place}: {text}." if place else f"{text}."


def _check_errors(data: GeneratorData, document: Json) -> None:
    errors = [*data.errors]
    for collection in data.endpoint_collections_by_tag.values():
        errors += collection.parse_errors
    if errors:  # the other errors follow from the first
        raise RenderError(_describe(errors[0], document))


def _check_names(
    data: GeneratorData, document: Json, operations: dict[str, Operation], config: Config
) -> None:
    """Refuse class names and module names that are the same."""
    classes = [each.class_info for each in (*data.models, *data.enums)]
    for module, others in _group(classes, lambda each: each.module_name).items():
        if len(others) > 1:
            same = [
                name
                for name in document.get("components", {}).get("schemas", {})
                if any(_class_name(name, config) == each.name for each in others)
            ]
            users = [each.label + ": " for name in same for each in find_users(document, name)]
            names = " and ".join(same if len(same) > 1 else [each.name for each in others])
            raise RenderError(
                f"{''.join(users[:1])}the schemas {names} would be in the same module {module}.py; "
                "rename one of them."
            )
    names = {each.name for each in classes}
    for name, operation in operations.items():
        for suffix in ("Params", "Headers"):
            generated = f"{_class_name(name, config)}{suffix}"
            if generated in names:
                raise RenderError(
                    f"{operation.label}: the generated class {generated} has the name of a schema; "
                    "rename the schema."
                )


def _class_name(name: str, config: Config) -> str:
    return str(strings.ClassName(name, config.field_prefix))


def _index_operations(document: Json, config: Config) -> dict[str, Operation]:
    """Return the operations by the name of their module."""
    by_name = _group(
        iterate_operations(document),
        lambda each: str(strings.PythonIdentifier(each.id, config.field_prefix)),
    )
    for name, others in by_name.items():
        if len(others) > 1:
            raise RenderError(
                f"{others[0].label} and {others[1].label}: the operationIds would have the same module "
                f"{name}.py; rename one of them."
            )
    return {name: operation for name, [operation] in by_name.items()}


def _group(values: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return groups
