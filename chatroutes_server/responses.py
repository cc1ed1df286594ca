"""JSON responses, and the error envelope of the contract."""

from __future__ import annotations

from starlette.responses import Response

from chatroutes_server.errors import ApiError, UnauthorizedError
from chatroutes_server.json_encoding import dump_json
from chatroutes_server.large_response import MIN_SIZE, LargeResponse


def json_response(status: int, text: str | bytes) -> Response:
    """Return a response with a body that is JSON already."""
    kind = Response if len(text) < MIN_SIZE else LargeResponse
    return kind(text, status, media_type="application/json")


def error_response(error: ApiError) -> Response:
    """Return the error envelope, with the headers that belong to the error."""
    response = json_response(error.status, dump_json(error.payload()))
    if isinstance(error, UnauthorizedError):
        response.headers["WWW-Authenticate"] = "ApiKey"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response
