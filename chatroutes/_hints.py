"""Hints: what to check after an error, such as a part of `base_url` or a variable of the environment.

The functions look at what a request was sent to and at what came back, and return a sentence, or None
if nothing is known to be wrong. `str(error)` ends with the hint. Nothing here reads from a network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_BASE_PATH: Final = "/api/v1"
# The end of a base URL that has another path in place of /api/v1, such as /api, /v1 or /API/V2.
_PART_OF_BASE_PATH: Final = r"(?i)(?<![:/])(/api)?(/v[0-9.]+)?/*\Z"  # compiled when it is used
_LOCALHOST: Final = ("localhost", "127.0.0.1", "::1")

# How TLS libraries report bytes that are not TLS.
_NOT_TLS: Final = (
    "wrong version number",
    "wrong_version_number",
    "record layer failure",
    "http_request",
)
# How servers with TLS respond to a request without TLS: words of nginx, Apache and Go, and a TLS alert.
_NEEDS_TLS: Final = (
    "plain http request was sent to https port",
    "speaking plain http to an ssl-enabled server",
    "client sent an http request to an https server",
    "\\x15\\x03",
)


def base_url_hint(base_url: str) -> str | None:
    """Return what is wrong with the path of a base URL, which ends in /api/v1."""
    path = urlsplit(base_url).path.rstrip("/")
    before, found, after = path.rpartition(_BASE_PATH)
    if found and not after and not before.endswith(_BASE_PATH):
        return None
    if found and (after.startswith("/") or not after):
        extra = after or _BASE_PATH
        return f"base_url has the extra path {extra!r}: use {base_url[: base_url.rindex(extra)]}."
    url = re.sub(_PART_OF_BASE_PATH, "", base_url)
    return f"base_url usually ends in {_BASE_PATH}: try {url}{_BASE_PATH}."


def proxy_hint(base_url: str, proxies: Mapping[str, str]) -> str | None:
    """Return which variable sends the requests to localhost through a proxy.

    Args:
        base_url: The base URL of the client.
        proxies: The proxies that apply to the URL, by scheme, as `urllib.request.getproxies` returns
            them; empty if the host is excepted.
    """
    url = urlsplit(base_url)
    for scheme in (url.scheme, "all"):
        proxy = proxies.get(scheme)
        if proxy and url.hostname in _LOCALHOST:
            variable = f"{scheme.upper()}_PROXY"
            return (
                f"{variable} sends requests for {url.hostname} through the proxy "
                f"{proxy.rpartition('@')[2]}: add {url.hostname} to NO_PROXY."
            )
    return None


def deadline_hint(delay: float, remaining: float) -> str:
    """Return why a request was not retried.

    Args:
        delay: The number of seconds before the retry.
        remaining: The number of seconds until the deadline of the call.
    """
    return (
        f"The request was not retried: the retry was due in {delay:.1f} s, and the deadline is "
        f"{max(remaining, 0.0):.1f} s away."
    )


def tls_hint(base_url: str, text: str) -> str | None:
    """Return whether the scheme of a base URL is the wrong one, judged by an error or a response."""
    text = text.lower()
    scheme = urlsplit(base_url).scheme
    if scheme == "https" and any(each in text for each in _NOT_TLS):
        return "The server does not use TLS on this port: use http:// in base_url."
    if scheme == "http" and any(each in text for each in _NEEDS_TLS):
        return "The server uses TLS on this port: use https:// in base_url."
    return None


def retry_after_hint(status: int, retry_after: float | None) -> str | None:
    """Return how long a service that rejects requests for a while asks to wait."""
    if status in (429, 503) and retry_after:
        return f"The service asks for a wait of {retry_after:g} s."
    return None


def status_hint(status: int, base_url: str) -> str | None:
    """Return what to check after an error status of the API itself."""
    if status == 401:
        return "Check api_key or CHATROUTES_API_KEY."
    if status in (404, 405):
        return base_url_hint(base_url)
    return None
