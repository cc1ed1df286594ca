"""What a model is given of the messages that a branch sees."""

from __future__ import annotations

import pytest

from tests.support.server_api import Api


def given(api: Api, conversation_id: str, branch_id: str, content: str = "ask") -> tuple[int, bool]:
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
def test_the_mode_limits_inherited_messages_and_never_the_branchs_own(
    api: Api, mode: str, first: tuple[int, bool], second: tuple[int, bool]
) -> None:
    conversation_id = api.conversation()
    for number in range(7):
        api.send(conversation_id, f"number {number}")
    branch = api.branch(conversation_id, "Aside", contextMode=mode)

    assert given(api, conversation_id, branch["id"]) == first
    assert given(api, conversation_id, branch["id"]) == second


@pytest.mark.parametrize("mode", ["PARTIAL", "MINIMAL"])
def test_nothing_is_cut_where_little_is_inherited(api: Api, mode: str) -> None:
    conversation_id = api.conversation()
    message_id = api.send(conversation_id, "one")["userMessage"]["id"]
    branch = api.branch(conversation_id, "Aside", message_id, contextMode=mode)

    assert given(api, conversation_id, branch["id"]) == (2, False)


def test_inherited_counts_through_all_ancestors(api: Api) -> None:
    conversation_id = api.conversation()
    for number in range(4):
        api.send(conversation_id, f"number {number}")
    aside = api.branch(conversation_id, "Aside")
    api.send(conversation_id, "own", branchId=aside["id"])
    last = api.send(conversation_id, "own", branchId=aside["id"])["message"]["id"]
    deeper = api.branch(conversation_id, "Deeper", last, contextMode="PARTIAL")

    assert given(api, conversation_id, deeper["id"]) == (11, True)


def test_minimal_gives_the_fork_point_or_what_stands_before_it_once_it_is_deleted(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "1234" * 10)
    fork_point = sent["message"]
    branch = api.branch(conversation_id, "Aside", fork_point["id"], contextMode="MINIMAL")

    def prompt_tokens() -> int:
        message = api.send(conversation_id, "1234", branchId=branch["id"])["message"]
        for written in api.messages(conversation_id, branch["id"])[-2:]:
            api.data("DELETE", f"/messages/{written['id']}")
        return message["metadata"]["prompt_tokens"]

    assert prompt_tokens() == fork_point["tokenCount"] + 1
    api.data("DELETE", f"/messages/{fork_point['id']}")
    assert prompt_tokens() == 10 + 1


def test_a_new_mode_counts_from_the_next_message_on(api: Api) -> None:
    conversation_id = api.conversation()
    api.send(conversation_id, "one")
    branch = api.branch(conversation_id, "Aside")
    path = f"/conversations/{conversation_id}/branches/{branch['id']}"
    api.data("PATCH", path, json={"contextMode": "MINIMAL"})

    assert given(api, conversation_id, branch["id"]) == (2, True)
