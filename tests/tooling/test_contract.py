"""The contract is valid OpenAPI and describes the operations of the service."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from chatroutes.imports import _nodes, _preparation, _replay_plan
from chatroutes_server.api import import_document
from tests.support.contract import (
    ALL_OPERATIONS,
    SCHEMAS,
    SPEC,
    Json,
    Operation,
    each_operation,
    iterate_nodes,
    resolve,
)
from tests.support.paths import CONTRACT_30

pytestmark = pytest.mark.check

CONVERSATION = "/conversations/{conversationId}"
BRANCH = f"{CONVERSATION}/branches/{{branchId}}"
# operationId: method, path, name of the result in `data`, schema of the request body.
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
    "getConversationTree": {"format"},
    "listMessages": {"branchId", "scope", "limit", "cursor"},
    "listBranches": {"limit", "cursor"},
    "listBranchMessages": {"limit", "cursor"},
    "listCheckpoints": {"branchId", "limit", "cursor"},
}


def test_contract_is_valid_openapi() -> None:
    assert SPEC["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(SPEC).iter_errors()) == []


# scripts/regen.py compares the parsers of YAML 1.1 and 1.2 for the contract itself.
def test_both_yaml_parsers_agree_on_the_derived_contract() -> None:
    ruamel = importlib.import_module("ruamel.yaml")
    text = CONTRACT_30.read_text("utf-8")
    assert ruamel.YAML(typ="safe").load(text) == yaml.safe_load(text)


def test_operations_are_those_of_the_service() -> None:
    actual = {}
    for operation in ALL_OPERATIONS:
        success = next(iter(operation.fields["responses"].values()))
        [response] = success["content"].values()
        body = operation.fields.get("requestBody", {"content": {"": {"schema": {"$ref": ""}}}})
        [request] = body["content"].values()
        actual[operation.id] = (
            operation.method,
            operation.path,
            resolve(response["schema"]).get("x-result"),
            request["schema"]["$ref"].rpartition("/")[2] or None,
        )
    assert actual == OPERATIONS
    assert len(actual) == len(ALL_OPERATIONS)


@each_operation
def test_operation_has_a_description(operation: Operation) -> None:
    fields = operation.fields
    assert re.fullmatch("[a-z]+([A-Z][a-z]+)*", fields["operationId"])
    [tag] = fields["tags"]
    assert tag in [each["name"] for each in SPEC["tags"]]
    assert fields["summary"]
    assert not fields["summary"].endswith(".")
    assert fields["description"].rstrip().endswith((".", ":", "`"))


@each_operation
def test_operation_requires_an_api_key(operation: Operation) -> None:
    security = operation.fields.get("security", SPEC["security"])
    assert {"ApiKeyAuth": []} in security
    assert {} not in security
    assert {name for each in security for name in each} <= set(
        SPEC["components"]["securitySchemes"]
    )


@each_operation
def test_operation_declares_its_responses(operation: Operation) -> None:
    responses = {status: resolve(each) for status, each in operation.fields["responses"].items()}
    success, *failures = responses
    created = operation.id.startswith(("create", "fork"))
    assert success == ("201" if created else "200")
    expected = {"401", "429", "4XX", "5XX"}
    if "{" in operation.path:
        expected.add("404")
    places = ("path", "query", "header")
    if "requestBody" in operation.fields or any(map(operation.parameters, places)):
        expected.add("400")  # a value can be outside its schema
    assert expected <= set(failures) <= expected | {"409"}
    for status, response in responses.items():
        [(media_type, content)] = response["content"].items()
        if status == success:
            assert "X-Request-Id" in response["headers"]
            streams = operation.id == "streamMessage"
            assert media_type == ("text/event-stream" if streams else "application/json")
        else:
            assert content["schema"] == {"$ref": "#/components/schemas/ErrorResponse"}
            assert media_type == "application/json"


@each_operation
def test_only_post_has_an_idempotency_key(operation: Operation) -> None:
    headers = [each["name"] for each in operation.parameters("header")]
    resumable = ["Last-Event-ID"] if operation.id == "streamMessage" else []
    assert headers == (["Idempotency-Key", *resumable] if operation.method == "post" else [])


@each_operation
def test_operation_declares_its_path_and_query_parameters(operation: Operation) -> None:
    ids = [each["name"] for each in operation.parameters("path")]
    assert ids == re.findall(r"\{(\w+)\}", operation.path)
    query = {each["name"] for each in operation.parameters("query")}
    assert query == QUERIES.get(operation.id, set())


def test_required_properties_are_defined() -> None:
    for location, node in iterate_nodes(SCHEMAS):
        for keyword in ("required", "x-sdk-required"):
            if isinstance(node.get(keyword), list):
                assert set(node[keyword]) <= set(node["properties"]), location


def reachable(node: Any, visited: set[str]) -> Iterator[Json]:
    """Yield every schema that a part of the document refers to."""
    for _, each in iterate_nodes(node):
        yield each
        name = each.get("$ref")
        if isinstance(name, str) and "/examples/" not in name and name not in visited:
            visited.add(name)
            yield from reachable(resolve(each), visited)


def test_response_schemas_allow_unknown_values() -> None:
    responses = [operation.fields["responses"] for operation in ALL_OPERATIONS]
    closed_schemas = [
        each
        for each in reachable(responses, set())
        if "enum" in each or each.get("additionalProperties") is False
    ]
    assert closed_schemas == []


def test_request_enums_list_their_values() -> None:
    requests = [
        [operation.fields.get("requestBody"), operation.parameters("query")]
        for operation in ALL_OPERATIONS
    ]
    enums = [each["enum"] for each in reachable(requests, set()) if "enum" in each]
    assert enums == [
        ["all", "owned", "shared"],
        ["nested", "flat"],
        ["branch", "conversation"],
        ["FULL", "PARTIAL", "MINIMAL"],
    ]


def test_limits_of_imports_are_those_of_the_contract() -> None:
    branch = SCHEMAS["UpdateBranchRequest"]["properties"]
    titles = (_nodes.MAX_TITLE_LENGTH, import_document.MAX_TITLE_LENGTH)
    descriptions = (_preparation.MAX_DESCRIPTION_LENGTH, import_document.MAX_DESCRIPTION_LENGTH)
    content = SCHEMAS["SendMessageRequest"]["properties"]["content"]

    assert {*titles} == {branch["title"]["maxLength"]}
    assert {*descriptions} == {branch["description"]["maxLength"]}
    assert content["maxLength"] == _replay_plan.MAX_CONTENT_LENGTH
    assert [*import_document.CONTEXT_MODES] == SCHEMAS["ContextMode"]["enum"]
