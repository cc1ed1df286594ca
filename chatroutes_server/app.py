"""The Starlette application: the contract's paths, the key, and an envelope for every answer."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatroutes_server.api.validation import Contract, Operation
from chatroutes_server.errors import (
    ApiError,
    InternalError,
    MethodNotAllowedError,
    NotFoundError,
)
from chatroutes_server.gate import Gate
from chatroutes_server.ids import new_id
from chatroutes_server.request_context import error_response

logger = logging.getLogger("chatroutes_server")


def build_app(contract: Contract, gate: Gate) -> ASGIApp:
    by_path: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in contract.operations:
        by_path[contract.base_path + operation.path][operation.method] = operation
    routes = [Route(path, _PathApp(gate, methods)) for path, methods in by_path.items()]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refuse_unrouted})
    app.router.redirect_slashes = False
    return _NamedAnswers(app)


class _NamedAnswers:
    """Gives every answer an X-Request-Id, and a failure of our own its envelope."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id("req")
        started = False

        async def named_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, named_send)
        except ClientDisconnect:  # nobody is left to answer
            pass
        except Exception:  # a fault of ours must neither stop the server nor leave the envelope
            logger.exception("request %s failed", request_id)
            if not started:
                response = error_response(
                    InternalError(f"the server failed; its log has {request_id}")
                )
                await response(scope, receive, named_send)


class _PathApp:
    """Answers at one path: the method chooses the operation."""

    def __init__(self, gate: Gate, operations: dict[str, Operation]) -> None:
        self._gate = gate
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        operation = self._operations.get(request.method.lower())
        try:
            if operation is None:
                raise MethodNotAllowedError(f"{request.method} is not allowed here")
            response = await self._gate.answer(request, operation)
        except ApiError as error:
            response = error_response(error)
            if isinstance(error, MethodNotAllowedError):
                response.headers["Allow"] = ", ".join(sorted(self._operations)).upper()
        await response(scope, receive, send)


def _refuse_unrouted(request: Request, error: Any) -> Response:
    return error_response(NotFoundError(f"there is nothing at {request.url.path}"))
