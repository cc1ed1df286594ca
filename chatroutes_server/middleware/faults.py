"""Fault injection for the requests of one operation. The faults are in `chatroutes_server.faults`."""

from __future__ import annotations

from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatroutes_server.faults.injection import ClientConnection, inject_fault
from chatroutes_server.faults.spec import Faults


class FaultInjectionMiddleware:
    """Apply the next fault for this operation, if there is one."""

    def __init__(self, app: ASGIApp, faults: Faults, operation_id: str) -> None:
        self.app = app
        self._faults = faults
        self._operation_id = operation_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._faults.take(self._operation_id)
        if fault is None:
            await self.app(scope, receive, send)
            return
        received: deque[Message] = deque()  # messages read during a delay, for the application

        async def wait_for_disconnect() -> None:
            while (message := await receive())["type"] != "http.disconnect":
                received.append(message)

        async def receive_again() -> Message:
            return received.popleft() if received else await receive()

        connection = ClientConnection(scope["state"]["close_connection"], wait_for_disconnect)
        app = await inject_fault(fault, connection, self.app)
        await app(scope, receive_again, send)
