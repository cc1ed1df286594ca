"""Round trips: what is exported, imported and exported again is the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from chatroutes import ChatRoutes
from chatroutes_server import LocalServer
from tests.support.foreign_files import lines_of
from tests.support.markers import single_python
from tests.support.random_documents import documents, with_numbers

pytestmark = single_python


@pytest.fixture(scope="module")
def client() -> Iterator[ChatRoutes]:
    with LocalServer() as server, closing(ChatRoutes(server.api_key, server.base_url)) as client:
        yield client


def import_and_export(client: ChatRoutes, export: Any) -> Any:
    result = client.import_conversation(export)
    return client.conversations.export(result.conversation["id"])


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(document=documents())
@example(
    document={
        "format": "chatroutes-conversation",
        "version": 1,
        "exportedAt": "",
        "conversation": {"id": "c", "title": "\0", "createdAt": "2024-01-01T00:00:00.000Z"},
        "branches": [{"id": "b", "title": "Main", "isMain": True}],
        "messages": [],
        "checkpoints": [],
    }
)
def test_a_document_is_the_same_after_two_imports(client: ChatRoutes, document: Any) -> None:
    first = import_and_export(client, document)
    assert lines_of(first) == lines_of(document)
    assert _kept(first) == _kept(document)
    again = client.import_conversation(first)
    assert again.created is False
    assert with_numbers(client.conversations.export(again.conversation["id"])) == with_numbers(
        first
    )


def _kept(export: Any) -> Any:
    """Return what an import must keep of each message, in any order."""
    ids = {each["id"]: each["title"] for each in export["branches"]}
    contents = {each["id"]: each["content"] for each in export["messages"]}

    def values(message: Any) -> list[str]:
        metadata = {**message.get("metadata", {})}
        merged = metadata.pop("mergedFrom", None)
        source = merged and (ids[merged["branchId"]], contents[merged["messageId"]])
        names = ("role", "content", "createdAt", "tokenCount")
        kept = [ids[message["branchId"]], source, sorted(metadata.items(), key=str)]
        return [repr(each) for each in (*kept, *(message[name] for name in names))]

    messages = [values(each) for each in export["messages"]]
    checkpoints = [
        (each["summary"], ids[each["branch_id"]], contents[each["anchor_message_id"]])
        for each in export["checkpoints"]
    ]
    return sorted(messages), checkpoints


def test_conversation_of_the_api_survives_a_round_trip(client: ChatRoutes) -> None:
    conversation = client.conversations.create(
        {"title": "T", "systemPrompt": "x", "temperature": 1}
    )
    first = client.messages.send(conversation["id"], {"content": "one"})
    second = client.messages.send(conversation["id"], {"content": "two", "model": "gpt-4"})
    fork_point = first["assistantMessage"]["id"]
    fork = client.branches.create(
        conversation["id"], {"title": "fork", "baseNodeId": fork_point, "description": "d"}
    )
    client.messages.send(conversation["id"], {"content": "three", "branchId": fork["id"]})
    question = second["userMessage"]["id"]
    client.branches.create(conversation["id"], {"title": "empty", "baseNodeId": question})
    client.checkpoints.create(conversation["id"], fork["id"], fork_point)
    client.branches.merge(conversation["id"], fork["id"])
    client.messages.send(conversation["id"], {"content": "four"})
    export = client.conversations.export(conversation["id"])

    copy = import_and_export(client, export)

    assert with_numbers(copy) == with_numbers(export)
    ids = [each["conversation"]["id"] for each in (export, copy)]
    nodes, copied = (client.conversations.get_tree(each)["nodes"] for each in ids)
    assert [each["content"] for each in copied] == [each["content"] for each in nodes]


def test_deleted_fork_points_are_replaced(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    first = client.messages.send(conversation["id"], {"content": "one"})
    second = client.messages.send(conversation["id"], {"content": "two"})
    for title, message in (("own", second), ("empty", second), ("beginning", first)):
        client.branches.create(
            conversation["id"], {"title": title, "baseNodeId": message["userMessage"]["id"]}
        )
    branch_id = client.branches.list(conversation["id"])[1]["id"]
    client.messages.send(conversation["id"], {"content": "three", "branchId": branch_id})
    client.checkpoints.create(conversation["id"], branch_id, second["userMessage"]["id"])
    before = {
        each["title"]: [
            m["content"] for m in client.branches.get_messages(conversation["id"], each["id"])
        ]
        for each in client.branches.list(conversation["id"])
    }
    for sent in (first, second):
        client.messages.delete(sent["userMessage"]["id"])
    export = client.conversations.export(conversation["id"])

    result = client.import_conversation(export)

    copy_id = result.conversation["id"]
    lines = {
        each["title"]: [m["content"] for m in client.branches.get_messages(copy_id, each["id"])]
        for each in client.branches.list(copy_id)
    }
    assert lines == {
        title: [text for text in line if text not in ("one", "two")]
        for title, line in before.items()
    }
    assert result.warnings == [
        "1 checkpoints were left out, because the last message that they summarize was deleted."
    ]


def test_references_to_deleted_messages_survive_an_import(client: ChatRoutes) -> None:
    conversation_id = client.conversations.create({"title": "T"})["id"]

    def send(content: str, branch_id: str | None = None) -> list[str]:
        body: Any = {"content": content} | ({"branchId": branch_id} if branch_id else {})
        sent = client.messages.send(conversation_id, body)
        return [sent["userMessage"]["id"], sent["assistantMessage"]["id"]]

    def fork(title: str, message_id: str) -> str:
        data: Any = {"title": title, "baseNodeId": message_id}
        return client.branches.create(conversation_id, data)["id"]

    start = send("one")[1]
    merged = fork("merged", start)
    question = send("two", merged)[0]
    client.branches.merge(conversation_id, merged)
    emptied = send("three", fork("emptied", start))
    fork("below the emptied branch", emptied[1])
    for message_id in (question, *emptied):
        client.messages.delete(message_id)
    export = client.conversations.export(conversation_id)

    copy = import_and_export(client, export)

    ids = {each["title"]: each["id"] for each in copy["branches"]}
    lines = [
        [each["content"] for each in client.branches.get_messages(copy["conversation"]["id"], each)]
        for each in (ids["below the emptied branch"], ids["Main"])
    ]
    assert lines[0] == lines[1][:2]
    sources = [(each.get("metadata") or {}).get("mergedFrom") for each in copy["messages"]]
    assert [each["branchId"] for each in sources if each] == [ids["merged"]] * 2


def test_10_000_messages_survive_a_round_trip(client: ChatRoutes) -> None:
    branches: list[Any] = [{"id": "b0", "title": "Main", "isMain": True}]
    messages: list[Any] = []
    for number in range(10_000):
        branch_id, parent = branches[-1]["id"], messages[-1]["id"] if messages else None
        if number % 500 == 499:
            parent = messages[number // 2]["id"]
            branch_id = f"b{len(branches)}"
            branches.append(
                {
                    "id": branch_id,
                    "title": branch_id,
                    "isMain": False,
                    "parentBranchId": messages[number // 2]["branchId"],
                    "forkPointMessageId": parent,
                }
            )
        messages.append(
            {
                "id": f"m{number}",
                "branchId": branch_id,
                "parentMessageId": parent,
                "role": "user",
                "content": f"text {number}",
            }
        )
    document: Any = {
        "format": "chatroutes-conversation",
        "version": 1,
        "exportedAt": "",
        "conversation": {"id": "c", "title": "long"},
        "branches": branches,
        "messages": messages,
        "checkpoints": [],
    }
    copy = import_and_export(client, document)
    assert lines_of(copy) == lines_of(document)
