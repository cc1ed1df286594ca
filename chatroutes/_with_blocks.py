"""Context managers that explain what is missing if a program uses them without a `with` block."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    _AsyncGeneratorContextManager,  # pyright: ignore[reportPrivateUsage]
    _GeneratorContextManager,  # pyright: ignore[reportPrivateUsage]
)
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


# A subclass adds no frame in which Ctrl-C could arrive after the block was entered.
class _WithBlock(_GeneratorContextManager[Any]):
    if not TYPE_CHECKING:  # with __getattr__, a type checker would accept every name

        def __getattr__(self, name: str) -> NoReturn:
            raise _missing_attribute(self, name, "with")

        def __iter__(self) -> NoReturn:
            raise TypeError(_describe("cannot be iterated over", "with"))


class _AsyncWithBlock(_AsyncGeneratorContextManager[Any]):
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            raise _missing_attribute(self, name, "async with")

        def __aiter__(self) -> NoReturn:
            raise TypeError(_describe("cannot be iterated over", "async with"))


def with_block(function: Callable[P, Generator[T]]) -> Callable[P, AbstractContextManager[T]]:
    """Decorate a generator function as `contextlib.contextmanager` does."""

    @wraps(function)
    def make(*args: P.args, **kwargs: P.kwargs) -> AbstractContextManager[T]:
        return _WithBlock(function, args, kwargs)

    return make


def with_block_async(
    function: Callable[P, AsyncGenerator[T]],
) -> Callable[P, AbstractAsyncContextManager[T]]:
    """Decorate an asynchronous generator function as `contextlib.asynccontextmanager` does."""

    @wraps(function)
    def make(*args: P.args, **kwargs: P.kwargs) -> AbstractAsyncContextManager[T]:
        return _AsyncWithBlock(function, args, kwargs)

    return make


def _missing_attribute(manager: object, name: str, keyword: str) -> AttributeError:
    text = f"{type(manager).__name__!r} object has no attribute {name!r}"
    if name[0] != "_":
        text = _describe(f"has no attribute {name!r}", keyword)
    return AttributeError(text, name=name, obj=manager)


def _describe(problem: str, keyword: str) -> str:
    return f"A context manager {problem}. Use the result of its block: `{keyword} ... as result:`."
