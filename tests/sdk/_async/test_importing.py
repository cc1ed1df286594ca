"""`client.import_conversation` and `client.replay_conversation`."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes import (
    AsyncChatRoutes,
    AuthenticationError,
    NotFoundError,
    ValidationError,
)
from chatroutes.imports import ImportFileError, ImportProgress
from chatroutes.imports._chatgpt import to_export
from chatroutes_server import LocalServer
from tests.support.dialect_server import DialectServer
from tests.support.foreign_files import (
    chatgpt_conversation,
    chatgpt_node,
    lines_of,
    regenerated_conversation,
)


def document(title: str = "T") -> Any:
    """Return a document with two questions on the main branch, of which the second was merged."""
    message: Any = {"role": "user", "createdAt": "2024-01-01T00:00:00.000Z"}
    merged = {"mergedFrom": {"branchId": "fork", "messageId": "q2"}}
    return {
        "format": "chatroutes-conversation",
        "version": 1,
        "exportedAt": "2024-01-01T00:00:00.000Z",
        "conversation": {"id": "c", "title": title, "systemPrompt": "Be brief.", "maxTokens": 9},
        "branches": [
            {"id": "main", "title": "Main", "isMain": True},
            {
                "id": "fork",
                "title": "Fork",
                "isMain": False,
                "parentBranchId": "main",
                "forkPointMessageId": "a1",
                "isActive": False,
            },
            {
                "id": "late",
                "title": "Late",
                "isMain": False,
                "parentBranchId": "main",
                "forkPointMessageId": "copy",
                "contextMode": "MINIMAL",
                "description": "why",
            },
            {
                "id": "empty",
                "title": "Empty",
                "isMain": False,
                "parentBranchId": "main",
                "forkPointMessageId": "q1",
            },
        ],
        "messages": [
            {**message, "id": "q1", "branchId": "main", "parentMessageId": None, "content": "one"},
            {
                **message,
                "id": "a1",
                "branchId": "main",
                "parentMessageId": "q1",
                "role": "assistant",
                "content": "eins",
            },
            {
                **message,
                "id": "copy",
                "branchId": "main",
                "parentMessageId": "a1",
                "content": "two",
                "metadata": merged,
            },
            {**message, "id": "q2", "branchId": "fork", "parentMessageId": "a1", "content": "two"},
            {
                **message,
                "id": "q3",
                "branchId": "late",
                "parentMessageId": "copy",
                "content": "three",
            },
        ],
        "checkpoints": [],
    }


async def questions(client: AsyncChatRoutes, conversation_id: str) -> dict[str, list[str]]:
    """Return the questions that are visible on each branch."""
    return {
        branch["title"]: [
            message["content"]
            for message in await client.branches.get_messages(conversation_id, branch["id"])
            if message["role"] == "user"
        ]
        for branch in await client.branches.list(conversation_id)
    }


async def test_an_import_keeps_the_replies(client: AsyncChatRoutes) -> None:
    export = to_export(regenerated_conversation())

    result = await client.import_conversation(export)

    assert result.created is True
    assert result.warnings == []
    copy = await client.conversations.export(result.conversation["id"])
    assert lines_of(copy) == lines_of(export)
    assert (await client.import_conversation(export)).created is False


async def test_lone_surrogates_are_replaced(client: AsyncChatRoutes) -> None:
    conversation = chatgpt_conversation([chatgpt_node("m", None, "user", "a\ud83d")])

    result = await client.import_conversation(to_export(conversation))

    [message] = await client.messages.list(result.conversation["id"])
    assert message["content"] == "a\ufffd"
    assert "U+FFFD" in result.warnings[0]


async def test_messages_that_do_not_follow_each_other_get_branches(
    client: AsyncChatRoutes,
) -> None:
    export = document()
    for name, parent in (("q4", "q1"), ("q5", "q4"), ("q6", None), ("q7", "q1")):
        export["messages"].append(
            {
                "id": name,
                "branchId": "main",
                "parentMessageId": parent,
                "role": "user",
                "content": name,
            }
        )

    result = await client.import_conversation(export)

    branches = await client.branches.list(result.conversation["id"])
    lines = [
        [
            message["content"]
            for message in await client.branches.get_messages(
                result.conversation["id"], branch["id"]
            )
        ]
        for branch in branches
    ]
    assert ["one", "q4", "q5"] in lines
    assert ["q6"] in lines
    assert ["one", "q7"] in lines
    assert ["one", "eins", "two"] in lines
    assert result.warnings == [
        "3 branches were added, for messages that do not follow the last message of their branch."
    ]


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"messages": [{}]}, {"conversation": {"id": "c", "title": float("nan")}}],
)
async def test_an_invalid_document_is_not_sent(client: AsyncChatRoutes, change: Any) -> None:
    export: Any = {**document(), **change}
    with pytest.raises(ImportFileError):
        await client.import_conversation(export)


async def test_a_document_that_json_cannot_represent_is_not_sent(client: AsyncChatRoutes) -> None:
    export = document()
    export["messages"][0]["metadata"] = {"other": float("inf")}
    with pytest.raises(ImportFileError, match="JSON cannot represent the document"):
        await client.import_conversation(export)


@pytest.mark.parametrize("dialect", ["documented", "compact"])
async def test_error_names_a_service_without_imports_and_the_alternatives(dialect: Any) -> None:
    with DialectServer(dialect) as server:
        async with AsyncChatRoutes(server.api_key, server.base_url) as client:
            with pytest.raises(NotFoundError) as caught:
                await client.import_conversation(document())
    text = str(caught.value)
    assert "cannot import conversations" in text
    assert "client.replay_conversation" in text
    assert "chatroutes serve" in text


async def test_other_errors_of_an_import_are_raised_as_they_are() -> None:
    with LocalServer() as server:
        async with AsyncChatRoutes("another-key", server.base_url) as client:
            with pytest.raises(AuthenticationError):
                await client.import_conversation(document())


async def test_a_replay_forks_and_merges_like_the_document(client: AsyncChatRoutes) -> None:
    progress: list[ImportProgress] = []

    result = await client.replay_conversation(document(), "gpt-4", on_progress=progress.append)

    conversation_id = result.conversation["id"]
    assert await questions(client, conversation_id) == {
        "Main": ["one", "two"],
        "Fork": ["one", "two"],
        "Late": ["one", "two", "three"],
        "Empty": ["one"],
    }
    conversation = await client.conversations.get(conversation_id)
    assert conversation.get("systemPrompt") == "Be brief."
    assert conversation.get("maxTokens") == 9
    branches = {each["title"]: each for each in await client.branches.list(conversation_id)}
    assert branches["Fork"]["isActive"] is False
    assert branches["Late"].get("parentBranchId") == branches["Main"]["id"]  # not the merged one
    assert branches["Late"].get("contextMode") == "MINIMAL"
    assert branches["Late"].get("description") == "why"
    messages: Any = await client.messages.list(conversation_id)
    models = {each["metadata"]["model"] for each in messages if each["role"] == "assistant"}
    assert models == {"gpt-4"}
    assert (result.model, result.questions, result.branches) == ("gpt-4", 3, 4)
    assert result.warnings == ["The replies are new: gpt-4 writes them."]
    assert progress == [ImportProgress(number, 7) for number in range(8)]


async def test_a_replay_asks_again_where_the_document_has_another_reply(
    client: AsyncChatRoutes,
) -> None:
    result = await client.replay_conversation(to_export(regenerated_conversation()), "gpt-5")

    assert await questions(client, result.conversation["id"]) == {
        "Main": ["Where?"],
        "Branch 2": ["Where to?"],
        "Branch 1": ["Where?", "Why?"],
    }


async def test_a_repeated_replay_returns_the_same_conversation(client: AsyncChatRoutes) -> None:
    first = await client.replay_conversation(document(), "gpt-5")

    again = await client.replay_conversation(document(), "gpt-5")
    other_model = await client.replay_conversation(document(), "gpt-4")
    new = await client.replay_conversation(document(), "gpt-5", idempotency_key="again")

    ids = [each.conversation["id"] for each in (first, again, other_model, new)]
    assert ids[0] == ids[1]
    assert len({*ids}) == 3
    assert len((await client.conversations.export(ids[0]))["messages"]) == 8


async def test_replay_accepts_the_longest_idempotency_key(client: AsyncChatRoutes) -> None:
    key = "k" * 255

    first = await client.replay_conversation(document(), "gpt-5", idempotency_key=key)
    again = await client.replay_conversation(document(), "gpt-5", idempotency_key=key)

    assert again.conversation["id"] == first.conversation["id"]


@pytest.mark.parametrize("key", ["", 5, "a\nb", "k" * 256])
async def test_replay_rejects_an_invalid_idempotency_key(client: AsyncChatRoutes, key: Any) -> None:
    with pytest.raises(ValidationError, match=r"idempotency_key must|Idempotency-Key"):
        await client.replay_conversation(document(), "gpt-5", idempotency_key=key)

    assert (await client.conversations.list())["total"] == 0


async def test_replay_whose_conversation_was_deleted_begins_anew(client: AsyncChatRoutes) -> None:
    ids: list[str] = []
    for _ in range(3):
        result = await client.replay_conversation(document(), "gpt-5")
        again = await client.replay_conversation(document(), "gpt-5")
        assert again.conversation["id"] == result.conversation["id"]
        assert len(await client.messages.list(result.conversation["id"])) > 0
        ids.append(result.conversation["id"])
        await client.conversations.delete(ids[-1])
    assert len({*ids}) == 3


async def test_an_interrupted_replay_continues(client: AsyncChatRoutes) -> None:
    def interrupt(progress: ImportProgress) -> None:
        if progress.completed == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await client.replay_conversation(document(), "gpt-5", on_progress=interrupt)

    result = await client.replay_conversation(document(), "gpt-5")

    assert (await client.conversations.list())["total"] == 1
    assert (await questions(client, result.conversation["id"]))["Late"] == ["one", "two", "three"]


async def test_replay_warns_about_messages_that_cannot_be_sent(client: AsyncChatRoutes) -> None:
    nodes = [
        chatgpt_node("s", None, "system", "Be brief."),
        chatgpt_node("a0", "s", "assistant", "Hello!"),
        chatgpt_node("q1", "a0", "user", "x" * 1_048_577),
        chatgpt_node("q2", "q1", "user", "one"),
    ]
    export = to_export(chatgpt_conversation(nodes))

    result = await client.replay_conversation(export, "gpt-5")

    assert (await client.conversations.get(result.conversation["id"])).get(
        "systemPrompt"
    ) == "Be brief."
    assert result.warnings[1:] == [
        "Left out: messages with the role 'assistant' that are no reply to a question (1).",
        "Left out: questions that are empty or too long (1).",
    ]


@pytest.mark.parametrize("dialect", ["documented", "compact"])
async def test_replay_works_with_either_dialect(dialect: Any) -> None:
    with DialectServer(dialect) as server:
        async with AsyncChatRoutes(server.api_key, server.base_url) as client:
            result = await client.replay_conversation(document(), "gpt-5")
        sent = [each.body["content"] for each in server.requests if "content" in (each.body or {})]
    assert sent == ["one", "two", "three"]
    assert result.questions == 3


async def test_a_replay_needs_a_model(client: AsyncChatRoutes) -> None:
    with pytest.raises(ValidationError, match="model must be the name of a model"):
        await client.replay_conversation(document(), "")
