# Derived from tests/sdk/_async/test_regeneration.py by scripts/regen.py. Do not edit.

"""`client.regenerate`: the question of a message, asked again on a new branch."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes import ChatRoutes, NotFoundError, ResponseError, ServerError, ValidationError
from chatroutes_server import LocalServer, Reply
from tests.support.fault_responses import empty_response, json_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import BRANCH, COMPLETE_STREAM, success_response

from .clients import make_client

QUESTION = {"id": "m1", "role": "user", "content": "Why?"}
REPLY = {"id": "m2", "role": "assistant", "content": "So.", "metadata": {"model": "gpt-5"}}
FORK = {**BRANCH, "id": "br_2", "isMain": False, "forkPointMessageId": None}


def test_question_is_asked_again_before_it(client: ChatRoutes) -> None:
    conversation_id = (client.conversations.create({"title": "T"}))["id"]
    first = client.messages.send(conversation_id, {"content": "First?"})
    settings = {"model": "claude-opus-4", "temperature": 0.5, "maxTokens": 40}
    second = client.messages.send(
        conversation_id, {"content": "Second?", **settings}  # type: ignore[typeddict-item]
    )
    client.messages.send(conversation_id, {"content": "Third?"})
    before = client.messages.list(conversation_id)

    again = client.regenerate(conversation_id, second["assistantMessage"]["id"])
    other = client.regenerate(conversation_id, second["userMessage"]["id"], "gpt-4")

    for result, model in ((again, "claude-opus-4"), (other, "gpt-4")):
        assert result.branch["title"] == model
        assert result.branch.get("forkPointMessageId") == first["assistantMessage"]["id"]
        messages = client.branches.get_messages(conversation_id, result.branch["id"])
        assert messages[:2] == before[:2]
        assert [each["content"] for each in messages[2:]] == ["Second?", result.text]
        assert result.response["assistantMessage"] == messages[3]
        metadata = messages[3].get("metadata")
        assert metadata is not None
        assert metadata | {**settings, "model": model} == metadata
    assert client.messages.list(conversation_id) == before


def test_first_question_starts_a_branch_at_the_beginning(client: ChatRoutes) -> None:
    conversation_id = (client.conversations.create({"title": "T"}))["id"]
    sent = client.messages.send(conversation_id, {"content": "First?"})

    result = client.regenerate(conversation_id, sent["message"]["id"], "gpt-4")

    assert result.branch.get("forkPointMessageId") is None
    assert "sees 1 message." in result.text
    tree = (client.conversations.get_tree(conversation_id))["tree"]
    assert [each["content"] for each in tree["children"]] == ["First?", "First?"]


def test_message_on_a_branch_of_a_branch_is_regenerated(client: ChatRoutes) -> None:
    conversation_id = (client.conversations.create({"title": "T"}))["id"]
    sent = client.messages.send(conversation_id, {"content": "First?"})
    one = client.regenerate(conversation_id, sent["message"]["id"], "gpt-4")
    more = client.messages.send(conversation_id, {"content": "More?", "branchId": one.branch["id"]})

    with client.regenerate_stream(conversation_id, more["message"]["id"]) as (branch, stream):
        text = "".join([text for text in stream.text_stream])

    assert branch.get("parentBranchId") == one.branch["id"]
    assert branch.get("forkPointMessageId") == one.response["assistantMessage"]["id"]
    messages = client.branches.get_messages(conversation_id, branch["id"])
    assert [each["content"] for each in messages] == ["First?", one.text, "More?", text]


def test_stopped_reply_is_regenerated_by_its_question() -> None:
    replies = {"slow": Reply("word " * 1000, word_delay=0.05), "*": "Fine."}
    with LocalServer(replies=replies) as server:
        with ChatRoutes(server.api_key, server.base_url) as client:
            conversation_id = (client.conversations.create({"title": "T"}))["id"]
            question = {"content": "First?", "model": "slow"}
            with client.messages.stream(
                conversation_id, question  # type: ignore[arg-type]
            ) as stream:
                next(iter(stream.text_stream))
                stopped = (stream.stop())["assistantMessage"]["id"]

            with pytest.raises(NotFoundError, match="pass the id of its question"):
                client.regenerate(conversation_id, stopped, "gpt-4")
            [first] = client.messages.list(conversation_id)
            by_question = client.regenerate(conversation_id, first["id"], "gpt-4")
            # The next message ends the stopped reply, and the server stores it.
            client.messages.send(conversation_id, {"content": "Next?", "model": "gpt-4"})
            by_reply = client.regenerate(conversation_id, stopped, "gpt-4")

    for result in (by_question, by_reply):
        assert result.response["userMessage"]["content"] == "First?"
        assert result.text == "Fine."


def test_repeated_key_returns_the_first_reply(client: ChatRoutes) -> None:
    conversation_id = (client.conversations.create({"title": "T"}))["id"]
    sent = client.messages.send(conversation_id, {"content": "First?"})
    arguments = (conversation_id, sent["message"]["id"], "gpt-4")

    first = client.regenerate(*arguments, idempotency_key="k", deadline=30)
    second = client.regenerate(*arguments, idempotency_key="k", first_event_timeout=30)

    assert first == second
    assert len(client.branches.list(conversation_id)) == 2


def test_question_without_a_reply_can_be_regenerated_and_a_system_message_cannot(
    fault_server: FaultServer,
) -> None:
    system = {"id": "m0", "role": "system", "content": "Be brief."}
    messages = success_response({"messages": [system, QUESTION]})
    fault_server.script(messages, success_response({"branch": FORK}), COMPLETE_STREAM, messages)

    with make_client(fault_server) as client:
        result = client.regenerate("c", "m1")
        with pytest.raises(ValidationError, match="no message of a user precedes it") as caught:
            client.regenerate("c", "m0")

    assert result.text == "Hello"
    assert caught.value.hint is not None
    bodies = [each.json() for each in fault_server.requests[1:3]]
    assert bodies[0] == {"title": "Regenerated", "baseNodeId": "m0"}
    assert bodies[1] == {"content": "Why?", "branchId": "br_2"}


def test_unknown_message_is_an_error(client: ChatRoutes) -> None:
    conversation_id = (client.conversations.create({"title": "T"}))["id"]
    sent = client.messages.send(conversation_id, {"content": "First?"})
    client.regenerate(conversation_id, sent["message"]["id"])

    with pytest.raises(NotFoundError, match=r"no message 'm_9'.*messages.list"):
        client.regenerate(conversation_id, "m_9")

    assert len(client.branches.list(conversation_id)) == 2


@pytest.mark.parametrize("status", [400, 404])
def test_service_that_cannot_branch_at_the_beginning_raises_an_error_with_a_hint(
    fault_server: FaultServer, status: int
) -> None:
    messages = success_response({"messages": [QUESTION, REPLY]})
    ignored = {**FORK, "forkPointMessageId": "m2"}
    fault_server.script(messages, json_response(status, {"success": False, "error": "X"}))
    fault_server.script(messages, success_response({"branch": ignored}))

    with make_client(fault_server) as client:
        with pytest.raises((ValidationError, NotFoundError), match="Create a conversation"):
            client.regenerate("c", "m2")
        with pytest.raises(ResponseError, match=r"'br_2'.*Create a conversation.*can be deleted"):
            client.regenerate("c", "m2")

    assert len(fault_server.requests) == 4


def test_error_of_the_reply_is_raised(fault_server: FaultServer) -> None:
    messages = success_response({"messages": [QUESTION, REPLY]})
    fault_server.script(messages, success_response({"branch": FORK}), empty_response(500))

    with make_client(fault_server, retry_attempts=0) as client:
        with pytest.raises(ServerError):
            client.regenerate("c", "m2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", "m"), "not an empty string"),
        (("c", ""), "not an empty string"),
        (("c", "m", ""), "not an empty string"),
        (("c", None), "not None"),
        (("c", {"id": "m", "content": "Hi"}), r"not dict; pass its 'id'\.$"),
    ],
)
def test_invalid_arguments_send_nothing(
    fault_server: FaultServer, arguments: tuple[Any, ...], message: str
) -> None:
    with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match=f"must be a string that is not empty, {message}"):
            client.regenerate(*arguments)
        with pytest.raises(TypeError, match="no keyword argument 'timout'"):
            client.regenerate("c", "m", timout=3)  # type: ignore[call-arg]

    assert fault_server.requests == []
