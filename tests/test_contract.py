"""The contract is valid and complete, and what is made from it keeps to it."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import typing
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

import chatroutes_wire.types as wire_types
from chatroutes import AsyncChatRoutes, ChatRoutes, _options
from chatroutes_server import LocalServer
from chatroutes_wire.client import Request

Json = dict[str, Any]

SPEC_FILE = Path(__file__).parents[1] / "openapi/chatroutes.yaml"
SPEC: Json = yaml.load(SPEC_FILE.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
SCHEMAS: Json = SPEC["components"]["schemas"]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

CONVERSATION = "/conversations/{conversationId}"
BRANCH = f"{CONVERSATION}/branches/{{branchId}}"
# operationId: method, path, the part of `data` that is the result, the body's schema.
OPERATIONS: dict[str, tuple[str, str, str | None, str | None]] = {
    "createConversation": (
        "post",
        "/conversations",
        "conversation",
        "CreateConversationRequest",
    ),
    "listConversations": ("get", "/conversations", None, None),
    "getConversation": ("get", CONVERSATION, "conversation", None),
    "updateConversation": ("patch", CONVERSATION, "conversation", "UpdateConversationRequest"),
    "deleteConversation": ("delete", CONVERSATION, None, None),
    "getConversationTree": ("get", f"{CONVERSATION}/tree", None, None),
    "sendMessage": ("post", f"{CONVERSATION}/messages", None, "SendMessageRequest"),
    "streamMessage": ("post", f"{CONVERSATION}/messages/stream", None, "SendMessageRequest"),
    "listMessages": ("get", f"{CONVERSATION}/messages", "messages", None),
    "updateMessage": ("patch", "/messages/{messageId}", "message", "UpdateMessageRequest"),
    "deleteMessage": ("delete", "/messages/{messageId}", None, None),
    "listBranches": ("get", f"{CONVERSATION}/branches", "branches", None),
    "createBranch": ("post", f"{CONVERSATION}/branches", "branch", "CreateBranchRequest"),
    "forkConversation": ("post", f"{CONVERSATION}/fork", "branch", "ForkConversationRequest"),
    "updateBranch": ("patch", BRANCH, "branch", "UpdateBranchRequest"),
    "deleteBranch": ("delete", BRANCH, None, None),
    "listBranchMessages": ("get", f"{BRANCH}/messages", "messages", None),
    "sendBranchMessage": ("post", f"{BRANCH}/messages", None, "SendMessageRequest"),
    "mergeBranch": ("post", f"{BRANCH}/merge", "branch", "EmptyRequest"),
    "listCheckpoints": ("get", f"{CONVERSATION}/checkpoints", "checkpoints", None),
    "createCheckpoint": (
        "post",
        f"{CONVERSATION}/checkpoints",
        "checkpoint",
        "CreateCheckpointRequest",
    ),
    "deleteCheckpoint": ("delete", "/checkpoints/{checkpointId}", None, None),
    "recreateCheckpoint": (
        "post",
        "/checkpoints/{checkpointId}/recreate",
        "checkpoint",
        "EmptyRequest",
    ),
    "suggestBranches": ("post", "/autobranch/suggest-branches", None, "SuggestBranchesRequest"),
    "getAutobranchHealth": ("get", "/autobranch/health", None, None),
    "listModels": ("get", "/models", "models", None),
}
QUERIES = {
    "listConversations": {"page", "limit", "filter"},
    "listMessages": {"branchId"},
    "listCheckpoints": {"branchId"},
}


class Operation(NamedTuple):
    method: str
    path: str
    item: Json
    """What the document says of the path."""
    fields: Json
    """What it says of the operation."""

    @property
    def id(self) -> str:
        return self.fields["operationId"]

    def parameters(self, place: str) -> list[Json]:
        both = [*self.item.get("parameters", []), *self.fields.get("parameters", [])]
        return [each for each in map(resolved, both) if each["in"] == place]


def resolved(node: Json) -> Json:
    """Follow a reference, if it is one."""
    while "$ref" in node:
        target: Any = SPEC
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


def all_operations() -> Iterator[Operation]:
    for path, item in SPEC["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(method, path, item, item[method])


ALL = list(all_operations())
each_operation = pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.id)


def nodes(node: Any, place: str = "") -> Iterator[tuple[str, Json]]:
    """Every object of the document, with its place."""
    if isinstance(node, dict):
        yield place, node
        for name, value in node.items():
            yield from nodes(value, f"{place}/{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from nodes(value, f"{place}/{number}")


def media_types() -> Iterator[tuple[str, Json]]:
    """Every place of the document at which a body has a schema and examples."""
    for place, node in nodes(SPEC["components"]["responses"], "components/responses"):
        if place.endswith(("/application~1json", "/application/json")):
            yield place, node
    for operation in ALL:
        for kind in ("requestBody", "responses"):
            for place, node in nodes(operation.fields.get(kind, {}), f"{operation.id}/{kind}"):
                if "schema" in node and "/content/" in place:
                    yield place, node


MEDIA_TYPES = list(media_types())
REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:contract", Resource.from_contents(SPEC, default_specification=DRAFT202012)
)


def problems(schema: Json, value: object) -> list[str]:
    if "$ref" in schema:
        schema = {"$ref": f"urn:contract{schema['$ref']}"}
    validator = OAS31Validator(schema, registry=REGISTRY, format_checker=oas31_format_checker)
    return [error.message for error in validator.iter_errors(value)]


# The document by itself.


def test_the_document_is_valid_openapi() -> None:
    assert SPEC["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(SPEC).iter_errors()) == []


@pytest.mark.skipif(
    sys.version_info < (3, 11),
    reason="ruamel.yaml comes with the generator, which needs Python 3.11",
)
def test_both_readers_of_yaml_read_the_same() -> None:
    ruamel = importlib.import_module("ruamel.yaml")
    assert ruamel.YAML(typ="safe").load(SPEC_FILE.read_text("utf-8")) == SPEC


def test_no_key_stands_twice() -> None:
    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader: Any, node: Any) -> Json:
        keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), [key for key, n in Counter(keys).items() if n > 1]
        return {
            key: loader.construct_object(value, deep=True)
            for key, (_, value) in zip(keys, node.value, strict=True)
        }

    Strict.add_constructor("tag:yaml.org,2002:map", mapping)
    yaml.load(SPEC_FILE.read_text("utf-8"), Strict)


def test_the_operations_are_those_of_the_service() -> None:
    found = {}
    for operation in ALL:
        success = next(iter(operation.fields["responses"].values()))
        [answer] = success["content"].values()
        body = operation.fields.get("requestBody", {"content": {"": {"schema": {"$ref": ""}}}})
        [sent] = body["content"].values()
        found[operation.id] = (
            operation.method,
            operation.path,
            resolved(answer["schema"]).get("x-result"),
            sent["schema"]["$ref"].rpartition("/")[2] or None,
        )
    assert found == OPERATIONS
    assert len(found) == len(ALL)


@each_operation
def test_an_operation_is_described(operation: Operation) -> None:
    fields = operation.fields
    assert re.fullmatch("[a-z]+([A-Z][a-z]+)*", fields["operationId"])
    [tag] = fields["tags"]
    assert tag in [each["name"] for each in SPEC["tags"]]
    assert fields["summary"]
    assert not fields["summary"].endswith(".")
    assert fields["description"].rstrip().endswith((".", ":", "`"))


@each_operation
def test_an_operation_wants_a_key(operation: Operation) -> None:
    security = operation.fields.get("security", SPEC["security"])
    assert {"ApiKeyAuth": []} in security
    assert {} not in security
    assert {name for each in security for name in each} <= set(
        SPEC["components"]["securitySchemes"]
    )


@each_operation
def test_an_operation_says_what_it_answers(operation: Operation) -> None:
    responses = {status: resolved(each) for status, each in operation.fields["responses"].items()}
    success, *failures = responses
    created = operation.id.startswith(("create", "fork"))
    assert success == ("201" if created else "200")
    expected = {"401", "429", "4XX", "5XX"}
    if "{" in operation.path:
        expected.add("404")
    required = operation.fields.get("requestBody", {}).get("required", False)
    limits = any("enum" in resolved(each["schema"]) for each in operation.parameters("query"))
    if required or limits:
        expected.add("400")
    assert expected <= set(failures) <= expected | {"409"}
    for status, response in responses.items():
        assert response["description"]
        [(media_type, content)] = response["content"].items()
        assert content["examples"], status
        if status == success:
            assert "X-Request-Id" in response["headers"]
            streams = operation.id == "streamMessage"
            assert media_type == ("text/event-stream" if streams else "application/json")
        else:
            assert content["schema"] == {"$ref": "#/components/schemas/ErrorResponse"}
            assert media_type == "application/json"


@each_operation
def test_a_post_and_nothing_else_takes_an_idempotency_key(operation: Operation) -> None:
    headers = [each["name"] for each in operation.parameters("header")]
    resumable = ["Last-Event-ID"] if operation.id == "streamMessage" else []
    assert headers == (["Idempotency-Key", *resumable] if operation.method == "post" else [])


@each_operation
def test_a_path_declares_its_ids_and_a_query_its_parameters(operation: Operation) -> None:
    ids = [each["name"] for each in operation.parameters("path")]
    assert ids == re.findall(r"\{(\w+)\}", operation.path)
    query = {each["name"] for each in operation.parameters("query")}
    assert query == QUERIES.get(operation.id, set())
    for each in [*operation.parameters("path"), *operation.parameters("query")]:
        assert each["description"]
        assert problems(each["schema"], each["example"]) == []


def test_every_property_is_described() -> None:
    bare = [
        f"{place}/{name}"
        for place, node in nodes(SCHEMAS)
        if isinstance(node.get("properties"), dict) and "type" in node
        for name, each in node["properties"].items()
        if not resolved(each).get("description")
    ]
    assert bare == []
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []


def test_what_is_required_is_a_property() -> None:
    for place, node in nodes(SCHEMAS):
        if isinstance(node.get("required"), list):
            assert set(node["required"]) <= set(node["properties"]), place


def test_every_component_is_used() -> None:
    text = SPEC_FILE.read_text("utf-8")
    unused = [
        f"{kind}/{name}"
        for kind, components in SPEC["components"].items()
        if kind != "securitySchemes"
        for name in components
        if f"#/components/{kind}/{name}'" not in text
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("place", "media_type"), MEDIA_TYPES, ids=[place for place, _ in MEDIA_TYPES]
)
def test_the_examples_of_a_body_keep_to_its_schema(place: str, media_type: Json) -> None:
    for name, each in media_type["examples"].items():
        example = resolved(each)
        assert example["summary"]
        assert problems(media_type["schema"], example["value"]) == [], f"{place}: {name}"


def test_examples_are_as_closed_as_the_schemas_are_open() -> None:
    """An example with a property that no schema knows is most likely a slip."""
    for _, media_type in MEDIA_TYPES:
        for each in media_type["examples"].values():
            unknown = sorted(unknown_properties(media_type["schema"], resolved(each)["value"]))
            assert unknown == []


def unknown_properties(schema: Json, value: object, place: str = "") -> set[str]:
    schema = resolved(schema)
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return min((unknown_properties(each, value, place) for each in alternatives), key=len)
    if isinstance(value, dict) and "properties" in schema:
        found = {f"{place}/{name}" for name in value if name not in schema["properties"]}
        for name in value.keys() & schema["properties"].keys():
            found |= unknown_properties(schema["properties"][name], value[name], f"{place}/{name}")
        return found
    if isinstance(value, list) and "items" in schema:
        return {each for item in value for each in unknown_properties(schema["items"], item, place)}
    return set()


def test_a_wrong_time_in_an_example_would_be_found() -> None:
    conversation = resolved(
        {"$ref": "#/components/examples/ConversationResponse/value/data/conversation"}
    )
    schema = {"$ref": "#/components/schemas/Conversation"}
    assert problems(schema, conversation) == []
    assert problems(schema, {**conversation, "createdAt": "yesterday"})


def test_times_in_examples_have_milliseconds_and_z() -> None:
    times = [
        value
        for _, node in nodes(SPEC["components"]["examples"])
        for name, value in node.items()
        if name in ("createdAt", "updatedAt", "created_at")
    ]
    assert times
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each) for each in times)


def reachable(node: Any, seen: set[str]) -> Iterator[Json]:
    """Every schema that a part of the document leads to."""
    for _, each in nodes(node):
        yield each
        name = each.get("$ref")
        if isinstance(name, str) and "/examples/" not in name and name not in seen:
            seen.add(name)
            yield from reachable(resolved(each), seen)


def test_answers_stay_open_to_new_values() -> None:
    answers = [operation.fields["responses"] for operation in ALL]
    closed = [
        each
        for each in reachable(answers, set())
        if "enum" in each or each.get("additionalProperties") is False
    ]
    assert closed == []


def test_requests_name_the_values_that_they_take() -> None:
    requests = [
        [operation.fields.get("requestBody"), operation.parameters("query")] for operation in ALL
    ]
    enums = [each["enum"] for each in reachable(requests, set()) if "enum" in each]
    assert enums == [["all", "owned", "shared"], ["FULL", "PARTIAL", "MINIMAL"]]


# What is made from it.


def test_the_client_s_default_is_the_first_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATROUTES_BASE_URL", raising=False)
    url = SPEC["servers"][0]["url"]
    assert url == _options.SERVICE
    assert repr(ChatRoutes("key")) == f"ChatRoutes(base_url='{url}')"


def module_of(operation: Operation) -> Any:
    name = snake(operation.id)
    return importlib.import_module(f"chatroutes_wire.api.{operation.fields['tags'][0]}.{name}")


def snake(name: str) -> str:
    return re.sub("([A-Z])", lambda match: f"_{match[1].lower()}", name)


def test_every_operation_is_rendered_and_nothing_else() -> None:
    import chatroutes_wire.api

    folder = Path(next(iter(chatroutes_wire.api.__path__)))
    rendered = {
        f"{file.parent.name}.{file.stem}"
        for file in folder.rglob("*.py")
        if file.stem != "__init__"
    }
    assert rendered == {f"{each.fields['tags'][0]}.{snake(each.id)}" for each in ALL}


def request_of(operation: Operation, id: str) -> Request:
    module = module_of(operation)
    arguments: list[Any] = [id for _ in operation.parameters("path")]
    if body := operation.fields.get("requestBody"):
        if body["required"]:
            example = next(iter(body["content"]["application/json"]["examples"].values()))
            arguments.append(resolved(example)["value"])
    elif query := operation.parameters("query"):
        arguments.append({each["name"]: each["example"] for each in query})
    return module.request(*arguments)


@each_operation
def test_the_rendered_request_is_the_operation(operation: Operation) -> None:
    request = request_of(operation, "a/b ?#é")
    success = next(iter(operation.fields["responses"].values()))
    [(media_type, content)] = success["content"].items()
    body = operation.fields.get("requestBody")

    assert request.operation == operation.id
    assert request.method == operation.method.upper()
    assert request.path == re.sub(r"\{\w+\}", "a%2Fb%20%3F%23%C3%A9", operation.path)
    assert request.accept == media_type
    assert request.result == resolved(content["schema"]).get("x-result")
    assert request.idempotent_by_key is (operation.method == "post")
    assert (request.body is not None) is (body is not None)
    assert request.query == {
        each["name"]: each["example"] for each in operation.parameters("query")
    }
    if body:
        schema = body["content"]["application/json"]["schema"]
        assert problems(schema, request.body) == []


@each_operation
def test_the_rendered_reader_reads_the_examples(operation: Operation) -> None:
    module = module_of(operation)
    request = request_of(operation, "x")
    success = next(iter(operation.fields["responses"].values()))
    [content] = success["content"].values()
    for name, each in content["examples"].items():
        payload = resolved(each)["value"]
        if operation.id == "listConversations" and name == "compact":
            continue  # its envelope is the client's to change before
        got = module.read(payload)
        if operation.method == "delete":
            assert got is None
        elif operation.id == "streamMessage":
            assert got is payload
        else:
            data = payload["data"]
            assert got is (data[request.result] if request.result else data)


@pytest.mark.parametrize("client", [ChatRoutes, AsyncChatRoutes])
def test_every_operation_is_a_method_that_says_so(client: Any) -> None:
    running = client("key")
    named: dict[str, list[str]] = {}
    for operation in ALL:
        resource = getattr(running, operation.fields["tags"][0])
        named[operation.id] = [
            name
            for name, method in inspect.getmembers(resource, inspect.ismethod)
            if f"`{operation.id}`" in (inspect.getdoc(method) or "")
        ]
    assert [id for id, methods in named.items() if not methods] == []
    assert {id: each for id, each in named.items() if len(each) > 1} == {
        "listConversations": ["iterate", "list"]
    }


@pytest.mark.parametrize("name", [name for name, each in SCHEMAS.items() if "enum" in each])
def test_an_enum_is_rendered_as_its_literal(name: str) -> None:
    assert set(typing.get_args(getattr(wire_types, name))) == set(SCHEMAS[name]["enum"])


OBJECTS = [name for name, each in SCHEMAS.items() if each.get("type") == "object"]


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_rendered_as_its_typed_dict(name: str) -> None:
    rendered = getattr(wire_types, name)
    schema = SCHEMAS[name]
    required = set(schema.get("required", []))
    assert rendered.__required_keys__ == required
    assert rendered.__optional_keys__ == set(schema.get("properties", {})) - required
    for key, annotation in rendered.__annotations__.items():
        text = getattr(annotation, "__forward_arg__", annotation)
        known = resolved(schema["properties"][key]).get("x-known-values")
        if known:
            assert f"Literal[{', '.join(map(repr, known))}] | str" in text


@pytest.fixture(scope="module")
def local_server() -> Iterator[LocalServer]:
    with LocalServer(api_key="key") as running:
        yield running


@each_operation
def test_the_local_server_has_the_route(operation: Operation, local_server: LocalServer) -> None:
    url = local_server.base_url + operation.path.replace("{", "").replace("}", "")
    with httpx.Client(headers={"Authorization": "ApiKey key"}) as http:
        answer = http.request(
            operation.method, url, json={} if operation.method == "post" else None
        )
        refused = http.request("PUT", url)
    # The ids are nobody's and the bodies empty: what matters is that the operation answers.
    assert answer.status_code not in (405, 500)
    assert not answer.json().get("message", "").startswith("there is nothing at")
    assert refused.status_code == 405
    methods = sorted(each.method.upper() for each in ALL if each.path == operation.path)
    assert sorted(refused.headers["allow"].split(", ")) == methods
