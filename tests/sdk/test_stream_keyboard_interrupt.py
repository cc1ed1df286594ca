"""Ctrl-C while a stream is read, as in a notebook that keeps the stream: the connection is closed, the text is kept."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from typing import Any

import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, StreamInterruptedError
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, HELLO, OPEN_STREAM

pytestmark = [
    pytest.mark.transport,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pthread_kill"),
]


def interrupt_when_waiting(stream: Any, loop: asyncio.AbstractEventLoop | None = None) -> None:
    """Press Ctrl-C when the stream has some text and waits for more.

    asyncio handles a signal that arrives just before it waits when its loop wakes for another reason.
    """
    main = threading.main_thread().ident
    assert main is not None

    def run() -> None:
        while not (stream.text and stream._interruption.is_reading):
            time.sleep(0.001)
        signal.pthread_kill(main, signal.SIGINT)
        if loop is not None:
            loop.call_soon_threadsafe(lambda: None)

    threading.Thread(target=run, daemon=True).start()


@pytest.mark.parametrize("read", ["text_stream", "events", "get_final_text"])
def test_ctrl_c_closes_the_connection(fault_server: FaultServer, read: str) -> None:
    fault_server.script(OPEN_STREAM)

    with ChatRoutes(API_KEY, fault_server.base_url, timeout=None) as client:
        stream = client.messages.stream("conv_1", HELLO)
        interrupt_when_waiting(stream)
        with pytest.raises(KeyboardInterrupt) as kept:
            read_all(stream, read)
        fault_server.wait_until_idle()

        assert (stream.text, stream.status) == ("Hel", "failed")
        assert stream.stop()["assistantMessage"]["content"] == "Hel"
        with pytest.raises(StreamInterruptedError, match="KeyboardInterrupt"):
            next(stream)
    assert kept.traceback


def read_all(stream: Any, read: str) -> None:
    if read == "get_final_text":
        stream.get_final_text()
    for _ in stream.events() if read == "events" else stream.text_stream:
        pass


def test_ctrl_c_between_two_chunks_leaves_the_text(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    with ChatRoutes(API_KEY, fault_server.base_url, timeout=None) as client:
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)
        with pytest.raises(KeyboardInterrupt), stream:
            signal.raise_signal(signal.SIGINT)
        fault_server.wait_until_idle()

    assert (stream.text, stream.status) == ("Hel", "closed")


def test_ctrl_c_in_an_asyncio_program_closes_the_connection(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)
    streams: list[Any] = []

    async def main() -> None:
        client = AsyncChatRoutes(API_KEY, fault_server.base_url, timeout=None)
        streams.append(client.messages.stream("conv_1", HELLO))
        interrupt_when_waiting(streams[0], asyncio.get_running_loop())
        await streams[0].get_final_text()

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    fault_server.wait_until_idle()

    assert (streams[0].text, streams[0].status) == ("Hel", "failed")
