"""The Starlette application: its routes and their middleware.

A request passes these steps. Each of them may send an error response instead:

1. Routing: 404 for an unknown path, 405 for a method that the path does not have.
2. The middleware of the route: API key (401), rate limit (429), content encoding (415), body limit
   (413), fault injection.
3. Validation against the contract: 400 and 415.
4. Ownership of the ids in the path: 404.
5. The endpoint.

RequestIdMiddleware, RequestLogMiddleware, BrowserAccessMiddleware (403) and ConcurrencyLimitMiddleware (503) wrap the application. The error responses are in `exception_handlers`, the start
and the stop of the server in `lifespan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

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
from chatroutes_server.api.schemas import SchemaCompiler
from chatroutes_server.api.validation import RequestValidator
from chatroutes_server.config import ServerConfig
from chatroutes_server.contract import Contract, Operation
from chatroutes_server.exception_handlers import EXCEPTION_HANDLERS
from chatroutes_server.import_route import create_import_route
from chatroutes_server.lifespan import lifespan
from chatroutes_server.middleware.authentication import (
    ApiKeyBackend,
    authentication_error_response,
)
from chatroutes_server.middleware.body_limit import BodyLimitMiddleware
from chatroutes_server.middleware.browser_access import BrowserAccessMiddleware
from chatroutes_server.middleware.concurrency_limit import ConcurrencyLimitMiddleware
from chatroutes_server.middleware.content_encoding import ContentEncodingMiddleware
from chatroutes_server.middleware.faults import FaultInjectionMiddleware
from chatroutes_server.middleware.rate_limit import RateLimitMiddleware
from chatroutes_server.middleware.request_id import RequestIdMiddleware
from chatroutes_server.middleware.request_log import RequestLogMiddleware
from chatroutes_server.pages import create_page_routes
from chatroutes_server.rate_limit import Limiter
from chatroutes_server.request_context import AppState, RequestContext

# The operations that append messages to a branch: one after the other, in the order of arrival.
TURN_OPERATIONS = {"sendMessage", "sendBranchMessage", "streamMessage", "mergeBranch"}
# Importing these modules registers their endpoints. Add a new module here.
ENDPOINT_MODULES = (autobranch, branches, checkpoints, conversations, messages, models)


def create_app(
    contract: Contract,
    state: AppState,
    accounts: Mapping[str, str],  # the user id of each hash of an API key
    limiter: Limiter | None,
    config: ServerConfig,
    max_requests: int,  # at once
) -> ASGIApp:
    """Return the ASGI application.

    Raises:
        StartupError: If the contract and the endpoints do not match.
    """
    check_endpoints(contract)
    check_path_parameters(contract)
    compiler = SchemaCompiler(contract)
    ownership = OwnershipCheck(state.database)
    # This middleware belongs to the routes and not to the application: an unknown path is a 404
    # without an API key too, and is not counted by the rate limit.
    middleware_before_body = [
        Middleware(
            AuthenticationMiddleware,
            backend=ApiKeyBackend(accounts),
            on_error=authentication_error_response,
        ),
        *([] if limiter is None else [Middleware(RateLimitMiddleware, limiter=limiter)]),
        Middleware(ContentEncodingMiddleware),
    ]
    middleware = [*middleware_before_body, Middleware(BodyLimitMiddleware)]

    def create_route(operation: Operation) -> Route:
        endpoint = ENDPOINTS[operation.id]
        validator = RequestValidator(contract, compiler, operation)

        async def validate_and_call(request: Request) -> Response:
            # BodyLimitMiddleware sends the body as one message. `request.body()` would keep it.
            raw_body: bytes = (await request.receive())["body"]
            validated = validator.validate(request, raw_body)
            turn = None
            if operation.id in TURN_OPERATIONS:
                turn = state.generations.turns.arrive(validated.path_params["conversationId"])
            try:
                context = RequestContext(request, operation, validated, raw_body, state, turn)
                await context.require_owner(ownership)
                return await endpoint(context)
            finally:
                if turn is not None and not turn.has_task:
                    await state.generations.leave(turn)

        method = operation.method.upper()
        faults_of_operation = Middleware(
            FaultInjectionMiddleware, faults=config.faults, operation_id=operation.id
        )
        route = Route(
            contract.base_path + operation.path,
            validate_and_call,
            methods=[method],
            name=operation.id,
            middleware=[*middleware, faults_of_operation],
        )
        route.methods = {method}  # Starlette adds HEAD to GET; the contract has no HEAD
        return route

    app = Starlette(
        routes=[
            *(create_route(operation) for operation in contract.operations),
            create_import_route(contract, compiler, state, middleware_before_body),
            *create_page_routes(contract),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=partial(lifespan, state),
    )
    app.router.redirect_slashes = False  # the contract has no redirects
    limited = ConcurrencyLimitMiddleware(app, max_requests)
    protected = BrowserAccessMiddleware(
        limited, config.host, config.allowed_hosts, config.allowed_origins
    )
    return RequestIdMiddleware(RequestLogMiddleware(protected))
