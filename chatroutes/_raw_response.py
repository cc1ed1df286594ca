"""The responses that `with_raw_response` returns, and what they share with those of `with_streaming_response`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Generic, NoReturn, SupportsIndex, TypeVar, cast

import httpx

from chatroutes_wire.client import Request

from . import _json
from ._httpx import RETRIES_TAKEN

T = TypeVar("T")


class ResponseInfo:
    """The status and the headers of a response.

    Args:
        request: The request.
        response: The response.
    """

    def __init__(self, request: Request, response: httpx.Response) -> None:
        self._request = request
        self._response = response

    @property
    def http_response(self) -> httpx.Response:
        """The response of httpx. The headers of its `request` contain the API key."""
        return self._response

    @property
    def status_code(self) -> int:
        """The HTTP status, from 200 to 299. Any other status raises an error."""
        return self._response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """The headers. The case of a name does not matter."""
        return self._response.headers

    @property
    def request_id(self) -> str | None:
        """The id of the request, to quote in a support request, or None if the service sent none."""
        request_id: str | None = self._response.headers.get("x-request-id")
        return request_id

    @property
    def retries_taken(self) -> int:
        """The number of retries before this response. 0 if the first attempt succeeded."""
        return cast("int", self._response.extensions.get(RETRIES_TAKEN, 0))

    def __repr__(self) -> str:
        request = self._request
        return f"<{type(self).__name__} [{self.status_code}] {request.method} {request.path}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "A response cannot be copied or pickled, because its request contains the API key. "
            "Keep the result of parse(), or the content."
        )


class RawResponse(ResponseInfo, Generic[T]):
    """A response with its body, as `client.conversations.with_raw_response.get(...)` returns it.

        response = client.conversations.with_raw_response.get(conversation_id)
        print(response.headers["x-ratelimit-remaining"])
        conversation = response.parse()

    Args:
        request: The request.
        response: The response, with its body read.
        parse: Returns the result.
    """

    def __init__(self, request: Request, response: httpx.Response, parse: Callable[[], T]) -> None:
        super().__init__(request, response)
        self._parse: Callable[[], T] | None = parse
        self._result: Any = None

    @property
    def elapsed(self) -> timedelta:
        """The duration of the attempt that succeeded, from sending it to the end of the body."""
        return self._response.elapsed

    @property
    def content(self) -> bytes:
        """The body, decompressed."""
        return self._response.content

    @property
    def text(self) -> str:
        """The body as text."""
        return self._response.text

    def json(self) -> Any:
        """Return the body, decoded from JSON: the whole envelope.

        Raises:
            ValueError: If the body is not JSON.
        """
        return _json.loads(self._response.content)

    def parse(self) -> T:
        """Return what the method without `with_raw_response` returns.

        Raises:
            ChatRoutesError: If the body reports a failure, or does not follow the contract.
        """
        parse = self._parse  # another thread may set it to None
        if parse is not None:
            self._result = parse()
            self._parse = None
        return cast("T", self._result)
