"""The Python examples of the README run as printed."""

from __future__ import annotations

import re
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
from tests.support.seeded_server import run_seeded_server

SERVICE = "https://api.chatroutes.com/api/v1"
RUN = ("run", "run: seed")


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


def check_batch(stdout: str, names: dict[str, Any]) -> None:
    lines = stdout.splitlines()
    assert sorted(line[: line.index(".")] for line in lines) == ["Name a city", "Name a color"]
    assert all(each.error is None for each in names["results"])
    assert stdout.count("You wrote:") == 2


def check_titles_and_times(stdout: str, names: dict[str, Any]) -> None:
    lines = stdout.splitlines()
    assert len(lines) == len(names["result"]["data"]) > 2
    assert all(re.fullmatch(r".+ - \d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", line) for line in lines)


def check_titles(stdout: str, names: dict[str, Any]) -> None:
    listed = [each["title"] for each in names["result"]["data"]]
    assert stdout.splitlines() == listed
    assert {"My First Conversation", "Product Discussion"} <= set(listed)


def check_pictures(stdout: str, names: dict[str, Any]) -> None:
    title = names["tree"]["tree"]["content"]
    assert stdout.startswith(f"{title} (")
    assert names["page"].startswith("<!doctype html>")
    assert f"<title>{title} (" in names["page"]


def check_no_error(stdout: str, names: dict[str, Any]) -> None:
    assert stdout == ""
    assert names["conversation"]["id"] == "conv_123"


def check_hello(stdout: str, names: dict[str, Any]) -> None:
    assert 'You wrote: "Hello"' in stdout


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


# The check of each executed block, by its heading and its position below the heading.
CHECKS: dict[tuple[str, int], Callable[[str, dict[str, Any]], None]] = {
    ("Without an account", 0): check_reply_to_hello,
    ("With an API key", 0): check_reply_to_hello,
    ("Creating a conversation", 0): check_product_discussion,
    ("Sending messages", 0): check_key_features,
    ("Streaming responses", 0): check_story,
    ("Streaming responses", 1): check_story_and_id,
    ("Streaming responses", 2): check_stopped_story,
    ("Working with branches", 0): check_branches,
    ("Working with branches", 1): check_branch_and_tree,
    ("Comparing models", 0): check_comparison,
    ("Sending many prompts", 0): check_batch,
    ("Listing conversations", 0): check_titles_and_times,
    ("Listing conversations", 1): check_titles,
    ("Pictures of the tree", 0): check_pictures,
    ("System prompt", 0): check_brief_conversation,
    ("Checkpoints", 0): check_checkpoint_summary,
    ("Branch suggestions", 0): check_suggestions,
    ("Models", 0): check_models,
    ("Type annotations", 0): check_annotated_data,
    ("Error handling", 0): check_no_error,
    ("Timeouts and retries", 0): check_no_output,
    ("Timeouts and retries", 1): check_story,
    ("Timeouts and retries", 2): check_no_output,
    ("Async", 0): check_hello,
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
    with run_seeded_server(tmp_path, KEY) as server:
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
    assert executed == len(CHECKS)
