"""The Starlette application: its routes, middleware, exception handlers and lifespan.

A request passes these steps. Each of them may send an error response instead:

1. Routing: 404 for an unknown path, 405 for a method that the path does not have.
2. The middleware of the route: API key (401), rate limit (429), body limit (413), fault injection.
3. Validation against the contract: 400 and 415.
4. Ownership of the ids in the path: 404.
5. The endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, ExceptionHandler

from chatroutes_server.api import (
    autobranch,
    branches,
    checkpoints,
    conversations,
    messages,
    models,
)
from chatroutes_server.api.ownership import OwnershipCheck, check_path_parameters
from chatroutes_server.api.registry import ENDPOINTS, check_endpoints
from chatroutes_server.api.validation import RequestValidator
from chatroutes_server.contract import Contract, Operation
from chatroutes_server.errors import (
    ApiError,
    HTTPStatusError,
    InternalError,
    MethodNotAllowedError,
    NotFoundError,
)
from chatroutes_server.faults.spec import Faults
from chatroutes_server.lifespan import lifespan
from chatroutes_server.middleware.authentication import (
    ApiKeyBackend,
    authentication_error_response,
)
from chatroutes_server.middleware.body_limit import BodyLimitMiddleware
from chatroutes_server.middleware.faults import FaultInjectionMiddleware
from chatroutes_server.middleware.rate_limit import RateLimitMiddleware
from chatroutes_server.middleware.request_id import RequestIdMiddleware
from chatroutes_server.rate_limit import RateLimiter
from chatroutes_server.request_context import AppState, RequestContext
from chatroutes_server.responses import error_response

# Importing these modules registers their endpoints. Add a new module here.
ENDPOINT_MODULES = (autobranch, branches, checkpoints, conversations, messages, models)


def create_app(
    contract: Contract,
    state: AppState,
    accounts: Mapping[str, str],  # the user id of each hash of an API key
    limiter: RateLimiter | None,
    faults: Faults,
) -> ASGIApp:
    """Return the ASGI application.

    Raises:
        StartupError: If the contract and the endpoints do not match.
    """
    check_endpoints(contract)
    check_path_parameters(contract)
    validator = RequestValidator(contract)
    ownership = OwnershipCheck(state.database)
    # This middleware belongs to the routes and not to the application: an unknown path is a 404
    # without an API key too, and is not counted by the rate limit.
    middleware = [
        Middleware(
            AuthenticationMiddleware,
            backend=ApiKeyBackend(accounts),
            on_error=authentication_error_response,
        ),
        *([] if limiter is None else [Middleware(RateLimitMiddleware, limiter=limiter)]),
        Middleware(BodyLimitMiddleware),
    ]
    routes = [
        _route(contract, operation, validator, ownership, state, middleware, faults)
        for operation in contract.operations
    ]
    app = Starlette(
        routes=routes,
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=partial(lifespan, state),
    )
    app.router.redirect_slashes = False  # the contract has no redirects
    return RequestIdMiddleware(app)


def _route(
    contract: Contract,
    operation: Operation,
    validator: RequestValidator,
    ownership: OwnershipCheck,
    state: AppState,
    middleware: list[Middleware],
    faults: Faults,
) -> Route:
    endpoint = ENDPOINTS[operation.id]

    async def validate_and_call(request: Request) -> Response:
        raw_body = await request.body()
        body = validator.validate(request, operation, raw_body)
        context = RequestContext(request, operation, body, raw_body, state)
        await context.require_owner(ownership)
        return await endpoint(context)

    method = operation.method.upper()
    route = Route(
        contract.base_path + operation.path,
        validate_and_call,
        methods=[method],
        name=operation.id,
        middleware=[
            *middleware,
            Middleware(FaultInjectionMiddleware, faults=faults, operation_id=operation.id),
        ],
    )
    route.methods = {method}  # Starlette adds HEAD to GET; the contract has no HEAD
    return route


async def handle_api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(error)


async def handle_http_exception(request: Request, error: Exception) -> Response:
    """Return the envelope for an error that Starlette raises: 404 and 405 when it routes."""
    assert isinstance(error, HTTPException)
    path = request.scope["path"]
    if error.status_code == 404:
        return error_response(NotFoundError(f"there is no path {path}"))
    if error.status_code == 405:
        response = error_response(
            MethodNotAllowedError(f"the method {request.method} is not allowed for {path}")
        )
        response.headers["Allow"] = ", ".join(_allowed_methods(request))
        return response
    return error_response(HTTPStatusError(error.status_code, error.detail))


def _allowed_methods(request: Request) -> list[str]:
    # Starlette names only the methods of the first route with this path.
    return sorted(
        method
        for route in request.app.routes
        if route.matches(request.scope)[0] is Match.PARTIAL
        for method in route.methods
    )


async def handle_disconnect(_request: Request, _error: Exception) -> Response:
    """Return a response that nobody receives; 499 is nginx's status for this case."""
    return Response(status_code=499)


async def handle_exception(request: Request, _error: Exception) -> Response:
    """Return the 500 response for an exception that no other handler is for."""
    request_id = request.state.request_id
    return error_response(
        InternalError(f"internal error; the server's log has the details of request {request_id}")
    )


EXCEPTION_HANDLERS: dict[type[Exception], ExceptionHandler] = {
    ApiError: handle_api_error,
    HTTPException: handle_http_exception,
    ClientDisconnect: handle_disconnect,
    Exception: handle_exception,
}
