"""The maximum size of a request body."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatroutes_server.errors import PayloadTooLargeError
from chatroutes_server.responses import error_response

MAX_BODY_SIZE = 1024 * 1024  # bytes


class BodyLimitMiddleware:
    """Read the request body, and respond with 413 if it is too large.

    A body is rejected by its Content-Length, or as soon as more bytes than allowed have arrived. The
    application gets the body as one message.
    """

    def __init__(self, app: ASGIApp, max_body_size: int = MAX_BODY_SIZE) -> None:
        self.app = app
        self._max_body_size = max_body_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            # `receive_body` empties the list. A local variable would keep the body in memory
            # while the response is sent, which takes long if the client does not read it.
            messages: list[Message] = [await self._read_body(scope, receive)]
        except PayloadTooLargeError as error:
            await error_response(error)(scope, receive, send)
            return
        if messages[0]["type"] == "http.disconnect":
            return

        async def receive_body() -> Message:
            return messages.pop() if messages else await receive()

        await self.app(scope, receive_body, send)

    async def _read_body(self, scope: Scope, receive: Receive) -> Message:
        """Return a message with the whole body, or the message of a disconnect.

        Raises:
            PayloadTooLargeError: If the body is too large.
        """
        body = bytearray()
        # The HTTP parser has checked that the header is a number.
        size = int(Headers(scope=scope).get("content-length", 0))
        more_body = True
        while more_body and size <= self._max_body_size:
            message = await receive()
            if message["type"] == "http.disconnect":
                return message
            body += message.get("body", b"")
            size = max(size, len(body))
            more_body = message.get("more_body", False)
        if size > self._max_body_size:
            raise PayloadTooLargeError(f"body: larger than {self._max_body_size} bytes")
        return {"type": "http.request", "body": bytes(body)}
