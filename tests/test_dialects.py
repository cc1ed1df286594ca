"""A program gets the same answers in either dialect, and as little as possible is done to them."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from chatroutes import AsyncChatRoutes, ChatRoutes, NotFoundError, ResponseError
from chatroutes._dialects import Transcript, checkpoint, documented, error_in, page, sent
from chatroutes_server import LocalServer
from chatroutes_wire.errors import UnexpectedPayload

from .dialects import TIME, USAGE, DialectServer, Json

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


# Envelopes.

ID = {"id": "conv_1"}


@pytest.mark.parametrize(
    ("payload", "result", "expected"),
    [
        ({"success": True, "data": {"conversation": ID}}, "conversation", {"conversation": ID}),
        ({"success": True, "data": ID}, "conversation", {"conversation": ID}),
        (ID, "conversation", {"conversation": ID}),
        ({"success": True, **ID}, "conversation", {"conversation": ID}),
        ({"data": None, **ID}, "conversation", {"conversation": ID}),
        ({"conversation": ID}, "conversation", {"conversation": ID}),
        ({"success": True, "conversation": ID}, "conversation", {"conversation": ID}),
        ({"success": True, "data": [ID]}, "messages", {"messages": [ID]}),
        ({"success": True, "data": {"messages": [ID]}}, "messages", {"messages": [ID]}),
        ({"messages": [ID]}, "messages", {"messages": [ID]}),
        (
            {"success": True, "total": 0, "conversations": []},
            None,
            {"total": 0, "conversations": []},
        ),
        ({"success": True, "data": {"status": "healthy"}}, None, {"status": "healthy"}),
        ({"status": "healthy"}, None, {"status": "healthy"}),
    ],
)
def test_every_envelope_becomes_the_documented_one(
    payload: Json, result: str | None, expected: Json
) -> None:
    answer: Any = documented(payload, result)
    assert answer["data"] == expected


@pytest.mark.parametrize("payload", [{"success": True}, {}, {"success": True, "data": None}, [], 1])
def test_an_answer_with_nothing_in_it_stays_as_it_is(payload: object) -> None:
    assert documented(payload, "conversation") is payload


def test_the_object_within_an_envelope_is_the_one_that_came() -> None:
    inner = {"id": "conv_1"}
    named: Any = documented({"success": True, "data": {"conversation": inner}}, "conversation")
    bare: Any = documented({"success": True, "data": inner}, "conversation")
    whole: Any = documented(inner, "conversation")
    assert named["data"]["conversation"] is inner
    assert bare["data"]["conversation"] is inner
    assert whole["data"]["conversation"] == inner


# Pages.


@pytest.mark.parametrize(
    ("fields", "has_next"),
    [
        ({"total": 21, "page": 1, "limit": 10}, True),
        ({"total": 21, "page": 2, "limit": 10}, True),
        ({"total": 21, "page": 3, "limit": 10}, False),
        ({"total": 20, "page": 2, "limit": 10}, False),
        ({"total": 0, "page": 1, "limit": 10}, False),
        ({"total": 21, "page": 3, "limit": 10, "hasNext": True}, True),
        ({"total": 21, "page": 1, "limit": 10, "hasNext": False}, False),
        ({"total": 21, "page": 1, "limit": 10, "hasNext": None}, True),
        ({"total": 3}, False),
        ({}, False),
        ({"total": "21", "page": 1, "limit": 10}, False),
    ],
)
def test_whether_there_is_another_page_is_told_or_reckoned(fields: Json, has_next: bool) -> None:
    conversations = [{"id": "conv_1", "new": 1}]
    answer: Any = {"conversations": conversations, **fields, "unknown": [1]}
    result: Any = page(answer)
    assert result["hasNext"] is has_next
    assert result["data"] is conversations
    assert {name: result[name] for name in result if name not in ("data", "hasNext")} == {
        **{name: fields[name] for name in fields if name != "hasNext"},
        "unknown": [1],
    }


# Answers to a message that was sent.

USER = {
    "id": "msg_1",
    "conversationId": "conv_1",
    "role": "user",
    "content": "Hi",
    "createdAt": TIME,
}
REPLY = {
    "id": "msg_2",
    "conversationId": "conv_1",
    "role": "assistant",
    "content": "Hello",
    "createdAt": TIME,
}
REPLY_OF_MODEL = {**REPLY, "metadata": {"model": "gpt-4"}}
AS_SENT = {"conversationId": "conv_1", "role": "user", "content": "Hi"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            {"userMessage": USER, "assistantMessage": REPLY},
            {"userMessage": USER, "assistantMessage": REPLY, "message": REPLY},
            id="documented, without metadata",
        ),
        pytest.param(
            {"userMessage": USER, "assistantMessage": REPLY_OF_MODEL},
            {
                "userMessage": USER,
                "assistantMessage": REPLY_OF_MODEL,
                "message": REPLY_OF_MODEL,
                "model": "gpt-4",
            },
            id="documented, with metadata",
        ),
        pytest.param(
            {"userMessage": USER, "assistantMessage": {**REPLY, "metadata": None}},
            {
                "userMessage": USER,
                "assistantMessage": {**REPLY, "metadata": None},
                "message": {**REPLY, "metadata": None},
            },
            id="documented, metadata null",
        ),
        pytest.param(
            {"userMessage": USER, "assistantMessage": REPLY, "usage": USAGE},
            {"userMessage": USER, "assistantMessage": REPLY, "message": REPLY, "usage": USAGE},
            id="documented, with usage",
        ),
        pytest.param(
            {"message": REPLY, "usage": USAGE, "model": "gpt-4"},
            {
                "userMessage": AS_SENT,
                "assistantMessage": REPLY,
                "message": REPLY,
                "usage": USAGE,
                "model": "gpt-4",
            },
            id="compact",
        ),
        pytest.param(
            {"message": REPLY},
            {"userMessage": AS_SENT, "assistantMessage": REPLY, "message": REPLY},
            id="compact, the message alone",
        ),
        pytest.param(
            {"message": REPLY_OF_MODEL, "model": "gpt-5"},
            {
                "userMessage": AS_SENT,
                "assistantMessage": REPLY_OF_MODEL,
                "message": REPLY_OF_MODEL,
                "model": "gpt-5",
            },
            id="compact, of another model than its metadata says",
        ),
        pytest.param(
            {"userMessage": None, "assistantMessage": None, "message": REPLY},
            {"userMessage": AS_SENT, "assistantMessage": REPLY, "message": REPLY},
            id="compact, with nulls for the rest",
        ),
        pytest.param(
            {"message": REPLY, "remaining": 7},
            {"userMessage": AS_SENT, "assistantMessage": REPLY, "message": REPLY, "remaining": 7},
            id="with a field that is unknown",
        ),
    ],
)
def test_an_answer_to_a_message_is_completed(data: Json, expected: Json) -> None:
    answer = copy.deepcopy(data)
    parts = {name: value for name, value in answer.items() if isinstance(value, dict)}

    result: Any = sent(answer, "conv_1", {"content": "Hi"})

    assert result == expected
    assert result is answer
    assert all(result[name] is part for name, part in parts.items())
    assert result["message"] is result["assistantMessage"]


def test_a_message_made_up_from_what_was_sent_names_its_branch() -> None:
    result = sent({"message": dict(REPLY)}, "conv_1", {"content": "Hi", "branchId": "br_1"})
    assert result["userMessage"] == {**AS_SENT, "branchId": "br_1"}


@pytest.mark.parametrize(
    "data",
    [{}, {"usage": USAGE}, {"message": "Hello"}, {"assistantMessage": []}, {"message": None}],
)
def test_an_answer_without_a_reply_is_not_the_contract_s(data: Json) -> None:
    with pytest.raises(UnexpectedPayload):
        sent(data, "conv_1", {"content": "Hi"})


# Checkpoints.


@pytest.mark.parametrize(
    ("fields", "added"),
    [
        ({"branch_id": "br_1"}, {}),
        ({"branchId": "br_1"}, {"branch_id": "br_1"}),
        ({"branchId": "br_1", "branch_id": "br_2"}, {}),
        (
            {"conversationId": "c", "anchorMessageId": "m", "tokenCount": 3, "createdAt": TIME},
            {
                "conversation_id": "c",
                "anchor_message_id": "m",
                "token_count": 3,
                "created_at": TIME,
            },
        ),
    ],
)
def test_a_checkpoint_gets_the_spelling_that_it_lacks(fields: Json, added: Json) -> None:
    answer: Any = {"id": "cp_1", "summary": "s", "unknown": {}, **fields}
    before = dict(answer)
    result = checkpoint(answer)
    assert result is answer
    assert result == {**before, **added}


# Chunks and transcripts.


def chunk(delta: Json, finish_reason: str | None = None, **fields: Any) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "msg_2", "model": "gpt-4", "created": 1759633269, "choices": [choice], **fields}


HELLO = chunk({"content": "Hel", "role": "assistant"}), chunk({"content": "lo"})
COMPLETE = {"type": "complete", "message": REPLY, "usage": USAGE, "model": "gpt-4"}


def content(text: str, **fields: Any) -> Json:
    return {"type": "content", "content": text, "model": "gpt-4", **fields}


def reply_of_chunks(finish_reason: str | None = "stop") -> Json:
    metadata = {"model": "gpt-4"} | ({"finishReason": finish_reason} if finish_reason else {})
    return {
        "id": "msg_2",
        "conversationId": "conv_1",
        "role": "assistant",
        "content": "Hello",
        "createdAt": "2025-10-05T03:01:09.000Z",
        "metadata": metadata,
    }


def whole(reply: Json, **fields: Any) -> Json:
    return {"userMessage": AS_SENT, "assistantMessage": reply, "message": reply, **fields}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [*HELLO, chunk({}, "stop")],
            whole(reply_of_chunks(), model="gpt-4"),
            id="documented",
        ),
        pytest.param(
            [HELLO[0], chunk({"content": "lo"}, "length")],
            whole(reply_of_chunks("length"), model="gpt-4"),
            id="documented, the reason beside the last text",
        ),
        pytest.param(
            [*HELLO, chunk({}, "stop"), chunk({}) | {"choices": [], "usage": USAGE}],
            whole(reply_of_chunks(), model="gpt-4", usage=USAGE),
            id="documented, usage after the reason with empty choices",
        ),
        pytest.param(
            [*HELLO, chunk({}, "stop", usage=USAGE)],
            whole(reply_of_chunks(), model="gpt-4", usage=USAGE),
            id="documented, usage beside the reason",
        ),
        pytest.param(
            [*HELLO, chunk({}, "stop", userMessage=USER, assistantMessage=REPLY, usage=USAGE)],
            {
                "userMessage": USER,
                "assistantMessage": REPLY,
                "message": REPLY,
                "usage": USAGE,
                "model": "gpt-4",
            },
            id="documented, with the messages at its end",
        ),
        pytest.param(
            [content("Hel"), content("lo"), COMPLETE],
            whole(REPLY, usage=USAGE, model="gpt-4"),
            id="compact",
        ),
        pytest.param(
            [COMPLETE],
            whole(REPLY, usage=USAGE, model="gpt-4"),
            id="compact, the end alone",
        ),
        pytest.param(
            [content("Hello"), {"type": "complete", "message": REPLY}],
            whole(REPLY, model="gpt-4"),
            id="compact, usage and model missing at the end",
        ),
        pytest.param(
            [content("Hello"), {"type": "thinking", "note": 1}, COMPLETE],
            whole(REPLY, usage=USAGE, model="gpt-4"),
            id="compact, with a type that is unknown",
        ),
    ],
)
def test_a_stream_amounts_to_the_answer_that_send_gives(events: list[Json], expected: Json) -> None:
    transcript = Transcript("conv_1", {"content": "Hi"})
    for event in copy.deepcopy(events):
        transcript.add(event)
    assert transcript.whole
    assert transcript.response() == expected


def test_a_stream_of_chunks_is_whole_with_its_finish_reason_and_not_before() -> None:
    transcript = Transcript("conv_1", {"content": "Hi"})
    assert (transcript.text, transcript.whole) == ("", False)
    transcript.add(chunk({"content": "Hel"}))
    transcript.add(chunk({"content": None}))
    transcript.add(chunk({"content": "lo"}))
    assert (transcript.text, transcript.whole) == ("Hello", False)
    transcript.add(chunk({}, "stop"))
    assert transcript.whole


def test_done_makes_a_stream_whole() -> None:
    transcript = Transcript("conv_1", {"content": "Hi"})
    transcript.add(content("Hello"))
    assert not transcript.whole
    transcript.done()
    assert transcript.whole


@pytest.mark.parametrize(
    ("event", "choice"),
    [
        (content("Hel"), {"index": 0, "delta": {"content": "Hel"}, "finish_reason": None}),
        (content(""), {"index": 0, "delta": {"content": ""}, "finish_reason": None}),
        ({"type": "content"}, {"index": 0, "delta": {}, "finish_reason": None}),
        ({"type": "thinking", "x": []}, {"index": 0, "delta": {}, "finish_reason": None}),
        ({}, {"index": 0, "delta": {}, "finish_reason": None}),
        ({"choices": []}, {"index": 0, "delta": {}, "finish_reason": None}),
        (COMPLETE, {"index": 0, "delta": {}, "finish_reason": "stop"}),
        (
            {"type": "complete", "message": {**REPLY, "metadata": {"finishReason": "length"}}},
            {"index": 0, "delta": {}, "finish_reason": "length"},
        ),
    ],
)
def test_an_event_without_choices_gets_one_and_keeps_the_rest(event: Json, choice: Json) -> None:
    arrived = dict(event)
    result = Transcript("conv_1", {"content": "Hi"}).add(arrived)
    assert result is arrived
    assert result == {**event, "choices": [choice]}


@pytest.mark.parametrize(
    "event",
    [
        HELLO[0],
        chunk({}, "stop"),
        chunk({"content": "Hel", "tone": "warm"}, logprobs=[1]),
        chunk({"content": "Hel"}) | {"type": "content", "content": "Hel"},
        {"choices": [{"delta": {"content": "Hel"}}, {"delta": {"content": "other"}}]},
    ],
)
def test_a_documented_chunk_is_handed_on_as_it_came(event: Json) -> None:
    arrived = copy.deepcopy(event)
    delta = arrived["choices"][0]["delta"]
    result: Any = Transcript("conv_1", {"content": "Hi"}).add(arrived)
    assert result is arrived
    assert result == event
    assert result["choices"][0]["delta"] is delta


def test_a_choice_without_a_delta_gets_an_empty_one() -> None:
    result = Transcript("conv_1", {"content": "Hi"}).add({"choices": [{"finish_reason": "stop"}]})
    assert result["choices"] == [{"finish_reason": "stop", "delta": {}}]


def test_the_final_message_of_a_stream_is_the_object_that_came() -> None:
    transcript = Transcript("conv_1", {"content": "Hi"})
    event = copy.deepcopy(COMPLETE)
    transcript.add(event)
    response: Any = transcript.response()
    assert response["assistantMessage"] is event["message"]
    assert response["message"] is event["message"]
    assert response["usage"] is event["usage"]


@pytest.mark.parametrize(
    ("name", "event", "failure"),
    [
        ("message", {"type": "error", "error": "X"}, {"type": "error", "error": "X"}),
        ("message", {"success": False}, {"success": False}),
        ("message", {"error": "X", "message": "m"}, {"error": "X", "message": "m"}),
        ("error", {"message": "m"}, {"message": "m"}),
        ("error", "gone", {"message": "gone"}),
        ("message", chunk({"content": "Hel"}), None),
        ("message", chunk({"content": "Hel"}, error=None), None),
        ("message", content("Hel"), None),
        ("message", {"type": "thinking"}, None),
        ("message", "gone", None),
    ],
)
def test_what_is_a_failure_in_a_stream(name: str, event: object, failure: Json | None) -> None:
    assert error_in(name, event) == failure


# The same through the client, for shapes that no server of these tests sends.


@pytest.fixture
def client() -> Iterator[ChatRoutes]:
    with ChatRoutes("key", retry_attempts=0) as running:
        yield running


CONVERSATION = {
    "id": "conv_1",
    "userId": "user_1",
    "title": "T",
    "createdAt": "2025-10-05T03:01:09+00:00",
    "updatedAt": "yesterday",
    "stars": 5,
}


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "data": {"conversation": CONVERSATION}},
        {"success": True, "data": CONVERSATION},
        {"data": {"conversation": CONVERSATION}},
        {"success": True, "conversation": CONVERSATION},
        CONVERSATION,
    ],
)
def test_a_conversation_is_what_came_unknown_fields_and_odd_times_included(
    client: ChatRoutes, httpx_mock: HTTPXMock, answer: Json
) -> None:
    httpx_mock.add_response(json=answer)
    assert client.conversations.get("conv_1") == CONVERSATION


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "data": {"conversations": [CONVERSATION], "total": 3}},
        {"success": True, "conversations": [CONVERSATION], "total": 3},
        {"conversations": [CONVERSATION], "total": 3},
    ],
)
def test_a_page_with_nothing_but_its_total_is_the_last(
    client: ChatRoutes, httpx_mock: HTTPXMock, answer: Json
) -> None:
    httpx_mock.add_response(json=answer)
    assert client.conversations.list() == {"data": [CONVERSATION], "total": 3, "hasNext": False}


def test_iterating_reckons_pages_where_nobody_says_whether_there_are_more(
    client: ChatRoutes, httpx_mock: HTTPXMock
) -> None:
    for number, title in ((1, "a"), (2, "b"), (3, "c")):
        conversations = [{**CONVERSATION, "title": title}]
        fields = {"conversations": conversations, "total": 3, "page": number, "limit": 1}
        httpx_mock.add_response(json={"success": True, **fields})
    assert [each["title"] for each in client.conversations.iterate({"limit": 1})] == ["a", "b", "c"]
    assert [each.url.params["page"] for each in httpx_mock.get_requests()] == ["1", "2", "3"]


def stream_of(httpx_mock: HTTPXMock, *events: Json | str) -> None:
    text = "".join(
        f"data: {each if isinstance(each, str) else json.dumps(each)}\n\n" for each in events
    )
    httpx_mock.add_response(
        stream=httpx.ByteStream(text.encode()), headers={"Content-Type": "text/event-stream"}
    )


def test_a_chunk_of_a_type_that_is_unknown_reaches_the_program(
    client: ChatRoutes, httpx_mock: HTTPXMock
) -> None:
    odd = {"type": "thinking", "note": {"deep": True}}
    stream_of(httpx_mock, content("Hello"), odd, COMPLETE, "[DONE]")
    with client.messages.stream("conv_1", {"content": "Hi"}) as stream:
        chunks: Any = list(stream)
    empty = {"index": 0, "delta": {}, "finish_reason": None}
    assert chunks[1] == {**odd, "choices": [empty]}
    assert [each.get("type") for each in chunks] == ["content", "thinking", "complete"]


def test_usage_after_the_finish_reason_is_not_lost(
    client: ChatRoutes, httpx_mock: HTTPXMock
) -> None:
    usage = chunk({}) | {"choices": [], "usage": USAGE}
    stream_of(httpx_mock, *HELLO, chunk({}, "stop"), usage, "[DONE]")
    with client.messages.stream("conv_1", {"content": "Hi"}) as stream:
        response = stream.get_final_response()
    assert response.get("usage") == USAGE
    assert response["assistantMessage"]["content"] == "Hello"


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True},
        {"success": True, "data": {}},
        {"success": True, "data": {"conversation": None}},
        {"success": True, "data": {"conversation": [CONVERSATION]}},
        {"success": True, "data": "conv_1"},
        [CONVERSATION],
        None,
        {"success": True, "data": {"messages": []}},
    ],
)
def test_what_is_a_conversation_in_neither_dialect_is_refused(
    client: ChatRoutes, httpx_mock: HTTPXMock, answer: object
) -> None:
    httpx_mock.add_response(json=answer)
    with pytest.raises(ResponseError):
        client.conversations.get("conv_1")
