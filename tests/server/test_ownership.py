"""Ids of another account: each operation responds as if they did not exist. The cases come from the contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from chatroutes_server import LocalServer
from tests.support.contract import ALL_OPERATIONS, Json, Operation, resolve
from tests.support.server_api import Api

CONTENTS = ("tree", "checkpoints")
WITH_PATH_IDS = [operation for operation in ALL_OPERATIONS if operation.parameters("path")]


class Case(NamedTuple):
    """An id of a body or a query."""

    operation: Operation
    location: str
    field: str


def example_body(operation: Operation) -> Json:
    """Return the first example of a request body in the contract."""
    content = resolve(operation.fields.get("requestBody", {})).get("content", {})
    for media_type in content.values():
        example = resolve(next(iter(media_type["examples"].values())))
        return dict(example["value"])
    return {}


def id_fields(operation: Operation) -> Iterator[Case]:
    content = resolve(operation.fields.get("requestBody", {})).get("content", {})
    for media_type in content.values():
        for field in resolve(media_type["schema"]).get("properties", {}):
            if field.endswith("Id"):
                yield Case(operation, "json", field)
    for parameter in operation.parameters("query"):
        if parameter["name"].endswith("Id"):
            yield Case(operation, "params", parameter["name"])


# sendBranchMessage uses the branchId of the path and ignores the one of the body.
IN_BODY_OR_QUERY = [
    case
    for operation in ALL_OPERATIONS
    for case in id_fields(operation)
    if "{" + case.field + "}" not in operation.path
]


def create_objects(api: Api) -> dict[str, str]:
    """Create one object of each kind."""
    conversation_id = api.conversation()
    branch_id = api.branch(conversation_id, "Aside")["id"]
    message_id = api.send(conversation_id, "hello", branchId=branch_id)["message"]["id"]
    body = {"branchId": branch_id, "anchorMessageId": message_id}
    path = f"/conversations/{conversation_id}/checkpoints"
    checkpoint_id = api.data("POST", path, json=body)["checkpoint"]["id"]
    return {
        "conversationId": conversation_id,
        "branchId": branch_id,
        "messageId": message_id,
        "checkpointId": checkpoint_id,
    }


def ids_in_body(operation: Operation, ids: dict[str, str]) -> Json:
    """Return a body with the ids of the objects."""
    body = example_body(operation)
    for case in id_fields(operation):
        if case.location == "json":
            body[case.field] = ids["branchId" if case.field == "branchId" else "messageId"]
    return body


def request(api: Api, operation: Operation, path_ids: dict[str, str], **options: Any) -> Any:
    path = operation.path.format(**path_ids)
    return api.http.request(operation.method.upper(), path, **options)


@pytest.fixture(scope="module")
def shared_server(new_database: Callable[[], str | None]) -> Iterator[LocalServer]:
    with LocalServer(api_key="owner", api_keys=["other"], database=new_database()) as server:
        yield server


@pytest.fixture
def owner(shared_server: LocalServer) -> Iterator[Api]:
    with Api(shared_server, "owner") as api:
        yield api


@pytest.fixture
def other(shared_server: LocalServer) -> Iterator[Api]:
    with Api(shared_server, "other") as api:
        yield api


def read_all(api: Api, conversation_id: str) -> list[Any]:
    """Return the tree of a conversation, and its checkpoints."""
    return [api.data("GET", f"/conversations/{conversation_id}/{name}") for name in CONTENTS]


def assert_not_found(response: httpx.Response) -> str:
    body = response.json()
    assert (response.status_code, body["error"]) == (404, "NOT_FOUND"), response.text
    return re.sub("(br|conv|cp|msg)_[0-9a-f]+", "ID", body["message"])


@pytest.mark.engine
@pytest.mark.parametrize("operation", WITH_PATH_IDS, ids=lambda operation: operation.id)
def test_path_ids_of_another_account_are_404(owner: Api, other: Api, operation: Operation) -> None:
    ids = create_objects(owner)
    body = ids_in_body(operation, ids) or None
    made_up = {name: f"{value.partition('_')[0]}_0" for name, value in ids.items()}
    before = read_all(owner, ids["conversationId"])

    # The owner's request comes first if it changes nothing: the result of its check is cached.
    if operation.method == "get":
        assert request(owner, operation, ids, json=body).is_success
    foreign = assert_not_found(request(other, operation, ids, json=body))
    unknown = assert_not_found(request(other, operation, made_up, json=body))

    assert foreign == unknown
    assert read_all(owner, ids["conversationId"]) == before


@pytest.mark.engine
@pytest.mark.parametrize("case", IN_BODY_OR_QUERY, ids=lambda case: f"{case[0].id}-{case.field}")
def test_body_and_query_ids_of_another_account_are_404(owner: Api, other: Api, case: Case) -> None:
    own, foreign = create_objects(other), create_objects(owner)
    kind = "branchId" if case.field == "branchId" else "messageId"
    options: Json = {"json": ids_in_body(case.operation, own), "params": {}}
    options[case.location][case.field] = foreign[kind]
    if case.operation.method == "get":
        del options["json"]

    message = assert_not_found(request(other, case.operation, own, **options))

    assert message.startswith(f"{case.field}: ")


@pytest.mark.parametrize(
    "operation",
    [each for each in WITH_PATH_IDS if len(each.parameters("path")) > 1],
    ids=lambda operation: operation.id,
)
def test_branch_of_another_account_in_an_own_conversation_is_404(
    owner: Api, other: Api, operation: Operation
) -> None:
    foreign, own = create_objects(owner), create_objects(other)
    mixed = {**own, "branchId": foreign["branchId"]}

    message = assert_not_found(
        request(other, operation, mixed, json=example_body(operation) or None)
    )

    assert message.startswith("branchId: ")


# Requests that change nothing, by the last id of their path.
READS = {
    "conversationId": ("GET", "/conversations/{conversationId}", None),
    "branchId": ("GET", "/conversations/{conversationId}/branches/{branchId}/messages", None),
    "messageId": ("PATCH", "/messages/{messageId}", {"content": "hello"}),
    "checkpointId": ("POST", "/checkpoints/{checkpointId}/recreate", None),
}
DELETIONS = {
    "conversationId": "/conversations/{conversationId}",
    "branchId": "/conversations/{conversationId}/branches/{branchId}",
    "messageId": "/messages/{messageId}",
    "checkpointId": "/checkpoints/{checkpointId}",
}


@pytest.mark.parametrize("delete_conversation", [False, True], ids=["object", "conversation"])
@pytest.mark.parametrize("operation", WITH_PATH_IDS, ids=lambda operation: operation.id)
def test_deleted_objects_are_404_although_their_owner_is_cached(
    owner: Api, operation: Operation, delete_conversation: bool
) -> None:
    ids = create_objects(owner)
    body = ids_in_body(operation, ids) or None
    last = operation.parameters("path")[-1]["name"]
    method, path, content = READS[last]
    assert owner.http.request(method, path.format(**ids), json=content).is_success

    deletion = DELETIONS["conversationId" if delete_conversation else last]
    assert owner.http.delete(deletion.format(**ids)).is_success

    assert_not_found(request(owner, operation, ids, json=body))


def test_repeated_request_returns_the_stored_response_after_its_object_is_deleted(
    tmp_path: Any,
) -> None:
    headers = {"Idempotency-Key": "same"}
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        ids = create_objects(api)
        path = f"/conversations/{ids['conversationId']}/branches/{ids['branchId']}/merge"
        first = api.data("POST", path, headers=headers)
        api.data("DELETE", f"/conversations/{ids['conversationId']}")

        assert api.data("POST", path, headers=headers) == first
        assert api.http.post(path).status_code == 404

    # A restarted server has not cached the result of the check.
    with LocalServer(database=database) as server, Api(server) as api:
        assert api.data("POST", path, headers=headers) == first
        assert api.http.post(path).status_code == 404
