"""Messages: send, list, update and delete."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.support.server_api import Api, stream_message
from tests.support.server_events import parse_events

pytestmark = pytest.mark.engine


def test_send_stores_both_messages_and_returns_both_dialects(api: Api) -> None:
    conversation_id = api.conversation()

    data = api.send(conversation_id, "What is a fork?")

    assert set(data) == {"userMessage", "assistantMessage", "message", "usage", "model"}
    assert data["message"] == data["assistantMessage"]
    assert data["userMessage"]["role"] == "user"
    assert data["userMessage"]["content"] == "What is a fork?"
    assert data["assistantMessage"]["role"] == "assistant"
    assert api.messages(conversation_id) == [data["userMessage"], data["assistantMessage"]]


def test_model_of_the_request_overrides_the_model_of_the_conversation(api: Api) -> None:
    conversation_id = api.conversation(model="gpt-5")

    default = api.send(conversation_id, "hello", model=None)
    overridden = api.send(conversation_id, "hello", model="my-own")

    assert default["model"] == default["message"]["metadata"]["model"] == "gpt-5"
    assert overridden["model"] == overridden["message"]["metadata"]["model"] == "my-own"


def test_reply_metadata(api: Api) -> None:
    conversation_id = api.conversation(temperature=0.25, systemPrompt="12345678")

    data = api.send(conversation_id, "1234", maxTokens=500)

    metadata = data["message"]["metadata"]
    assert isinstance(metadata.pop("responseTime"), int)
    assert metadata == {
        "model": "gpt-5",
        "temperature": 0.25,
        "maxTokens": 500,
        "finishReason": "stop",
        "context_truncated": False,
        "checkpoint_used": False,
        "prompt_tokens": 3,
        "context_message_count": 1,
    }
    count = data["message"]["tokenCount"]
    assert data["usage"] == {"promptTokens": 3, "completionTokens": count, "totalTokens": 3 + count}


def test_max_tokens_limits_the_reply(api: Api) -> None:
    conversation_id = api.conversation(maxTokens=5)

    limited = api.send(conversation_id, "hello")["message"]
    shorter = api.send(api.conversation(), "hello", maxTokens=2.0)["message"]

    assert (limited["tokenCount"], limited["metadata"]["finishReason"]) == (5, "length")
    assert (shorter["tokenCount"], shorter["metadata"]["maxTokens"]) == (2, 2)
    assert limited["content"].startswith(shorter["content"])


def test_update_changes_only_content_hash_and_token_count(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "old")
    message = sent["userMessage"]

    changed = api.data("PATCH", f"/messages/{message['id']}", json={"content": "new and longer"})

    expected = {
        **message,
        "content": "new and longer",
        "contentHash": hashlib.sha256(b"new and longer").hexdigest(),
        "tokenCount": 4,
    }
    assert changed["message"] == expected
    assert api.messages(conversation_id) == [expected, sent["message"]]


def test_deleted_message_is_removed_from_branches_and_from_the_context(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "one")
    branch = api.branch(conversation_id, "Aside")

    response = api.http.delete(f"/messages/{sent['userMessage']['id']}")

    assert response.json() == {"success": True}
    remaining = [{**sent["message"], "parentMessageId": None}]
    assert api.messages(conversation_id) == remaining
    assert api.messages(conversation_id, branch["id"]) == remaining
    counts = [
        each["messageCount"]
        for each in api.data("GET", f"/conversations/{conversation_id}/branches")["branches"]
    ]
    assert counts == [1, 1]
    next_reply = api.send(conversation_id, "two")["message"]
    assert next_reply["metadata"]["context_message_count"] == 2
    path = f"/messages/{sent['userMessage']['id']}"
    assert api.error("DELETE", path)[0] == 404
    assert api.error("PATCH", path, json={"content": "back"})[0] == 404


def test_parent_is_the_message_before_on_the_branch(api: Api) -> None:
    conversation_id = api.conversation()
    one = api.send(conversation_id, "one")
    fork = api.branch(conversation_id, "Fork", one["userMessage"]["id"])
    two = api.send(conversation_id, "two")
    aside = api.send(conversation_id, "aside", branchId=fork["id"])
    events = parse_events(stream_message(api, conversation_id, "three").text)
    streamed = next(data["message"] for _, data in events if "message" in data)

    pairs = [(sent["userMessage"], sent["assistantMessage"]) for sent in (one, two, aside)]
    listed = api.messages(conversation_id)

    assert [question["parentMessageId"] for question, _ in pairs] == [
        None,
        one["message"]["id"],
        one["userMessage"]["id"],
    ]
    assert all(reply["parentMessageId"] == question["id"] for question, reply in pairs)
    assert listed[:4] == [*pairs[0], *pairs[1]]
    assert listed[4]["parentMessageId"] == two["message"]["id"]
    assert listed[5] == streamed
    assert streamed["parentMessageId"] == listed[4]["id"]
    assert (
        api.data("GET", f"/conversations/{conversation_id}")["conversation"]["messages"] == listed
    )
    assert api.messages(conversation_id, fork["id"]) == [pairs[0][0], *pairs[2]]


def test_parent_of_a_message_skips_deleted_messages(api: Api) -> None:
    conversation_id = api.conversation()
    one = api.send(conversation_id, "one")
    fork = api.branch(conversation_id, "Fork", one["message"]["id"])
    aside = api.send(conversation_id, "aside", branchId=fork["id"])["userMessage"]
    api.data("DELETE", f"/messages/{one['message']['id']}")

    changed = api.data("PATCH", f"/messages/{aside['id']}", json={"content": "changed"})["message"]

    assert aside["parentMessageId"] == one["message"]["id"]
    assert changed["parentMessageId"] == one["userMessage"]["id"]
    assert api.messages(conversation_id, fork["id"])[1] == changed
    api.data("DELETE", f"/messages/{one['userMessage']['id']}")
    assert api.messages(conversation_id, fork["id"])[0]["parentMessageId"] is None


def test_scope_conversation_lists_the_messages_of_all_branches(api: Api) -> None:
    conversation_id = api.conversation()
    first = api.send(conversation_id, "one")
    branch = api.branch(conversation_id, "Other", first["userMessage"]["id"])
    second = api.send(conversation_id, "two", branchId=branch["id"])
    third = api.send(conversation_id, "three")
    other = api.send(api.conversation(), "four")
    path = f"/conversations/{conversation_id}/messages"

    everything = api.data("GET", f"{path}?scope=conversation")
    pages: list[Any] = []
    cursor = ""
    while True:
        page = api.data("GET", f"{path}?scope=conversation&limit=4{cursor}")
        pages += page["messages"]
        if "nextCursor" not in page:
            break
        cursor = f"&cursor={page['nextCursor']}"

    turns = (first, second, third)
    expected = [turn[name] for turn in turns for name in ("userMessage", "assistantMessage")]
    assert everything == {"messages": expected}
    assert pages == expected
    assert other["userMessage"] not in expected
    branch_query = f"?scope=conversation&branchId={branch['id']}"
    assert api.data("GET", f"{path}{branch_query}") == everything
    assert api.data("GET", f"{path}?scope=branch") == api.data("GET", path)
    assert api.error("GET", f"{path}?scope=all")[:2] == (400, "VALIDATION_ERROR")
    cursor = api.data("GET", f"{path}?limit=1")["nextCursor"]
    assert api.error("GET", f"{path}?scope=conversation&cursor={cursor}")[0] == 400
