"""The README's examples run as printed, and what it says of the package holds."""

from __future__ import annotations

import ast
import inspect
import os
import re
import sqlite3
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import chatroutes
from chatroutes import AsyncChatRoutes, ChatRoutes, errors
from chatroutes_server import LocalServer

from .dialects import DialectServer
from .readme import BLOCKS, README, Block

ROOT = Path(__file__).parents[1]
KEY = "your-api-key"
SERVICE = "https://api.chatroutes.com/api/v1"
RUN = ("run", "run: seed", "run: local")


def test_every_python_block_is_run_or_is_an_example_of_a_test() -> None:
    odd = [
        block.name
        for block in BLOCKS
        if block.language == "python"
        and block.kind not in RUN
        and not (block.kind or "").startswith("example: ")
    ]
    assert odd == []


def test_every_block_says_its_language() -> None:
    assert {block.language for block in BLOCKS} == {"python", "sh", "toml", "yaml"}


# The blocks that run.


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
    assert out == "3\n"


def hello(out: str, names: dict[str, Any]) -> None:
    assert 'You wrote: "Hello"' in out


def title_and_year(out: str, names: dict[str, Any]) -> None:
    assert re.fullmatch(r".+ 2\d{3}\n", out)


def a_count(out: str, names: dict[str, Any]) -> None:
    assert int(out) > 0


def an_id(out: str, names: dict[str, Any]) -> None:
    assert re.fullmatch(r"conv_\w+\n", out)


def third_try_and_500(out: str, names: dict[str, Any]) -> None:
    assert re.fullmatch(r"conv_\w+\n500\n", out)


# What each block shows, by its place below its heading.
SHOWS: dict[tuple[str, int], Callable[[str, dict[str, Any]], None]] = {
    ("Quick start", 0): reply_to_hello,
    ("Creating a conversation", 0): product_discussion,
    ("Sending messages", 0): key_features,
    ("Streaming responses", 0): story,
    ("Streaming responses", 1): story_and_id,
    ("Working with branches", 0): two_branches,
    ("Working with branches", 1): branch_and_tree,
    ("Listing conversations", 0): titles_and_times,
    ("Listing conversations", 1): titles,
    ("Error handling", 0): no_error,
    ("Timeouts and retries", 0): nothing,
    ("Timeouts and retries", 1): total,
    ("Async", 0): hello,
    ("Objects instead of dicts", 0): title_and_year,
    ("How fast it is", 0): a_count,
    ("A server of one's own", 0): an_id,
    ("A server of one's own", 1): third_try_and_500,
}


def runnable() -> Iterator[tuple[tuple[str, int], Block]]:
    seen: dict[str, int] = {}
    for block in BLOCKS:
        if block.kind in RUN:
            place = seen.get(block.heading, 0)
            seen[block.heading] = place + 1
            yield (block.heading, place), block


