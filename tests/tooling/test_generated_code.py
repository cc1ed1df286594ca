"""The generated code, the SDK's methods and the local server's routes match the contract."""

from __future__ import annotations

import importlib
import inspect
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import chatroutes_wire.types as wire_types
from chatroutes import AsyncChatRoutes, ChatRoutes, _options
from chatroutes_server import LocalServer
from chatroutes_wire.client import Request
from tests.support.contract import (
    ALL_OPERATIONS,
    PYTHON_NAMES,
    SCHEMAS,
    SPEC,
    Operation,
    each_operation,
    required_by_sdk,
    resolve,
    validation_errors,
)


def test_default_base_url_is_the_first_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATROUTES_BASE_URL", raising=False)
    url = SPEC["servers"][0]["url"]
    assert url == _options.DEFAULT_BASE_URL
    assert repr(ChatRoutes("key")) == f"ChatRoutes(base_url='{url}')"


def import_endpoint_module(operation: Operation) -> Any:
    name = to_snake_case(operation.id)
    return importlib.import_module(f"chatroutes_wire.api.{operation.fields['tags'][0]}.{name}")


def to_snake_case(name: str) -> str:
    return re.sub("([A-Z])", lambda match: f"_{match[1].lower()}", name)


def test_generated_modules_match_the_operations() -> None:
    import chatroutes_wire.api

    folder = Path(next(iter(chatroutes_wire.api.__path__)))
    rendered = {
        f"{file.parent.name}.{file.stem}"
        for file in folder.rglob("*.py")
        if file.stem != "__init__"
    }
    assert rendered == {
        f"{each.fields['tags'][0]}.{to_snake_case(each.id)}" for each in ALL_OPERATIONS
    }


def make_request(operation: Operation, id: str) -> Request:
    module = import_endpoint_module(operation)
    arguments: list[Any] = [id for _ in operation.parameters("path")]
    if body := operation.fields.get("requestBody"):
        if body["required"]:
            example = next(iter(body["content"]["application/json"]["examples"].values()))
            arguments.append(resolve(example)["value"])
    elif query := operation.parameters("query"):
        arguments.append({each["name"]: each["example"] for each in query})
    return module.request(*arguments)


@each_operation
def test_generated_request_matches_the_operation(operation: Operation) -> None:
    request = make_request(operation, "a/b ?#é")
    success = next(iter(operation.fields["responses"].values()))
    [(media_type, content)] = success["content"].items()
    body = operation.fields.get("requestBody")

    assert request.operation == operation.id
    assert request.method == operation.method.upper()
    assert request.path == re.sub(r"\{\w+\}", "a%2Fb%20%3F%23%C3%A9", operation.path)
    assert request.accept == media_type
    assert request.result == resolve(content["schema"]).get("x-result")
    assert request.idempotent_by_key is (operation.method == "post")
    assert (request.body is not None) is (body is not None)
    assert request.query == {
        each["name"]: each["example"] for each in operation.parameters("query")
    }
    if body:
        schema = body["content"]["application/json"]["schema"]
        assert validation_errors(schema, request.body) == []


@each_operation
def test_generated_reader_reads_the_examples(operation: Operation) -> None:
    module = import_endpoint_module(operation)
    request = make_request(operation, "x")
    success = next(iter(operation.fields["responses"].values()))
    [content] = success["content"].values()
    for name, each in content["examples"].items():
        payload = resolve(each)["value"]
        if name in ("compact", "flat") or operation.id == "streamMessage":
            continue  # the client normalizes these responses before it calls read()
        result = module.read(payload)
        if operation.method == "delete":
            assert result is None
        else:
            data = payload["data"]
            assert result is (data[request.result] if request.result else data)


@each_operation
def test_type_hints_of_every_operation_resolve(operation: Operation) -> None:
    module = import_endpoint_module(operation)
    assert typing.get_type_hints(module.request)["return"] is Request
    assert "return" in typing.get_type_hints(module.read)


@pytest.mark.parametrize("client", [ChatRoutes, AsyncChatRoutes])
def test_every_operation_has_a_documented_method(client: Any) -> None:
    running = client("key")
    methods_by_operation: dict[str, list[str]] = {}
    for operation in ALL_OPERATIONS:
        resource = getattr(running, operation.fields["tags"][0])
        methods_by_operation[operation.id] = [
            name
            for name, method in inspect.getmembers(resource, inspect.ismethod)
            if f"`{operation.id}`" in (inspect.getdoc(method) or "")
        ]
    assert [id for id, methods in methods_by_operation.items() if not methods] == []
    assert {id: each for id, each in methods_by_operation.items() if len(each) > 1} == {
        "listBranchMessages": ["get_messages", "iterate_messages"],
        "listBranches": ["iterate", "list"],
        "listCheckpoints": ["iterate", "list"],
        "listConversations": ["iterate", "list"],
        "listMessages": ["iterate", "list"],
        "suggestBranches": ["analyze_text", "suggest_branches"],
    }


@pytest.mark.parametrize("name", [name for name, each in SCHEMAS.items() if "enum" in each])
def test_enum_is_generated_as_a_literal(name: str) -> None:
    assert set(typing.get_args(getattr(wire_types, name))) == set(SCHEMAS[name]["enum"])


OBJECTS = [name for name, each in SCHEMAS.items() if each.get("properties")]


@pytest.mark.parametrize("name", OBJECTS)
def test_object_is_generated_as_a_typed_dict(name: str) -> None:
    rendered = getattr(wire_types, PYTHON_NAMES.get(name, name))
    schema = SCHEMAS[name]
    required = set(required_by_sdk(name))
    assert rendered.__required_keys__ == required
    assert rendered.__optional_keys__ == set(schema.get("properties", {})) - required
    for key, annotation in typing.get_type_hints(rendered).items():
        known_values = resolve(schema["properties"][key]).get("x-known-values")
        if known_values:
            literal, other, *_ = typing.get_args(annotation)
            assert (typing.get_args(literal), other) == (tuple(known_values), str)


@pytest.fixture(scope="module")
def local_server() -> Iterator[LocalServer]:
    with LocalServer(api_key="key") as running:
        yield running


@each_operation
def test_local_server_has_the_route(operation: Operation, local_server: LocalServer) -> None:
    url = local_server.base_url + operation.path.replace("{", "").replace("}", "")
    with httpx.Client(headers={"Authorization": "ApiKey key"}, verify=False) as http:
        response = http.request(
            operation.method, url, json={} if operation.method == "post" else None
        )
        not_allowed = http.request("PUT", url)
    # The ids do not exist and the bodies are empty, so the operation can fail, but its route must exist.
    assert response.status_code not in (405, 500)
    assert not response.json().get("message", "").startswith("there is nothing at")
    assert not_allowed.status_code == 405
    methods = sorted(each.method.upper() for each in ALL_OPERATIONS if each.path == operation.path)
    assert sorted(not_allowed.headers["allow"].split(", ")) == methods
