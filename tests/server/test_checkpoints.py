"""Checkpoints, and the context that a model receives with them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api, api_with_upstream
from tests.support.upstream_server import FakeUpstream, respond_with, stream_reply

pytestmark = pytest.mark.engine

SUMMARY_PREFIX = "Summary of the conversation so far:\n"


def create_checkpoint(
    api: Api, conversation_id: str, branch_id: str, anchor_id: str, **options: Any
) -> Any:
    body = {"branchId": branch_id, "anchorMessageId": anchor_id}
    path = f"/conversations/{conversation_id}/checkpoints"
    return api.data("POST", path, json=body, **options)["checkpoint"]


def list_checkpoints(api: Api, conversation_id: str, **params: str) -> Any:
    path = f"/conversations/{conversation_id}/checkpoints"
    return api.data("GET", path, params=params)["checkpoints"]


def reply_context(api: Api, conversation_id: str, **fields: Any) -> tuple[int, bool, bool]:
    metadata = api.send(conversation_id, "question", **fields)["message"]["metadata"]
    return (
        metadata["context_message_count"],
        metadata["context_truncated"],
        metadata["checkpoint_used"],
    )


@pytest.fixture
def conversation(api: Api) -> tuple[str, str, list[str]]:
    """A conversation of six messages: its id, the id of its main branch, and the ids of the messages."""
    conversation_id = api.conversation()
    ids: list[str] = []
    for content in ("First sentence. Then more.", "Second!", "Third? Yes"):
        sent = api.send(conversation_id, content)
        ids += [sent["userMessage"]["id"], sent["message"]["id"]]
    return conversation_id, api.main_branch(conversation_id)["id"], ids


def test_create_returns_the_checkpoint(api: Api, conversation: tuple[str, str, list[str]]) -> None:
    conversation_id, main, ids = conversation

    checkpoint = create_checkpoint(api, conversation_id, main, ids[2])

    assert checkpoint["id"].startswith("cp_")
    assert (checkpoint["conversation_id"], checkpoint["branch_id"]) == (conversation_id, main)
    assert checkpoint["anchor_message_id"] == ids[2]
    assert checkpoint["token_count"] == -(-len(checkpoint["summary"]) // 4)
    assert list_checkpoints(api, conversation_id) == [checkpoint]


def test_summary_without_an_upstream_is_an_extract(
    api: Api, conversation: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = conversation

    summaries = [create_checkpoint(api, conversation_id, main, ids[2])["summary"] for _ in range(2)]

    assert summaries[0] == summaries[1]
    assert summaries[0].splitlines() == [
        "Extract of 3 messages, the first sentence of each:",
        "user: First sentence.",
        "assistant: This is the built-in model of the local ChatRoutes server, which is not a language model.",
        "user: Second!",
    ]


def test_extract_of_many_messages_keeps_the_first_and_last(api: Api) -> None:
    conversation_id = api.conversation()
    for number in range(10):
        last = api.send(conversation_id, f"number {number} " + "x" * 1000)
    main = api.main_branch(conversation_id)["id"]

    summary = create_checkpoint(api, conversation_id, main, last["message"]["id"])["summary"]

    assert "(4 messages left out)" in summary
    assert "number 1 " in summary
    assert "number 2 " not in summary
    assert "number 9 " in summary
    assert max(len(line) for line in summary.splitlines()) < 180


def test_summary_replaces_the_messages_up_to_the_anchor(
    api: Api, conversation: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = conversation
    checkpoint = create_checkpoint(api, conversation_id, main, ids[3])

    sent = api.send(conversation_id, "question")

    metadata = sent["message"]["metadata"]
    assert metadata["checkpoint_used"] is True
    assert metadata["context_truncated"] is True
    assert metadata["context_message_count"] == 1 + 2 + 1
    remaining = api.messages(conversation_id)[4:7]
    summary_tokens = -(-len(SUMMARY_PREFIX + checkpoint["summary"]) // 4)
    assert metadata["prompt_tokens"] == summary_tokens + sum(
        each["tokenCount"] for each in remaining
    )
    assert sent["usage"]["promptTokens"] == metadata["prompt_tokens"]
    assert len(api.messages(conversation_id)) == 8


def test_newest_checkpoint_that_is_not_deleted_is_used(
    api: Api, conversation: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = conversation
    create_checkpoint(api, conversation_id, main, ids[5])
    newest = create_checkpoint(api, conversation_id, main, ids[0])

    assert reply_context(api, conversation_id) == (1 + 5 + 1, True, True)
    assert api.data("DELETE", f"/checkpoints/{newest['id']}") is None
    assert reply_context(api, conversation_id) == (1 + 2 + 1, True, True)
    assert api.error("DELETE", f"/checkpoints/{newest['id']}")[0] == 404


def test_checkpoint_is_used_only_on_its_own_branch(
    api: Api, conversation: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = conversation
    branch = api.branch(conversation_id, "Aside")
    create_checkpoint(api, conversation_id, branch["id"], ids[3])

    assert reply_context(api, conversation_id) == (7, False, False)
    assert reply_context(api, conversation_id, branchId=branch["id"]) == (1 + 2 + 1, True, True)
    assert list_checkpoints(api, conversation_id, branchId=main) == []
    assert len(list_checkpoints(api, conversation_id, branchId=branch["id"])) == 1


def test_checkpoint_before_the_context_of_the_mode_is_not_used(
    api: Api, conversation: tuple[str, str, list[str]]
) -> None:
    conversation_id, _, ids = conversation
    branch = api.branch(conversation_id, "Aside", contextMode="MINIMAL")
    create_checkpoint(api, conversation_id, branch["id"], ids[3])

    assert reply_context(api, conversation_id, branchId=branch["id"]) == (2, True, False)
    create_checkpoint(api, conversation_id, branch["id"], ids[5])
    assert reply_context(api, conversation_id, branchId=branch["id"]) == (1 + 2 + 1, True, True)


def test_checkpoint_keeps_its_position_after_its_anchor_is_deleted(
    api: Api, conversation: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = conversation
    checkpoint = create_checkpoint(api, conversation_id, main, ids[2])
    api.data("DELETE", f"/messages/{ids[2]}")

    assert reply_context(api, conversation_id) == (1 + 3 + 1, True, True)
    recreated = api.data("POST", f"/checkpoints/{checkpoint['id']}/recreate")["checkpoint"]
    assert (recreated["id"], recreated["anchor_message_id"]) == (checkpoint["id"], ids[2])
    assert "Second!" in checkpoint["summary"]
    assert "Second!" not in recreated["summary"]
    assert list_checkpoints(api, conversation_id) == [recreated]


def test_recreate_uses_current_messages(api: Api, conversation: tuple[str, str, list[str]]) -> None:
    conversation_id, main, ids = conversation
    checkpoint = create_checkpoint(api, conversation_id, main, ids[0])
    api.data("PATCH", f"/messages/{ids[0]}", json={"content": "Something else."})

    recreated = api.data("POST", f"/checkpoints/{checkpoint['id']}/recreate", json={})["checkpoint"]

    assert recreated["summary"].endswith("user: Something else.")
    assert recreated["created_at"] >= checkpoint["created_at"]


def test_recreate_without_remaining_messages_is_a_conflict(
    api: Api, conversation: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = conversation
    checkpoint = create_checkpoint(api, conversation_id, main, ids[0])
    api.data("DELETE", f"/messages/{ids[0]}")

    assert api.error("POST", f"/checkpoints/{checkpoint['id']}/recreate")[:2] == (409, "CONFLICT")
    assert reply_context(api, conversation_id) == (6, False, False)


def test_anchor_that_is_not_visible_on_the_branch_is_404(
    api: Api, conversation: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = conversation
    branch = api.branch(conversation_id, "Aside", ids[1])
    aside_id = api.send(conversation_id, "aside", branchId=branch["id"])["message"]["id"]
    foreign_id = api.send(api.conversation(), "x")["message"]["id"]
    path = f"/conversations/{conversation_id}/checkpoints"

    for branch_id, anchor_id, field in [
        (main, aside_id, "anchorMessageId"),
        (branch["id"], ids[2], "anchorMessageId"),
        (main, foreign_id, "anchorMessageId"),
        (main, "msg_0", "anchorMessageId"),
        ("br_0", ids[0], "branchId"),
    ]:
        body = {"branchId": branch_id, "anchorMessageId": anchor_id}
        status, _, message = api.error("POST", path, json=body)
        assert status == 404
        assert message.startswith(f"{field}: ")
    assert api.error("GET", path, params={"branchId": "br_0"})[0] == 404
    assert api.error("POST", "/checkpoints/cp_0/recreate")[0] == 404
    assert list_checkpoints(api, conversation_id) == []


def test_checkpoints_are_deleted_with_their_branch_or_conversation(tmp_path: Path) -> None:
    database = tmp_path / "chat.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        message_id = api.send(conversation_id, "one")["message"]["id"]
        branch = api.branch(conversation_id, "Aside")
        create_checkpoint(api, conversation_id, branch["id"], message_id)
        create_checkpoint(api, conversation_id, api.main_branch(conversation_id)["id"], message_id)

        api.data("DELETE", f"/conversations/{conversation_id}/branches/{branch['id']}")
        assert len(list_checkpoints(api, conversation_id)) == 1
        api.data("DELETE", f"/conversations/{conversation_id}")

    with closing(connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)


def test_repeated_idempotency_key_creates_one_checkpoint(
    api: Api, conversation: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = conversation
    headers = {"Idempotency-Key": "key"}

    checkpoints = [
        create_checkpoint(api, conversation_id, main, ids[0], headers=headers) for _ in range(2)
    ]
    path = f"/checkpoints/{checkpoints[0]['id']}/recreate"
    recreated = [api.data("POST", path, headers=headers) for _ in range(2)]

    assert checkpoints[0] == checkpoints[1]
    assert recreated[0] == recreated[1]
    assert len(list_checkpoints(api, conversation_id)) == 1


def test_upstream_writes_the_summaries_of_its_conversations(upstream: FakeUpstream) -> None:
    with api_with_upstream(upstream) as api:
        conversation_id = api.conversation()
        message_id = api.send(conversation_id, "unique words")["message"]["id"]
        main = api.main_branch(conversation_id)["id"]
        upstream.behaviour = stream_reply("They ", "greeted.\n")
        checkpoint = create_checkpoint(api, conversation_id, main, message_id)
        sent_messages = upstream.requests[-1].body["messages"]
        upstream.behaviour = stream_reply("Fine")
        api.send(conversation_id, "go on")
        upstream.behaviour = respond_with(500, {})
        body = {"branchId": main, "anchorMessageId": message_id}
        upstream_error = api.error(
            "POST", f"/conversations/{conversation_id}/checkpoints", json=body
        )

        assert checkpoint["summary"] == "They greeted."
        assert "unique words" in json.dumps(sent_messages)
        assert upstream.requests[-2].body["messages"] == [
            {"role": "system", "content": SUMMARY_PREFIX + "They greeted."},
            {"role": "user", "content": "go on"},
        ]
        upstream.behaviour = stream_reply(" \n")
        empty_summary_error = api.error(
            "POST", f"/conversations/{conversation_id}/checkpoints", json=body
        )

        assert upstream_error[:2] == empty_summary_error[:2] == (502, "UPSTREAM_ERROR")
        assert empty_summary_error[2].startswith("upstream llama ")
        assert list_checkpoints(api, conversation_id) == [checkpoint]


def test_checkpoints_of_a_deleted_conversation_are_404(api: Api) -> None:
    path = f"/conversations/{api.conversation()}"
    api.data("GET", f"{path}/checkpoints")
    api.data("DELETE", path)

    assert api.error("GET", f"{path}/checkpoints")[:2] == (404, "NOT_FOUND")
