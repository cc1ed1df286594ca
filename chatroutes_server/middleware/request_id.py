"""Request ids: each response has an `X-Request-Id`, which is also in the log if the request failed."""

from __future__ import annotations

import logging

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatroutes_server.ids import new_id

logger: logging.Logger = logging.getLogger("chatroutes_server")


class RequestIdMiddleware:
    """Add an `X-Request-Id` header to every response, and log unhandled exceptions with it.

    This middleware wraps the whole Starlette application, so that the responses of Starlette's
    ServerErrorMiddleware get the header too. The id is available as `request.state.request_id`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # The protocol may have rejected the rest of the request already, with an id of its own.
        request_id = scope.setdefault("state", {}).setdefault("request_id", new_id("req"))

        async def send_with_request_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_request_id)
        except Exception:
            # ServerErrorMiddleware sends the 500 response, then raises the exception again for the
            # ASGI server to log. The ASGI server does not have the request id, so the log here names it.
            logger.exception("Request %s failed", request_id)
