"""The request log: one line per request."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger: logging.Logger = logging.getLogger("chatroutes_server.requests")

NO_RESPONSE = 499  # the status of nginx for a client that disconnected before the response


class RequestLogMiddleware:
    """Log the method, path, status, duration and id of each request, with the level INFO.

    The path is logged as it was sent, percent-encoded, so that it cannot contain a line break. The
    query, the headers and the bodies are not logged. A stream is logged when it ends.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not logger.isEnabledFor(logging.INFO):
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = NO_RESPONSE

        async def send_and_keep_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_keep_status)
        finally:
            logger.info(
                "%s %s %d %.1f ms %s",
                scope["method"],
                scope["raw_path"].decode("latin-1"),
                status,
                (time.perf_counter() - started) * 1000,
                scope["state"]["request_id"],
            )
