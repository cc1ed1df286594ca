"""Checkpoints, and what they do to the context that a model is given."""

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

INTRODUCTION = "Summary of the conversation so far:\n"


def create(api: Api, conversation_id: str, branch_id: str, anchor_id: str, **options: Any) -> Any:
    body = {"branchId": branch_id, "anchorMessageId": anchor_id}
    path = f"/conversations/{conversation_id}/checkpoints"
    return api.data("POST", path, json=body, **options)["checkpoint"]


def listed(api: Api, conversation_id: str, **params: str) -> Any:
    path = f"/conversations/{conversation_id}/checkpoints"
    return api.data("GET", path, params=params)["checkpoints"]


def told(api: Api, conversation_id: str, **fields: Any) -> tuple[int, bool, bool]:
    metadata = api.send(conversation_id, "ask", **fields)["message"]["metadata"]
    return (
        metadata["context_message_count"],
        metadata["context_truncated"],
        metadata["checkpoint_used"],
    )


@pytest.fixture
def talk(api: Api) -> tuple[str, str, list[str]]:
    """A conversation of six messages: its id, its main branch's, the messages'."""
    conversation_id = api.conversation()
    ids: list[str] = []
    for content in ("First things first. Then more.", "Second!", "Third? Yes"):
        sent = api.send(conversation_id, content)
        ids += [sent["userMessage"]["id"], sent["message"]["id"]]
    return conversation_id, api.main_branch(conversation_id)["id"], ids


