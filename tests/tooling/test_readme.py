"""What the README says of the package holds: its reference, its errors, its commands and its links."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
import typing
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import pytest

import chatroutes
from chatroutes import AsyncChatRoutes, ChatRoutes, errors
from tests.support.paths import ROOT
from tests.support.readme import BLOCKS, README
from tests.support.readme import QUICK_START_KEY as KEY


def test_every_block_says_its_language() -> None:
    assert {block.language for block in BLOCKS} == {"python", "sh", "toml", "yaml"}


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


def written(annotation: ast.expr) -> str:
    """A type by its name, without the module that it is looked up in."""
    return re.sub(r"\b(builtins|types)\.", "", ast.unparse(annotation))


def annotations_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, str]:
    """The types that are named, without the `None` that a default of None brings along."""
    found = {each.arg: each.annotation for each in function.args.args}
    named = {
        name: written(annotation).removesuffix(" | None")
        for name, annotation in found.items()
        if annotation
    }
    if function.returns:
        returned = written(function.returns)
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
