"""The errors of the API, each with its status and code, and the error of a failed start."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any


class StartupError(RuntimeError):
    """The server cannot start. The message is one sentence for the person who started it."""


class ApiError(Exception):
    """An error that is sent to the client in the contract's error envelope."""

    status = 500
    code = "INTERNAL_ERROR"

    def __init__(
        self, message: str, details: Any = None, *, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.retry_after = retry_after  # whole seconds

    def payload(self) -> dict[str, Any]:
        """Return the error envelope."""
        payload: dict[str, Any] = {"success": False, "error": self.code, "message": self.message}
        if self.details is not None:
            payload["details"] = self.details
        if self.retry_after is not None:
            payload["retryAfter"] = self.retry_after
        return payload


class ValidationError(ApiError):
    status = 400
    code = "VALIDATION_ERROR"

    @classmethod
    def for_fields(cls, problems: Sequence[tuple[str, str]]) -> ValidationError:
        """Return the error for invalid fields, each with a sentence. The message is the first one."""
        field, sentence = problems[0]
        details = [{"field": field, "message": sentence} for field, sentence in problems]
        return cls(f"{field}: {sentence}", details)


class UnauthorizedError(ApiError):
    status = 401
    code = "UNAUTHORIZED"


class ForbiddenError(ApiError):
    status = 403
    code = "FORBIDDEN"


class NotFoundError(ApiError):
    status = 404
    code = "NOT_FOUND"


class MethodNotAllowedError(ApiError):
    status = 405
    code = "METHOD_NOT_ALLOWED"


class RequestTimeoutError(ApiError):
    status = 408
    code = "REQUEST_TIMEOUT"


class ConflictError(ApiError):
    status = 409
    code = "CONFLICT"


class IdempotencyKeyReusedError(ConflictError):
    code = "IDEMPOTENCY_KEY_REUSED"


class PayloadTooLargeError(ApiError):
    status = 413
    code = "PAYLOAD_TOO_LARGE"


class UnsupportedMediaTypeError(ApiError):
    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"


class RateLimitedError(ApiError):
    status = 429
    code = "RATE_LIMITED"


class InternalError(ApiError):
    status = 500
    code = "INTERNAL_ERROR"


class ServiceUnavailableError(ApiError):
    status = 503
    code = "SERVICE_UNAVAILABLE"


def unexpected_error(name: str) -> InternalError:
    """Return the error for an exception that is logged with this name, such as `request req_1f0c`."""
    return InternalError(f"internal error; the server's log has the details of {name}")


def code_for_status(status: int) -> str:
    """Return the contract's error code for a status, or the name of the status."""
    codes = {400: "VALIDATION_ERROR", 429: "RATE_LIMITED", 500: "INTERNAL_ERROR"}
    names = {each.value: each.name for each in HTTPStatus}
    return codes.get(status) or names.get(status, f"STATUS_{status}")


class HTTPStatusError(ApiError):
    """An error with any status; its code is the name of the status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = HTTPStatus(status).name


class UpstreamError(ApiError):
    status = 502
    code = "UPSTREAM_ERROR"


class UpstreamTimeoutError(UpstreamError):
    status = 504
