"""Upstreams: the endpoints of external model providers."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, fields
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from chatroutes_server.api_keys import is_sendable
from chatroutes_server.errors import StartupError

OPTIONS = ("model", "provider", "key", "timeout", "input_price", "output_price")
NUMBERS = ("timeout", "input_price", "output_price")


class Price(NamedTuple):
    """The price of a model, in US dollars per million tokens."""

    input: float
    output: float


@dataclass(frozen=True)
class Upstream:
    """A model behind an OpenAI-compatible endpoint.

    Args:
        name: The name of the model on this server.
        url: The base URL of the endpoint, such as http://localhost:11434/v1.
        model: The name of the model at the endpoint. Defaults to `name`.
        provider: The provider in the response of `GET /models`. Defaults to the host of the URL.
        key: The environment variable that holds the API key of the endpoint, if it needs one.
        timeout: How long the endpoint may be silent, in seconds.
        input_price: The price of the input, in US dollars per million tokens.
        output_price: The price of the replies, in US dollars per million tokens. Replies have a cost if
            both prices are given and the endpoint reports the usage.

    Raises:
        StartupError: If a value is invalid, or the environment variable is not set.
    """

    name: str
    url: str
    model: str | None = None
    provider: str | None = None
    key: str | None = None
    timeout: float = 60
    input_price: float | None = None
    output_price: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            types = (int, float) if field.name in NUMBERS else (str,)
            valid = isinstance(value, types) and not isinstance(value, bool)
            if not (valid or (field.default is None and value is None)):
                raise StartupError(f"upstream {self.name}: invalid {field.name} {value!r}")
        if not self.name:
            raise StartupError("an upstream needs a name: NAME=URL")
        if not _is_http_url(self.url):
            raise StartupError(
                f"upstream {self.name}: invalid URL {self.url!r}, expected an http or https URL"
            )
        if not 0 < self.timeout < math.inf:
            raise StartupError(f"upstream {self.name}: timeout must be more than 0 seconds")
        prices = (self.input_price, self.output_price)
        if (self.input_price is None) != (self.output_price is None):
            raise StartupError(
                f"upstream {self.name}: input_price and output_price belong together"
            )
        if not all(0 <= price < math.inf for price in prices if price is not None):
            raise StartupError(f"upstream {self.name}: a price must be 0 or more US dollars")
        if self.key is not None and not is_sendable(os.environ.get(self.key, "")):
            raise StartupError(
                f"upstream {self.name}: the environment variable {self.key} is not set, "
                "or it does not contain an API key"
            )

    @classmethod
    def parse(cls, text: str) -> Upstream:
        """Parse `NAME=URL`, optionally followed by options such as `,timeout=10`.

        The options are the other arguments of this class.
        """
        name, _, rest = text.partition("=")
        url, *options = rest.split(",")
        values: dict[str, Any] = {}
        for option in options:
            option_name, _, value = option.partition("=")
            if option_name not in OPTIONS:
                raise StartupError(
                    f"upstream {name}: unknown option {option_name}, "
                    f"expected one of {', '.join(OPTIONS)}"
                )
            values[option_name] = value
        for number in values.keys() & NUMBERS:
            try:
                values[number] = float(values[number])
            except ValueError:
                raise StartupError(f"upstream {name}: {number} must be a number") from None
        return cls(name, url, **values)

    @property
    def price(self) -> Price | None:
        if self.input_price is None or self.output_price is None:
            return None
        return Price(self.input_price, self.output_price)

    @property
    def endpoint(self) -> str:
        """The URL of the chat completions."""
        parts = urlsplit(self.url)
        base = parts.path.rstrip("/").removesuffix("/chat/completions")
        return parts._replace(path=base + "/chat/completions", fragment="").geturl()


def _is_http_url(url: str) -> bool:
    # urlsplit removes line breaks and tabs, and it validates the port only when it is read.
    if not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
