"""The Python examples of the README run as printed."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatroutes import ChatRoutes
from chatroutes_server import LocalServer
from tests.support.dialect_server import DialectServer
from tests.support.markdown import CodeBlock
from tests.support.readme import BLOCKS, README
from tests.support.readme import QUICK_START_KEY as KEY

SERVICE = "https://api.chatroutes.com/api/v1"
RUN = ("run", "run: seed", "run: local")


def test_every_python_block_is_executed_or_is_an_example_test() -> None:
    others = [
        block.name
        for block in BLOCKS
        if block.language == "python"
        and block.kind not in RUN
        and not (block.kind or "").startswith("example: ")
    ]
    assert others == []


def check_no_output(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == ""


def check_reply_to_hello(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == names["response"]["assistantMessage"]["content"] + "\n"
    assert 'You wrote: "Hello, how are you?"' in stdout
    assert names["conversation"]["title"] == "My First Conversation"


def check_product_discussion(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == ""
    assert names["conversation"]["title"] == "Product Discussion"
    assert names["conversation"]["model"] == "gpt-4"


def check_key_features(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == ""
    response = names["response"]
    assert response["assistantMessage"]["conversationId"] == "conv_123"
    assert "What are the key features?" in response["assistantMessage"]["content"]
    assert response["message"] == response["assistantMessage"]
    assert response["model"] == "gpt-4"


def check_story(stdout: str, names: dict[str, Any]) -> None:
    assert 'You wrote: "Tell me a story"' in stdout


def check_story_and_id(stdout: str, names: dict[str, Any]) -> None:
    reply = names["response"]["assistantMessage"]
    assert stdout == f"{reply['content']}{reply['id']}\n"
    assert 'You wrote: "Tell me a story"' in stdout


def check_stopped_story(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == f"{names['partial']['assistantMessage']['content']}cancelled\n"
    assert len(names["partial"]["assistantMessage"]["content"]) > 20


def check_story_events(stdout: str, names: dict[str, Any]) -> None:
    event = names["event"]
    reply = event.response["assistantMessage"]
    assert event.type == "done"
    assert stdout.startswith(reply["content"])
    assert stdout.endswith(f"stop {reply['id']}\n")


def check_branches(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == ""
    assert names["branch"]["title"] == "Alternative Response"
    assert names["branch"]["contextMode"] == "FULL"
    assert names["fork"]["title"] == "Exploring Different Approach"
    assert names["fork"]["forkPointMessageId"] == "msg_456"


def check_branch_and_tree(stdout: str, names: dict[str, Any]) -> None:
    *_, user_line, reply_line, count_line = stdout.splitlines()
    assert user_line == "user And in one sentence?"
    assert reply_line == f"assistant {names['reply']['assistantMessage']['content']}"
    assert re.fullmatch(r"\d+ messages on \d+ branches", count_line)
    assert names["parent"]["isMain"]


def check_comparison(stdout: str, names: dict[str, Any]) -> None:
    results = names["results"]
    assert [each.model for each in results] == ["gpt-5", "claude-opus-4"]
    assert [each.error for each in results] == [None, None]
    assert stdout == "".join(f"{each.model} {each.text}\n" for each in results)
    assert len({each.branch["id"] for each in results}) == 2


def check_titles_and_times(stdout: str, names: dict[str, Any]) -> None:
    lines = stdout.splitlines()
    assert len(lines) == len(names["result"]["data"]) == 3
    assert all(re.fullmatch(r".+ - \d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", line) for line in lines)


def check_titles(stdout: str, names: dict[str, Any]) -> None:
    listed = [each["title"] for each in names["result"]["data"]]
    assert stdout.splitlines() == listed
    assert {"My First Conversation", "Product Discussion"} <= set(listed)


def check_messages(stdout: str, names: dict[str, Any]) -> None:
    messages = names["client"].messages.list("conv_123")
    lines = [f"{message['role']} {message['content']}\n" for message in messages]
    assert stdout == "".join(lines)
    assert lines


def check_pictures(stdout: str, names: dict[str, Any]) -> None:
    title = names["tree"]["tree"]["content"]
    assert stdout.startswith(f"{title} (")
    assert names["page"].startswith("<!doctype html>")
    assert f"<title>{title} (" in names["page"]


def check_tree(stdout: str, names: dict[str, Any]) -> None:
    tree = names["client"].conversations.get_tree("conv_123")
    lines = ["  " * node["depth"] + f"{node['content']}\n" for node in tree.get("nodes", [])]
    assert stdout == "".join(lines)


def check_no_error(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == ""
    assert names["conversation"]["id"] == "conv_123"


def check_total(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == "5\n"


def check_raw_response(stdout: str, names: dict[str, Any]) -> None:
    response = names["response"]
    id_line, status_line, retries_line = stdout.splitlines()
    assert (id_line == "None") == (response.request_id is None)
    assert status_line.startswith("200 application/json ")
    assert re.fullmatch(r"0 retries, \d+\.\d+ seconds", retries_line)
    assert names["conversation"] == response.parse()


def check_streaming_response(stdout: str, names: dict[str, Any]) -> None:
    assert 'You wrote: "Hi"' in stdout
    assert re.search(r"\d+\n$", stdout)


def check_hello(stdout: str, names: dict[str, Any]) -> None:
    assert 'You wrote: "Hello"' in stdout


def check_title_and_year(stdout: str, names: dict[str, Any]) -> None:
    assert re.fullmatch(r".+ 2\d{3}\n", stdout)


def check_count(stdout: str, names: dict[str, Any]) -> None:
    assert int(stdout) > 0


def check_id(stdout: str, names: dict[str, Any]) -> None:
    assert re.fullmatch(r"conv_\w+\n", stdout)


def check_brief_conversation(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == ""
    assert names["brief"]["systemPrompt"] == "Answer in one sentence."


def check_checkpoint_summary(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == names["checkpoint"]["summary"] + "\n"


def check_suggestions(stdout: str, names: dict[str, Any]) -> None:
    lines = stdout.splitlines()
    assert len(lines) == len(names["found"]["suggestions"]) > 0
    assert all(re.fullmatch(r".+ 0\.\d+ \d+", line) for line in lines)


def check_models(stdout: str, names: dict[str, Any]) -> None:
    assert re.search(r"^\S+ \S+ \(default\)$", stdout, re.MULTILINE)


def check_annotated_data(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == ""
    assert names["data"]["branchId"] == names["branch"]["id"]


def check_none_and_unset(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == "None\nTrue\n"
    assert "messageCount" not in names["branch"].to_dict()


def check_third_attempt_and_500(stdout: str, names: dict[str, Any]) -> None:
    assert re.fullmatch(r"conv_\w+\n500\n", stdout)


def check_replies(stdout: str, names: dict[str, Any]) -> None:
    assert stdout.splitlines() == ["good", "3 messages for gpt-5"]


# The check of each executed block, by its heading and its position below the heading.
CHECKS: dict[tuple[str, int], Callable[[str, dict[str, Any]], None]] = {
    ("Without an account", 0): check_reply_to_hello,
    ("With an API key", 0): check_reply_to_hello,
    ("Creating a conversation", 0): check_product_discussion,
    ("Sending messages", 0): check_key_features,
    ("Streaming responses", 0): check_story,
    ("Streaming responses", 1): check_story_and_id,
    ("Streaming responses", 2): check_stopped_story,
    ("Streaming responses", 3): check_story_events,
    ("Working with branches", 0): check_branches,
    ("Working with branches", 1): check_branch_and_tree,
    ("Comparing models", 0): check_comparison,
    ("Listing conversations", 0): check_titles_and_times,
    ("Listing conversations", 1): check_titles,
    ("Long conversations", 0): check_messages,
    ("Long conversations", 1): check_tree,
    ("Pictures of the tree", 0): check_pictures,
    ("System prompt", 0): check_brief_conversation,
    ("Checkpoints", 0): check_checkpoint_summary,
    ("Branch suggestions", 0): check_suggestions,
    ("Models", 0): check_models,
    ("Type annotations", 0): check_annotated_data,
    ("Error handling", 0): check_no_error,
    ("Timeouts and retries", 0): check_no_output,
    ("Timeouts and retries", 1): check_story,
    ("Async", 0): check_hello,
    ("Options of one call", 0): check_no_output,
    ("Options of one call", 1): check_no_output,
    ("Raw responses", 0): check_raw_response,
    ("Raw responses", 1): check_streaming_response,
    ("Client options", 0): check_total,
    ("Telemetry", 0): check_no_output,
    ("Objects instead of dicts", 0): check_title_and_year,
    ("Objects instead of dicts", 1): check_none_and_unset,
    ("Performance", 0): check_count,
    ("Local server", 0): check_id,
    ("Fault injection", 0): check_third_attempt_and_500,
    ("Replies for tests", 0): check_replies,
}


def executed_blocks() -> Iterator[tuple[tuple[str, int], CodeBlock]]:
    counts: Counter[str] = Counter()
    for block in BLOCKS:
        if block.kind in RUN:
            yield (block.heading, counts[block.heading]), block
            counts[block.heading] += 1


def test_every_executed_block_has_a_check() -> None:
    assert [location for location, _ in executed_blocks()] == list(CHECKS)


@pytest.fixture
def local_server(tmp_path: Path) -> Iterator[LocalServer]:
    """A local server that has the conversation and the message of the examples."""
    database = tmp_path / "chatroutes.db"
    with LocalServer(api_key=KEY, database=database) as server:
        with ChatRoutes(KEY, server.base_url) as client:
            conversation = client.conversations.create({"title": "An older one"})
            client.messages.send(conversation["id"], {"content": "Hi"})
            [message, _] = client.messages.list(conversation["id"])
        with sqlite3.connect(database) as file:  # foreign keys are off by default
            ids = {"new": "conv_123", "old": conversation["id"]}
            file.execute("UPDATE conversations SET id = :new WHERE id = :old", ids)
            for table in ("branches", "messages"):
                file.execute(
                    f"UPDATE {table} SET conversation_id = :new WHERE conversation_id = :old",
                    ids,
                )
            file.execute("UPDATE messages SET id = 'msg_456' WHERE id = ?", (message["id"],))
        file.close()
        yield server


@pytest.fixture(params=["local", "documented", "compact"])
def server(request: pytest.FixtureRequest) -> Iterator[LocalServer | DialectServer]:
    if request.param == "local":
        yield request.getfixturevalue("local_server")
    else:
        with DialectServer(request.param, api_key=KEY) as running:
            yield running


def test_examples_run_as_printed(
    server: LocalServer | DialectServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CHATROUTES_BASE_URL", server.base_url)
    monkeypatch.setenv("CHATROUTES_API_KEY", KEY)
    names: dict[str, Any] = {"__name__": "readme"}
    opened: list[ChatRoutes] = []
    executed = 0
    try:
        for location, block in executed_blocks():
            if block.kind == "run: local" and not isinstance(server, LocalServer):
                continue
            # Blank lines before the code give it the line numbers of the README.
            exec(compile("\n" * (block.line - 1) + block.code, str(README), "exec"), names)
            CHECKS[location](capsys.readouterr().out, names)
            executed += 1
            opened.append(names["client"])
            if SERVICE in block.code:
                assert repr(names["client"]) == f"ChatRoutes(base_url='{SERVICE}')"
                names["client"] = ChatRoutes()
                opened.append(names["client"])
    finally:
        for client in opened:
            client.close()
    skipped = 0 if isinstance(server, LocalServer) else 1
    assert executed == len(CHECKS) - skipped
