"""Compressed request bodies, which the server does not accept."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from chatroutes_server.errors import UnsupportedMediaTypeError
from chatroutes_server.responses import error_response


class ContentEncodingMiddleware:
    """Respond with 415 to a request that has a `Content-Encoding`, except `identity`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        values = Headers(scope=scope).getlist("content-encoding")
        names = {name.strip().lower() for value in values for name in value.split(",")}
        if names <= {"", "identity"}:
            await self.app(scope, receive, send)
            return
        response = error_response(
            UnsupportedMediaTypeError("Content-Encoding: the body must not be compressed")
        )
        response.headers["Accept-Encoding"] = "identity"
        await response(scope, receive, send)
