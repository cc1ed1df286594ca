"""docs/reference/methods.md lists every method with its arguments and its result."""

from __future__ import annotations

import collections.abc
import contextlib
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import chatroutes
from chatroutes import AsyncChatRoutes, ChatRoutes, imports
from chatroutes._lazy_properties import resource_property
from chatroutes._options import NotGiven
from tests.support.documents import read_document

pytestmark = pytest.mark.check

PAGE = "docs/reference/methods.md"
# How the page shows types, as regular expressions and their replacements.
TYPES = {
    r"\b(types|builtins|resources|re)\.": "",
    r"\bItems\b": "Iterable",
    r"\bCallbackResult\b": "None",
    r" \| NotGiven\b": "",
    r"\b(Async)?PageIterator\b": r"\1Iterator",
    r"\b(Async)?ConversationIterator\b": r"\1Iterator[Conversation]",
    r"\b(Async)?SearchIterator\b": r"\1Iterator[SearchResult]",
}


def format_annotation(annotation: Any) -> str:
    for pattern, shown in TYPES.items():
        annotation = re.sub(pattern, shown, str(annotation))
    return str(annotation)


def format_parameters(parameters: list[inspect.Parameter]) -> Iterator[str]:
    is_keyword = False
    for each in parameters:
        if each.name == "self" or each.kind == each.VAR_KEYWORD:
            continue
        if each.kind == each.KEYWORD_ONLY and not is_keyword:
            is_keyword = True
            yield "*"
        text = f"{each.name}: {format_annotation(each.annotation)}"
        if each.default is each.empty:
            yield text
        else:
            yield f"{text} = {'...' if isinstance(each.default, NotGiven) else repr(each.default)}"


def format_method(method: Callable[..., Any]) -> Iterator[str]:
    """Yield a line for a method, or for each of its overloads that has a use of its own."""
    for form in typing.get_overloads(method)[:3:2] or [method]:
        signature = inspect.signature(form)
        parameters = ", ".join(format_parameters(list(signature.parameters.values())))
        returned = format_annotation(signature.return_annotation)
        yield f"{method.__name__}({parameters}) -> {returned}"


def is_method(name: str, member: object) -> bool:
    return inspect.isfunction(member) and not name.startswith("_")


def list_methods(client: Any) -> dict[str, list[str]]:
    """Return the methods of a client and of each of its resources."""
    owners = {"client": type(client)} | {
        f"client.{name}": type(getattr(client, name))
        for name, value in vars(type(client)).items()
        if isinstance(value, resource_property)
    }
    return {
        owner: sorted(
            line
            for base in kind.__mro__
            for name, member in vars(base).items()
            if is_method(name, member)
            for line in format_method(member)
        )
        for owner, kind in owners.items()
    }


def read_page() -> dict[str, list[str]]:
    sections = re.findall(r"^## (client\S*)\n((?:(?!^## ).*\n?)*)", read_document(PAGE), re.M)
    return {name: sorted(re.findall(r"^- `(.+)`$", text, re.M)) for name, text in sections}


def test_page_lists_every_method_with_its_signature() -> None:
    with ChatRoutes("key") as client:
        expected = list_methods(client)
    assert read_page() == expected


@pytest.mark.anyio
async def test_methods_of_both_clients_have_the_same_names() -> None:
    def names(methods: dict[str, list[str]]) -> dict[str, set[str]]:
        return {
            owner: {line.partition("(")[0] for line in lines} for owner, lines in methods.items()
        }

    async with AsyncChatRoutes("key") as client:
        assert names(list_methods(client)) == names(read_page())


def test_types_of_the_page_can_be_imported() -> None:
    lines = "\n".join(line for lines in read_page().values() for line in lines)
    names = set(re.findall(r"(?<![\w.])[A-Z]\w+", lines))
    others = {name for module in (collections.abc, contextlib, re, typing) for name in dir(module)}
    assert names - others - {"False", "None"} - set(chatroutes.__all__) <= set(imports.__all__)
