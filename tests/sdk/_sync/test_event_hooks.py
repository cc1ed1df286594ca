# Derived from tests/sdk/_async/test_event_hooks.py by scripts/regen.py. Do not edit.

"""Event hooks of an `http_client` that read the response or raise an error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from chatroutes import (
    ChatRoutesError,
    NotFoundError,
    RateLimitError,
    ResponseError,
    ServerError,
)
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    COMPLETE_STREAM,
    CONVERSATION,
    CONVERSATION_RESPONSE,
    HELLO,
    NOT_FOUND_RESPONSE,
)

from .clients import make_client

pytestmark = pytest.mark.transport

UNAVAILABLE = json_response(503, {"success": False, "error": "BUSY", "message": "Too busy."})

Hook = Callable[[httpx.Response], Awaitable[None]]


def raise_for_status(response: httpx.Response) -> None:
    response.raise_for_status()


def read_and_raise_for_status(response: httpx.Response) -> None:
    response.read()
    response.raise_for_status()


def read(response: httpx.Response) -> None:
    response.read()


def read_decoded(response: httpx.Response) -> None:
    for _ in response.iter_bytes():
        pass


def read_raw(response: httpx.Response) -> None:
    for _ in response.iter_raw():
        pass


def close(response: httpx.Response) -> None:
    response.close()


def make_own(*hooks: Hook) -> httpx.Client:
    return httpx.Client(event_hooks={"response": list(hooks)})


@pytest.mark.parametrize("hook", [raise_for_status, read_and_raise_for_status])
def test_status_error_of_a_hook_becomes_the_error_of_the_status(
    fault_server: FaultServer, hook: Hook
) -> None:
    fault_server.script(NOT_FOUND_RESPONSE, NOT_FOUND_RESPONSE, UNAVAILABLE, UNAVAILABLE)

    with (
        make_own(hook) as own,
        make_client(fault_server, retry_attempts=1, http_client=own) as client,
    ):
        with pytest.raises(NotFoundError) as not_found:
            client.conversations.get("conv_1")
        with pytest.raises(NotFoundError):
            client.messages.stream("conv_1", HELLO).get_final_text()
        with pytest.raises(ServerError) as unavailable:
            client.conversations.get("conv_1")

    assert isinstance(not_found.value.__cause__, httpx.HTTPStatusError)
    assert (not_found.value.status_code, unavailable.value.status_code) == (404, 503)
    is_read = hook is read_and_raise_for_status
    assert ("Too busy." if is_read else "event hook") in unavailable.value.message
    assert len(fault_server.requests) == 4


@pytest.mark.parametrize("hook", [raise_for_status, read_and_raise_for_status, read])
def test_hooks_that_keep_the_body_do_not_change_the_result(
    fault_server: FaultServer, hook: Hook
) -> None:
    fault_server.script(CONVERSATION_RESPONSE, COMPLETE_STREAM)

    with make_own(hook) as own, make_client(fault_server, http_client=own) as client:
        assert client.conversations.get("conv_1") == CONVERSATION
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


@pytest.mark.parametrize("hook", [read_decoded, read_raw, close])
def test_body_that_a_hook_has_not_kept_is_an_error(fault_server: FaultServer, hook: Hook) -> None:
    fault_server.script(CONVERSATION_RESPONSE, COMPLETE_STREAM, NOT_FOUND_RESPONSE)

    with make_own(hook) as own, make_client(fault_server, http_client=own) as client:
        with pytest.raises(ResponseError, match="body of the response is lost"):
            client.conversations.get("conv_1")
        with pytest.raises(ResponseError, match="body of the response is lost"):
            client.messages.stream("conv_1", HELLO).get_final_text()
        with pytest.raises(ChatRoutesError, match="body of the response is lost") as caught:
            client.conversations.get("conv_1")

    assert caught.value.status_code == 404


@pytest.mark.parametrize("hook", [read_decoded, close])
def test_error_whose_body_a_hook_has_not_kept_has_the_class_of_its_status(
    fault_server: FaultServer, hook: Hook
) -> None:
    fault_server.script(json_response(429, {}, {"Retry-After": "300"}))

    with make_own(hook) as own, make_client(fault_server, http_client=own) as client:
        with pytest.raises(RateLimitError, match="event hook") as caught:
            client.conversations.get("conv_1")

    assert (caught.value.status_code, caught.value.retry_after) == (429, 300)


def test_body_that_a_hook_has_read_is_limited(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE)

    with (
        make_own(read) as own,
        make_client(fault_server, http_client=own, max_response_size=50) as client,
    ):
        with pytest.raises(ResponseError, match="more than 50 bytes"):
            client.conversations.get("conv_1")
