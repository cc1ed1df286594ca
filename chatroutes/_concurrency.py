"""The steps that the asynchronous and the synchronous client take differently.

A function with the suffix `_async` has a synchronous counterpart without it, which takes its place in
the synchronous client. asyncio and trio are looked up among the imported modules: a program that has
not imported one of them does not run it.
"""

from __future__ import annotations

import _socket  # imports faster than socket; an import in a function would fail at interpreter exit
import _thread
import contextlib
import sys
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterator,
)
from functools import partial
from importlib import import_module
from types import AsyncGeneratorType, GeneratorType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar, cast

from .errors import invalid_argument

if TYPE_CHECKING:
    import asyncio

P = ParamSpec("P")
T = TypeVar("T")

# The result of `messages.stream` when it is called with callbacks.
CallbackResult: TypeAlias = None
AsyncCallbackResult: TypeAlias = Coroutine[Any, Any, None]

# The results of `finalizer` and `finalizer_async`.
Finalizer: TypeAlias = contextlib.ExitStack
AsyncFinalizer: TypeAlias = AsyncGenerator[None, None]


# Callbacks


def validate_callback(name: str, callback: object) -> None:
    """Check that a callback can be called and is not an async function, which would never run.

    Raises:
        ValidationError: If it is not a plain function.
    """
    import inspect

    validate_callback_async(name, callback)
    if inspect.iscoroutinefunction(callback):
        raise invalid_argument(
            f"{name} is an async function, and ChatRoutes calls plain functions only. "
            "Use AsyncChatRoutes, which calls both."
        )


def validate_callback_async(name: str, callback: object) -> None:
    """Check that a callback can be called.

    Raises:
        ValidationError: If it cannot be called.
    """
    if callback is not None and not callable(callback):
        raise invalid_argument(f"{name} must be a function, not {type(callback).__name__}.")


def run_callback(callback: Callable[[T], object], value: T) -> None:
    """Call a callback with a value."""
    callback(value)


async def run_callback_async(callback: Callable[[T], object], value: T) -> None:
    """Call a callback with a value, and await the result if it is awaitable."""
    result = callback(value)
    if isinstance(result, Awaitable):
        await cast("Awaitable[object]", result)


# Event loops


def current_event_loop() -> object:
    """Return None: synchronous code has no event loop."""
    return None


def current_event_loop_async() -> object:
    """Return the running event loop of asyncio, the token of trio's run, or None."""
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is not None:
        with contextlib.suppress(RuntimeError):
            return asyncio.get_running_loop()
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return trio.lowlevel.current_trio_token()
    return None


def is_closed_event_loop(loop: Any) -> bool:
    """Return whether an event loop of asyncio was closed. Trio always runs finalizers at its end."""
    return hasattr(loop, "is_closed") and loop.is_closed()


def call_in_event_loop(_loop: object, function: Callable[[], object]) -> None:
    """Call a function."""
    function()


def call_in_event_loop_async(loop: Any, function: Callable[[], object]) -> None:
    """Call a function that wakes a task, in the event loop of the task. It may be another one.

    If that loop was closed, nothing waits in it any more.
    """
    if loop is current_event_loop_async():
        function()
        return
    with contextlib.suppress(RuntimeError):  # the loop was closed
        if hasattr(loop, "call_soon_threadsafe"):  # asyncio
            loop.call_soon_threadsafe(function)
        elif loop is not None:
            loop.run_sync_soon(function)


def anyio_module() -> Any:
    """Return anyio. The synchronous client must not import it."""
    return sys.modules.get("anyio") or import_module("anyio")


def shut_down(sock: Any) -> None:
    """Shut a socket down, which wakes a thread or task that waits for it."""
    with contextlib.suppress(OSError):  # the connection was lost already
        if isinstance(sock, _socket.socket):
            # The method of an ssl.SSLSocket would also drop the TLS state that the reader uses.
            _socket.socket.shutdown(sock, _socket.SHUT_RDWR)
        else:
            sock.shutdown(_socket.SHUT_RDWR)


# Closing


class Closing:
    """Adds nothing, because `contextlib.closing` calls `close`."""


class AsyncClosing:
    """Adds `aclose`, which `contextlib.aclosing` calls, to a class with an async `close`."""

    if TYPE_CHECKING:  # a subclass defines it

        async def close(self) -> None: ...

    async def aclose(self) -> None:
        """Do the same as `close`."""
        await self.close()


def finalizer(close: Callable[[], object]) -> Finalizer:
    """Return an object whose `close` method calls the given function."""
    stack = contextlib.ExitStack()
    stack.callback(close)
    return stack


