"""The proxies that the environment names for a URL, and the hosts that it excepts."""

from __future__ import annotations

import ipaddress
import os
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from ._httpx import parse_address
from ._options import FAST
from .errors import invalid_argument

if TYPE_CHECKING:
    import httpcore


class EnvironmentProxy(NamedTuple):
    """A proxy, and the environment variable that names it."""

    proxy: httpx.Proxy
    variable: str

    def __str__(self) -> str:
        return f"{self.proxy.url} ({self.variable})"

    def validate(self, base_url: str, transport: str) -> None:
        """Check that a transport can use this proxy.

        Raises:
            ValidationError: If it cannot.
        """
        if transport == FAST:
            problem = "the transport 'fast' does not support proxies. Use the transport 'httpx'"
        elif self.proxy.url.scheme.startswith("socks") and not _has_socks_support():
            problem = (
                "a SOCKS proxy needs another package. Install it with `pip install "
                '"httpx[socks]"`'
            )
        else:
            return
        raise invalid_argument(
            f"Nothing was sent: {self.variable} names the proxy {self.proxy.url} for {base_url}, and "
            f"{problem}, correct the variable, or add the host to NO_PROXY."
        )

    def to_httpcore(self) -> httpcore.Proxy:
        """Return the same proxy for httpcore."""
        import httpcore

        proxy, url = self.proxy, self.proxy.url
        return httpcore.Proxy(
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            auth=proxy.raw_auth,
            headers=proxy.headers.raw,
            ssl_context=proxy.ssl_context,
        )


def find_proxy(base_url: str) -> EnvironmentProxy | None:
    """Return the proxy that the environment, or the operating system, names for a URL.

    Raises:
        ValidationError: If the proxy's URL is invalid.
    """
    url = urlsplit(base_url)
    proxies = getproxies()
    scheme = url.scheme if proxies.get(url.scheme) else "all"
    proxy = proxies.get(scheme, "").strip()
    if not proxy or _bypasses_proxy(url, proxies.get("no", "")):
        return None
    variable = _variable_of_proxy(scheme)
    try:
        found = httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
        if found.url.host and (found.url.port or 0) < 65536:
            return EnvironmentProxy(found, variable)
        raise ValueError
    except (ValueError, httpx.InvalidURL):
        without_password = proxy.rpartition("@")[2]
        hint = (
            "Write socks5:// instead of socks://"
            if proxy.lower().startswith("socks:")
            else "Correct the variable"
        )
    del proxy, proxies  # a traceback can show the local variables of this frame
    raise invalid_argument(
        f"Nothing was sent: {variable} names the proxy {without_password!r} for {base_url}, "
        "which is not a URL with the scheme http, https, socks5 or socks5h. "
        f"{hint}, or add the host to NO_PROXY."
    )


def _variable_of_proxy(scheme: str) -> str:
    """Return the environment variable that names the proxy for a scheme."""
    name = f"{scheme}_proxy"
    names = [each for each, value in os.environ.items() if each.lower() == name and value]
    if name in names or not names:
        return name if names else "the configuration of the operating system"
    return names[0]


def _bypasses_proxy(url: SplitResult, exceptions: str) -> bool:
    """Return whether requests to a URL use no proxy.

    `urllib` compares names only. Here, an exception can also be an address in brackets, a range of
    addresses such as `fd07::/64`, begin with a scheme or `*.`, or be `*` in a list.
    """
    host = url.hostname or ""
    if proxy_bypass(url.netloc) or proxy_bypass(host):
        return True
    address = parse_address(host)
    for exception in exceptions.lower().replace(",", " ").split():
        scheme, _, name = exception.rpartition("://")
        name = name.removesuffix("/")
        if scheme not in ("", "all", url.scheme):
            continue
        if name in ("*", host, url.netloc.lower()):
            return True
        if address is None:
            name = name.removeprefix("*").removeprefix(".")
            if name and (host == name or host.endswith(f".{name}")):
                return True
            continue
        bracket, _, port = name.rpartition("]:")
        if bracket and port != str(url.port):
            continue
        try:
            if address in ipaddress.ip_network((bracket or name).strip("[]"), strict=False):
                return True
        except ValueError:  # a name
            continue
    return False


def _has_socks_support() -> bool:
    from importlib.util import find_spec  # takes a millisecond to import

    return find_spec("socksio") is not None


def applicable_proxies(base_url: str) -> dict[str, str]:
    """Return the proxies of the environment for a base URL, by scheme. Empty if the host is excepted."""
    url = urlsplit(base_url)
    proxies = getproxies()
    if not url.hostname or _bypasses_proxy(url, proxies.get("no", "")):
        return {}
    return proxies
