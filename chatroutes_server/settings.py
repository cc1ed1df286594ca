"""What a server is started with, by the command line and by LocalServer alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chatroutes_server.errors import StartupError
from chatroutes_server.limits import RateLimit


@dataclass(frozen=True)
class Settings:
    """All of it is checked on making it; StartupError says what cannot be."""

    api_keys: Sequence[str]
    host: str = "127.0.0.1"
    port: int = 0
    word_delay: float = 0.0
    rate_limit: RateLimit | None = None

    def __post_init__(self) -> None:
        for key in self.api_keys:
            if not (key.isascii() and key.isprintable() and key and " " not in key):
                raise StartupError(
                    "the API key must be printable ASCII without spaces, and not empty"
                )
        if not 0 <= self.port <= 65535:
            raise StartupError(f"the port must be from 0 to 65535, and not {self.port}")
        if not 0 <= self.word_delay < math.inf:
            raise StartupError(
                f"the word delay must be 0 or more seconds, and not {self.word_delay}"
            )
