"""Each link of the contract, followed from an answer of the server, leads to a success."""

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
    (name, target, link)
    for name, operation in OPERATIONS.items()
    for response in operation.fields["responses"].values()
    for target, link in resolve(response).get("links", {}).items()
]


def from_here(answer: Any, expression: Any) -> Any:
    """What an expression stands for in an answer."""
    if isinstance(expression, dict):
        return {name: from_here(answer, each) for name, each in expression.items()}
    assert expression.startswith(BODY)
    for name in expression.removeprefix(f"{BODY}/").split("/"):
        answer = answer[name]
    return answer


def content_of(operation: Operation) -> dict[str, Any] | None:
    """The first example of a body, without what it names by ids."""
    if "requestBody" not in operation.fields:
        return None
    content = operation.fields["requestBody"]["content"]["application/json"]
    example = resolve(next(iter(content["examples"].values())))["value"]
    return {name: value for name, value in example.items() if not name.endswith("Id")}


def path_with(operation: Operation, parameters: dict[str, str]) -> str:
    declared = {each["name"]: each["in"] for each in operation.parameters}
    assert parameters.keys() <= declared.keys()
    assert all(
        "{" + name + "}" in operation.path or declared[name] == "query" for name in parameters
    )
    return operation.path.format_map(parameters)


@pytest.fixture
def answers(api: Api) -> dict[str, Callable[[], Any]]:
    """How to come by an answer of each operation that links."""

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
        named = {"branchId": last["branchId"], "anchorMessageId": last["id"]}
        return post(f"{conversation}/checkpoints", **named)

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
def test_a_link_leads_from_an_answer_to_a_success(
    api: Api, answers: dict[str, Callable[[], Any]], source: str, link: dict[str, Any]
) -> None:
    target = OPERATIONS[link["operationId"]]
    answer = answers[source]()
    parameters = from_here(answer, link["parameters"])
    content = content_of(target)
    if "requestBody" in link:
        assert content is not None
        content |= from_here(answer, link["requestBody"])

    response = api.http.request(
        target.method,
        path_with(target, parameters),
        params={
            name: value for name, value in parameters.items() if f"{{{name}}}" not in target.path
        },
        json=content,
    )

    assert response.is_success, response.text
    assert str(response.status_code) in target.fields["responses"]


def test_what_is_created_and_what_is_sent_link_further() -> None:
    assert {source for source, _, _ in LINKS} == {
        *(name for name in OPERATIONS if name.startswith(("create", "fork"))),
        "sendMessage",
        "sendBranchMessage",
    }
