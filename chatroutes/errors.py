"""The errors of the SDK. All of them are a `ChatRoutesError`, so one `except` is enough.

ChatRoutesError
├── AuthenticationError        401: the API key is missing, unknown or revoked
├── PermissionDeniedError      403
├── NotFoundError              404
├── ConflictError              409
├── ValidationError            400, 422, and arguments that cannot be sent
├── RateLimitError             429
├── ServerError                5xx
├── ResponseError              a response that does not follow the contract
└── NetworkError               no usable response
    ├── RequestTimeoutError
    └── StreamInterruptedError the stream stopped before its end

A new class also needs its status in `_responses._ERROR_BY_STATUS`, its code in `_ERROR_BY_CODE`, and
its name in `__init__.py`.
"""

from __future__ import annotations


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
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        code: str | None = None,
        details: object = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        partial_content: str | None = None,
        operation: str | None = None,
        asked: str | None = None,  # the former name of `operation`
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.code = code
        self.details = details
        self.request_id = request_id
        self.retry_after = retry_after
        self.partial_content = partial_content
        self._operation = operation or asked

    def __str__(self) -> str:
        status_and_code = [str(self.status_code)] if self.status_code else []
        status_and_code += [self.code] if self.code else []
        text = f"{' '.join(status_and_code)}: {self.message}" if status_and_code else self.message
        if self._operation:
            text = f"{self._operation}: {text}"
        if self.request_id:
            text += f" (request {self.request_id})"
        return text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class AuthenticationError(ChatRoutesError):
    """The API key is missing, unknown or revoked (401)."""


class PermissionDeniedError(ChatRoutesError):
    """The API key is valid but does not permit this (403)."""


class NotFoundError(ChatRoutesError):
    """The object does not exist, or belongs to another account (404)."""


class ConflictError(ChatRoutesError):
    """The request conflicts with the state of an object, such as merging a branch twice (409)."""


class ValidationError(ChatRoutesError):
    """The request is invalid (400, 422), or an argument cannot be sent: then nothing was sent."""


class RateLimitError(ChatRoutesError):
    """Too many requests (429). `retry_after` is the number of seconds to wait, if the service sent it."""


class ServerError(ChatRoutesError):
    """The service failed (5xx)."""


class ResponseError(ChatRoutesError):
    """The response does not follow the contract: not JSON, another shape, or not an event stream."""


class NetworkError(ChatRoutesError):
    """There was no usable response: no connection, or a lost one. `status_code` is 0."""


class RequestTimeoutError(NetworkError):
    """The service did not respond within the timeout."""


class StreamInterruptedError(NetworkError):
    """The stream stopped before its end. `partial_content` has the text received so far."""
