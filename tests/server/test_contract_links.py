"""The links of the contract: following each link from a response leads to a successful request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.support.contract import SPEC, resolve
from tests.support.server_api import Api

BODY = "$response.body#"


class Operation(NamedTuple):
    path: str
    method: str
    fields: dict[str, Any]
    parameters: list[dict[str, Any]]


OPERATIONS = {
    fields["operationId"]: Operation(
        path,
        method,
        fields,
        [resolve(each) for each in (*item.get("parameters", ()), *fields.get("parameters", ()))],
    )
    for path, item in SPEC["paths"].items()
    for method, fields in item.items()
    if method != "parameters"
}


LINKS = [
    (name, target, resolve(link))
    for name, operation in OPERATIONS.items()
    for response in operation.fields["responses"].values()
    for target, link in resolve(response).get("links", {}).items()
]


def evaluate(response_body: Any, expression: Any) -> Any:
    """Return the value of a runtime expression for a response body."""
    if isinstance(expression, dict):
        return {name: evaluate(response_body, each) for name, each in expression.items()}
    assert expression.startswith(BODY)
    for name in expression.removeprefix(f"{BODY}/").split("/"):
        response_body = response_body[name]
    return response_body


def example_body(operation: Operation) -> dict[str, Any] | None:
    """Return the first example of a request body, without its ids."""
    if "requestBody" not in operation.fields:
        return None
    content = operation.fields["requestBody"]["content"]["application/json"]
    example = resolve(next(iter(content["examples"].values())))["value"]
    return {name: value for name, value in example.items() if not name.endswith("Id")}


def build_path(operation: Operation, parameters: dict[str, str]) -> str:
    declared = {each["name"]: each["in"] for each in operation.parameters}
    assert parameters.keys() <= declared.keys()
    assert all(
        "{" + name + "}" in operation.path or declared[name] == "query" for name in parameters
    )
    return operation.path.format_map(parameters)


@pytest.fixture
def make_response(api: Api) -> dict[str, Callable[[], Any]]:
    """Return a function for each operation with links. It sends a request and returns the response body."""

    def post(path: str, **body: Any) -> Any:
        return api.http.post(path, json=body).json()

    conversation = f"/conversations/{api.conversation()}"

    def send(path: str = conversation) -> Any:
        return post(f"{path}/messages", content="Why?")

    def branch() -> Any:
        return post(f"{conversation}/branches", title="Side", baseNodeId=reply()["id"])

    def reply() -> Any:
        return send()["data"]["message"]

    def checkpoint() -> Any:
        last = reply()
        body = {"branchId": last["branchId"], "anchorMessageId": last["id"]}
        return post(f"{conversation}/checkpoints", **body)

    return {
        "createConversation": lambda: post("/conversations", title="Talk"),
        "sendMessage": send,
        "sendBranchMessage": lambda: send(
            f"{conversation}/branches/{branch()['data']['branch']['id']}"
        ),
        "createBranch": branch,
        "forkConversation": lambda: post(
            f"{conversation}/fork", title="Side", forkPointMessageId=reply()["id"]
        ),
        "createCheckpoint": checkpoint,
    }


@pytest.mark.parametrize(
    ("source", "link"),
    [pytest.param(source, link, id=f"{source} to {name}") for source, name, link in LINKS],
)
def test_link_leads_to_a_successful_request(
    api: Api, make_response: dict[str, Callable[[], Any]], source: str, link: dict[str, Any]
) -> None:
    target = OPERATIONS[link["operationId"]]
    response_body = make_response[source]()
    parameters = evaluate(response_body, link["parameters"])
    body = example_body(target)
    if "x-requestBody" in link:
        assert body is not None
        body |= evaluate(response_body, link["x-requestBody"])

    response = api.http.request(
        target.method,
        build_path(target, parameters),
        params={
            name: value for name, value in parameters.items() if f"{{{name}}}" not in target.path
        },
        json=body,
    )

    assert response.is_success, response.text
    assert str(response.status_code) in target.fields["responses"]


def test_create_fork_and_send_operations_have_links() -> None:
    assert {source for source, _, _ in LINKS} == {
        *(name for name in OPERATIONS if name.startswith(("create", "fork"))),
        "sendMessage",
        "sendBranchMessage",
    }
