"""The route that imports conversations, on both engines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatroutes_server import LocalServer
from chatroutes_server.import_route import MAX_DOCUMENT_SIZE
from tests.support.killed_servers import ForkedServers
from tests.support.raw_http import connect, read_response, request_head
from tests.support.server_api import Api, assert_error_envelope

Json = dict[str, Any]
PATH = "/local/conversations"
OTHER_KEY = "key-of-another-account"
TIME = "2024-02-03T04:05:06.789Z"


@pytest.fixture(scope="module")
def import_server(new_database: Callable[[], str | None]) -> Iterator[LocalServer]:
    with LocalServer(database=new_database(), api_keys=[OTHER_KEY]) as server:
        yield server


@pytest.fixture
def api(import_server: LocalServer) -> Iterator[Api]:
    with Api(import_server) as client:
        yield client


def message(number: int, branch: str, parent: int | None, **fields: Any) -> Json:
    created: Json = {
        "id": f"m{number}",
        "branchId": branch,
        "parentMessageId": None if parent is None else f"m{parent}",
        "role": "assistant" if number % 2 else "user",
        "content": f"text {number}",
        "createdAt": f"2024-02-03T04:05:{number:02}.000Z",
    }
    return {**created, **fields}


def document(title: str, **changes: Any) -> Json:
    """Return a document with a fork, a fork of the fork, a second root, a merge and a checkpoint."""
    merged = {"branchId": "fork", "messageId": "m3"}
    content: Json = {
        "format": "chatroutes-conversation",
        "version": 1,
        "exportedAt": TIME,
        "conversation": {
            "id": "c",
            "userId": "someone",
            "title": title,
            "model": "my-model",
            "systemPrompt": "Be brief.",
            "temperature": 0.5,
            "maxTokens": 77,
            "createdAt": TIME,
            "updatedAt": "2024-05-06T07:08:09.000Z",
        },
        "branches": [
            {"id": "main", "title": "Main", "isMain": True, "isActive": True, "createdAt": TIME},
            {
                "id": "fork",
                "title": "Fork",
                "parentBranchId": "main",
                "forkPointMessageId": "m1",
                "contextMode": "PARTIAL",
                "isActive": False,
                "description": "why",
            },
            {"id": "deep", "title": "Deep", "parentBranchId": "fork", "forkPointMessageId": "m3"},
            {"id": "root", "title": "Root", "parentBranchId": "main"},
            {"id": "empty", "title": "Empty", "forkPointMessageId": "m0"},
        ],
        "messages": [
            message(0, "main", None),
            message(
                1,
                "main",
                0,
                tokenCount=9,
                metadata={"model": "gpt-4", "finishReason": "cancelled", "other": [1, None]},
            ),
            message(2, "main", 1),
            message(3, "fork", 1),
            message(4, "deep", 3, content="null \0 and \U0010ffff", feedback={"rating": 5}),
            message(5, "root", None),
            message(6, "main", 2, metadata={"mergedFrom": merged}),
        ],
        "checkpoints": [
            {
                "id": "k",
                "branch_id": "deep",
                "anchor_message_id": "m1",
                "summary": "so far",
                "token_count": 3,
                "created_at": TIME,
            }
        ],
    }
    return {**content, **changes}


def import_into(api: Api, content: Json) -> Json:
    data: Json = api.data("POST", PATH, json=content)
    return data


@pytest.mark.engine
def test_import_stores_the_tree_with_times_models_and_tokens(api: Api) -> None:
    data = import_into(api, document("tree"))
    conversation = data["conversation"]
    assert data["created"] is True
    assert data["warnings"] == []
    assert conversation["title"] == "tree"
    assert conversation["userId"] == "user_local"
    assert conversation["updatedAt"] == "2024-05-06T07:08:09.000Z"
    path = f"/conversations/{conversation['id']}"
    stored = api.data("GET", path)["conversation"]
    assert {key: stored[key] for key in ("model", "systemPrompt", "temperature", "maxTokens")} == {
        "model": "my-model",
        "systemPrompt": "Be brief.",
        "temperature": 0.5,
        "maxTokens": 77,
    }
    branches = {each["title"]: each for each in stored["branches"]}
    assert list(branches) == ["Main", "Fork", "Deep", "Root", "Empty"]
    assert [each["messageCount"] for each in branches.values()] == [4, 3, 4, 1, 1]
    assert branches["Fork"]["isActive"] is False
    assert branches["Fork"]["description"] == "why"
    assert branches["Deep"]["parentBranchId"] == branches["Fork"]["id"]
    assert branches["Main"]["createdAt"] == branches["Fork"]["createdAt"] == TIME
    deep = api.messages(conversation["id"], branches["Deep"]["id"])
    assert [each["content"] for each in deep] == [
        "text 0",
        "text 1",
        "text 3",
        "null \0 and \U0010ffff",
    ]
    assert deep[1]["tokenCount"] == 9
    assert deep[1]["metadata"]["other"] == [1, None]
    assert deep[3]["metadata"] == {"importedFields": {"feedback": {"rating": 5}}}
    assert [each["createdAt"][17:19] for each in deep] == ["00", "01", "03", "04"]
    assert branches["Deep"]["forkPointMessageId"] == deep[2]["id"]
    source = stored["messages"][-1]["metadata"]["mergedFrom"]
    assert source == {"branchId": branches["Fork"]["id"], "messageId": deep[2]["id"]}
    checkpoint = api.data("GET", f"{path}/checkpoints")["checkpoints"][0]
    assert checkpoint["anchor_message_id"] == deep[1]["id"]
    assert (checkpoint["token_count"], checkpoint["created_at"]) == (3, TIME)
    # The conversation continues like any other.
    sent = api.send(conversation["id"], "next", branchId=branches["Deep"]["id"])
    assert sent["userMessage"]["parentMessageId"] == deep[3]["id"]
    assert sent["assistantMessage"]["metadata"]["checkpoint_used"] is True


@pytest.mark.engine
def test_same_document_gives_the_same_conversation(api: Api, import_server: LocalServer) -> None:
    content = document("twice")
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: import_into(api, content), range(8)))
    assert len({each["conversation"]["id"] for each in results}) == 1
    assert [each["created"] for each in results].count(True) == 1
    later = {**content, "exportedAt": "2025-01-01T00:00:00.000Z"}
    assert import_into(api, later)["created"] is False
    changed = document("twice")
    changed["messages"][3]["content"] = "other"
    assert import_into(api, changed)["created"] is True
    with Api(import_server, OTHER_KEY) as other:
        copy = import_into(other, content)
    assert copy["created"] is True
    assert copy["conversation"]["id"] != results[0]["conversation"]["id"]
    api.data("DELETE", f"/conversations/{results[0]['conversation']['id']}")
    assert import_into(api, content)["created"] is True


@pytest.mark.engine
def test_import_invalidates_cached_responses(api: Api) -> None:
    content = document("cached")
    content["messages"][0]["content"] = "large " * 20_000  # larger than the smallest cached body
    conversation_id = import_into(api, content)["conversation"]["id"]
    path = f"/conversations/{conversation_id}"
    first = api.data("GET", path)["conversation"]
    api.data("DELETE", f"/messages/{first['messages'][1]['id']}")
    assert len(api.data("GET", path)["conversation"]["messages"]) == 3
    api.data("DELETE", path)
    assert import_into(api, content)["conversation"]["id"] == conversation_id
    assert api.data("GET", path)["conversation"] == first


def test_unknown_fields_that_are_not_stored_are_reported(api: Api) -> None:
    content = document("unknown", folder="x")
    content["conversation"]["archived"] = True
    content["branches"][0]["color"] = content["branches"][1]["color"] = "red"
    content["checkpoints"][0]["score"] = 1
    names = [each.partition(" ")[0] for each in import_into(api, content)["warnings"]]
    assert names == ["folder", "conversation.archived", "branches.color", "checkpoints.score"]


def change(path: str, value: Any) -> Json:
    """Return a document with another value at a path."""
    content: Any = document("invalid")
    *steps, last = [int(step) if step.isdecimal() else step for step in path.split("/")]
    target = content
    for step in steps:
        target = target[step]
    target[last] = value
    result: Json = content
    return result


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("format", "other", "format"),
        ("version", 2, "version"),
        ("conversation", None, "conversation"),
        ("conversation", [], "conversation"),
        ("conversation/title", "", "conversation.title"),
        ("conversation/title", "x" * 1001, "conversation.title"),
        ("conversation/title", 7, "conversation.title"),
        ("conversation/temperature", 3, "conversation.temperature"),
        ("conversation/maxTokens", True, "conversation.maxTokens"),
        ("conversation/createdAt", "yesterday", "conversation.createdAt"),
        ("branches", [], "messages.0.branchId"),
        ("branches", {}, "branches"),
        ("branches/0/isMain", False, "branches.0.isMain"),
        ("branches/1/isMain", True, "branches.1.isMain"),
        ("branches/0/forkPointMessageId", "m0", "branches.0.forkPointMessageId"),
        ("branches/1/id", "main", "branches.1.id"),
        ("branches/1/contextMode", "ALL", "branches.1.contextMode"),
        ("branches/1/forkPointMessageId", "m4", "branches.1.id"),
        ("branches/1/forkPointMessageId", "gone", "branches.1.forkPointMessageId"),
        ("branches/1/forkPointMessageId", "m6", "messages.3.branchId"),
        ("messages/0", "text", "messages.0"),
        ("messages/1/id", "m0", "messages.1.id"),
        ("messages/1/id", None, "messages.1.id"),
        ("messages/1/role", "", "messages.1.role"),
        ("messages/1/content", None, "messages.1.content"),
        ("messages/1/content", "lone \ud800", "messages.1.content"),
        ("messages/1/metadata", {"x": ["lone \ud800"]}, "messages.1.metadata"),
        ("messages/1/metadata", "text", "messages.1.metadata"),
        ("messages/1/metadata", {"model": False}, "messages.1.metadata.model"),
        ("messages/1/metadata", {"mergedFrom": {}}, "messages.1.metadata.mergedFrom.branchId"),
        ("messages/1/parentMessageId", "m2", "messages.1.parentMessageId"),
        ("messages/1/parentMessageId", "gone", "messages.1.parentMessageId"),
        ("messages/1/tokenCount", -1, "messages.1.tokenCount"),
        ("checkpoints/0/anchor_message_id", "m5", "checkpoints.0.anchor_message_id"),
        ("checkpoints/0/branch_id", "gone", "checkpoints.0.branch_id"),
    ],
)
def test_an_invalid_document_is_rejected_with_its_field(
    api: Api, path: str, value: Any, field: str
) -> None:
    body = json.dumps(change(path, value))
    response = api.http.post(PATH, content=body, headers={"Content-Type": "application/json"})
    error = assert_error_envelope(response, 400, "VALIDATION_ERROR")
    assert error["details"][0]["field"] == field


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"a": NaN}',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        json.dumps(change("messages/1/metadata", {"x": 1e300})).replace("1e+300", "1e999").encode(),
        json.dumps(change("messages/1/tokenCount", 1)).replace(": 1,", f": {'9' * 5000},").encode(),
    ],
)
def test_body_that_is_not_a_document_is_rejected(api: Api, body: bytes) -> None:
    response = api.http.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert "set_int_max_str_digits" not in response.text
    assert_error_envelope(response, 400, "VALIDATION_ERROR")


def test_import_route_has_the_middleware_of_other_routes(api: Api) -> None:
    headers = {"Content-Type": "application/json"}
    no_key = api.http.post(PATH, headers={**headers, "Authorization": ""}, content=b"{}")
    assert_error_envelope(no_key, 401, "UNAUTHORIZED")
    text = api.http.post(PATH, headers={"Content-Type": "text/plain"}, content=b"{}")
    assert_error_envelope(text, 415, "UNSUPPORTED_MEDIA_TYPE")
    compressed = api.http.post(PATH, headers={**headers, "Content-Encoding": "gzip"}, content=b"x")
    assert_error_envelope(compressed, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert_error_envelope(api.http.get(PATH), 405, "METHOD_NOT_ALLOWED")
    other_site = api.http.post(
        PATH, headers={**headers, "Origin": "https://a.example"}, content=b""
    )
    assert_error_envelope(other_site, 403, "FORBIDDEN")


def test_a_large_document_is_rejected_before_it_is_received(import_server: LocalServer) -> None:
    size = f"Content-Length: {MAX_DOCUMENT_SIZE + 1}"
    head = request_head(
        "POST", PATH, "Content-Type: application/json", size, key=import_server.api_key
    )
    with connect(import_server.base_url) as connection:
        connection.sendall(head)
        response, body = read_response(connection)
    assert (response.status, body["error"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("received", [100_000, None])
def test_an_import_whose_server_is_killed_is_done_once(
    tmp_path: Path, received: int | None
) -> None:
    body = json.dumps(long_document(2000)).encode()
    head = request_head(
        "POST", PATH, "Content-Type: application/json", f"Content-Length: {len(body)}", key="k"
    )
    servers = ForkedServers(tmp_path)
    try:
        with connect(servers.start()) as connection:
            connection.sendall(head + body[:received])
            servers.kill()
        options: Any = {"headers": {"X-API-Key": "k"}, "timeout": 30, "verify": False}
        with httpx.Client(base_url=servers.start(), **options) as client:
            before = client.get("/conversations").json()["total"]
            headers = {"Content-Type": "application/json"}
            data = client.post(PATH, content=body, headers=headers).json()["data"]
            listing = client.get("/conversations").json()
            branches = client.get(f"/conversations/{data['conversation']['id']}/branches").json()
    finally:
        servers.kill()
        servers.wait_for_exit()
    assert data["created"] is not bool(before)
    assert listing["total"] == 1
    assert branches["data"]["branches"][0]["messageCount"] == 2000


def long_document(count: int) -> Json:
    return document(
        "chain",
        branches=[{"id": "main", "title": "Main"}],
        messages=[
            {"id": f"m{number}", "branchId": "main", "role": "user", "content": str(number)}
            for number in range(count)
        ],
        checkpoints=[],
    )


def test_a_long_chain_is_imported(api: Api) -> None:
    content = long_document(10_000)
    conversation_id = import_into(api, content)["conversation"]["id"]
    page = api.data("GET", f"/conversations/{conversation_id}/messages", params={"limit": 2})
    assert [each["content"] for each in page["messages"]] == ["0", "1"]
    assert api.main_branch(conversation_id)["messageCount"] == 10_000
