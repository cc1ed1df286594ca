"""The context of a reply: the messages of a branch that the model receives."""

from __future__ import annotations

import pytest

from tests.support.server_api import Api

pytestmark = pytest.mark.engine


def reply_context(
    api: Api, conversation_id: str, branch_id: str, content: str = "question"
) -> tuple[int, bool]:
    metadata = api.send(conversation_id, content, branchId=branch_id)["message"]["metadata"]
    return metadata["context_message_count"], metadata["context_truncated"]


@pytest.mark.parametrize(
    ("mode", "first", "second"),
    [
        ("FULL", (15, False), (17, False)),
        ("PARTIAL", (11, True), (13, True)),
        ("MINIMAL", (2, True), (4, True)),
    ],
)
def test_context_mode_limits_only_inherited_messages(
    api: Api, mode: str, first: tuple[int, bool], second: tuple[int, bool]
) -> None:
    conversation_id = api.conversation()
    for number in range(7):
        api.send(conversation_id, f"number {number}")
    branch = api.branch(conversation_id, "Aside", contextMode=mode)

    assert reply_context(api, conversation_id, branch["id"]) == first
    assert reply_context(api, conversation_id, branch["id"]) == second


@pytest.mark.parametrize("mode", ["PARTIAL", "MINIMAL"])
def test_few_inherited_messages_are_not_truncated(api: Api, mode: str) -> None:
    conversation_id = api.conversation()
    message_id = api.send(conversation_id, "one")["userMessage"]["id"]
    branch = api.branch(conversation_id, "Aside", message_id, contextMode=mode)

    assert reply_context(api, conversation_id, branch["id"]) == (2, False)


def test_context_mode_counts_messages_of_all_ancestors(api: Api) -> None:
    conversation_id = api.conversation()
    for number in range(4):
        api.send(conversation_id, f"number {number}")
    aside = api.branch(conversation_id, "Aside")
    api.send(conversation_id, "own", branchId=aside["id"])
    last = api.send(conversation_id, "own", branchId=aside["id"])["message"]["id"]
    deeper = api.branch(conversation_id, "Deeper", last, contextMode="PARTIAL")

    assert reply_context(api, conversation_id, deeper["id"]) == (11, True)


def test_minimal_mode_uses_the_nearest_message_at_or_before_the_fork_point(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "1234" * 10)
    fork_point = sent["message"]
    branch = api.branch(conversation_id, "Aside", fork_point["id"], contextMode="MINIMAL")

    def measure_prompt_tokens() -> int:
        message = api.send(conversation_id, "1234", branchId=branch["id"])["message"]
        for message in api.messages(conversation_id, branch["id"])[-2:]:
            api.data("DELETE", f"/messages/{message['id']}")
        return message["metadata"]["prompt_tokens"]

    assert measure_prompt_tokens() == fork_point["tokenCount"] + 1
    api.data("DELETE", f"/messages/{fork_point['id']}")
    assert measure_prompt_tokens() == 10 + 1


def test_updated_context_mode_applies_to_the_next_message(api: Api) -> None:
    conversation_id = api.conversation()
    api.send(conversation_id, "one")
    branch = api.branch(conversation_id, "Aside")
    path = f"/conversations/{conversation_id}/branches/{branch['id']}"
    api.data("PATCH", path, json={"contextMode": "MINIMAL"})

    assert reply_context(api, conversation_id, branch["id"]) == (2, True)
