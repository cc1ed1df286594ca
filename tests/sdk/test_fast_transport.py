"""The transport `fast`: how it is selected, proxies, and streaming without delay."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any

import httpx
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, NetworkError, ValidationError
from tests.support.fault_responses import event_stream, raw_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import DONE_EVENT, FINISH_EVENT, text_event

CLIENT_CLASSES = [ChatRoutes, AsyncChatRoutes]
BODY = json.dumps({"success": True, "data": {"conversation": {"id": "conv_1"}}}).encode()
# h11 accepts this HTTP version and llhttp rejects it.
LLHTTP_REJECTED_RESPONSE = raw_response(
    b"HTTP/9.9 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
PROGRAM = """
import sys
from chatroutes import ChatRoutes
with ChatRoutes("a-key", sys.argv[1], retry_attempts=0) as client:
    client.models.list()
assert "httptools" not in sys.modules
"""


def uses_fast_transport(client: ChatRoutes, fault_server: FaultServer) -> bool:
    fault_server.script(LLHTTP_REJECTED_RESPONSE)
    with client:
        try:
            client.conversations.get("conv_1")
        except NetworkError:
            return True
    return False


@pytest.mark.parametrize(
    ("argument", "variable", "fast"),
    [
        (None, "", False),
        (None, "httpx", False),
        (None, "fast", True),
        ("fast", "", True),
        ("fast", "httpx", True),
        ("httpx", "fast", False),
    ],
)
def test_transport_comes_from_the_argument_or_the_environment(
    fault_server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    argument: Any,
    variable: str,
    fast: bool,
) -> None:
    monkeypatch.setenv("CHATROUTES_TRANSPORT", variable)
    client = ChatRoutes("a-key", fault_server.base_url, retry_attempts=0, transport=argument)

    assert uses_fast_transport(client, fault_server) is fast


def test_with_options_keeps_the_transport(fault_server: FaultServer) -> None:
    client = ChatRoutes("a-key", fault_server.base_url, retry_attempts=0, transport="fast")

    assert uses_fast_transport(client.with_options(timeout=5), fault_server)


def test_fast_transport_is_not_the_default(fault_server: FaultServer) -> None:
    payload = {"success": True, "data": {"models": []}}
    body = json.dumps(payload).encode()
    fault_server.script(
        raw_response(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    )
    environment = {"NO_PROXY": "127.0.0.1", "PYTHONPATH": ":".join(sys.path)}

    subprocess.run(
        [sys.executable, "-c", PROGRAM, fault_server.base_url], env=environment, check=True
    )


@pytest.mark.parametrize("client_class", CLIENT_CLASSES)
@pytest.mark.parametrize("transport", ["curl", "FAST", 5, b"fast"])
def test_unknown_transport_raises(client_class: Any, transport: object) -> None:
    with pytest.raises(ValidationError, match=r"must be 'httpx' or 'fast', not ") as caught:
        client_class("a-key", transport=transport)
    assert repr(transport) in str(caught.value)


@pytest.mark.parametrize("client_class", CLIENT_CLASSES)
def test_unknown_transport_in_the_environment_raises(
    client_class: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATROUTES_TRANSPORT", "curl")

    with pytest.raises(ValidationError, match=r"CHATROUTES_TRANSPORT.* not 'curl'"):
        client_class("a-key")


def test_http_client_excludes_a_transport(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATROUTES_TRANSPORT", "fast")
    with httpx.Client() as http_client:
        with pytest.raises(ValidationError, match="not both"):
            ChatRoutes("a-key", http_client=http_client, transport="fast")

        assert not uses_fast_transport(
            ChatRoutes("a-key", fault_server.base_url, http_client=http_client), fault_server
        )


PROXY = "http://me:secret@proxy.example:3128"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxy_raises(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, PROXY)
    client = ChatRoutes("a-key", "http://chatroutes.example/api/v1", transport="fast")

    with client, pytest.raises(ValidationError, match=r"proxy\.example:3128.*NO_PROXY") as caught:
        client.conversations.get("conv_1")
    assert "secret" not in str(caught.value)


async def test_proxy_raises_in_the_async_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", PROXY)

    async with AsyncChatRoutes(
        "a-key", "http://chatroutes.example/api/v1", transport="fast"
    ) as client:
        with pytest.raises(ValidationError, match=r"proxy\.example:3128"):
            await client.conversations.get("conv_1")


@pytest.mark.parametrize(
    ("name", "no_proxy"),
    [("HTTP_PROXY", "localhost,127.0.0.1"), ("ALL_PROXY", "*"), ("HTTPS_PROXY", "")],
)
def test_hosts_without_a_proxy_are_reached(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, name: str, no_proxy: str
) -> None:
    monkeypatch.setenv(name, PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)

    assert uses_fast_transport(
        ChatRoutes("a-key", fault_server.base_url, 5, 0, transport="fast"), fault_server
    )


def test_texts_are_yielded_as_they_arrive(fault_server: FaultServer) -> None:
    gates = [threading.Event() for _ in range(3)]
    first, second, third = gates
    fault_server.script(
        event_stream(
            text_event("a"),
            first,
            text_event("b"),
            second,
            text_event("c"),
            third,
            FINISH_EVENT,
            DONE_EVENT,
        )
    )

    with (
        ChatRoutes("a-key", fault_server.base_url, transport="fast") as client,
        client.messages.stream("conv_1", {"content": "go"}) as stream,
    ):
        for gate, text, sent in zip(gates, stream.text_stream, "abc", strict=False):
            assert text == sent
            gate.set()  # the server sends the next text after this

        assert stream.get_final_text() == "abc"