def finalizer_async(close: Callable[[], Coroutine[Any, Any, object]]) -> AsyncFinalizer:
    """Return a finalizer that also runs when the current event loop shuts down.

    It is an async generator that is suspended before its end. `aclose()` runs the rest of it. At
    their shutdown, asyncio and trio call `aclose()` on all async generators that are still
    suspended, while connections can still be closed.
    """

    async def run_at_close() -> AsyncFinalizer:
        try:
            yield
        finally:
            await close()

    generator = run_at_close()
    if current_event_loop_async() is not None:
        with contextlib.suppress(StopIteration):
            generator.__anext__().send(None)
    return generator


def run_shielded(function: Callable[[], object]) -> None:
    """Call a function."""
    function()


async def run_shielded_async(function: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Call an async function in a scope that the cancellation of outer scopes does not reach."""
    with anyio_module().CancelScope(shield=True):
        await function()


def close_body(body: Iterator[bytes]) -> None:
    """Close the iterator of a response's body, and the generators inside it, without reading on."""
    generators: list[GeneratorType[Any, Any, Any]] = _find_generators(body, GeneratorType)
    for generator in generators:
        if not generator.gi_running:  # another thread may be reading
            generator.close()


async def close_body_async(body: AsyncIterator[bytes]) -> None:
    """Close the iterator of a response's body, and the generators inside it, without reading on.

    httpx and httpcore read a body with async generators that iterate over each other. Closing the
    outer one deletes the inner ones while they are suspended, and trio warns about each: "Async
    generator ... was garbage collected before it had been exhausted".
    """
    generators: list[AsyncGeneratorType[Any, Any]] = _find_generators(body, AsyncGeneratorType)
    for generator in generators:
        if not generator.ag_running:  # another task may be reading
            await generator.aclose()


def _find_generators(body: object, kind: type[T]) -> list[T]:
    """Return the generator that iterates over a body, and those that it iterates over itself.

    A suspended generator refers to what its `for` loop iterates over, and `gc.get_referents` returns
    what an object refers to.
    """
    import gc

    generators = [body] if isinstance(body, kind) else []
    for generator in generators:  # grows while it is iterated over
        generators += [each for each in gc.get_referents(generator) if isinstance(each, kind)]
    return generators


def schedule_close(
    _loop: object, close: Callable[P, object], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Close an object that was dropped without being closed, in a thread of its own.

    Finalizers call this. The garbage collector may run them anywhere, even while the current thread
    holds a lock that closing needs. A thread of its own can wait for that lock.
    """
    close_quietly = partial(_close_quietly, partial(close, *args, **kwargs))
    if not sys.is_finalizing():
        with contextlib.suppress(RuntimeError):  # the interpreter is shutting down
            _thread.start_new_thread(close_quietly, ())
            return
    close_quietly()  # no thread can be started any more, and no other thread holds a lock


def schedule_close_async(
    loop: Any,
    close: Callable[P, Coroutine[Any, Any, object]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> None:
    """Close an object that was dropped without being closed, in the event loop that it belongs to.

    Finalizers call this. They cannot wait, and may run in any thread and while the loop is idle. If
    the loop was closed, nothing can be done: the sockets are closed when they are deleted.
    """
    with contextlib.suppress(RuntimeError):  # the loop was closed
        if hasattr(loop, "call_soon_threadsafe"):  # asyncio
            loop.call_soon_threadsafe(_create_close_task, loop, partial(close, *args, **kwargs))
        elif loop is not None:
            trio: Any = sys.modules["trio"]
            close_quietly = partial(_close_quietly_async, partial(close, *args, **kwargs))
            loop.run_sync_soon(trio.lowlevel.spawn_system_task, close_quietly)


def _close_quietly(close: Callable[[], object]) -> None:
    # No caller is left to handle an error of closing.
    with contextlib.suppress(Exception):
        close()


async def _close_quietly_async(close: Callable[[], Coroutine[Any, Any, object]]) -> None:
    # No caller is left to handle an error of closing, and in trio it would end the run.
    with contextlib.suppress(Exception):
        await close()


def _create_close_task(
    loop: asyncio.AbstractEventLoop, close: Callable[[], Coroutine[Any, Any, object]]
) -> None:
    task = loop.create_task(_close_quietly_async(close))
    _close_tasks.add(task)
    task.add_done_callback(_close_tasks.discard)


# asyncio refers to its tasks weakly.
_close_tasks: set[asyncio.Task[None]] = set()
