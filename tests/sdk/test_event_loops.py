"""Async clients whose event loops are closed while the client lives on."""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

import pytest

from chatroutes import AsyncChatRoutes
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, CONVERSATION_RESPONSE

pytestmark = pytest.mark.transport(combined=True)

FILE_DESCRIPTORS = Path("/proc/self/fd")
LOOPS = 40


# Each loop is closed while a connection is open, and asyncio warns about the unclosed socket.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.skipif(not FILE_DESCRIPTORS.exists(), reason="needs /proc to count file descriptors")
def test_connections_of_closed_event_loops_are_dropped(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)
    client = AsyncChatRoutes(API_KEY, fault_server.base_url)
    before = len(os.listdir(FILE_DESCRIPTORS))

    for _ in range(LOOPS):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(client.conversations.get("conv_1"))
        loop.close()
    gc.collect()
    fault_server.wait_until_idle(remaining=1)
    opened = len(os.listdir(FILE_DESCRIPTORS)) - before

    # The connection of the last loop is still open, with both ends in this process.
    assert opened == 2
    assert fault_server.connection_count == LOOPS
    del client
    gc.collect()
