"""JSON responses, and the error envelope of the contract."""

from __future__ import annotations

from starlette.responses import Response

from chatroutes_server.errors import ApiError, UnauthorizedError
from chatroutes_server.json_encoding import dump_json
from chatroutes_server.large_response import MIN_SIZE, LargeResponse


def json_response(status: int, text: str | bytes, *, replayed: bool = False) -> Response:
    """Return a response with a body that is JSON already.

    Args:
        status: The status.
        text: The body.
        replayed: Whether the response is the stored response of an earlier request.
    """
    kind = Response if len(text) < MIN_SIZE else LargeResponse
    return kind(text, status, replay_headers(replayed), media_type="application/json")


def replay_headers(replayed: bool) -> dict[str, str]:
    """Return the header of a stored response."""
    return {"Idempotent-Replayed": "true"} if replayed else {}


def error_response(error: ApiError) -> Response:
    """Return the error envelope, with the headers that belong to the error."""
    response = json_response(error.status, dump_json(error.payload()))
    if isinstance(error, UnauthorizedError):
        response.headers["WWW-Authenticate"] = "ApiKey"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response
