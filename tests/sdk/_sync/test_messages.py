# Derived from tests/sdk/_async/test_messages.py by scripts/regen.py. Do not edit.

"""Messages, on the local server."""

from __future__ import annotations

import pytest

from chatroutes import ChatRoutes, ConflictError, NotFoundError
from tests.support.payloads import HELLO

pytestmark = pytest.mark.transport


def test_send_returns_both_messages_usage_and_model(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})

    sent = client.messages.send(conversation["id"], {"content": "Grüße", "model": "gpt-4"})

    assert (sent["userMessage"]["role"], sent["userMessage"]["content"]) == ("user", "Grüße")
    assert sent["assistantMessage"]["role"] == "assistant"
    assert "Grüße" in sent["assistantMessage"]["content"]
    assert sent["message"] == sent["assistantMessage"]
    assert sent["model"] == "gpt-4"
    assert sent["usage"]["totalTokens"] > 0


def test_streamed_reply_matches_the_stored_message(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})

    with client.messages.stream(conversation["id"], HELLO) as stream:
        texts = [text for text in stream.text_stream]
        response = stream.get_final_response()

    stored = client.messages.list(conversation["id"])
    assert len(texts) > 3
    assert "".join(texts) == stored[1]["content"] == response["assistantMessage"]["content"]
    assert [message["id"] for message in stored] == [
        response["userMessage"]["id"],
        response["assistantMessage"]["id"],
    ]


def test_stream_adds_messages_to_a_branch(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    branch = client.branches.create(conversation["id"], {"title": "B"})

    stream = client.messages.stream(conversation["id"], {"content": "Hi", "branchId": branch["id"]})
    response = stream.get_final_response()

    assert response["assistantMessage"]["branchId"] == branch["id"]
    assert client.messages.list(conversation["id"]) == []
    assert len(client.messages.list(conversation["id"], branch["id"])) == 2


def test_update_changes_the_content(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)

    updated = client.messages.update(sent["userMessage"]["id"], "Hello again")

    assert updated["content"] == "Hello again"
    stored = client.messages.list(conversation["id"])
    assert stored[0]["content"] == "Hello again"


def test_delete_removes_only_the_message(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    sent = client.messages.send(conversation["id"], HELLO)

    assert client.messages.delete(sent["userMessage"]["id"]) is None

    stored = client.messages.list(conversation["id"])
    assert [message["id"] for message in stored] == [sent["assistantMessage"]["id"]]
    with pytest.raises(NotFoundError):
        client.messages.delete(sent["userMessage"]["id"])


def test_stream_of_a_missing_conversation_raises_not_found_error(
    client: ChatRoutes,
) -> None:
    with pytest.raises(NotFoundError) as caught:
        client.messages.stream("conv_none", HELLO).get_final_text()
    assert caught.value.code == "NOT_FOUND"
    assert caught.value.partial_content == ""


def test_sends_with_one_idempotency_key_create_one_message(client: ChatRoutes) -> None:
    conversation = client.conversations.create({"title": "T"})
    keyed_client = client.with_options(headers={"Idempotency-Key": "order-66"})

    first = keyed_client.messages.send(conversation["id"], HELLO)
    second = keyed_client.messages.send(conversation["id"], HELLO)

    assert second == first
    assert len(client.messages.list(conversation["id"])) == 2
    with pytest.raises(ConflictError):
        keyed_client.messages.send(conversation["id"], {"content": "Something else"})
