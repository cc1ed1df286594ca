"""Closing a client, or closing or stopping a stream, while another thread or task waits."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import anyio
import anyio.to_thread

from chatroutes import ChatRoutesError
from tests.support.fault_server import FaultServer

MAX_WAKE_TIME = 20.0
"""The time, in seconds, within which a read must end after its stream was closed: less than its timeout."""


def close_during_read(
    server: FaultServer | None, stream: Any, read: Callable[[], object], requests: int = 1
) -> ChatRoutesError:
    """Call `read` in a thread, close the stream while it waits, and return the error of the read.

    Args:
        server: The server that the stream is read from, if it is a fault server.
        stream: The stream.
        read: Reads from the stream.
        requests: How many requests the server has received when the read waits.
    """
    errors: list[ChatRoutesError] = []

    def run() -> None:
        try:
            read()
        except ChatRoutesError as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not stream._interruption.is_reading:
        time.sleep(0.001)
    if server is not None:
        server.wait_for_requests(requests)
    stream.close()
    thread.join(MAX_WAKE_TIME)
    assert not thread.is_alive(), "the read did not end"
    return errors[0]


async def close_during_read_async(
    server: FaultServer | None,
    stream: Any,
    read: Callable[[], Awaitable[object]],
    requests: int = 1,
) -> ChatRoutesError:
    """Do the same with a task."""
    errors: list[ChatRoutesError] = []

    async def run() -> None:
        try:
            await read()
        except ChatRoutesError as error:
            errors.append(error)

    with anyio.fail_after(60):  # for a read that has not started
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            while not stream._interruption.is_reading:
                await anyio.sleep(0.001)
            if server is not None:
                await anyio.to_thread.run_sync(server.wait_for_requests, requests)
            await stream.close()
            with anyio.fail_after(MAX_WAKE_TIME):
                while not errors:
                    await anyio.sleep(0.001)
    return errors[0]


def stop_during_read(
    server: FaultServer, stream: Any, read: Callable[[], object]
) -> tuple[object, Any]:
    """Call `read` in a thread, stop the stream while it waits, and return the results of both."""
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(read()), daemon=True)
    thread.start()
    while not stream._interruption.is_reading:
        time.sleep(0.001)
    server.wait_for_requests(1)
    response = stream.stop()
    thread.join(MAX_WAKE_TIME)
    assert not thread.is_alive(), "the read did not end"
    return results[0], response


async def stop_during_read_async(
    server: FaultServer, stream: Any, read: Callable[[], Awaitable[object]]
) -> tuple[object, Any]:
    """Do the same with a task."""
    results: list[object] = []

    async def run() -> None:
        results.append(await read())

    with anyio.fail_after(60):  # for a read that has not started
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            while not stream._interruption.is_reading:
                await anyio.sleep(0.001)
            await anyio.to_thread.run_sync(server.wait_for_requests, 1)
            response = await stream.stop()
            with anyio.fail_after(MAX_WAKE_TIME):
                while not results:
                    await anyio.sleep(0.001)
    return results[0], response


def close_client_during_call(
    client: Any, call: Callable[[], object], wait: Callable[[], object]
) -> tuple[object, ChatRoutesError | None]:
    """Start a call in a thread, close the client while the call waits, and return its result or its error.

    Args:
        client: The client.
        call: The call.
        wait: Returns when the call waits.
    """
    results: list[tuple[object, ChatRoutesError | None]] = []

    def run() -> None:
        try:
            results.append((call(), None))
        except ChatRoutesError as error:
            results.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    wait()
    client.close()
    thread.join(MAX_WAKE_TIME)
    assert not thread.is_alive(), "the call did not end"
    return results[0]


async def close_client_during_call_async(
    client: Any, call: Callable[[], Awaitable[object]], wait: Callable[[], object]
) -> tuple[object, ChatRoutesError | None]:
    """Do the same with a task."""
    results: list[tuple[object, ChatRoutesError | None]] = []

    async def run() -> None:
        try:
            results.append((await call(), None))
        except ChatRoutesError as error:
            results.append((None, error))

    with anyio.fail_after(60):  # for a call that does not wait
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            await anyio.to_thread.run_sync(wait)
            await client.close()
            with anyio.fail_after(MAX_WAKE_TIME):
                while not results:
                    await anyio.sleep(0.001)
    return results[0]


@contextlib.contextmanager
def record_retry() -> Generator[threading.Event]:
    """Return an event that is set when the SDK begins to wait before a retry."""
    handler = _RetryHandler(logging.WARNING)
    logger = logging.getLogger("chatroutes")
    logger.addHandler(handler)
    try:
        yield handler.has_begun
    finally:
        logger.removeHandler(handler)


class _RetryHandler(logging.Handler):
    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.has_begun = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.has_begun.set()
