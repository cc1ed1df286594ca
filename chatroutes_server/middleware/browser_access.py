"""Protection against web pages: requests with a foreign `Host` or `Origin` are rejected with 403.

A web page can send requests to a server on the machine of its visitor. With DNS rebinding, it even
reads the responses: the name of the attacker's site then resolves to 127.0.0.1, and the browser
takes the server for a part of the site. The `Host` header still contains the name. An IP address in
it cannot be rebound.

These hosts are allowed, with any port: localhost, loopback addresses, the host that the server
listens on, and those of the option. A server that listens on all interfaces also allows every IP
address. An origin is allowed if its host is. Requests without an `Origin` pass, because browsers
send it in all requests of other sites that change something or read the response.

CORS is off, except for the origins of the option.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chatroutes_server.errors import ForbiddenError
from chatroutes_server.responses import error_response

ANY = "*"
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:/?#@\s]+)(?::[0-9]*)?")

EXPOSED_HEADERS = (
    "Idempotent-Replayed",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Request-Id",
)


class BrowserAccessMiddleware:
    """Respond with 403 to a foreign `Host` or `Origin`, and send the CORS headers.

    Args:
        host: The host that the server listens on.
        allowed_hosts: More hosts, without a port; `*` for every host.
        allowed_origins: Origins that get CORS headers; `*` for every origin.
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        allowed_hosts: Collection[str] = (),
        allowed_origins: Collection[str] = (),
    ) -> None:
        self.app = app
        self._hosts = {_normalize_host(each) for each in ("localhost", host, *allowed_hosts)}
        self._allows_any_address = _is_unspecified(host)
        self._origins = frozenset(allowed_origins)
        self._cors = _CORSMiddleware(
            app,
            allow_origins=self._origins,
            allow_methods=("DELETE", "GET", "PATCH", "POST"),
            allow_headers=("*",),
            allow_private_network=True,
            expose_headers=EXPOSED_HEADERS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origins = headers.get("host"), headers.getlist("origin")
        app: ASGIApp = self.app
        if host is not None and not self._is_allowed_host(host):
            app = _forbidden(f"the host {host!r} is not allowed; the option --allow-host allows it")
        elif origins and all(map(self._has_cors, origins)):
            app = self._cors
        elif not all(map(self._is_allowed_origin, origins)):
            app = _forbidden(
                f"the origin {', '.join(origins)!r} is not allowed; "
                "the option --allow-origin allows it"
            )
        await app(scope, receive, send)

    def _has_cors(self, origin: str) -> bool:
        return ANY in self._origins or origin in self._origins

    def _is_allowed_origin(self, origin: str) -> bool:
        scheme, separator, authority = origin.partition("://")
        return (
            separator != ""
            and scheme.lower() in ("http", "https")
            and self._is_allowed_host(authority)
        ) or self._has_cors(origin)

    def _is_allowed_host(self, authority: str) -> bool:
        """Return whether a host is allowed, which a port may follow."""
        if ANY in self._hosts:
            return True
        match = _AUTHORITY.fullmatch(authority)
        if match is None:
            return False
        host = _normalize_host(match[1])
        if host in self._hosts:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or self._allows_any_address


class _CORSMiddleware(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the response to a preflight request. A rejection has the error envelope."""
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        return error_response(ForbiddenError(bytes(response.body).decode()))


def _forbidden(message: str) -> Response:
    return error_response(ForbiddenError(message))


def _normalize_host(host: str) -> str:
    return host.lower().strip("[]").removesuffix(".")


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
