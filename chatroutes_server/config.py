"""The configuration of a server, and the configuration file."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from chatroutes_server._numbers import MAX_FINITE, is_in_range
from chatroutes_server.api_keys import is_sendable
from chatroutes_server.errors import StartupError
from chatroutes_server.faults.spec import Faults
from chatroutes_server.llm.providers import OPTIONS, Upstream
from chatroutes_server.llm.replies import Replies
from chatroutes_server.rate_limit import RateLimit

# Longer than the timeout for connecting to an upstream, so that a failed connection is a 502.
DEFAULT_KEEP_ALIVE = 5.0
DEFAULT_RESUME_WINDOW = 5.0
MAX_RESUME_WINDOW = 600.0

_HOST_NAME = re.compile(r"\*|[a-z0-9_.-]+", re.IGNORECASE)
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^\s/?#@A-Z]+")


@dataclass(frozen=True)
class Timeouts:
    """How long a connection waits for its client, in seconds.

    Args:
        head: For the headers of a request.
        body: For the next bytes of a request body.
        response: For the client to read a part of the response.
        rejected: For the rest of a request that was rejected.
        idle: For the next request. If the server closed the connection just when a client sends one, the
            client could not know whether the request arrived. So this is longer than the clients keep an
            idle connection: 5 s for httpx, 30 s for Java, 60 s for .NET and 90 s for Go.
    """

    head: float = 10
    body: float = 60
    response: float = 60
    rejected: float = 5
    idle: float = 120


@dataclass(frozen=True)
class ServerConfig:
    """The configuration of a server, from the command line or from the arguments of LocalServer.

    Raises:
        StartupError: If a value is invalid.
    """

    api_keys: Sequence[str]
    host: str = "127.0.0.1"
    port: int = 0
    word_delay: float = 0.0
    keep_alive: float = DEFAULT_KEEP_ALIVE
    resume_window: float = DEFAULT_RESUME_WINDOW
    rate_limit: RateLimit | None = None
    upstreams: Sequence[Upstream] = ()
    strict_models: bool = False
    allowed_hosts: Sequence[str] = ()
    allowed_origins: Sequence[str] = ()
    faults: Faults = field(default_factory=Faults)
    replies: Replies = field(default_factory=Replies)
    timeouts: Timeouts = field(default_factory=Timeouts)

    def __post_init__(self) -> None:
        for key in self.api_keys:
            if not is_sendable(key):
                raise StartupError(
                    "invalid API key: it must be printable ASCII without spaces, and not empty"
                )
        if not self.host:  # which would be every address
            raise StartupError("invalid host '': expected an address, such as 127.0.0.1 or 0.0.0.0")
        for host in self.allowed_hosts:
            if not _is_host(host):
                raise StartupError(
                    f"invalid allowed host {host!r}: expected a name or an IP address without a port, or *"
                )
        for origin in self.allowed_origins:
            if not _ORIGIN.fullmatch(origin):
                raise StartupError(
                    f"invalid allowed origin {origin!r}: expected an origin as browsers send it, "
                    "such as https://example.com or http://localhost:3000, or *"
                )
        names = [upstream.name for upstream in self.upstreams]
        for name in names:
            if names.count(name) > 1:
                raise StartupError(f"two upstreams have the name {name}")
            if name in self.replies.models:
                raise StartupError(f"{name} is an upstream, and a model of replies")
        if not 0 <= self.port <= 65535:
            raise StartupError(f"invalid port {self.port}: expected 0 to 65535")
        if not is_in_range(self.word_delay, 0, MAX_FINITE):
            raise StartupError(
                f"invalid word delay {self.word_delay!r}: expected 0 or more seconds"
            )
        if not is_in_range(self.keep_alive, 0, MAX_FINITE) or self.keep_alive == 0:
            raise StartupError(
                f"invalid keep alive {self.keep_alive!r}: expected more than 0 seconds"
            )
        if not is_in_range(self.resume_window, 0, MAX_RESUME_WINDOW):
            raise StartupError(
                f"invalid resume window {self.resume_window!r}: "
                f"expected 0 to {MAX_RESUME_WINDOW:g} seconds"
            )


def _is_host(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return _HOST_NAME.fullmatch(host) is not None
    return True


@dataclass(frozen=True)
class ConfigFile:
    """The content of a configuration file."""

    upstreams: Sequence[Upstream] = ()
    strict_models: bool = False


def load_config_file(path: Path) -> ConfigFile:
    """Read a TOML file with `strict_models` and a table `[upstreams.NAME]` for each upstream.

    Raises:
        StartupError: If the file cannot be read, or has other content.
    """
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise StartupError(
            f"cannot read the configuration file {path}: {error.strerror}"
        ) from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise StartupError(f"the configuration file {path} is not valid TOML: {error}") from error
    tables: Any = content.pop("upstreams", {})
    strict: Any = content.pop("strict_models", False)
    if content or not isinstance(tables, dict) or not isinstance(strict, bool):
        raise StartupError(
            f"invalid configuration file {path}: expected strict_models = true or false, and tables "
            "[upstreams.NAME]"
        )
    upstreams = [_upstream(*item) for item in cast("dict[str, Any]", tables).items()]
    return ConfigFile(upstreams, strict)


def _upstream(name: str, table: Any) -> Upstream:
    if not isinstance(table, dict):
        raise StartupError(f"invalid upstream {name}: expected a table with a url")
    options = cast("dict[str, Any]", table).copy()
    for option in options:
        if option not in ("url", *OPTIONS):
            raise StartupError(
                f"the upstream {name} has an unknown option {option}: expected url, "
                f"{', '.join(OPTIONS)}"
            )
    return Upstream(name, options.pop("url", ""), **options)
