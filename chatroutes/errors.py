"""The errors of the SDK. All of them are a `ChatRoutesError`, so one `except` is enough.

ChatRoutesError
├── AuthenticationError        401: the API key is missing, unknown or revoked
├── PermissionDeniedError      403, and 402: the plan does not include this
├── NotFoundError              404
├── ConflictError              409
├── ValidationError            400, 413, 422, and arguments that cannot be sent
├── RateLimitError             429
├── ServerError                5xx
├── ResponseError              a response that does not follow the contract
└── NetworkError               no usable response
    ├── RequestTimeoutError
    └── StreamInterruptedError the stream stopped before its end

The positional arguments and the defaults are those of releases 0.1 and 0.2, so that programs can
construct the errors in tests: `NotFoundError()`, `RateLimitError("Slow down.", 5)`.

A new class also needs its status in `_response_errors._ERROR_BY_STATUS`, its code in `_ERROR_BY_CODE`, its
name in `__init__.py`, and an exit code in `chatroutes_cli/failures.py`. `_batch.py` determines which
errors end a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack

if TYPE_CHECKING:
    from . import _error_fields
else:  # get_type_hints() looks the names up

    class _LazyErrorFields:
        def __getattr__(self, name: str) -> object:
            from . import _error_fields

            return getattr(_error_fields, name)

    _error_fields = _LazyErrorFields()


class _ClassDefault:
    """The type of `CLASS_DEFAULT`: the default of an argument for which None has a meaning."""

    def __repr__(self) -> str:
        return "CLASS_DEFAULT"


CLASS_DEFAULT: Final[Any] = _ClassDefault()


class ChatRoutesError(Exception):
    """The base class of all errors of the SDK.

    `str(error)` names the operation and what happened. It never contains the API key. The cause, such
    as an exception of httpx, is in `__cause__`.

    Attributes:
        message: What happened, in the words of the service if it sent any.
        status_code: The HTTP status. 0 if there was no response, None if nothing was sent.
        code: The code of the service for the error, such as `NOT_FOUND`, or None.
        details: More information from the service, or None.
        request_id: The id of the request, to quote in a support request, or None.
        retry_after: How long the service asks to wait, in seconds, or None.
        partial_content: The text received so far, if a stream was running, or None.
        hint: What to check, such as a part of the base URL, or None.
        headers: The headers of the response. Empty if there was no response.
        body: The body of the response as text, or the data of the event that a stream failed with, at
            most the first 65,536 bytes. None if it was not read.
    """

    _default_status: int | None = 500
    _default_code: str | None = None

    def __init__(
        self,
        message: str = "An error occurred",
        status_code: int | None = CLASS_DEFAULT,
        code: str | None = CLASS_DEFAULT,
        details: object = None,
        *,
        request_id: str | None = None,
        retry_after: float | None = None,
        partial_content: str | None = None,
        operation: str | None = None,
        asked: str | None = None,  # the former name of `operation`
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> None:
        super().__init__(message)
        given = [each for each in (status_code, code) if each and each is not CLASS_DEFAULT]
        self._label = " ".join(map(str, given))
        self.message = message
        self.status_code: int | None = (
            self._default_status if status_code is CLASS_DEFAULT else status_code
        )
        self.code: str | None = self._default_code if code is CLASS_DEFAULT else code
        self.details = details
        self.request_id = request_id
        self.retry_after = retry_after
        self.partial_content = partial_content
        self.hint = hint
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.body = body
        self._operation = operation or asked

    def __str__(self) -> str:
        text = f"{self._label}: {self.message}" if self._label else self.message
        if self._operation:
            text = f"{self._operation}: {text}"
        if self.request_id:
            text += f" (request {self.request_id})"
        if self.hint:
            text += f" {self.hint}" if text.endswith(".") else f". {self.hint}"
        return text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class AuthenticationError(ChatRoutesError):
    """The API key is missing, unknown or revoked (401)."""

    _default_status = 401
    _default_code = "AUTHENTICATION_ERROR"

    def __init__(
        self,
        message: str = "Authentication failed",
        details: object = None,
        **fields: Unpack[_error_fields.ErrorFields],
    ) -> None:
        super().__init__(message, details=details, **fields)


class PermissionDeniedError(ChatRoutesError):
    """The API key is valid but does not permit this (403)."""

    _default_status = 403
    _default_code = "FORBIDDEN"

    def __init__(
        self,
        message: str = "Permission denied",
        details: object = None,
        **fields: Unpack[_error_fields.ErrorFields],
    ) -> None:
        super().__init__(message, details=details, **fields)


class NotFoundError(ChatRoutesError):
    """The object does not exist, or belongs to another account (404)."""

    _default_status = 404
    _default_code = "NOT_FOUND"

    def __init__(
        self,
        message: str = "Resource not found",
        details: object = None,
        **fields: Unpack[_error_fields.ErrorFields],
    ) -> None:
        super().__init__(message, details=details, **fields)


class ConflictError(ChatRoutesError):
    """The request conflicts with the state of an object, such as merging a branch twice (409)."""

    _default_status = 409
    _default_code = "CONFLICT"

    def __init__(
        self,
        message: str = "The request conflicts with the state of the resource",
        details: object = None,
        **fields: Unpack[_error_fields.ErrorFields],
    ) -> None:
        super().__init__(message, details=details, **fields)


class ValidationError(ChatRoutesError):
    """The request is invalid (400, 422), or an argument cannot be sent: then nothing was sent."""

    _default_status = 400
    _default_code = "VALIDATION_ERROR"

    def __init__(
        self,
        message: str = "Validation failed",
        details: object = None,
        **fields: Unpack[_error_fields.ErrorFields],
    ) -> None:
        super().__init__(message, details=details, **fields)


class RateLimitError(ChatRoutesError):
    """Too many requests (429). `retry_after` is the number of seconds to wait, if the service sent it."""

    _default_status = 429
    _default_code = "RATE_LIMIT_EXCEEDED"

    def __init__(
        self,
        message: str = "Rate limit exceeded",
        retry_after: float | None = None,
        details: object = None,
        **fields: Unpack[_error_fields.RateLimitErrorFields],
    ) -> None:
        super().__init__(message, details=details, retry_after=retry_after, **fields)


class ServerError(ChatRoutesError):
    """The service failed (5xx)."""

    _default_status = 500
    _default_code = "SERVER_ERROR"

    def __init__(
        self,
        message: str = "Internal server error",
        details: object = None,
        **fields: Unpack[_error_fields.ErrorFields],
    ) -> None:
        super().__init__(message, details=details, **fields)


class ResponseError(ChatRoutesError):
    """The response does not follow the contract: not JSON, another shape, or not an event stream."""

    _default_status = None
    _default_code = None

    def __init__(
        self,
        message: str = "The response does not follow the contract",
        details: object = None,
        **fields: Unpack[_error_fields.ErrorFields],
    ) -> None:
        super().__init__(message, details=details, **fields)


class NetworkError(ChatRoutesError):
    """There was no usable response: no connection, or a lost one. `status_code` is 0."""

    _default_status = 0
    _default_code = "NETWORK_ERROR"

    def __init__(
        self,
        message: str = "Network request failed",
        details: object = None,
        **fields: Unpack[_error_fields.ErrorFields],
    ) -> None:
        super().__init__(message, details=details, **fields)


class RequestTimeoutError(NetworkError):
    """The service did not respond within the timeout, or a limit of the whole call was reached.

    Attributes:
        limit: The limit that was reached, or None if it is not known.
        elapsed: The time after which it was reached, in seconds, or None.
    """

    def __init__(
        self,
        message: str = "The request timed out",
        details: object = None,
        *,
        limit: Literal["timeout", "first_event_timeout", "deadline"] | None = None,
        elapsed: float | None = None,
        **fields: Unpack[_error_fields.ErrorFields],
    ) -> None:
        super().__init__(message, details=details, **fields)
        self.limit = limit
        self.elapsed = elapsed


class StreamInterruptedError(NetworkError):
    """The stream stopped before its end. `partial_content` has the text received so far."""

    def __init__(
        self,
        message: str = "The stream was interrupted",
        details: object = None,
        **fields: Unpack[_error_fields.ErrorFields],
    ) -> None:
        super().__init__(message, details=details, **fields)


def invalid_argument(message: str, operation: str | None = None) -> ValidationError:
    """Return the error for an argument that cannot be sent: it has neither a status nor a code."""
    return ValidationError(message, status_code=None, code=None, operation=operation)


class UnknownFieldWarning(UserWarning):
    """A dict contains a field that the contract does not define, such as a misspelled one.

    The SDK sends the field all the same, because the service may know more fields than this release.
    """
