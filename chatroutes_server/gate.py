"""The gate: who may come in, how often, with how much; then the request's shape."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from chatroutes_server.api.registry import ENDPOINTS
from chatroutes_server.api.validation import Contract, Operation
from chatroutes_server.errors import (
    ApiError,
    PayloadTooLargeError,
    RateLimitedError,
    UnauthorizedError,
)
from chatroutes_server.faults.injection import Line, spoil
from chatroutes_server.faults.spec import Faults
from chatroutes_server.rate_limit import RateLimiter
from chatroutes_server.request_context import AppState, RequestContext, error_response
from chatroutes_server.store.accounts import hash_key

LARGEST_BODY = 1024 * 1024


class Gate:
    """Lets a request through to its endpoint once its key and its shape are right."""

    def __init__(
        self,
        contract: Contract,
        app_state: AppState,
        accounts: Mapping[str, str],  # by hash of key
        limiter: RateLimiter | None,
        faults: Faults,
        hang_up: Callable[[Any], None],  # close the connection of this client
    ) -> None:
        self._contract = contract
        self._app_state = app_state
        self._accounts = accounts
        self._limiter = limiter
        self._faults = faults
        self._hang_up = hang_up

    async def answer(self, request: Request, operation: Operation) -> Response:
        user_id = self._account(request)
        if self._limiter is None:
            return await self._answer(request, operation, user_id)
        allowance = self._limiter.take(user_id)
        try:
            if not allowance.allowed:
                raise RateLimitedError(
                    f"the {allowance.limit} requests of this window are used up, "
                    f"the next one begins in {allowance.wait} s",
                    retry_after=allowance.wait,
                )
            response = await self._answer(request, operation, user_id)
        except ApiError as error:
            response = error_response(error)
        response.headers.update(allowance.headers(time.time()))
        return response

    async def _answer(self, request: Request, operation: Operation, user_id: str) -> Response:
        raw_body = await _read(request)

        async def wait_for_disconnect() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass

        def proceed() -> Awaitable[Response]:
            return self._proceed(request, operation, user_id, raw_body, wait_for_disconnect)

        fault = self._faults.take(operation.id)
        if fault is None:
            return await proceed()
        line = Line(partial(self._hang_up, request.scope["client"]), wait_for_disconnect)
        return await spoil(fault, line, proceed)

    async def _proceed(
        self,
        request: Request,
        operation: Operation,
        user_id: str,
        raw_body: bytes,
        wait_for_disconnect: Callable[[], Coroutine[Any, Any, None]],
    ) -> Response:
        body = self._contract.check(
            operation,
            request.path_params,
            request.query_params.multi_items(),
            request.headers.items(),
            request.headers.get("content-type", ""),
            raw_body,
        )
        post = operation.method == "post"
        context = RequestContext(
            app_state=self._app_state,
            user_id=user_id,
            operation_id=operation.id,
            path=request.url.path,
            path_params=request.path_params,
            query_params=request.query_params,
            body=body,
            raw_body=raw_body,
            idempotency_key=request.headers.get("idempotency-key") if post else None,
            last_event_id=request.headers.get("last-event-id") if post else None,
            wait_for_disconnect=wait_for_disconnect,
        )
        return await ENDPOINTS[operation.id](context)

    def _account(self, request: Request) -> str:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        given = [request.headers.get("x-api-key", "")]
        if scheme.lower() in ("apikey", "bearer"):
            given.append(credentials.strip())
        # Every key is compared with every other in full, so that the time taken tells nothing.
        found = [
            user_id
            for key_hash in map(hash_key, given)
            for known, user_id in self._accounts.items()
            if secrets.compare_digest(key_hash, known)
        ]
        if not found:
            missing = not any(given)
            what = "the API key is missing" if missing else "the API key is not the server's"
            raise UnauthorizedError(f"{what}: send it as 'Authorization: ApiKey <key>'")
        return found[0]


async def _read(request: Request) -> bytes:
    """Read the body; one that is too large is refused by its announced length, or once it is seen."""
    body = bytearray()
    length = int(request.headers.get("content-length", 0))  # h11 lets nothing but digits through
    if length <= LARGEST_BODY:
        async for piece in request.stream():
            body += piece
            length = len(body)
            if length > LARGEST_BODY:
                break
    if length > LARGEST_BODY:
        raise PayloadTooLargeError(f"body: it must not be larger than {LARGEST_BODY} bytes")
    return bytes(body)
