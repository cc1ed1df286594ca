"""A program gets the same answers in either dialect, and as little as possible is done to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, NotFoundError
from chatroutes_server import LocalServer

from .dialects import TIME, DialectServer

KEY = "your-api-key"
DIALECTS: dict[str, dict[str, Any]] = {
    "documented": {"dialect": "documented"},
    "documented without [DONE]": {"dialect": "documented", "done": False},
    "compact": {"dialect": "compact"},
    "compact without [DONE]": {"dialect": "compact", "done": False},
    "compact, bare under data": {"dialect": "compact", "bare": "data", "done": False},
    "compact, bare as the body": {"dialect": "compact", "bare": "body"},
}

AnyServer = DialectServer | LocalServer


def server_of(kind: str) -> AbstractContextManager[AnyServer]:
    if kind == "local":
        return LocalServer(api_key=KEY)
    return DialectServer(api_key=KEY, **DIALECTS[kind])


@pytest.fixture(params=["local", *DIALECTS])
def server(request: pytest.FixtureRequest) -> Iterator[AnyServer]:
    with server_of(request.param) as running:
        yield running


@pytest.fixture(params=list(DIALECTS))
def dialect(request: pytest.FixtureRequest) -> Iterator[DialectServer]:
    with DialectServer(api_key=KEY, **DIALECTS[request.param]) as running:
        yield running


# One program, and what it sees.

EXPECTED = {
    "created": ("My First Conversation", "gpt-4"),
    "sent": ("user", "Hello, how are you?", "assistant", True, True, "gpt-4"),
    "callbacks": (True, True, "assistant", "user"),
    "chunks": (True, "stop", True, True, True),
    "text": (True, True),
    "messages": ["user", "assistant"] * 4,
    "got": ("My First Conversation", 8, [True]),
    "renamed": ("Renamed", True),
    "tree": (True, 8, 8, "user"),
    "rewritten": (True, "Hello again"),
    "branch": ("Alternative Response", "FULL", False, True),
    "fork": ("Exploring Different Approach", True, True),
    "branches": (True, True),
    "branch renamed": ("Another Title", True),
    "branch messages": ["user", "assistant"] * 4,
    "branch reply": ("assistant", True, True),
    "branch messages after": ["user", "assistant"] * 5,
    "merged": (True, True),
    "page 1": (2, 3, 1, 2, True),
    "page 2": (1, 3, 2, 2, False),
    "iterated": ["Another", "Renamed", "Yet Another"],
    "deleted": (None, None, None),
    "missing": "NOT_FOUND",
}


def program(client: ChatRoutes) -> dict[str, Any]:
    """Use every method that the first release documented, and say what came of it."""
    seen: dict[str, Any] = {}
    conversation = client.conversations.create({"title": "My First Conversation", "model": "gpt-4"})
    id = conversation["id"]
    seen["created"] = (conversation["title"], conversation.get("model"))

    response = client.messages.send(id, {"content": "Hello, how are you?", "model": "gpt-4"})
    reply = response["assistantMessage"]
    seen["sent"] = (
        response["userMessage"]["role"],
        response["userMessage"]["content"],
        reply["role"],
        'You wrote: "Hello, how are you?"' in reply["content"],
        response.get("message") == reply,
        response.get("model"),
    )

    chunks: list[Any] = []
    completed: list[Any] = []
    client.messages.stream(id, {"content": "Tell me a story"}, chunks.append, completed.append)
    [response] = completed
    seen["callbacks"] = (
        text_of(chunks) == response["assistantMessage"]["content"],
        'You wrote: "Tell me a story"' in text_of(chunks),
        response["assistantMessage"]["role"],
        response["userMessage"]["role"],
    )

    with client.messages.stream(id, {"content": "And another"}) as stream:
        chunks = list(stream)
    response = stream.get_final_response()
    seen["chunks"] = (
        all(len(chunk["choices"]) == 1 for chunk in chunks),
        chunks[-1]["choices"][0].get("finish_reason"),
        text_of(chunks) == response["assistantMessage"]["content"] == stream.get_final_text(),
        response["assistantMessage"] == response.get("message"),
        isinstance(response["assistantMessage"]["id"], str),
    )

    with client.messages.stream(id, {"content": "And a last one"}) as stream:
        pieces = list(stream.text_stream)
    seen["text"] = ("".join(pieces) == stream.get_final_text(), len(pieces) > 1)

    messages = client.messages.list(id)
    seen["messages"] = [message["role"] for message in messages]
    conversation = client.conversations.get(id)
    seen["got"] = (
        conversation["title"],
        len(conversation.get("messages", [])),
        [branch["isMain"] for branch in conversation.get("branches", [])],
    )
    conversation = client.conversations.update(id, {"title": "Renamed"})
    seen["renamed"] = (conversation["title"], conversation["id"] == id)
    tree = client.conversations.get_tree(id)
    seen["tree"] = (
        tree["conversation"]["id"] == id,
        tree["metadata"]["totalNodes"],
        tree["metadata"]["maxDepth"],
        tree["tree"]["children"][0]["role"],
    )
    message = client.messages.update(messages[0]["id"], "Hello again")
    seen["rewritten"] = (message["id"] == messages[0]["id"], message["content"])

    branch = client.branches.create(id, {"title": "Alternative Response", "contextMode": "FULL"})
    seen["branch"] = (
        branch["title"],
        branch.get("contextMode"),
        branch["isMain"],
        branch["conversationId"] == id,
    )
    point = messages[-1]["id"]
    fork = client.branches.fork(
        id, {"forkPointMessageId": point, "title": "Exploring Different Approach"}
    )
    seen["fork"] = (
        fork["title"],
        fork.get("forkPointMessageId") == point,
        fork["id"] != branch["id"],
    )
    branches = client.branches.list(id)
    seen["branches"] = (branches[0]["isMain"], isinstance(branches, list))
    renamed = client.branches.update(id, fork["id"], {"title": "Another Title"})
    seen["branch renamed"] = (renamed["title"], renamed["id"] == fork["id"])
    inherited = client.branches.get_messages(id, fork["id"])
    seen["branch messages"] = [message["role"] for message in inherited]
    response = client.branches.send_message(id, fork["id"], {"content": "In one sentence?"})
    seen["branch reply"] = (
        response["assistantMessage"]["role"],
        response["assistantMessage"].get("branchId") == fork["id"],
        "In one sentence?" in response["assistantMessage"]["content"],
    )
    after = client.branches.get_messages(id, fork["id"])
    seen["branch messages after"] = [message["role"] for message in after]
    parent = client.branches.merge(id, fork["id"])
    seen["merged"] = (parent["isMain"], parent["conversationId"] == id)

    client.conversations.create({"title": "Another"})
    client.conversations.create({"title": "Yet Another"})
    for number in (1, 2):
        result = client.conversations.list({"page": number, "limit": 2, "filter": "all"})
        seen[f"page {number}"] = (
            len(result["data"]),
            result["total"],
            result["page"],
            result["limit"],
            result["hasNext"],
        )
    everything = client.conversations.iterate({"limit": 2})
    seen["iterated"] = sorted(each["title"] for each in everything)

    seen["deleted"] = (
        client.messages.delete(messages[-2]["id"]),  # type: ignore[func-returns-value]
        client.branches.delete(id, branch["id"]),  # type: ignore[func-returns-value]
        client.conversations.delete(id),  # type: ignore[func-returns-value]
    )
    try:
        client.conversations.get("missing_1")
    except NotFoundError as error:
        seen["missing"] = error.code
    return seen


async def async_program(client: AsyncChatRoutes) -> dict[str, Any]:
    """The same in the other mode."""
    seen: dict[str, Any] = {}
    conversation = await client.conversations.create(
        {"title": "My First Conversation", "model": "gpt-4"}
    )
    id = conversation["id"]
    seen["created"] = (conversation["title"], conversation.get("model"))

    response = await client.messages.send(id, {"content": "Hello, how are you?", "model": "gpt-4"})
    reply = response["assistantMessage"]
    seen["sent"] = (
        response["userMessage"]["role"],
        response["userMessage"]["content"],
        reply["role"],
        'You wrote: "Hello, how are you?"' in reply["content"],
        response.get("message") == reply,
        response.get("model"),
    )

    chunks: list[Any] = []
    completed: list[Any] = []

    async def on_complete(whole: Any) -> None:
        completed.append(whole)

    await client.messages.stream(id, {"content": "Tell me a story"}, chunks.append, on_complete)
    [response] = completed
    seen["callbacks"] = (
        text_of(chunks) == response["assistantMessage"]["content"],
        'You wrote: "Tell me a story"' in text_of(chunks),
        response["assistantMessage"]["role"],
        response["userMessage"]["role"],
    )

    async with client.messages.stream(id, {"content": "And another"}) as stream:
        chunks = [chunk async for chunk in stream]
    response = await stream.get_final_response()
    text = await stream.get_final_text()
    seen["chunks"] = (
        all(len(chunk["choices"]) == 1 for chunk in chunks),
        chunks[-1]["choices"][0].get("finish_reason"),
        text_of(chunks) == response["assistantMessage"]["content"] == text,
        response["assistantMessage"] == response.get("message"),
        isinstance(response["assistantMessage"]["id"], str),
    )

    async with client.messages.stream(id, {"content": "And a last one"}) as stream:
        pieces = [piece async for piece in stream.text_stream]
    seen["text"] = ("".join(pieces) == await stream.get_final_text(), len(pieces) > 1)

    messages = await client.messages.list(id)
    seen["messages"] = [message["role"] for message in messages]
    conversation = await client.conversations.get(id)
    seen["got"] = (
        conversation["title"],
        len(conversation.get("messages", [])),
        [branch["isMain"] for branch in conversation.get("branches", [])],
    )
    conversation = await client.conversations.update(id, {"title": "Renamed"})
    seen["renamed"] = (conversation["title"], conversation["id"] == id)
    tree = await client.conversations.get_tree(id)
    seen["tree"] = (
        tree["conversation"]["id"] == id,
        tree["metadata"]["totalNodes"],
        tree["metadata"]["maxDepth"],
        tree["tree"]["children"][0]["role"],
    )
    message = await client.messages.update(messages[0]["id"], "Hello again")
    seen["rewritten"] = (message["id"] == messages[0]["id"], message["content"])

    branch = await client.branches.create(
        id, {"title": "Alternative Response", "contextMode": "FULL"}
    )
    seen["branch"] = (
        branch["title"],
        branch.get("contextMode"),
        branch["isMain"],
        branch["conversationId"] == id,
    )
    point = messages[-1]["id"]
    fork = await client.branches.fork(
        id, {"forkPointMessageId": point, "title": "Exploring Different Approach"}
    )
    seen["fork"] = (
        fork["title"],
        fork.get("forkPointMessageId") == point,
        fork["id"] != branch["id"],
    )
    branches = await client.branches.list(id)
    seen["branches"] = (branches[0]["isMain"], isinstance(branches, list))
    renamed = await client.branches.update(id, fork["id"], {"title": "Another Title"})
    seen["branch renamed"] = (renamed["title"], renamed["id"] == fork["id"])
    inherited = await client.branches.get_messages(id, fork["id"])
    seen["branch messages"] = [message["role"] for message in inherited]
    response = await client.branches.send_message(id, fork["id"], {"content": "In one sentence?"})
    seen["branch reply"] = (
        response["assistantMessage"]["role"],
        response["assistantMessage"].get("branchId") == fork["id"],
        "In one sentence?" in response["assistantMessage"]["content"],
    )
    after = await client.branches.get_messages(id, fork["id"])
    seen["branch messages after"] = [message["role"] for message in after]
    parent = await client.branches.merge(id, fork["id"])
    seen["merged"] = (parent["isMain"], parent["conversationId"] == id)

    await client.conversations.create({"title": "Another"})
    await client.conversations.create({"title": "Yet Another"})
    for number in (1, 2):
        result = await client.conversations.list({"page": number, "limit": 2, "filter": "all"})
        seen[f"page {number}"] = (
            len(result["data"]),
            result["total"],
            result["page"],
            result["limit"],
            result["hasNext"],
        )
    everything = client.conversations.iterate({"limit": 2})
    seen["iterated"] = sorted([each["title"] async for each in everything])

    seen["deleted"] = (
        await client.messages.delete(messages[-2]["id"]),  # type: ignore[func-returns-value]
        await client.branches.delete(id, branch["id"]),  # type: ignore[func-returns-value]
        await client.conversations.delete(id),  # type: ignore[func-returns-value]
    )
    try:
        await client.conversations.get("missing_1")
    except NotFoundError as error:
        seen["missing"] = error.code
    return seen


def text_of(chunks: list[Any]) -> str:
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)


def test_a_program_sees_the_same_whoever_answers(server: AnyServer) -> None:
    with ChatRoutes(KEY, server.base_url) as client:
        assert program(client) == EXPECTED


def test_an_async_program_sees_the_same_whoever_answers(server: AnyServer) -> None:
    async def main() -> dict[str, Any]:
        async with AsyncChatRoutes(KEY, server.base_url) as client:
            return await async_program(client)

    assert asyncio.run(main()) == EXPECTED


def test_both_modes_ask_for_the_same(dialect: DialectServer) -> None:
    async def main() -> None:
        async with AsyncChatRoutes(KEY, dialect.base_url) as client:
            await async_program(client)

    with ChatRoutes(KEY, dialect.base_url) as client:
        program(client)
    asked, dialect.requests = dialect.requests, []
    asyncio.run(main())

    def shapes(requests: list[Any]) -> list[tuple[str, int, Any]]:
        return [(each.method, each.path.count("/"), type(each.body)) for each in requests]

    # The first run left conversations behind, and so pages to go through: leave these out.
    begun = [each for each in asked if each.method != "GET"]
    again = [each for each in dialect.requests if each.method != "GET"]
    assert shapes(again) == shapes(begun)


def test_every_post_has_an_idempotency_key_of_its_own(dialect: DialectServer) -> None:
    with ChatRoutes(KEY, dialect.base_url) as client:
        program(client)
    keys = [each.headers.get("idempotency-key") for each in dialect.requests]
    posts = [key for key, each in zip(keys, dialect.requests, strict=True) if each.method == "POST"]
    others = [
        key for key, each in zip(keys, dialect.requests, strict=True) if each.method != "POST"
    ]
    assert all(posts)
    assert len(set(posts)) == len(posts) == 11
    assert set(others) == {None}


CHECKPOINT = {
    "id": "cp_1",
    "summary": "They greeted each other.",
    "conversation_id": "conv_123",
    "branch_id": "br_9",
    "anchor_message_id": "msg_456",
    "token_count": 11,
    "created_at": TIME,
}


def test_checkpoints_are_read_in_either_spelling(dialect: DialectServer) -> None:
    with ChatRoutes(KEY, dialect.base_url) as client:
        created = client.checkpoints.create("conv_123", "br_9", "msg_456")
        [listed] = client.checkpoints.list("conv_123", "br_9")
        renewed = client.checkpoints.recreate("cp_1")
        client.checkpoints.delete("cp_1")
    assert created.items() >= CHECKPOINT.items()
    assert listed == created
    assert renewed["id"] == "cp_1"


def test_suggestions_are_read_in_either_dialect(dialect: DialectServer) -> None:
    with ChatRoutes(KEY, dialect.base_url) as client:
        found = client.autobranch.suggest_branches("tea or coffee", 2, threshold=0.5)
        again = client.autobranch.analyze_text("tea or coffee")
        health = client.autobranch.health()
    assert found["suggestions"][0]["branchPoint"] == {"start": 4, "end": 6}
    assert again == found
    assert health == {"status": "healthy", "version": "0.2.6", "service": "autobranch"}
    assert dialect.requests[0].body == {
        "text": "tea or coffee",
        "suggestionsCount": 2,
        "hybridDetection": False,
        "threshold": 0.5,
    }
