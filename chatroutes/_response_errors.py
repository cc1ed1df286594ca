"""The errors that responses report, and those for responses that do not follow the contract.

The functions take the status, the headers and the content of a response, return an error, and use
neither the network nor a clock. The class of an error:

- An error status, or `"success": false` under any status, is the class in `_ERROR_BY_STATUS` or
  `_ERROR_BY_CODE`. A new error class is added there and in `errors.py`.
- A redirect is a `ResponseError`: the API key must not travel to another address.
- Everything else that does not follow the contract is a `ResponseError` that quotes the beginning of
  the content. The quotation usually shows where the response came from: a proxy, a login page, or
  another server because of a wrong base URL.

A program imports this module when it receives the first of these responses.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from chatroutes_wire.client import Request
from chatroutes_wire.errors import UnexpectedPayload

from . import _json
from ._error_payloads import describe_body, find_reason, is_contract_form
from ._hints import base_url_hint, proxy_hint, retry_after_hint, status_hint, tls_hint
from ._responses import describe_request, is_failure
from ._retry import retry_after
from ._tracebacks import clear_locals
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

if TYPE_CHECKING:
    from ._error_fields import ResponseFields
    from ._responses import Redact, Response

E = TypeVar("E", bound=ChatRoutesError)

_ERROR_BY_STATUS: Mapping[int, type[ChatRoutesError]] = {
    400: ValidationError,
    401: AuthenticationError,
    402: PermissionDeniedError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: ValidationError,
    422: ValidationError,
    429: RateLimitError,
}

# A failure under status 200 is recognized by its code.
_ERROR_BY_CODE: Mapping[str, type[ChatRoutesError]] = {
    "VALIDATION_ERROR": ValidationError,
    "UNAUTHORIZED": AuthenticationError,
    "FORBIDDEN": PermissionDeniedError,
    "NOT_FOUND": NotFoundError,
    "CONFLICT": ConflictError,
    "IDEMPOTENCY_KEY_REUSED": ConflictError,
    "RATE_LIMITED": RateLimitError,
    "QUOTA_EXCEEDED": RateLimitError,
    "INTERNAL_ERROR": ServerError,
}

# Another server responds with these to the paths of the API, if the base URL is wrong.
_OFTEN_FOREIGN = frozenset({404, 405})

# An error of the API has at least one of these keys.
_ENVELOPE_KEYS = frozenset({"success", "error", "message"})

_EXCERPT_BYTES = 400
_MAX_BODY_BYTES = 65536
_MAX_REDACTED_BYTES = 1_000_000  # more than _MAX_BODY_BYTES, because redacting shortens a body


class ResponseErrors:
    """Makes the errors for the responses to the requests of one client.

    Args:
        redact: Replaces the API key, which a server may repeat in a response, in everything that goes
            into an error.
        base_url: The base URL of the client.
        proxies: The proxies of the environment that apply to the base URL, by scheme.
        copy_headers: Copies the headers of a response for an error, without the API key.
    """

    def __init__(
        self,
        redact: Redact,
        base_url: str,
        proxies: Callable[[], Mapping[str, str]],
        copy_headers: Callable[[Mapping[str, str], Redact], Mapping[str, str]],
    ) -> None:
        self._redact = redact
        self._copy_headers = copy_headers
        self._base_url = base_url
        self._proxies = proxies

    def make_status_error(
        self, request: Request, status: int, headers: Mapping[str, str], content: bytes, now: float
    ) -> ChatRoutesError:
        """Return the error for a response whose status is not a success.

        Args:
            request: The request.
            status: The status of the response.
            headers: The headers of the response.
            content: The body of the response, or its beginning.
            now: The time, in seconds since the epoch.
        """
        if 300 <= status < 400:
            target = self._redact(headers.get("location", "nowhere"))
            return ResponseError(
                f"The response is a redirect to {target}. The SDK does not follow redirects, so that "
                "the API key stays where it was sent. If that URL is right, pass it as base_url.",
                status_code=status,
                operation=describe_request(request),
                hint=self._foreign_hint(request, ""),
                **self.describe_response(headers, content),
            )
        payload: Any = None
        problem = "not JSON"
        with contextlib.suppress(ValueError):
            payload = _json.loads(content)
            problem = "not a JSON object"
        hint = status_hint(status, self._base_url)
        excerpt = _excerpt(self._redact(content[:_MAX_REDACTED_BYTES]))
        fields = cast("dict[str, Any]", payload) if isinstance(payload, dict) else {}
        if not _ENVELOPE_KEYS.intersection(fields):
            hint = self._foreign_hint(request, content[:_EXCERPT_BYTES].decode("utf-8", "replace"))
            if status == 401:
                hint = f"{status_hint(status, self._base_url)} {hint}"
            if excerpt and status in _OFTEN_FOREIGN:
                return ResponseError(
                    f"The response is not one of the ChatRoutes API: {excerpt}.",
                    status_code=status,
                    details=self._redact(fields) or None,
                    operation=describe_request(request),
                    hint=hint,
                    **self.describe_response(headers, content),
                )
        if not isinstance(payload, dict):
            text = f"The response is {problem}: {excerpt}" if excerpt else "The response is empty."
            reason = find_reason(cast("object", payload)) or text
            is_list = isinstance(payload, list)
            payload = {
                "message": reason,
                "details": cast("Any", payload) or None if is_list else None,
            }
        return self.make_error(
            request, status, headers, cast("object", payload), now, hint=hint, content=content
        )

    def make_event_error(self, request: Request, payload: object, data: str) -> ChatRoutesError:
        """Return the error that an event of a stream reports: by its code, else a `ServerError`."""
        content = data.encode()
        return self.make_error(request, 200, {}, payload, otherwise=ServerError, content=content)

    def make_error(
        self,
        request: Request,
        status: int,
        headers: Mapping[str, str],
        payload: object,
        now: float = 0,
        otherwise: type[ChatRoutesError] = ChatRoutesError,
        hint: str | None = None,
        content: bytes | None = None,
    ) -> ChatRoutesError:
        """Return the error that a payload reports.

        Args:
            request: The request.
            status: The status of the response.
            headers: The headers of the response.
            payload: The decoded body, or the decoded data of an event.
            now: The time, in seconds since the epoch.
            otherwise: The class of an error under status 200 whose code is unknown.
            hint: What to check.
            content: The body of the response, or its beginning, or the data of the event.
        """
        fields = self._redact(cast("dict[str, Any]", payload)) if isinstance(payload, dict) else {}
        code, message, details = fields.get("error"), fields.get("message"), fields.get("details")
        if isinstance(code, dict):
            # Some servers nest the code and the message in one object.
            nested = cast("dict[str, Any]", code)
            message = message or nested.get("message")
            code = nested.get("code") or nested.get("type")
        code = code if isinstance(code, str) else None
        if details is None and fields and not is_contract_form(fields):
            details = fields
        if 200 <= status < 300:
            kind = _ERROR_BY_CODE.get(code or "", otherwise)
        elif 500 <= status < 600:
            kind = ServerError
        else:
            kind = _ERROR_BY_STATUS.get(status, ChatRoutesError)
        text = message if isinstance(message, str) and message else find_reason(fields)
        if not text:
            excerpt = describe_body(fields)
            text = f"The service gave no reason{f': {excerpt}' if excerpt else '.'}"
        delay = retry_after(headers.get("retry-after"), fields, now)
        return kind(
            text,
            status_code=status,
            code=code,
            details=details,
            retry_after=delay,
            operation=describe_request(request),
            hint=" ".join(filter(None, [retry_after_hint(status, delay), hint])) or None,
            **self.describe_response(headers, content),
        )

    def make_response_error(
        self, request: Request, status: int, headers: Mapping[str, str], content: bytes, now: float
    ) -> ChatRoutesError:
        """Return the error for a status that is not a success, or for a success that is no event stream.

        The latter is the failure that its body reports in JSON, or else a `ResponseError`. The
        arguments are those of `make_status_error`.
        """
        if not 200 <= status < 300:
            return self.make_status_error(request, status, headers, content, now)
        payload: object = None
        with contextlib.suppress(ValueError):
            payload = _json.loads(content)
        if is_failure(payload):
            return self.make_error(request, status, headers, payload, now, content=content)
        problem = "not an event stream"
        return self.unexpected_content_error(request, status, headers, content, problem)

    def unexpected_content_error(
        self,
        request: Request,
        status: int,
        headers: Mapping[str, str],
        content: bytes,
        problem: str,
    ) -> ResponseError:
        """Return the error for a success whose content does not have the contract's media type."""
        content_type = self._redact(headers.get("content-type", "no content type"))
        excerpt = _excerpt(self._redact(content[:_MAX_REDACTED_BYTES]))
        body = (
            f"{content_type} that begins with {excerpt}"
            if excerpt
            else f"an empty body ({content_type})"
        )
        return ResponseError(
            f"The response does not follow the contract ({problem}): {body}.",
            status_code=status,
            operation=describe_request(request),
            hint=self._foreign_hint(request, content[:_EXCERPT_BYTES].decode("utf-8", "replace")),
            **self.describe_response(headers, content),
        )

    def content_error(
        self,
        request: Request,
        status: int,
        headers: Mapping[str, str],
        problem: object,
        now: float = 0,
    ) -> ChatRoutesError:
        """Return the error for a body that cannot be decoded or is too large.

        The arguments are those of `make_status_error`, and what is wrong with the body.
        """
        text = (
            f"The response has {problem}. The SDK accepts the encodings gzip and deflate, bodies up to "
            "max_response_size, and events up to 16 MiB."
        )
        return self.unread_body_error(request, status, headers, text, now)

    def unread_body_error(
        self, request: Request, status: int, headers: Mapping[str, str], text: str, now: float
    ) -> ChatRoutesError:
        """Return the error for a response whose body could not be read: by its status.

        The arguments are those of `make_status_error`, and the message of the error.
        """
        if 300 <= status < 400:
            return self.make_status_error(request, status, headers, b"", now)
        if status >= 400 and status not in _OFTEN_FOREIGN:
            hint = status_hint(status, self._base_url)
            return self.make_error(request, status, headers, {"message": text}, now, hint=hint)
        return ResponseError(
            text,
            status_code=status,
            operation=describe_request(request),
            **self.describe_response(headers),
        )

    def invalid_shape_error(
        self, request: Request, response: Response, problem: UnexpectedPayload
    ) -> ResponseError:
        """Return the error for JSON that does not have the shape that the contract defines.

        The tracebacks of the problem lose their local variables, which hold the JSON.
        """
        clear_locals(problem, problem.__context__)
        return ResponseError(
            f"The response does not have the shape of the contract: {problem}.",
            status_code=response.status_code,
            operation=describe_request(request),
            **self.describe_response(response.headers, response.content),
        )

    def describe_response(
        self, headers: Mapping[str, str], content: bytes | None = None
    ) -> ResponseFields:
        """Return the headers and the body of a response for an error, without the API key."""
        body = None
        if content is not None:
            # The key is replaced before the text is cut: a part of the key would not be found.
            content = self._redact(content[:_MAX_REDACTED_BYTES])
            body = content[:_MAX_BODY_BYTES].decode("utf-8", "replace")
        return {
            "request_id": self._redact(headers.get("x-request-id")),
            "headers": self._copy_headers(headers, self._redact),
            "body": body,
        }

    def add_headers(self, error: E, headers: Mapping[str, str] | None) -> E:
        """Add the headers of a response, if there was one, to an error of its body. Return the error."""
        if headers is not None and not error.headers:
            error.headers = self._copy_headers(headers, self._redact)
            error.request_id = error.request_id or self._redact(headers.get("x-request-id"))
        return error

    def _foreign_hint(self, request: Request, text: str) -> str:
        """Return where the request was sent and what to check: no ChatRoutes API responded."""
        cause = (
            proxy_hint(self._base_url, self._proxies())
            or tls_hint(self._base_url, text)
            or base_url_hint(self._base_url)
            or "Check base_url."
        )
        return f"The URL was {self._base_url}{request.path}. {cause}"


def _excerpt(content: bytes) -> str:
    """Return the beginning of a body on one line and quoted, or an empty string."""
    text = " ".join(content[:_EXCERPT_BYTES].decode("utf-8", "replace").split())
    if not text:
        return ""
    return repr(text[:120] + "…") if len(text) > 120 else repr(text)
