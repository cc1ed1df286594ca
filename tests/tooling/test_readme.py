"""The README's reference, errors, commands and links are correct."""

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


def test_every_code_block_has_a_language() -> None:
    assert {block.language for block in BLOCKS} == {"python", "sh", "toml", "yaml"}


class Method(NamedTuple):
    resource: str
    signature: str


def reference_methods() -> list[Method]:
    text = README.read_text("utf-8").split("\n## Reference\n")[1].split("\n## ")[0]
    found: list[Method] = []
    resource = ""
    for line in text.splitlines():
        if heading := re.fullmatch(r"\*\*`client\.(\w+)`\*\*", line):
            resource = heading[1]
        elif item := re.match(r"- `(\w+\(.*?\)(?: -> [^`]+)?)`", line):
            found.append(Method(resource, item[1]))
    return found


def parse_signature(signature: str) -> ast.FunctionDef:
    [function] = ast.parse(f"def {signature}: ...").body
    assert isinstance(function, ast.FunctionDef)
    return function


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[tuple[str, str | None]]:
    """Return the names of the parameters with their defaults."""
    arguments = function.args
    positional = [each.arg for each in arguments.args if each.arg != "self"]
    defaults = [ast.unparse(each) for each in arguments.defaults]
    required: list[str | None] = [None] * (len(positional) - len(defaults))
    found = list(zip(positional, [*required, *defaults], strict=True))
    for name, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append((name.arg, default and ast.unparse(default)))
    return found


def type_name(annotation: ast.expr) -> str:
    """Return the name of a type without its module."""
    return re.sub(r"\b(builtins|types)\.", "", ast.unparse(annotation))


def annotations_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, str]:
    """Return the annotations, without `| None` for parameters whose default is None."""
    found = {each.arg: each.annotation for each in function.args.args}
    documented_names = {
        name: type_name(annotation).removesuffix(" | None")
        for name, annotation in found.items()
        if annotation
    }
    if function.returns:
        returned = type_name(function.returns)
        documented_names["return"] = "None" if returned == "CallbackResult" else returned
    return documented_names


def overloads_of(method: Callable[..., Any]) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the definitions of a method's overloads, or of the method itself."""
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


REFERENCE = reference_methods()


@pytest.fixture
def clients() -> tuple[ChatRoutes, AsyncChatRoutes]:
    return ChatRoutes(KEY), AsyncChatRoutes(KEY)


@pytest.mark.parametrize("method", REFERENCE, ids=[".".join(each) for each in REFERENCE])
def test_reference_signatures_match_the_methods(
    method: Method, clients: tuple[ChatRoutes, AsyncChatRoutes]
) -> None:
    documented = parse_signature(method.signature)
    for client in clients:
        actual = getattr(getattr(client, method.resource), documented.name)
        matching = [
            form
            for form in overloads_of(actual)
            if parameters_of(form) == parameters_of(documented)
        ]
        assert matching, f"{documented.name}{inspect.signature(actual)}"
        if isinstance(client, ChatRoutes):
            types = [annotations_of(form) for form in matching]
            assert any(annotations_of(documented).items() <= each.items() for each in types)


def test_reference_lists_every_method(
    clients: tuple[ChatRoutes, AsyncChatRoutes],
) -> None:
    documented_names = {(each.resource, parse_signature(each.signature).name) for each in REFERENCE}
    for client in clients:
        actual = {
            (resource, name)
            for resource, kind in vars(type(client)).items()
            if isinstance(kind, cached_property) and not resource.startswith("_")
            for name, _ in inspect.getmembers(getattr(client, resource), inspect.ismethod)
            if not name.startswith("_")
        }
        assert actual == documented_names


def test_types_of_the_reference_are_public() -> None:
    types = {
        name
        for each in REFERENCE
        for documented in annotations_of(parse_signature(each.signature)).values()
        for name in re.findall(r"[A-Z]\w+", documented)
    } - {"None"}
    assert types
    assert types <= set(chatroutes.__all__)


def test_error_table_matches_the_module() -> None:
    text = README.read_text("utf-8")
    listed = re.findall(r"^\| `(\w+Error)` \|", text, re.MULTILINE)
    actual = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ChatRoutesError)
    ]
    assert listed == [name for name in actual if name != "ChatRoutesError"]
    assert set(actual) <= set(chatroutes.__all__)
    for name, parent in re.findall(r"^\| `(\w+Error)` \| a `(\w+Error)`", text, re.MULTILINE):
        assert issubclass(getattr(errors, name), getattr(errors, parent))
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
    executable, *arguments = command
    if executable.startswith("scripts/"):
        assert os.access(ROOT / executable, os.X_OK)
    elif executable == "python":
        assert arguments[:2] == ["-m", "chatroutes_server"]
        process = subprocess.run(
            [sys.executable, *arguments[:2], "--help"], capture_output=True, text=True, check=True
        )
        options = {each for each in arguments[2:] if each.startswith("--")}
        assert options
        assert options <= set(re.findall(r"--[a-z-]+", process.stdout))
    else:
        assert executable in ("pip", "git", "cd", "pytest", "mypy", "black")


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"\]\(([^):]+)\)", README.read_text("utf-8"))))
)
def test_every_link_into_the_repository_exists(path: str) -> None:
    assert (ROOT / path).is_file()


@pytest.mark.parametrize(
    "name", ["scripts/demo", "scripts/test", "scripts/check", "scripts/regen.py"]
)
def test_every_script_exists(name: str) -> None:
    assert name in README.read_text("utf-8")
    assert (ROOT / name).is_file()


def test_types_of_the_first_release_are_typed_dicts() -> None:
    names = [
        *("Conversation", "Message", "Branch", "CreateConversationRequest", "SendMessageRequest"),
        *("SendMessageResponse", "CreateBranchRequest", "ForkConversationRequest"),
        *("ConversationTree", "TreeNode", "ListConversationsParams", "PaginatedResponse"),
        "StreamChunk",
    ]
    for name in names:
        assert typing.is_typeddict(getattr(chatroutes, name)), name
