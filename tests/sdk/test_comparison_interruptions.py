"""Ctrl-C and cancellation end a comparison, with all its threads, tasks and connections."""

from __future__ import annotations

import signal
import sys
import threading

import anyio
import anyio.to_thread
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes
from tests.support.fault_responses import ScriptedResponse, stall
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import API_KEY, BRANCH, HELLO, OPEN_STREAM, success_response

MODELS = ["a", "b", "c"]
pytestmark = pytest.mark.transport(combined=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pthread_kill")
@pytest.mark.parametrize("response", [stall(), OPEN_STREAM], ids=["headers", "mid-stream"])
@pytest.mark.parametrize("limit", [2, 8])
def test_ctrl_c_leaves_no_thread(
    fault_server: FaultServer, response: ScriptedResponse, limit: int
) -> None:
    fault_server.script(*[success_response({"branch": BRANCH})] * 3, response, repeat_last=True)
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        fault_server.wait_for_requests(3 + min(limit, 3))
        signal.pthread_kill(main, signal.SIGINT)

    presser = threading.Thread(target=interrupt, daemon=True)
    before = set(threading.enumerate())
    with ChatRoutes(API_KEY, fault_server.base_url, timeout=None) as client:
        presser.start()
        with pytest.raises(KeyboardInterrupt):
            client.compare("conv_1", HELLO, MODELS, max_concurrency=limit)
        presser.join()
        names = {each.name for each in set(threading.enumerate()) - before}
        assert not [name for name in names if name.startswith("chatroutes")]
        fault_server.wait_until_idle(remaining=1)  # the connection of the branches

    assert len(fault_server.requests) == 3 + min(limit, 3)


async def test_cancellation_closes_the_connections(fault_server: FaultServer) -> None:
    fault_server.script(*[success_response({"branch": BRANCH})] * 3, OPEN_STREAM, repeat_last=True)

    async with AsyncChatRoutes(API_KEY, fault_server.base_url, timeout=None) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.compare, "conv_1", HELLO, MODELS)
            await anyio.to_thread.run_sync(fault_server.wait_for_requests, 6)
            tasks.cancel_scope.cancel()
        await wait_until_idle_async(fault_server)