def test_it_is_said_of_every_block_that_runs_what_it_shows() -> None:
    assert [place for place, _ in runnable()] == list(SHOWS)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalServer]:
    """The project's own server, with the conversation and the message that the README names."""
    database = tmp_path / "chatroutes.db"
    with LocalServer(api_key=KEY, database=database) as server:
        with ChatRoutes(KEY, server.base_url) as client:
            conversation = client.conversations.create({"title": "An older one"})
            client.messages.send(conversation["id"], {"content": "Hi"})
            [message, _] = client.messages.list(conversation["id"])
        with sqlite3.connect(database) as file:  # foreign keys are off unless one asks for them
            known = {"new": "conv_123", "old": conversation["id"]}
            file.execute("UPDATE conversations SET id = :new WHERE id = :old", known)
            for table in ("branches", "messages"):
                file.execute(
                    f"UPDATE {table} SET conversation_id = :new WHERE conversation_id = :old",
                    known,
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


def test_the_examples_run_as_printed(
    server: LocalServer | DialectServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CHATROUTES_BASE_URL", server.base_url)
    monkeypatch.setenv("CHATROUTES_API_KEY", KEY)
    names: dict[str, Any] = {"__name__": "readme"}
    opened: list[ChatRoutes] = []
    ran = 0
    try:
        for place, block in runnable():
            if block.kind == "run: local" and not isinstance(server, LocalServer):
                continue
            # Blank lines before it give the code the line numbers that it has in the README.
            exec(compile("\n" * (block.line - 1) + block.code, str(README), "exec"), names)
            SHOWS[place](capsys.readouterr().out, names)
            ran += 1
            opened.append(names["client"])
            if SERVICE in block.code:
                assert repr(names["client"]) == f"ChatRoutes(base_url='{SERVICE}')"
                names["client"] = ChatRoutes()
                opened.append(names["client"])
    finally:
        for client in opened:
            client.close()
    left_out = 0 if isinstance(server, LocalServer) else 1
    assert ran == len(SHOWS) - left_out


# What it says of the package.


class Method(NamedTuple):
    resource: str
    signature: str


def methods_of_the_reference() -> list[Method]:
    text = README.read_text("utf-8").split("\n## Reference\n")[1].split("\n## ")[0]
    found: list[Method] = []
    resource = ""
    for line in text.splitlines():
        if heading := re.fullmatch(r"\*\*`client\.(\w+)`\*\*", line):
            resource = heading[1]
        elif item := re.match(r"- `(\w+\(.*?\)(?: -> [^`]+)?)`", line):
            found.append(Method(resource, item[1]))
    return found


def parsed(signature: str) -> ast.FunctionDef:
    [function] = ast.parse(f"def {signature}: ...").body
    assert isinstance(function, ast.FunctionDef)
    return function


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[tuple[str, str | None]]:
    """The names of the parameters, each with its default."""
    arguments = function.args
    positional = [each.arg for each in arguments.args if each.arg != "self"]
    defaults = [ast.unparse(each) for each in arguments.defaults]
    required: list[str | None] = [None] * (len(positional) - len(defaults))
    found = list(zip(positional, [*required, *defaults], strict=True))
    for name, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append((name.arg, default and ast.unparse(default)))
    return found


def annotations_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, str]:
    """The types that are named, without the `None` that a default of None brings along."""
    found = {each.arg: each.annotation for each in function.args.args}
    named = {
        name: ast.unparse(annotation).removesuffix(" | None")
        for name, annotation in found.items()
        if annotation
    }
    if function.returns:
        returned = ast.unparse(function.returns).replace("builtins.", "")
        named["return"] = "None" if returned == "Done" else returned
    return named


def forms_of(method: Callable[..., Any]) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The ways to call a method, as its class has them: its overloads, or itself."""
    module = ast.parse(inspect.getsource(inspect.getmodule(method) or method))
    owner = method.__qualname__.split(".")[0]
    [of_class] = [
        each for each in module.body if isinstance(each, ast.ClassDef) and each.name == owner
    ]
    all_forms = [
        each
        for each in of_class.body
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
        and each.name == method.__name__
    ]
    overloads = [each for each in all_forms if each.decorator_list]
    return overloads or all_forms


REFERENCE = methods_of_the_reference()


@pytest.fixture
def clients() -> tuple[ChatRoutes, AsyncChatRoutes]:
    return ChatRoutes(KEY), AsyncChatRoutes(KEY)


@pytest.mark.parametrize("method", REFERENCE, ids=[".".join(each) for each in REFERENCE])
def test_the_reference_gives_each_signature_as_it_is(
    method: Method, clients: tuple[ChatRoutes, AsyncChatRoutes]
) -> None:
    printed = parsed(method.signature)
    for client in clients:
        actual = getattr(getattr(client, method.resource), printed.name)
        forms = [form for form in forms_of(actual) if parameters_of(form) == parameters_of(printed)]
        assert forms, f"{printed.name}{inspect.signature(actual)}"
        if isinstance(client, ChatRoutes):
            types = [annotations_of(form) for form in forms]
            assert any(annotations_of(printed).items() <= each.items() for each in types)


def test_the_reference_names_every_method(
    clients: tuple[ChatRoutes, AsyncChatRoutes],
) -> None:
    named = {(each.resource, parsed(each.signature).name) for each in REFERENCE}
    for client in clients:
        there = {
            (resource, name)
            for resource, kind in vars(type(client)).items()
            if isinstance(kind, cached_property) and not resource.startswith("_")
            for name, _ in inspect.getmembers(getattr(client, resource), inspect.ismethod)
            if not name.startswith("_")
        }
        assert there == named


def test_every_type_of_the_reference_is_importable() -> None:
    types = {
        name
        for each in REFERENCE
        for printed in annotations_of(parsed(each.signature)).values()
        for name in re.findall(r"[A-Z]\w+", printed)
    } - {"None"}
    assert types
    assert types <= set(chatroutes.__all__)


def test_the_table_of_errors_is_the_module_s() -> None:
    text = README.read_text("utf-8")
    listed = re.findall(r"^\| `(\w+Error)` \|", text, re.MULTILINE)
    there = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ChatRoutesError)
    ]
    assert listed == [name for name in there if name != "ChatRoutesError"]
    assert set(there) <= set(chatroutes.__all__)
    for name, said in re.findall(r"^\| `(\w+Error)` \| a `(\w+Error)`", text, re.MULTILINE):
        assert issubclass(getattr(errors, name), getattr(errors, said))
    for name in re.findall(r"^`message` .*?\n\n", text, re.MULTILINE | re.DOTALL):
        attributes = set(re.findall(r"`(\w+)`", name))
        assert attributes <= set(vars(errors.ChatRoutesError("x"))) | {"retry_after"}


def commands() -> list[tuple[str, ...]]:
    return [
        tuple(line.split("  #")[0].split())
        for block in BLOCKS
        if block.language == "sh"
        for line in block.code.replace("\\\n", " ").splitlines()
    ]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_exists(command: tuple[str, ...]) -> None:
    program, *arguments = command
    if program.startswith("scripts/"):
        assert os.access(ROOT / program, os.X_OK)
    elif program == "python":
        assert arguments[:2] == ["-m", "chatroutes_server"]
        done = subprocess.run(
            [sys.executable, *arguments[:2], "--help"], capture_output=True, text=True, check=True
        )
        options = {each for each in arguments[2:] if each.startswith("--")}
        assert options
        assert options <= set(re.findall(r"--[a-z-]+", done.stdout))
    else:
        assert program in ("pip", "git", "cd", "pytest", "mypy", "black")


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"\]\(([^):]+)\)", README.read_text("utf-8"))))
)
def test_every_link_into_the_repository_leads_somewhere(path: str) -> None:
    assert (ROOT / path).is_file()


@pytest.mark.parametrize(
    "name", ["scripts/demo", "scripts/test", "scripts/check", "scripts/regen.py"]
)
def test_every_script_that_it_names_is_there(name: str) -> None:
    assert name in README.read_text("utf-8")
    assert (ROOT / name).is_file()


def test_the_seed_s_names_are_typed_dicts() -> None:
    seed = [
        *("Conversation", "Message", "Branch", "CreateConversationRequest", "SendMessageRequest"),
        *("SendMessageResponse", "CreateBranchRequest", "ForkConversationRequest"),
        *("ConversationTree", "TreeNode", "ListConversationsParams", "PaginatedResponse"),
        "StreamChunk",
    ]
    for name in seed:
        assert typing.is_typeddict(getattr(chatroutes, name)), name
