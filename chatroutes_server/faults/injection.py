"""Carrying out a fault on one request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatroutes_server.errors import ApiError
from chatroutes_server.faults.spec import Fault
from chatroutes_server.responses import error_response

CODES = {400: "VALIDATION_ERROR", 429: "RATE_LIMITED", 500: "INTERNAL_ERROR"}


class AskedForError(ApiError):
    """The error that a fault asks for."""

    def __init__(self, status: int, retry_after: int | None) -> None:
        names = {each.value: each.name for each in HTTPStatus}
        super().__init__("a fault that was asked for", retry_after=retry_after)
        self.status = status
        self.code = CODES.get(status) or names.get(status, f"STATUS_{status}")


class Line:
    """The connection that a request came by."""

    def __init__(
        self, hang_up: Callable[[], None], reader_left: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        self._hang_up = hang_up
        self._reader_left = reader_left

    async def wait(self, seconds: float | None) -> None:
        """Wait so long, or until the client has left; without seconds, for that alone."""
        left = asyncio.create_task(self._reader_left())
        await asyncio.wait({left}, timeout=seconds)
        left.cancel()

    async def close(self) -> None:
        self._hang_up()
        await self._reader_left()


async def spoil(fault: Fault, line: Line, app: ASGIApp) -> ASGIApp:
    """Return the application that responds instead of `app`."""
    if fault.delay:
        await line.wait(fault.delay)
    if fault.status is not None:
        return error_response(AskedForError(fault.status, fault.retry_after))
    if fault.stall and fault.cut_after is None:
        return _Stalled(fault.stall, line)
    if fault.cut_after is None and not fault.malformed:
        return app
    return _Spoilt(app, fault, line)


class _Stalled:
    def __init__(self, stall: bool | float, line: Line) -> None:
        self._stall = stall
        self._line = line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _fall_silent(self._stall, self._line)


async def _fall_silent(stall: bool | float, line: Line) -> None:
    await line.wait(None if stall is True else stall)
    await line.close()


class _Spoilt:
    """Sends the response of `app` garbled, or up to a certain event."""

    def __init__(self, app: ASGIApp, fault: Fault, line: Line) -> None:
        self._app = app
        self._garbled = not fault.malformed
        self._events_left = fault.cut_after
        self._stall = fault.stall
        self._line = line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cut = False

        async def send_spoilt(message: Message) -> None:
            nonlocal cut
            if cut:
                return
            if message["type"] == "http.response.body":
                whole: bytes = message.get("body", b"")
                shown = self._cut(self._garble(whole))
                cut = len(shown) < len(whole)
                message = {**message, "body": shown, "more_body": cut or message.get("more_body")}
            await send(message)
            if cut:
                await _fall_silent(self._stall, self._line)

        await self._app(scope, receive, send_spoilt)

    def _garble(self, body: bytes) -> bytes:
        if self._garbled or len(body) < 4 or _is_comment(body, 0):
            return body
        self._garbled = True
        end = body.find(b"\n\n")  # of the first event, if it is a stream
        end = len(body) - 2 if end < 0 else end
        return body[: end // 2] + b"\xff" * (end - end // 2) + body[end:]

    def _cut(self, body: bytes) -> bytes:
        """Give what may still go out of these bytes, which end where an event ends."""
        if self._events_left is None:
            return body
        end = 0
        while self._events_left and end < len(body):
            found = body.find(b"\n\n", end)
            self._events_left -= not _is_comment(body, end)
            end = len(body) if found < 0 else found + 2
        return body[:end]


def _is_comment(body: bytes, start: int) -> bool:
    return body.startswith(b":", start)  # no JSON begins so, and no event of this server
