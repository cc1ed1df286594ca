"""The request log: one line per request."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger: logging.Logger = logging.getLogger("chatroutes_server.requests")

NO_RESPONSE = 499  # the status of nginx for a client that disconnected before the response
UNKNOWN = "-"  # the method and the path of a request that is not valid HTTP


def log_request(method: str, path: str, status: int, seconds: float, request_id: str) -> None:
    """Log one line, with the level INFO."""
    logger.info("%s %s %d %.1f ms %s", method, path, status, seconds * 1000, request_id)


class RequestLogMiddleware:
    """Log the method, path, status, duration and id of each request, with the level INFO.

    The path is logged as it was sent, percent-encoded, so that it cannot contain a line break. The
    query, the headers and the bodies are not logged. A stream is logged when it ends.

    The protocol responds to a request that is not valid HTTP. If the request has reached the
    application, the protocol sets `rejected_with` in its state to the status. If not, it logs the
    line itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not logger.isEnabledFor(logging.INFO):
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status: int | None = None

        async def send_and_keep_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_keep_status)
        finally:
            state = scope["state"]
            log_request(
                scope["method"],
                scope["raw_path"].decode("latin-1"),
                state.get("rejected_with", NO_RESPONSE) if status is None else status,
                time.perf_counter() - started,
                state["request_id"],
            )
