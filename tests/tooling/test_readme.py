"""The reference and the table of errors in the README match the package."""

from __future__ import annotations

import ast
import inspect
import re
import typing
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import chatroutes
from chatroutes import AsyncChatRoutes, ChatRoutes, errors
from chatroutes._resource_property import resource_property
from tests.support.readme import QUICK_START_KEY as KEY
from tests.support.readme import README


class Method(NamedTuple):
    resource: str
    signature: str


def read_reference() -> list[Method]:
    text = README.read_text("utf-8").split("\n## Reference\n")[1].split("\n## ")[0]
    methods: list[Method] = []
    resource = ""
    for line in text.splitlines():
        if heading := re.fullmatch(r"\*\*`client(?:\.(\w+))?`\*\*", line):
            resource = heading[1] or ""
        elif item := re.match(r"- `(\w+\(.*?\)(?: -> [^`]+)?)`", line):
            methods.append(Method(resource, item[1]))
    return methods


def parse_signature(signature: str) -> ast.FunctionDef:
    [function] = ast.parse(f"def {signature}: ...").body
    assert isinstance(function, ast.FunctionDef)
    return function


def list_parameters(
    function: ast.FunctionDef | ast.AsyncFunctionDef,
) -> list[tuple[str, str | None]]:
    """Return the name and the default of each parameter. NOT_GIVEN is no default."""
    arguments = function.args
    positional = [each.arg for each in arguments.args if each.arg != "self"]
    defaults = [ast.unparse(each) for each in arguments.defaults]
    required: list[str | None] = [None] * (len(positional) - len(defaults))
    parameters = list(zip(positional, [*required, *defaults], strict=True))
    for name, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parameters.append((name.arg, default and ast.unparse(default)))
    return [(name, None if default == "NOT_GIVEN" else default) for name, default in parameters]


def format_type(annotation: ast.expr) -> str:
    """Return the name of a type without its module."""
    return re.sub(r"\b(builtins|types)\.", "", ast.unparse(annotation))


def get_annotations(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, str]:
    """Return the types of the parameters and of the result. ` | None` is removed from parameters."""
    annotations = {each.arg: each.annotation for each in function.args.args}
    types = {
        name: format_type(annotation).removesuffix(" | None")
        for name, annotation in annotations.items()
        if annotation
    }
    if function.returns:
        returned = format_type(function.returns)
        types["return"] = "None" if returned == "CallbackResult" else returned
    return types


def list_overloads(method: Callable[..., Any]) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the overloads of a method, or the method itself."""
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


REFERENCE = read_reference()


@pytest.fixture
def clients() -> tuple[ChatRoutes, AsyncChatRoutes]:
    return ChatRoutes(KEY), AsyncChatRoutes(KEY)


@pytest.mark.parametrize("method", REFERENCE, ids=[".".join(each) for each in REFERENCE])
def test_reference_matches_the_signature(
    method: Method, clients: tuple[ChatRoutes, AsyncChatRoutes]
) -> None:
    printed = parse_signature(method.signature)
    for client in clients:
        owner = getattr(client, method.resource) if method.resource else client
        actual = getattr(owner, printed.name)
        forms = [
            form
            for form in list_overloads(actual)
            if list_parameters(form) == list_parameters(printed)
        ]
        assert forms, f"{printed.name}{inspect.signature(actual)}"
        if isinstance(client, ChatRoutes):
            types = [get_annotations(form) for form in forms]
            assert any(get_annotations(printed).items() <= each.items() for each in types)


def test_reference_lists_every_method(
    clients: tuple[ChatRoutes, AsyncChatRoutes],
) -> None:
    listed = {(each.resource, parse_signature(each.signature).name) for each in REFERENCE}
    for client in clients:
        defined = {
            (resource, name)
            for resource, kind in vars(type(client)).items()
            if isinstance(kind, resource_property)
            for name, _ in inspect.getmembers(getattr(client, resource), inspect.ismethod)
            if not name.startswith("_")
        } | {
            ("", name)
            for name, _ in inspect.getmembers(type(client), inspect.isfunction)
            if not name.startswith("_")
        }
        assert defined == listed


def test_types_of_the_reference_can_be_imported() -> None:
    types = {
        name
        for each in REFERENCE
        for printed in get_annotations(parse_signature(each.signature)).values()
        for name in re.findall(r"(?<!httpx\.)\b[A-Z]\w+", printed)
    } - {"None", "Sequence", "Pattern"}
    assert types
    assert types <= set(chatroutes.__all__)


def test_table_of_errors_matches_the_module() -> None:
    text = README.read_text("utf-8")
    listed = re.findall(r"^\| `(\w+Error)` \|", text, re.MULTILINE)
    defined = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ChatRoutesError)
    ]
    assert listed == [name for name in defined if name != "ChatRoutesError"]
    assert set(defined) <= set(chatroutes.__all__)
    for name, base in re.findall(r"^\| `(\w+Error)` \| a `(\w+Error)`", text, re.MULTILINE):
        assert issubclass(getattr(errors, name), getattr(errors, base))
    [paragraph] = re.findall(r"^`message` .*?\n\n", text, re.MULTILINE | re.DOTALL)
    attributes = set(re.findall(r"`(\w+)`", paragraph))
    assert attributes <= set(vars(errors.ChatRoutesError("x")))


def test_types_of_the_first_release_are_typed_dicts() -> None:
    names = [
        *("Conversation", "Message", "Branch", "CreateConversationRequest", "SendMessageRequest"),
        *("SendMessageResponse", "CreateBranchRequest", "ForkConversationRequest"),
        *("ConversationTree", "TreeNode", "ListConversationsParams", "PaginatedResponse"),
        "StreamChunk",
    ]
    for name in names:
        assert typing.is_typeddict(getattr(chatroutes, name)), name
