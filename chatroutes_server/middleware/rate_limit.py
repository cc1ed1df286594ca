"""The rate limit of each account, and the `X-RateLimit-*` headers."""

from __future__ import annotations

import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatroutes_server.errors import ApiError, RateLimitedError
from chatroutes_server.rate_limit import Limiter
from chatroutes_server.responses import error_response


class RateLimitMiddleware:
    """Respond with 429 to requests over the limit, and add the `X-RateLimit-*` headers to all others."""

    def __init__(self, app: ASGIApp, limiter: Limiter) -> None:
        self.app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            result = await self._limiter.acquire(scope["user"].identity)
        except ApiError as error:  # the windows are in a database that is not available
            await error_response(error)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(result.headers(time.time()))
            await send(message)

        if result.allowed:
            await self.app(scope, receive, send_with_headers)
            return
        response = error_response(
            RateLimitedError(
                f"rate limit of {result.limit} requests exceeded, retry in {result.reset_after} s",
                retry_after=result.reset_after,
            )
        )
        await response(scope, receive, send_with_headers)
