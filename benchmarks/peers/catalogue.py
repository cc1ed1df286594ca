"""Who takes part: where each is installed, and the lines of a program that uses it from cold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

SDK: Final = "chatroutes"
SDK_MSGSPEC: Final = "chatroutes, msgspec"
FAST_ALONE: Final = "chatroutes fast, no msgspec"
FAST: Final = "chatroutes fast"
PUBLISHED: Final = "chatroutes 0.1.0"
OPENAI: Final = "openai"
ANTHROPIC: Final = "anthropic"
LANGGRAPH: Final = "langgraph-sdk"
HTTPX: Final = "httpx"
HTTPX_PYREQWEST: Final = "httpx on pyreqwest"
HTTPX_AIOHTTP: Final = "httpx on aiohttp"
HTTP_CLIENT: Final = "http.client"
SOCKET: Final = "socket"
JSON: Final = "json.loads"


@dataclass(frozen=True)
class Contender:
    """A client, or a floor below all of them."""

    environment: str
    """The folder below .venv-bench."""
    module: str
    """Below `benchmarks.peers`."""
    packages: tuple[str, ...] = ()
    """Those whose versions are told."""
    importing: str = ""
    """What a program imports."""
    new: str = ""
    """How it makes a client of the hosted service."""
    connect: str = ""
    """How it makes a client of the server at BASE."""
    call: str = ""
    """A small call of `client`, and what it gives."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    without: tuple[str, ...] = ()
    """Installed packages that it is not to find."""


_CHATROUTES: Final[dict[str, Any]] = {
    "importing": "from chatroutes import ChatRoutes",
    "new": "ChatRoutes(api_key='key')",
    "connect": "ChatRoutes(api_key='key', base_url=BASE)",
    "call": "client.conversations.get('conv_1')['id']",
}
_FAST: Final[dict[str, Any]] = _CHATROUTES | {
    "new": "ChatRoutes(api_key='key', transport='fast')",
    "connect": "ChatRoutes(api_key='key', base_url=BASE, transport='fast')",
    "options": {"transport": "fast"},
}

FIELD: Final[dict[str, Contender]] = {
    SDK: Contender(
        "plain", "chatroutes_sdk", ("chatroutes", "httpx", "httpcore", "h11"), **_CHATROUTES
    ),
    SDK_MSGSPEC: Contender("fast", "chatroutes_sdk", ("chatroutes", "msgspec"), **_CHATROUTES),
    FAST_ALONE: Contender(
        "fast",
        "chatroutes_sdk",
        ("chatroutes", "httptools"),
        **_FAST,
        without=("msgspec",),
    ),
    FAST: Contender("fast", "chatroutes_sdk", ("chatroutes", "httptools", "msgspec"), **_FAST),
    PUBLISHED: Contender(
        "published", "chatroutes_published", ("chatroutes", "requests", "urllib3"), **_CHATROUTES
    ),
    OPENAI: Contender(
        "peers",
        "openai_sdk",
        ("openai", "pydantic"),
        importing="from openai import OpenAI",
        new="OpenAI(api_key='key')",
        connect="OpenAI(api_key='key', base_url=BASE + '/openai/v1')",
        call="client.models.retrieve('gpt-5').id",
    ),
    ANTHROPIC: Contender(
        "peers",
        "anthropic_sdk",
        ("anthropic", "pydantic"),
        importing="from anthropic import Anthropic",
        new="Anthropic(api_key='key')",
        connect="Anthropic(api_key='key', base_url=BASE + '/anthropic')",
        call="client.models.retrieve('claude').id",
    ),
    LANGGRAPH: Contender(
        "peers",
        "langgraph",
        ("langgraph-sdk", "orjson"),
        importing="from langgraph_sdk import get_sync_client",
        new="get_sync_client(url='https://langgraph.example', api_key=None)",
        connect="get_sync_client(url=BASE, api_key=None)",
        call="client.threads.get('conv_1')['thread_id']",
    ),
    HTTPX: Contender(
        "plain",
        "bare_httpx",
        ("httpx", "httpcore", "h11"),
        importing="import httpx",
        new="httpx.Client()",
        connect="httpx.Client(base_url=BASE)",
        call="client.get('/conversations/conv_1').json()['data']['conversation']['id']",
    ),
    HTTPX_PYREQWEST: Contender(
        "transports", "bare_httpx", ("httpx", "pyreqwest"), options={"over": "pyreqwest"}
    ),
    HTTPX_AIOHTTP: Contender(
        "transports", "bare_httpx", ("httpx-aiohttp", "aiohttp"), options={"over": "aiohttp"}
    ),
    HTTP_CLIENT: Contender(
        "plain",
        "standard_library",
        importing="import http.client, json, urllib.parse",
        connect="http.client.HTTPConnection(urllib.parse.urlsplit(BASE).netloc)",
        call=(
            "client.request('GET', urllib.parse.urlsplit(BASE).path + '/conversations/conv_1')"
            " or json.load(client.getresponse())['data']['conversation']['id']"
        ),
    ),
    SOCKET: Contender("plain", "bare_socket"),
    JSON: Contender("plain", "json_floor"),
}

VARIANTS: Final = (SDK_MSGSPEC, FAST_ALONE, FAST)
"""Of this SDK, besides the default."""
