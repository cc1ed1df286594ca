"""What an answer means: its payload, or the error that it stands for.

Status, headers and bytes come in, a decoded payload goes out or an error is returned; nothing here
reads from a network or looks at a clock. An error status, or `success: false` under any status,
becomes the class that `chatroutes.errors` gives it. Everything else that is not JSON is a
ResponseError, which quotes the beginning of what came, since that usually says who answered: a
proxy, a login page, a wrong address. A redirect is such an answer too: the key must not travel.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

from chatroutes_wire.client import Request
from chatroutes_wire.errors import UnexpectedPayload

from . import _json
from ._retry import retry_after
from .errors import (
    AuthenticationError,
    ChatRoutesError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ResponseError,
    ServerError,
    ValidationError,
)

T = TypeVar("T")

_ERROR_BY_STATUS: Mapping[int, type[ChatRoutesError]] = {
    400: ValidationError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: ValidationError,
    429: RateLimitError,
}

# A failure inside an answer of status 200 has only its code to tell what it is.
_ERROR_BY_CODE: Mapping[str, type[ChatRoutesError]] = {
    "VALIDATION_ERROR": ValidationError,
    "UNAUTHORIZED": AuthenticationError,
    "FORBIDDEN": PermissionDeniedError,
    "NOT_FOUND": NotFoundError,
    "CONFLICT": ConflictError,
    "RATE_LIMITED": RateLimitError,
    "INTERNAL_ERROR": ServerError,
}


class Redact(Protocol):
    """Takes the key out of what a service told, before an error repeats it."""

    def __call__(self, told: T) -> T: ...


def describe_request(request: Request) -> str:
    """Name a request in an error's sentence."""
    return f"{request.operation} ({request.method} {request.path})"


def parse_response(
    request: Request,
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    redact: Redact,
    read: Callable[[object], T],
) -> T | ChatRoutesError:
    """Decode and read the body of a successful answer, or make the error of one that is none.

    The error is returned, not raised: a traceback may show local variables, and here they hold what
    the service said as it said it.
    """
    payload: object = {"success": True}
    if status != 204:
        try:
            payload = _json.loads(content)
        except ValueError:
            return unexpected_content_error(request, status, headers, content, redact, "not JSON")
    if _is_failure(payload):
        return make_error(describe_request(request), status, headers, payload, redact)
    try:
        return read(payload)
    except UnexpectedPayload as problem:
        return invalid_shape_error(request, status, headers, redact, problem)


def make_status_error(
    request: Request,
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    redact: Redact,
    now: float,
) -> ChatRoutesError:
    """Make the error of an answer whose status is not a success. `now` is Unix time in seconds."""
    if 300 <= status < 400:
        target = redact(headers.get("location", "nowhere"))
        return ResponseError(
            f"The answer is a redirect to {target}. Redirects are not followed, so that the key stays "
            "where it was sent; if the address is right, make it the base_url.",
            status_code=status,
            request_id=redact(headers.get("x-request-id")),
            asked=describe_request(request),
        )
    payload: Any = None
    with contextlib.suppress(ValueError):
        payload = _json.loads(content)
    if not isinstance(payload, dict):
        excerpt = _excerpt(redact(content))
        payload = {
            "message": f"The answer is not JSON: {excerpt}" if excerpt else "The answer is empty."
        }
    return make_error(
        describe_request(request), status, headers, cast("object", payload), redact, now
    )


def make_stream_error(request: Request, payload: object, redact: Redact) -> ChatRoutesError:
    """Make the error that an event of a stream stands for: by its code, else the service failed."""
    return make_error(describe_request(request), 200, {}, payload, redact, otherwise=ServerError)


def make_error(
    what: str,
    status: int,
    headers: Mapping[str, str],
    payload: object,
    redact: Redact,
    now: float = 0.0,
    otherwise: type[ChatRoutesError] = ChatRoutesError,
) -> ChatRoutesError:
    """Make the error that a decoded failure stands for: by its status, else by its code."""
    fields = redact(cast("dict[str, Any]", payload)) if isinstance(payload, dict) else {}
    code, message, details = fields.get("error"), fields.get("message"), fields.get("details")
    if isinstance(code, dict):
        # Some servers put code and message into one object.
        inner = cast("dict[str, Any]", code)
        message = message or inner.get("message")
        code = inner.get("code") or inner.get("type")
    code = code if isinstance(code, str) else None
    if 200 <= status < 300:
        kind = _ERROR_BY_CODE.get(code or "", otherwise)
    elif 500 <= status < 600:
        kind = ServerError
    else:
        kind = _ERROR_BY_STATUS.get(status, ChatRoutesError)
    return kind(
        message if isinstance(message, str) and message else code or "The service gave no reason.",
        status_code=status,
        code=code,
        details=details,
        request_id=redact(headers.get("x-request-id")),
        retry_after=retry_after(headers.get("retry-after"), fields, now),
        asked=what,
    )


def not_event_stream_error(
    request: Request, status: int, headers: Mapping[str, str], content: bytes, redact: Redact
) -> ChatRoutesError:
    """Make the error of an answer that should have been an event stream: a failure in JSON, or else."""
    payload: object = None
    with contextlib.suppress(ValueError):
        payload = _json.loads(content)
    if _is_failure(payload):
        return make_error(describe_request(request), status, headers, payload, redact)
    return unexpected_content_error(
        request, status, headers, content, redact, "not an event stream"
    )


def unexpected_content_error(
    request: Request,
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    redact: Redact,
    problem: str,
) -> ResponseError:
    """Make the error of an answer that is a success by its status and something else by its content."""
    kind = redact(headers.get("content-type", "no content type"))
    excerpt = _excerpt(redact(content))
    came = f"{kind} that begins with {excerpt}" if excerpt else f"an empty body ({kind})"
    return ResponseError(
        f"The answer is not what the contract says ({problem}): {came}",
        status_code=status,
        request_id=redact(headers.get("x-request-id")),
        asked=describe_request(request),
    )


def invalid_shape_error(
    request: Request, status: int, headers: Mapping[str, str], redact: Redact, problem: object
) -> ResponseError:
    """Make the error of an answer in JSON that has not the shape which the contract gives it."""
    return ResponseError(
        f"The answer has not the shape of the contract: {problem}.",
        status_code=status,
        request_id=redact(headers.get("x-request-id")),
        asked=describe_request(request),
    )


def _is_failure(payload: object) -> bool:
    return isinstance(payload, dict) and cast("dict[str, object]", payload).get("success") is False


def is_event_stream(headers: Mapping[str, str]) -> bool:
    """Whether an answer says that it is an event stream."""
    media_type = headers.get("content-type", "").partition(";")[0]
    return media_type.strip().lower() == "text/event-stream"


def _excerpt(content: bytes) -> str:
    text = " ".join(content[:400].decode("utf-8", "replace").split())
    if not text:
        return ""
    return repr(text[:120] + "…") if len(text) > 120 else repr(text)
