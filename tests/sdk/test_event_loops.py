"""Async clients whose event loops are closed while the client lives on."""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

import pytest

from chatroutes import AsyncChatRoutes
from tests.support.fault_server import FaultServer
from tests.support.gc_fixture import collect_what_is_new as collect_what_is_new
from tests.support.payloads import FOUND, KEY, get

FILE_DESCRIPTORS = Path("/proc/self/fd")
LOOPS = 40


# Each loop is closed while a connection is open, and asyncio warns about the unclosed socket.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.skipif(not FILE_DESCRIPTORS.exists(), reason="needs /proc to count file descriptors")
def test_connections_of_closed_event_loops_are_dropped(faults: FaultServer) -> None:
    faults.script(FOUND, repeat_last=True)
    client = AsyncChatRoutes(KEY, faults.base_url)
    before = len(os.listdir(FILE_DESCRIPTORS))

    for _ in range(LOOPS):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(get(client))
        loop.close()
    gc.collect()
    left = len(os.listdir(FILE_DESCRIPTORS)) - before

    # The connection of the last loop is still open. The server in this process may not have closed
    # its end of the one before yet.
    assert left <= 4
    assert faults.connections_made == LOOPS
    del client
    gc.collect()
