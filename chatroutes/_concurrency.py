"""The few steps that the asynchronous and the synchronous client take differently.

asyncio and trio are looked at where they are loaded already; where they are not, none of them runs.
"""

from __future__ import annotations

import _thread
import contextlib
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar, cast

from .errors import ValidationError

if TYPE_CHECKING:
    import asyncio

P = ParamSpec("P")
T = TypeVar("T")

# What `messages.stream` returns when it is given callbacks.
CallbackResult: TypeAlias = None
AsyncCallbackResult: TypeAlias = Coroutine[Any, Any, None]

# The end of something, to be closed.
Finalizer: TypeAlias = contextlib.ExitStack
AsyncFinalizer: TypeAlias = AsyncGenerator[None, None]


def validate_callback(name: str, callback: object) -> None:
    """Refuse what cannot be called, and an async function, which would never run.

    Raises:
        ValidationError: it is one of these.
    """
    import inspect

    validate_callback_async(name, callback)
    if inspect.iscoroutinefunction(callback):
        raise ValidationError(
            f"{name} is an async function; ChatRoutes calls plain ones, AsyncChatRoutes both."
        )


def validate_callback_async(name: str, callback: object) -> None:
    """Refuse what cannot be called.

    Raises:
        ValidationError: it is such a thing.
    """
    if callback is not None and not callable(callback):
        raise ValidationError(f"{name} must be a function, not {type(callback).__name__}.")


def run_callback(callback: Callable[[T], object], value: T) -> None:
    """Hand a value to a callback."""
    callback(value)


async def run_callback_async(callback: Callable[[T], object], value: T) -> None:
    """Hand a value to a callback, plain or async."""
    result = callback(value)
    if isinstance(result, Awaitable):
        await cast("Awaitable[object]", result)


def current_event_loop() -> object:
    """The event loop that runs here: none, where nothing is asynchronous."""
    return None


def current_event_loop_async() -> object:
    """The event loop that runs here, of asyncio or trio; None if none does."""
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is not None:
        with contextlib.suppress(RuntimeError):
            return asyncio.get_running_loop()
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return trio.lowlevel.current_trio_token()
    return None


def finalizer(close: Callable[[], object]) -> Finalizer:
    """Make the end of something: closing it calls `close`."""
    end = contextlib.ExitStack()
    end.callback(close)
    return end


def finalizer_async(close: Callable[[], Coroutine[Any, Any, object]]) -> AsyncFinalizer:
    """Make the end of something that lives no longer than the event loop that runs.

    Closing it calls `close`, and so does the loop when it ends: asyncio and trio both finish the
    async generators that are then left, while they can still close what these hold.
    """

    async def wait() -> AsyncFinalizer:
        try:
            yield
        finally:
            await close()

    end = wait()
    if current_event_loop_async() is not None:
        with contextlib.suppress(StopIteration):
            end.__anext__().send(None)
    return end


def schedule_close(
    _loop: object, close: Callable[P, object], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Have what was dropped without being closed closed by a thread of its own.

    Called from a finalizer, which the garbage collector may run anywhere: also in the midst of what
    holds a lock that closing needs. The thread can wait for it.
    """
    closing = partial(_close_quietly, partial(close, *args, **kwargs))
    if not sys.is_finalizing():
        with contextlib.suppress(RuntimeError):  # the interpreter is about to end
            _thread.start_new_thread(closing, ())
            return
    closing()  # no thread begins any more, and none holds a lock


def _close_quietly(close: Callable[[], object]) -> None:
    # Nobody is left who could be told what closing runs into.
    with contextlib.suppress(Exception):
        close()


def schedule_close_async(
    loop: Any,
    close: Callable[P, Coroutine[Any, Any, object]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> None:
    """Have what was dropped without being closed closed by the event loop that it belongs to.

    Called from a finalizer, which cannot wait, and may run in any thread, or while the loop rests.
    Where the loop has ended there is nothing left to close it with; its socket goes with the memory.
    """
    with contextlib.suppress(RuntimeError):  # the loop has ended
        if hasattr(loop, "call_soon_threadsafe"):  # asyncio's
            loop.call_soon_threadsafe(_create_close_task, loop, partial(close, *args, **kwargs))
        elif loop is not None:
            trio: Any = sys.modules["trio"]
            quietly = partial(_close_quietly_async, partial(close, *args, **kwargs))
            loop.run_sync_soon(trio.lowlevel.spawn_system_task, quietly)


def _create_close_task(
    loop: asyncio.AbstractEventLoop, close: Callable[[], Coroutine[Any, Any, object]]
) -> None:
    task = loop.create_task(_close_quietly_async(close))
    _close_tasks.add(task)
    task.add_done_callback(_close_tasks.discard)


async def _close_quietly_async(close: Callable[[], Coroutine[Any, Any, object]]) -> None:
    # Whatever closing runs into, nobody is left who could be told, and an error would end the loop.
    with contextlib.suppress(Exception):
        await close()


# A loop keeps but weak references to its tasks.
_close_tasks: set[asyncio.Task[None]] = set()
