"""The Starlette application: the contract's paths, the key, and an envelope for every answer."""

from __future__ import annotations

import logging
import secrets
from collections import defaultdict
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatroutes_server import wire
from chatroutes_server.calls import Call, Service, json_response
from chatroutes_server.contract import Contract, Operation
from chatroutes_server.endpoints import ENDPOINTS
from chatroutes_server.errors import (
    ApiError,
    InternalError,
    MethodNotAllowedError,
    NotFoundError,
    NotImplementedYetError,
    UnauthorizedError,
)
from chatroutes_server.ids import new_id

logger = logging.getLogger("chatroutes_server")


def build_app(contract: Contract, service: Service, api_key: str) -> ASGIApp:
    by_path: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in contract.operations:
        by_path[contract.base_path + operation.path][operation.method] = operation
    gate = _Gate(contract, service, api_key.encode())
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
                response = _envelope(InternalError(f"the server failed; its log has {request_id}"))
                await response(scope, receive, named_send)


class _PathApp:
    """Answers at one path: the method chooses the operation."""

    def __init__(self, gate: _Gate, operations: dict[str, Operation]) -> None:
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
            response = _envelope(error)
            if isinstance(error, MethodNotAllowedError):
                response.headers["Allow"] = ", ".join(sorted(self._operations)).upper()
        await response(scope, receive, send)


class _Gate:
    """Lets a request through to its endpoint once its key and its shape are right."""

    def __init__(self, contract: Contract, service: Service, api_key: bytes) -> None:
        self._contract = contract
        self._service = service
        self._api_key = api_key

    async def answer(self, request: Request, operation: Operation) -> Response:
        self._authenticate(request)
        raw_body = await request.body()
        endpoint = ENDPOINTS.get(operation.id, _not_implemented)
        body = self._contract.check(
            operation,
            request.path_params,
            request.query_params.multi_items(),
            request.headers.items(),
            request.headers.get("content-type", ""),
            raw_body,
        )
        post = operation.method == "post"
        call = Call(
            service=self._service,
            operation_id=operation.id,
            path=request.url.path,
            ids=request.path_params,
            query=request.query_params,
            body=body,
            raw_body=raw_body,
            idempotency_key=request.headers.get("idempotency-key") if post else None,
        )
        return await endpoint(call)

    def _authenticate(self, request: Request) -> None:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        given = [request.headers.get("x-api-key", "")]
        if scheme.lower() in ("apikey", "bearer"):
            given.append(credentials.strip())
        # Every key is compared in full, so that the time taken tells nothing.
        known = [secrets.compare_digest(key.encode(), self._api_key) for key in given]
        if not any(known):
            missing = not any(given)
            what = "the API key is missing" if missing else "the API key is not the server's"
            raise UnauthorizedError(f"{what}: send it as 'Authorization: ApiKey <key>'")


async def _not_implemented(call: Call) -> Response:
    raise NotImplementedYetError(f"this server does not serve {call.operation_id} yet")


def _envelope(error: ApiError) -> Response:
    response = json_response(error.status, wire.dump(error.payload()))
    if isinstance(error, UnauthorizedError):
        response.headers["WWW-Authenticate"] = "ApiKey"
    return response


def _refuse_unrouted(request: Request, error: Any) -> Response:
    return _envelope(NotFoundError(f"there is nothing at {request.url.path}"))
