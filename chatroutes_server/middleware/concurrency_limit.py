"""The maximum number of concurrent requests."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from chatroutes_server.errors import ServiceUnavailableError
from chatroutes_server.responses import error_response

RETRY_AFTER = 1  # seconds


class ConcurrencyLimitMiddleware:
    """Respond with 503 and close the connection if too many requests are being processed."""

    def __init__(self, app: ASGIApp, max_requests: int) -> None:
        self.app = app
        self._max_requests = max_requests
        self._requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._requests >= self._max_requests:
            response = error_response(
                ServiceUnavailableError(
                    f"the server already processes {self._max_requests} requests, "
                    f"retry in {RETRY_AFTER} s",
                    retry_after=RETRY_AFTER,
                )
            )
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        self._requests += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._requests -= 1
