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


def nothing(out: str, names: dict[str, Any]) -> None:
    assert out == ""


def reply_to_hello(out: str, names: dict[str, Any]) -> None:
    assert out == names["response"]["assistantMessage"]["content"] + "\n"
    assert 'You wrote: "Hello, how are you?"' in out
    assert names["conversation"]["title"] == "My First Conversation"


def product_discussion(out: str, names: dict[str, Any]) -> None:
    assert out == ""
    assert names["conversation"]["title"] == "Product Discussion"
    assert names["conversation"]["model"] == "gpt-4"


def key_features(out: str, names: dict[str, Any]) -> None:
    assert out == ""
    response = names["response"]
    assert response["assistantMessage"]["conversationId"] == "conv_123"
    assert "What are the key features?" in response["assistantMessage"]["content"]
    assert response["message"] == response["assistantMessage"]
    assert response["model"] == "gpt-4"


def story(out: str, names: dict[str, Any]) -> None:
    assert 'You wrote: "Tell me a story"' in out


def story_and_id(out: str, names: dict[str, Any]) -> None:
    reply = names["response"]["assistantMessage"]
    assert out == f"{reply['content']}{reply['id']}\n"
    assert 'You wrote: "Tell me a story"' in out


def two_branches(out: str, names: dict[str, Any]) -> None:
    assert out == ""
    assert names["branch"]["title"] == "Alternative Response"
    assert names["branch"]["contextMode"] == "FULL"
    assert names["fork"]["title"] == "Exploring Different Approach"
    assert names["fork"]["forkPointMessageId"] == "msg_456"


def branch_and_tree(out: str, names: dict[str, Any]) -> None:
    *_, asked, answered, counted = out.splitlines()
    assert asked == "user And in one sentence?"
    assert answered == f"assistant {names['reply']['assistantMessage']['content']}"
    assert re.fullmatch(r"\d+ messages on \d+ branches", counted)
    assert names["parent"]["isMain"]


def titles_and_times(out: str, names: dict[str, Any]) -> None:
    lines = out.splitlines()
    assert len(lines) == len(names["result"]["data"]) == 3
    assert all(re.fullmatch(r".+ - \d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", line) for line in lines)


def titles(out: str, names: dict[str, Any]) -> None:
    listed = [each["title"] for each in names["result"]["data"]]
    assert out.splitlines() == listed
    assert {"My First Conversation", "Product Discussion"} <= set(listed)


def no_error(out: str, names: dict[str, Any]) -> None:
    assert out == ""
    assert names["conversation"]["id"] == "conv_123"


def total(out: str, names: dict[str, Any]) -> None:
    assert out == "4\n"


def hello(out: str, names: dict[str, Any]) -> None:
    assert 'You wrote: "Hello"' in out


def title_and_year(out: str, names: dict[str, Any]) -> None:
    assert re.fullmatch(r".+ 2\d{3}\n", out)


def a_count(out: str, names: dict[str, Any]) -> None:
    assert int(out) > 0


def an_id(out: str, names: dict[str, Any]) -> None:
    assert re.fullmatch(r"conv_\w+\n", out)


def brief_conversation(out: str, names: dict[str, Any]) -> None:
    assert out == ""
    assert names["brief"]["systemPrompt"] == "Answer in one sentence."


def checkpoint_summary(out: str, names: dict[str, Any]) -> None:
    assert out == names["checkpoint"]["summary"] + "\n"


def suggestions(out: str, names: dict[str, Any]) -> None:
    lines = out.splitlines()
    assert len(lines) == len(names["found"]["suggestions"]) > 0
    assert all(re.fullmatch(r".+ 0\.\d+ \d+", line) for line in lines)


def models(out: str, names: dict[str, Any]) -> None:
    assert re.search(r"^\S+ \S+ \(default\)$", out, re.MULTILINE)


def annotated_data(out: str, names: dict[str, Any]) -> None:
    assert out == ""
    assert names["data"]["branchId"] == names["branch"]["id"]


def none_and_unset(out: str, names: dict[str, Any]) -> None:
    assert out == "None\nTrue\n"
    assert "messageCount" not in names["branch"].to_dict()


def third_attempt_and_500(out: str, names: dict[str, Any]) -> None:
    assert re.fullmatch(r"conv_\w+\n500\n", out)


# The check of each executed block, by its heading and its position below the heading.
CHECKS: dict[tuple[str, int], Callable[[str, dict[str, Any]], None]] = {
    ("Without an account", 0): reply_to_hello,
    ("With an API key", 0): reply_to_hello,
    ("Creating a conversation", 0): product_discussion,
    ("Sending messages", 0): key_features,
    ("Streaming responses", 0): story,
    ("Streaming responses", 1): story_and_id,
    ("Working with branches", 0): two_branches,
    ("Working with branches", 1): branch_and_tree,
    ("Listing conversations", 0): titles_and_times,
    ("Listing conversations", 1): titles,
    ("System prompt", 0): brief_conversation,
    ("Checkpoints", 0): checkpoint_summary,
    ("Branch suggestions", 0): suggestions,
    ("Models", 0): models,
    ("Type annotations", 0): annotated_data,
    ("Error handling", 0): no_error,
    ("Timeouts and retries", 0): nothing,
    ("Client options", 0): total,
    ("Async", 0): hello,
    ("Objects instead of dicts", 0): title_and_year,
    ("Objects instead of dicts", 1): none_and_unset,
    ("Performance", 0): a_count,
    ("Local server", 0): an_id,
    ("Fault injection", 0): third_attempt_and_500,
}


def executed_blocks() -> Iterator[tuple[tuple[str, int], CodeBlock]]:
    counts: Counter[str] = Counter()
    for block in BLOCKS:
        if block.kind in RUN:
            yield (block.heading, counts[block.heading]), block
            counts[block.heading] += 1


def test_every_executed_block_has_a_check() -> None:
    assert [place for place, _ in executed_blocks()] == list(CHECKS)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalServer]:
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
        yield request.getfixturevalue("local")
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
        for place, block in executed_blocks():
            if block.kind == "run: local" and not isinstance(server, LocalServer):
                continue
            # Blank lines before the code give it the line numbers of the README.
            exec(compile("\n" * (block.line - 1) + block.code, str(README), "exec"), names)
            CHECKS[place](capsys.readouterr().out, names)
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
