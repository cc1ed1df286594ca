"""The import path of releases 0.1 and 0.2 for requests to any endpoint. New programs use `ChatRoutes.request`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ._sync.client import ChatRoutes
from .errors import AuthenticationError as AuthenticationError
from .errors import ChatRoutesError as ChatRoutesError
from .errors import NetworkError as NetworkError
from .errors import NotFoundError as NotFoundError
from .errors import RateLimitError as RateLimitError
from .errors import ResponseError as ResponseError
from .errors import ServerError as ServerError
from .errors import ValidationError as ValidationError


class HttpClient:
    """Sends requests to any endpoint, and returns the decoded responses."""

    def __init__(
        self,
        api_key: str,
        base_url: str | None = None,
        timeout: float = 30,
        retry_attempts: int = 3,
        retry_delay: float = 1.0,
    ) -> None:
        self._client = ChatRoutes(api_key, base_url, timeout, retry_attempts, retry_delay)

    @property
    def api_key(self) -> str:
        """The API key."""
        return self._client.api_key

    @property
    def base_url(self) -> str:
        """The URL of the service."""
        return self._client.base_url

    def request(
        self,
        method: str,
        path: str,
        data: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send a request and return the decoded response.

        Args:
            method: The HTTP method, such as "GET".
            path: The path below the base URL.
            data: The body. Default: no body.
            params: Query parameters.
            headers: Headers of this request.

        Raises:
            ChatRoutesError: If there was no response, its status was not a success, or it is not JSON.
        """
        client = self._client.with_options(headers=headers) if headers else self._client
        response = client.request(method, path, params=params, json=data or None)
        try:
            return cast("dict[str, Any]", response.json())
        except ValueError as error:
            raise ResponseError(
                f"{method} {path}: the response is not JSON.", status_code=response.status_code
            ) from error

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a GET request. See `request`."""
        return self.request("GET", path, params=params)

    def post(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send a POST request. See `request`."""
        return self.request("POST", path, data, headers=headers)

    def patch(self, path: str, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a PATCH request. See `request`."""
        return self.request("PATCH", path, data)

    def delete(self, path: str) -> dict[str, Any]:
        """Send a DELETE request. See `request`."""
        return self.request("DELETE", path)
