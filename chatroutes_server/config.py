"""What a server is started with, by the command line and by LocalServer alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from chatroutes_server.api_keys import is_sendable
from chatroutes_server.errors import StartupError
from chatroutes_server.faults.spec import Faults
from chatroutes_server.llm.providers import Upstream
from chatroutes_server.rate_limit import RateLimit

# Longer than connecting to an upstream may take, so that one that cannot be reached is a 502.
DEFAULT_KEEP_ALIVE = 5.0


@dataclass(frozen=True)
class ServerConfig:
    """All of it is checked on making it; StartupError says what cannot be."""

    api_keys: Sequence[str]
    host: str = "127.0.0.1"
    port: int = 0
    word_delay: float = 0.0
    keep_alive: float = DEFAULT_KEEP_ALIVE
    rate_limit: RateLimit | None = None
    upstreams: Sequence[Upstream] = ()
    strict_models: bool = False
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        for key in self.api_keys:
            if not is_sendable(key):
                raise StartupError(
                    "the API key must be printable ASCII without spaces, and not empty"
                )
        names = [upstream.name for upstream in self.upstreams]
        for name in names:
            if names.count(name) > 1:
                raise StartupError(f"there are two upstreams named {name}")
        if not 0 <= self.port <= 65535:
            raise StartupError(f"the port must be from 0 to 65535, and not {self.port}")
        if not 0 <= self.word_delay < math.inf:
            raise StartupError(
                f"the word delay must be 0 or more seconds, and not {self.word_delay}"
            )
        if not 0 < self.keep_alive < math.inf:
            raise StartupError(f"keep alive must be more than 0 seconds, and not {self.keep_alive}")
