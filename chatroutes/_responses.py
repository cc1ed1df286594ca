"""Parsing of responses: each is a payload or an error.

The functions take the status, the headers and the content. They return the payload or raise an error of
`_response_errors`, and use neither the network nor a clock.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from chatroutes_wire.client import Request
from chatroutes_wire.errors import UnexpectedPayload

from . import _json
from ._fork import first_use_lock
from ._normalize import normalize_envelope
from ._results import add_request_id

if TYPE_CHECKING:
    from typing import Protocol

    from ._response_errors import ResponseErrors

    class Redact(Protocol):
        """Replaces the API key in bytes, text or decoded JSON (in place)."""

        def __call__(self, value: T) -> T: ...

    class Response(Protocol):
        """The part of `httpx.Response` that is read here."""

        @property
        def status_code(self) -> int: ...
        @property
        def headers(self) -> Mapping[str, str]: ...
        @property
        def content(self) -> bytes: ...


T = TypeVar("T")


def describe_request(request: Request) -> str:
    """Return the name of a request for the text of an error."""
    return f"{request.operation} ({request.method} {request.path})"


def is_event_stream(headers: Mapping[str, str]) -> bool:
    """Return whether the headers announce an event stream."""
    media_type = headers.get("content-type", "").partition(";")[0]
    return media_type.strip().lower() == "text/event-stream"


class ResponseReader:
    """Reads the responses to the requests of one client.

    Args:
        redact: Replaces the API key in what goes into a result.
        make_errors: Returns what makes the errors of the client.
    """

    def __init__(self, redact: Redact, make_errors: Callable[[], ResponseErrors]) -> None:
        self._redact = redact
        self._make_errors = make_errors

    @property
    def errors(self) -> ResponseErrors:
        """What makes the errors for responses. Its module is imported at the first error."""
        with first_use_lock:
            return self._make_errors()

    def parse_response(
        self, request: Request, response: Response, read: Callable[[object], T]
    ) -> T:
        """Decode and read the body of a response whose status is a success.

        Args:
            request: The request.
            response: The response, with its body read.
            read: Returns the part of the payload that the caller wants.

        Raises:
            ChatRoutesError: If the body reports a failure, or does not follow the contract.
        """
        payload: object = {"success": True}
        if response.status_code != 204:
            try:
                payload = self._decode(response.content)
            except ValueError as error:
                raise self.errors.unexpected_content_error(
                    request, response.status_code, response.headers, response.content, "not JSON"
                ) from error
        if is_failure(payload):
            # Without a local variable for the body: the error keeps this frame, and hides the key.
            raise self.errors.make_error(
                request,
                response.status_code,
                response.headers,
                payload,
                content=response.content,
            )
        try:
            result = read(
                normalize_envelope(payload, request.result) if request.enveloped else payload
            )
        except UnexpectedPayload as error:
            payload = None
            raise self.errors.invalid_shape_error(request, response, error) from error
        request_id = response.headers.get("x-request-id")
        return result if request_id is None else add_request_id(result, self._redact(request_id))

    def _decode(self, content: bytes) -> object:
        """Decode JSON. An exception holds the text, so it is raised for the redacted text."""
        with contextlib.suppress(ValueError):
            return _json.loads(content)
        content = self._redact(content)
        return _json.loads(content)


def is_failure(payload: object) -> bool:
    """Return whether a payload reports a failure."""
    return isinstance(payload, dict) and cast("dict[str, object]", payload).get("success") is False