def test_a_checkpoint_tells_where_it_stands(api: Api, talk: tuple[str, str, list[str]]) -> None:
    conversation_id, main, ids = talk

    made = create(api, conversation_id, main, ids[2])

    assert made["id"].startswith("cp_")
    assert (made["conversation_id"], made["branch_id"]) == (conversation_id, main)
    assert made["anchor_message_id"] == ids[2]
    assert made["token_count"] == -(-len(made["summary"]) // 4)
    assert listed(api, conversation_id) == [made]


def test_without_an_upstream_the_summary_is_an_extract_that_says_so(
    api: Api, talk: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = talk

    summaries = [create(api, conversation_id, main, ids[2])["summary"] for _ in range(2)]

    assert summaries[0] == summaries[1]
    assert summaries[0].splitlines() == [
        "Extract of 3 messages, the first sentence of each:",
        "user: First things first.",
        "assistant: This is the built-in model of the local ChatRoutes server, standing in for gpt-5.",
        "user: Second!",
    ]


def test_an_extract_of_many_messages_keeps_the_first_and_the_last(api: Api) -> None:
    conversation_id = api.conversation()
    for number in range(10):
        last = api.send(conversation_id, f"number {number} " + "x" * 1000)
    main = api.main_branch(conversation_id)["id"]

    summary = create(api, conversation_id, main, last["message"]["id"])["summary"]

    assert "(4 messages left out)" in summary
    assert "number 1 " in summary
    assert "number 2 " not in summary
    assert "number 9 " in summary
    assert max(len(line) for line in summary.splitlines()) < 180


def test_the_summary_stands_in_for_what_precedes_and_includes_the_anchor(
    api: Api, talk: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = talk
    made = create(api, conversation_id, main, ids[3])

    sent = api.send(conversation_id, "asks")

    metadata = sent["message"]["metadata"]
    assert metadata["checkpoint_used"] is True
    assert metadata["context_truncated"] is True
    assert metadata["context_message_count"] == 1 + 2 + 1
    kept = api.messages(conversation_id)[4:7]
    summary_tokens = -(-len(INTRODUCTION + made["summary"]) // 4)
    assert metadata["prompt_tokens"] == summary_tokens + sum(each["tokenCount"] for each in kept)
    assert sent["usage"]["promptTokens"] == metadata["prompt_tokens"]
    assert len(api.messages(conversation_id)) == 8


def test_the_newest_checkpoint_counts_and_a_deleted_one_does_not(
    api: Api, talk: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = talk
    create(api, conversation_id, main, ids[5])
    newest = create(api, conversation_id, main, ids[0])

    assert told(api, conversation_id) == (1 + 5 + 1, True, True)
    assert api.data("DELETE", f"/checkpoints/{newest['id']}") is None
    assert told(api, conversation_id) == (1 + 2 + 1, True, True)
    assert api.error("DELETE", f"/checkpoints/{newest['id']}")[0] == 404


def test_a_checkpoint_counts_on_its_own_branch_alone(
    api: Api, talk: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = talk
    branch = api.branch(conversation_id, "Aside")
    create(api, conversation_id, branch["id"], ids[3])

    assert told(api, conversation_id) == (7, False, False)
    assert told(api, conversation_id, branchId=branch["id"]) == (1 + 2 + 1, True, True)
    assert listed(api, conversation_id, branchId=main) == []
    assert len(listed(api, conversation_id, branchId=branch["id"])) == 1


def test_what_the_mode_leaves_out_already_is_not_summarised(
    api: Api, talk: tuple[str, str, list[str]]
) -> None:
    conversation_id, _, ids = talk
    branch = api.branch(conversation_id, "Aside", contextMode="MINIMAL")
    create(api, conversation_id, branch["id"], ids[3])

    assert told(api, conversation_id, branchId=branch["id"]) == (2, True, False)
    create(api, conversation_id, branch["id"], ids[5])
    assert told(api, conversation_id, branchId=branch["id"]) == (1 + 2 + 1, True, True)


def test_a_checkpoint_whose_anchor_was_deleted_keeps_its_place(
    api: Api, talk: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = talk
    made = create(api, conversation_id, main, ids[2])
    api.data("DELETE", f"/messages/{ids[2]}")

    assert told(api, conversation_id) == (1 + 3 + 1, True, True)
    again = api.data("POST", f"/checkpoints/{made['id']}/recreate")["checkpoint"]
    assert (again["id"], again["anchor_message_id"]) == (made["id"], ids[2])
    assert "Second!" in made["summary"]
    assert "Second!" not in again["summary"]
    assert listed(api, conversation_id) == [again]


def test_recreating_takes_the_messages_as_they_are_now(
    api: Api, talk: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = talk
    made = create(api, conversation_id, main, ids[0])
    api.data("PATCH", f"/messages/{ids[0]}", json={"content": "Something else."})

    again = api.data("POST", f"/checkpoints/{made['id']}/recreate", json={})["checkpoint"]

    assert again["summary"].endswith("user: Something else.")
    assert again["created_at"] >= made["created_at"]


def test_recreating_is_a_conflict_once_nothing_is_left_of_it(
    api: Api, talk: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = talk
    made = create(api, conversation_id, main, ids[0])
    api.data("DELETE", f"/messages/{ids[0]}")

    assert api.error("POST", f"/checkpoints/{made['id']}/recreate")[:2] == (409, "CONFLICT")
    assert told(api, conversation_id) == (6, False, False)


def test_an_anchor_that_the_branch_does_not_see_is_404(
    api: Api, talk: tuple[str, str, list[str]]
) -> None:
    conversation_id, main, ids = talk
    branch = api.branch(conversation_id, "Aside", ids[1])
    aside = api.send(conversation_id, "aside", branchId=branch["id"])["message"]["id"]
    foreign = api.send(api.conversation(), "x")["message"]["id"]
    path = f"/conversations/{conversation_id}/checkpoints"

    for branch_id, anchor_id, field in [
        (main, aside, "anchorMessageId"),
        (branch["id"], ids[2], "anchorMessageId"),
        (main, foreign, "anchorMessageId"),
        (main, "msg_0", "anchorMessageId"),
        ("br_0", ids[0], "branchId"),
    ]:
        body = {"branchId": branch_id, "anchorMessageId": anchor_id}
        status, _, message = api.error("POST", path, json=body)
        assert status == 404
        assert message.startswith(f"{field}: ")
    assert api.error("GET", path, params={"branchId": "br_0"})[0] == 404
    assert api.error("POST", "/checkpoints/cp_0/recreate")[0] == 404
    assert listed(api, conversation_id) == []


def test_checkpoints_go_with_their_branch_and_their_conversation(tmp_path: Path) -> None:
    database = tmp_path / "chat.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        message_id = api.send(conversation_id, "one")["message"]["id"]
        branch = api.branch(conversation_id, "Aside")
        create(api, conversation_id, branch["id"], message_id)
        create(api, conversation_id, api.main_branch(conversation_id)["id"], message_id)

        api.data("DELETE", f"/conversations/{conversation_id}/branches/{branch['id']}")
        assert len(listed(api, conversation_id)) == 1
        api.data("DELETE", f"/conversations/{conversation_id}")

    with closing(connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)


def test_a_repeated_key_makes_one_checkpoint(api: Api, talk: tuple[str, str, list[str]]) -> None:
    conversation_id, main, ids = talk
    headers = {"Idempotency-Key": "once"}

    made = [create(api, conversation_id, main, ids[0], headers=headers) for _ in range(2)]
    path = f"/checkpoints/{made[0]['id']}/recreate"
    again = [api.data("POST", path, headers=headers) for _ in range(2)]

    assert made[0] == made[1]
    assert again[0] == again[1]
    assert len(listed(api, conversation_id)) == 1


def test_anothers_checkpoints_are_not_there(talk: tuple[str, str, list[str]], api: Api) -> None:
    with (
        LocalServer(api_keys=["other"]) as server,
        Api(server) as mine,
        Api(server, "other") as other,
    ):
        conversation_id = mine.conversation()
        message_id = mine.send(conversation_id, "one")["message"]["id"]
        made = create(mine, conversation_id, mine.main_branch(conversation_id)["id"], message_id)

        assert other.error("DELETE", f"/checkpoints/{made['id']}")[0] == 404
        assert other.error("POST", f"/checkpoints/{made['id']}/recreate")[0] == 404
        assert other.error("GET", f"/conversations/{conversation_id}/checkpoints")[0] == 404
        assert listed(mine, conversation_id) == [made]


def test_an_upstream_writes_the_summaries_of_its_conversations(upstream: FakeUpstream) -> None:
    with api_with_upstream(upstream) as api:
        conversation_id = api.conversation()
        message_id = api.send(conversation_id, "secret word")["message"]["id"]
        main = api.main_branch(conversation_id)["id"]
        upstream.behaviour = stream_reply("They ", "greeted.\n")
        made = create(api, conversation_id, main, message_id)
        asked = upstream.requests[-1].body["messages"]
        upstream.behaviour = stream_reply("Fine")
        api.send(conversation_id, "go on")
        upstream.behaviour = respond_with(500, {})
        body = {"branchId": main, "anchorMessageId": message_id}
        failed = api.error("POST", f"/conversations/{conversation_id}/checkpoints", json=body)

        assert made["summary"] == "They greeted."
        assert "secret word" in json.dumps(asked)
        assert upstream.requests[-2].body["messages"] == [
            {"role": "system", "content": INTRODUCTION + "They greeted."},
            {"role": "user", "content": "go on"},
        ]
        upstream.behaviour = stream_reply(" \n")
        wordless = api.error("POST", f"/conversations/{conversation_id}/checkpoints", json=body)

        assert failed[:2] == wordless[:2] == (502, "UPSTREAM_ERROR")
        assert wordless[2].startswith("upstream llama ")
        assert listed(api, conversation_id) == [made]


def test_checkpoints_of_a_deleted_conversation_are_not_found(api: Api) -> None:
    path = f"/conversations/{api.conversation()}"
    api.data("GET", f"{path}/checkpoints")
    api.data("DELETE", path)

    assert api.error("GET", f"{path}/checkpoints")[:2] == (404, "NOT_FOUND")
