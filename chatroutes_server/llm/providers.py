"""Upstreams: where language models elsewhere are, and how they are asked."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from chatroutes_server.api_keys import is_sendable
from chatroutes_server.errors import StartupError

OPTIONS = ("model", "provider", "key", "timeout")


@dataclass(frozen=True)
class Upstream:
    """An endpoint that speaks as the OpenAI service does.

    Args:
        name: The model's name here.
        url: The endpoint's base, such as http://localhost:11434/v1.
        model: The model's name there; else the same.
        provider: Who provides it, as `GET /models` says; else the host of the URL.
        key: The environment variable that holds the key, if one is needed.
        timeout: How many seconds of silence are borne.
    """

    name: str
    url: str
    model: str | None = None
    provider: str | None = None
    key: str | None = None
    timeout: float = 60

    def __post_init__(self) -> None:
        where = f"the upstream {self.name}"
        for field in fields(self):
            value = getattr(self, field.name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            optional = field.default is None and value is None
            if not (number if field.name == "timeout" else isinstance(value, str) or optional):
                raise StartupError(f"{where}: {field.name} cannot be {value!r}")
        if not self.name:
            raise StartupError("an upstream needs a name: NAME=URL")
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
            # urlsplit drops line ends and tabs, and looks at the port only when it is asked for.
            usable = usable and parts.port != 0
            usable = usable and self.url.isprintable() and " " not in self.url
        except ValueError:
            usable = False
        if not usable:
            raise StartupError(f"{where} needs a URL of http or https, and not {self.url!r}")
        if not 0 < self.timeout < math.inf:
            raise StartupError(f"{where}: timeout must be more than 0 seconds")
        if self.key is not None and not is_sendable(os.environ.get(self.key, "")):
            raise StartupError(
                f"{where}: its key is expected in the environment variable {self.key}, "
                "which is not set or holds none"
            )

    @classmethod
    def parse(cls, text: str) -> Upstream:
        """Read `NAME=URL`, with `,model=`, `,provider=`, `,key=` and `,timeout=` after it."""
        name, _, rest = text.partition("=")
        url, *options = rest.split(",")
        given: dict[str, Any] = {}
        for option in options:
            word, _, value = option.partition("=")
            if word not in OPTIONS:
                raise StartupError(
                    f"the upstream {name} has no option {word}; there are {', '.join(OPTIONS)}"
                )
            given[word] = value
        if "timeout" in given:
            try:
                given["timeout"] = float(given["timeout"])
            except ValueError:
                raise StartupError(f"the upstream {name}: timeout must be a number") from None
        return cls(name, url, **given)

    @property
    def endpoint(self) -> str:
        parts = urlsplit(self.url)
        base = parts.path.rstrip("/").removesuffix("/chat/completions")
        return parts._replace(path=base + "/chat/completions", fragment="").geturl()
