"""Injection of a fault into a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatroutes_server.errors import ApiError, code_for_status
from chatroutes_server.faults.spec import Fault
from chatroutes_server.responses import error_response


class InjectedError(ApiError):
    """The error response of a fault with a status."""

    def __init__(self, status: int, retry_after: int | None) -> None:
        super().__init__("this error was injected by a fault", retry_after=retry_after)
        self.status = status
        self.code: str = code_for_status(status)


class ClientConnection:
    """The connection of a request."""

    def __init__(
        self,
        close: Callable[[], None],
        wait_for_disconnect: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self._close = close
        self._wait_for_disconnect = wait_for_disconnect

    async def wait_for_disconnect(self, timeout: float | None = None) -> None:
        """Wait until the client disconnects, at most `timeout` seconds."""
        disconnect = asyncio.create_task(self._wait_for_disconnect())
        await asyncio.wait({disconnect}, timeout=timeout)
        disconnect.cancel()

    async def close(self) -> None:
        self._close()
        await self._wait_for_disconnect()


async def inject_fault(fault: Fault, connection: ClientConnection, app: ASGIApp) -> ASGIApp:
    """Return the application that responds in place of `app`."""
    if fault.delay:
        await connection.wait_for_disconnect(fault.delay)
    if fault.status is not None:
        return error_response(InjectedError(fault.status, fault.retry_after))
    if fault.stall and fault.cut_after is None:
        return StalledResponse(fault.stall, connection)
    if fault.cut_after is None and not fault.malformed:
        return app
    return FaultyResponse(app, fault, connection)


class StalledResponse:
    """Sends nothing and keeps the connection open."""

    def __init__(self, stall: bool | float, connection: ClientConnection) -> None:
        self._stall = stall
        self._connection = connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _stall_and_close(self._stall, self._connection)


async def _stall_and_close(stall: bool | float, connection: ClientConnection) -> None:
    await connection.wait_for_disconnect(None if stall is True else stall)
    await connection.close()


class FaultyResponse:
    """Sends the response of `app` with corrupted bytes, or only its first events."""

    def __init__(self, app: ASGIApp, fault: Fault, connection: ClientConnection) -> None:
        self._app = app
        self._corrupt_next = fault.malformed
        self._events_left = fault.cut_after
        self._in_comment = False  # a large event arrives in several parts
        self._in_event = False
        self._stall = fault.stall
        self._connection = connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cut = False

        async def send_with_fault(message: Message) -> None:
            nonlocal cut
            if cut:
                return
            if message["type"] == "http.response.body":
                full_body: bytes = message.get("body", b"")
                body = self._cut(self._corrupt(full_body))
                cut = len(body) < len(full_body)
                message = {**message, "body": body, "more_body": cut or message.get("more_body")}
            await send(message)
            if cut:
                await _stall_and_close(self._stall, self._connection)

        await self._app(scope, receive, send_with_fault)

    def _corrupt(self, body: bytes) -> bytes:
        if not self._corrupt_next or len(body) < 4 or _is_comment(body, 0):
            return body
        self._corrupt_next = False
        end = body.find(b"\n\n")  # the end of the first event, in an event stream
        end = len(body) - 2 if end < 0 else end
        return body[: end // 2] + b"\xff" * (end - end // 2) + body[end:]

    def _cut(self, body: bytes) -> bytes:
        """Return the part of the body that may be sent. The body ends at the end of an event."""
        if self._events_left is None:
            return body
        end = 0
        while self._events_left and end < len(body):
            if not self._in_event:
                self._in_event, self._in_comment = True, _is_comment(body, end)
            found = body.find(b"\n\n", end)
            if found < 0:  # a part of a large event, or of a large JSON body
                return body
            self._events_left -= not self._in_comment
            self._in_event = False
            end = found + 2
        return body[:end]


def _is_comment(body: bytes, start: int) -> bool:
    # JSON and events of this server never start with a colon.
    return body.startswith(b":", start)
