"""Request bodies that the application does not read."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatroutes_server.disconnect import wait_for_disconnect


class DrainMiddleware:
    """Read the rest of the request body before a response ends.

    An application may reject a request before it has read the body. The client gets that response
    at once. If the server closed the connection while the client still sends, the client would get
    a reset and could lose the response. A client that does not stop within `timeout` seconds is
    disconnected.
    """

    def __init__(self, app: ASGIApp, timeout: float) -> None:
        self.app = app
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # A request without these headers has no body.
        names = {name for name, _ in scope["headers"]}
        body_ended = names.isdisjoint((b"content-length", b"transfer-encoding"))

        async def receive_body() -> Message:
            nonlocal body_ended
            message = await receive()
            body_ended = body_ended or not message.get("more_body", False)
            return message

        async def drain() -> None:
            while not body_ended:
                await receive_body()

        async def send_after_body(message: Message) -> None:
            is_end = message["type"] == "http.response.body" and not message.get("more_body")
            if body_ended or not is_end:
                await send(message)
                return
            await send({**message, "more_body": True})
            try:
                await asyncio.wait_for(drain(), self._timeout)
            except TimeoutError:
                scope["state"]["close_connection"]()
                await wait_for_disconnect(receive)
            await send({"type": "http.response.body"})

        await self.app(scope, receive_body, send_after_body)
