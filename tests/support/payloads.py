"""What the tests of the clients ask, and what a scripted server answers."""

from __future__ import annotations

import threading

from chatroutes import AsyncChatRoutes
from tests.support.fault_server import event_stream, json_answer

KEY = "cr_prod_sk_" + "5e" * 32
CONVERSATION = {"success": True, "data": {"conversation": {"id": "conv_1"}}}
CHUNK = b'data: {"type": "content", "content": "Hel"}\n\n'
DONE = b"data: [DONE]\n\n"

FOUND = json_answer(200, CONVERSATION)
OPEN = event_stream(CHUNK, threading.Event())


async def get(client: AsyncChatRoutes) -> object:
    return await client.conversations.get("conv_1")
