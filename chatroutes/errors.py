"""The errors of the SDK: one family, so that one `except` is enough.

ChatRoutesError
├── AuthenticationError        401: the key is missing, unknown or revoked
├── PermissionDeniedError      403
├── NotFoundError              404
├── ConflictError              409
├── ValidationError            400, 422, and arguments that can never be sent
├── RateLimitError             429
├── ServerError                5xx
├── ResponseError              an answer that is not the contract's
└── NetworkError               nothing usable came back
    ├── RequestTimeoutError
    └── StreamInterruptedError the stream stopped before its end
"""

from __future__ import annotations


class ChatRoutesError(Exception):
    """Something that was asked of ChatRoutes was not done.

    `str(error)` is a sentence of what was asked and what came back. It never holds the API key.

    Attributes:
        message: What came back, in the service's words where it gave any.
        status_code: The HTTP status; 0 if none came back, None if nothing was sent.
        code: The service's code for the error, such as `NOT_FOUND`, or None.
        details: What else the service said about it, or None.
        request_id: The service's name for the request, to quote when asking for help, or None.
        retry_after: How long the service asks to wait, in seconds, or None.
        partial_content: The text received so far, if a stream was running; else None.
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
        asked: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.code = code
        self.details = details
        self.request_id = request_id
        self.retry_after = retry_after
        self.partial_content = partial_content
        self._asked = asked

    def __str__(self) -> str:
        came_back = [str(self.status_code)] if self.status_code else []
        came_back += [self.code] if self.code else []
        sentence = f"{' '.join(came_back)}: {self.message}" if came_back else self.message
        if self._asked:
            sentence = f"{self._asked}: {sentence}"
        if self.request_id:
            sentence += f" (request {self.request_id})"
        return sentence

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class AuthenticationError(ChatRoutesError):
    """The API key is missing, unknown or revoked (401)."""


class PermissionDeniedError(ChatRoutesError):
    """The key is good, but not for this (403)."""


class NotFoundError(ChatRoutesError):
    """What was asked for does not exist, or is not this account's to see (404)."""


class ConflictError(ChatRoutesError):
    """The state of the object forbids it, such as merging a branch twice (409)."""


class ValidationError(ChatRoutesError):
    """The request is malformed (400, 422), or is one that can never be sent: then nothing went out."""


class RateLimitError(ChatRoutesError):
    """Too many calls (429). `retry_after` says for how many seconds to wait, if the service did."""


class ServerError(ChatRoutesError):
    """The service failed (5xx)."""


class ResponseError(ChatRoutesError):
    """An answer came back that is not the contract's: not JSON, of another shape, not an event stream."""


class NetworkError(ChatRoutesError):
    """Nothing usable came back: no connection, or one that was lost. `status_code` is 0."""


class RequestTimeoutError(NetworkError):
    """The service said nothing for longer than the timeout."""


class StreamInterruptedError(NetworkError):
    """The stream stopped before its end. `partial_content` holds the text received so far."""
