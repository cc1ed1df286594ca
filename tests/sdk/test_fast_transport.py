"""The transport `fast`: who chooses it, where it goes, and that nothing is held back."""

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

CLIENTS = [ChatRoutes, AsyncChatRoutes]
BODY = json.dumps({"success": True, "data": {"conversation": {"id": "conv_1"}}}).encode()
# h11 lets this version of HTTP pass and llhttp does not: it tells the two apart.
TELLTALE = raw_response(b"HTTP/9.9 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY))
PROGRAM = """
import sys
from chatroutes import ChatRoutes
with ChatRoutes("a-key", sys.argv[1], retry_attempts=0) as client:
    client.models.list()
assert "httptools" not in sys.modules
"""


def is_fast(client: ChatRoutes, fault_server: FaultServer) -> bool:
    fault_server.script(TELLTALE)
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
def test_it_is_chosen_by_argument_or_else_by_environment(
    fault_server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    argument: Any,
    variable: str,
    fast: bool,
) -> None:
    monkeypatch.setenv("CHATROUTES_TRANSPORT", variable)
    client = ChatRoutes("a-key", fault_server.base_url, retry_attempts=0, transport=argument)

    assert is_fast(client, fault_server) is fast


def test_a_view_has_the_transport_of_its_client(fault_server: FaultServer) -> None:
    client = ChatRoutes("a-key", fault_server.base_url, retry_attempts=0, transport="fast")

    assert is_fast(client.with_options(timeout=5), fault_server)


def test_it_is_never_taken_because_it_is_there(fault_server: FaultServer) -> None:
    found = {"success": True, "data": {"models": []}}
    body = json.dumps(found).encode()
    fault_server.script(
        raw_response(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    )
    environment = {"NO_PROXY": "127.0.0.1", "PYTHONPATH": ":".join(sys.path)}

    subprocess.run(
        [sys.executable, "-c", PROGRAM, fault_server.base_url], env=environment, check=True
    )


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("transport", ["curl", "FAST", 5, b"fast"])
def test_another_one_is_refused_by_name(kind: Any, transport: object) -> None:
    with pytest.raises(ValidationError, match=r"must be 'httpx' or 'fast', not ") as caught:
        kind("a-key", transport=transport)
    assert repr(transport) in str(caught.value)


@pytest.mark.parametrize("kind", CLIENTS)
def test_another_one_in_the_environment_is_refused_with_the_name_of_the_variable(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATROUTES_TRANSPORT", "curl")

    with pytest.raises(ValidationError, match=r"CHATROUTES_TRANSPORT.* not 'curl'"):
        kind("a-key")


def test_a_client_of_ones_own_has_its_own(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATROUTES_TRANSPORT", "fast")
    with httpx.Client() as own:
        with pytest.raises(ValidationError, match="not both"):
            ChatRoutes("a-key", http_client=own, transport="fast")

        assert not is_fast(
            ChatRoutes("a-key", fault_server.base_url, http_client=own), fault_server
        )


PROXY = "http://me:secret@proxy.example:3128"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_it_goes_round_no_proxy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, PROXY)
    client = ChatRoutes("a-key", "http://chatroutes.example/api/v1", transport="fast")

    with client, pytest.raises(ValidationError, match=r"proxy\.example:3128.*NO_PROXY") as caught:
        client.conversations.get("conv_1")
    assert "secret" not in str(caught.value)


async def test_the_async_client_goes_round_none_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", PROXY)

    async with AsyncChatRoutes(
        "a-key", "http://chatroutes.example/api/v1", transport="fast"
    ) as client:
        with pytest.raises(ValidationError, match=r"proxy\.example:3128"):
            await client.conversations.get("conv_1")


@pytest.mark.parametrize(
    ("name", "excepted"),
    [("HTTP_PROXY", "localhost,127.0.0.1"), ("ALL_PROXY", "*"), ("HTTPS_PROXY", "")],
)
def test_what_goes_through_no_proxy_is_reached(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, name: str, excepted: str
) -> None:
    monkeypatch.setenv(name, PROXY)
    monkeypatch.setenv("NO_PROXY", excepted)

    assert is_fast(ChatRoutes("a-key", fault_server.base_url, 5, 0, transport="fast"), fault_server)


def test_each_text_is_shown_when_it_comes(fault_server: FaultServer) -> None:
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
            gate.set()  # only now comes the next

        assert stream.get_final_text() == "abc"
