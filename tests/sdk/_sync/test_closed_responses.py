# Derived from tests/sdk/_async/test_closed_responses.py by scripts/regen.py. Do not edit.

"""The responses of `with_streaming_response` after they were closed."""

from __future__ import annotations

import threading

import pytest

from chatroutes import ChatRoutesError
from tests.support.fault_responses import half_response
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle
from tests.support.payloads import CONVERSATION, CONVERSATION_RESPONSE

from .clients import make_client


def test_body_that_is_not_read_is_closed(fault_server: FaultServer) -> None:
    fault_server.script(half_response(threading.Event(), b"x" * 100), CONVERSATION_RESPONSE)

    with make_client(fault_server) as client:
        with client.conversations.with_streaming_response.get("conv_1") as response:
            pass
        assert response.http_response.is_closed
        response.close()
        assert client.conversations.get("conv_1") == CONVERSATION

    assert fault_server.connection_count == 2


@pytest.mark.parametrize("is_read", [False, True], ids=["unread", "partly read"])
def test_reading_a_closed_response_is_explained(fault_server: FaultServer, is_read: bool) -> None:
    gate = threading.Event()
    fault_server.script(half_response(gate, b"x" * 100))

    with make_client(fault_server) as client:
        responses = client.conversations.with_streaming_response
        with responses.get("conv_1") as response:
            pieces = response.iter_bytes() if is_read else None
            if pieces is not None:
                assert next(pieces)
        with pytest.raises(ChatRoutesError, match="closed before its body was read") as caught:
            (response.read() if pieces is None else next(pieces))

    assert "with_streaming_response" in (caught.value.hint or "")


def test_body_that_was_read_to_its_end_stays_readable(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, CONVERSATION_RESPONSE)

    with make_client(fault_server) as client:
        responses = client.conversations.with_streaming_response
        with responses.get("conv_1") as response:
            body = response.read()
        assert response.read() == body
        assert [piece for piece in response.iter_bytes()] == [body]

        with responses.get("conv_1") as response:
            pieces = response.iter_bytes()
            assert b"".join([piece for piece in pieces]) == body
        with pytest.raises(StopIteration):
            next(pieces)


def test_response_whose_context_manager_was_dropped_is_closed(
    fault_server: FaultServer,
) -> None:
    gate = threading.Event()
    fault_server.script(half_response(gate, b"x" * 100), CONVERSATION_RESPONSE)

    with make_client(fault_server) as client:
        manager = client.conversations.with_streaming_response.get("conv_1")
        response = manager.__enter__()
        del manager
        wait_until_idle(fault_server)
        with pytest.raises(ChatRoutesError, match="closed before its body was read"):
            response.read()
        assert client.conversations.get("conv_1") == CONVERSATION
