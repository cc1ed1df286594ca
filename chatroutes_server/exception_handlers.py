"""The exception handlers: each exception becomes a response with the contract's error envelope."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ExceptionHandler

from chatroutes_server.errors import (
    ApiError,
    HTTPStatusError,
    MethodNotAllowedError,
    NotFoundError,
    unexpected_error,
)
from chatroutes_server.responses import error_response


async def handle_api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(error)


async def handle_http_exception(request: Request, error: Exception) -> Response:
    """Return the response for an error of Starlette, such as 404 and 405 from its router."""
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
    # Starlette's Allow header has only the methods of the first route with this path.
    return sorted(
        method
        for route in request.app.routes
        if route.matches(request.scope)[0] is Match.PARTIAL
        for method in route.methods
    )


async def handle_disconnect(_request: Request, _error: Exception) -> Response:
    """Return a response for a client that has disconnected. The status 499 is that of nginx."""
    return Response(status_code=499)


async def handle_exception(request: Request, _error: Exception) -> Response:
    """Return the 500 response for an exception that has no other handler."""
    return error_response(unexpected_error(f"request {request.state.request_id}"))


EXCEPTION_HANDLERS: dict[type[Exception], ExceptionHandler] = {
    ApiError: handle_api_error,
    HTTPException: handle_http_exception,
    ClientDisconnect: handle_disconnect,
    Exception: handle_exception,
}
