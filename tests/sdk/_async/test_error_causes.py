"""Errors keep their cause and its traceback, without the API key and without reference cycles."""

from __future__ import annotations

import gc
import traceback
import weakref
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chatroutes import (
    AsyncChatRoutes,
    ChatRoutesError,
    NetworkError,
    NotFoundError,
    RequestTimeoutError,
    ResponseError,
    StreamInterruptedError,
    ValidationError,
)
from tests.support.fault_responses import (
    ScriptedResponse,
    close_connection,
    event_stream,
    json_response,
    reset_connection,
    stall,
    text_response,
    truncated_body,
)
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, HELLO, NOT_FOUND_RESPONSE, text_event

from .clients import SHORT_TIMEOUT, make_client

pytestmark = pytest.mark.transport

ECHO = {
    "success": False,
    "error": "BAD",
    "message": f"No {API_KEY}.",
    "details": {API_KEY: [API_KEY]},
}

FAILURES: list[Any] = [
    pytest.param(reset_connection(), NetworkError, id="reset"),
    pytest.param(close_connection(), NetworkError, id="disconnect"),
    pytest.param(truncated_body(API_KEY.encode()), NetworkError, id="cut body"),
    pytest.param(stall(), RequestTimeoutError, id="timeout"),
    pytest.param(json_response(404, ECHO), NotFoundError, id="404"),
    pytest.param(json_response(200, ECHO), ChatRoutesError, id="success false"),
    pytest.param(json_response(200, [API_KEY]), ResponseError, id="list"),
    pytest.param(json_response(200, {"data": API_KEY}), ResponseError, id="string"),
    pytest.param(text_response(200, f"<p>{API_KEY}"), ResponseError, id="HTML"),
    pytest.param(
        text_response(200, API_KEY, headers={"Content-Encoding": "gzip"}),
        ResponseError,
        id="not gzip",
    ),
]


class LocalValue:
    """The value of a local variable of a program."""


async def fail_with_a_local_variable(
    client: AsyncChatRoutes, kind: type[ChatRoutesError]
) -> weakref.ref[LocalValue]:
    """Handle the failure of a call, and return a reference to a local variable of this function."""
    local = LocalValue()
    try:
        await client.conversations.get("conv_1")
    except kind:
        return weakref.ref(local)
    raise AssertionError("the call did not fail")


async def catch_error(client: AsyncChatRoutes, kind: type[ChatRoutesError]) -> ChatRoutesError:
    """Return the error of a call that fails."""
    with pytest.raises(kind) as caught:
        await client.conversations.get("conv_1")
    return caught.value


def assert_key_is_hidden(error: BaseException) -> None:
    """Check that a traceback with local variables shows the calls and not the key."""
    summary = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(summary.format())
    assert "chatroutes/_" in text
    assert API_KEY[:16] not in text


def timeout_for(response: ScriptedResponse) -> float:
    """Return the timeout of a client, in seconds: short for a server that stays silent."""
    return SHORT_TIMEOUT if response is FAILURES[3].values[0] else 20


@pytest.mark.parametrize(("response", "kind"), FAILURES)
async def test_failed_call_leaves_nothing_for_the_garbage_collector(
    fault_server: FaultServer, response: ScriptedResponse, kind: type[ChatRoutesError]
) -> None:
    fault_server.script(response)

    async with make_client(fault_server, timeout=timeout_for(response), retry_attempts=0) as client:
        gc.disable()
        try:
            reference = await fail_with_a_local_variable(client, kind)
            assert reference() is None
        finally:
            gc.enable()


@pytest.mark.parametrize(("response", "kind"), FAILURES)
async def test_failed_call_hides_the_key(
    fault_server: FaultServer, response: ScriptedResponse, kind: type[ChatRoutesError]
) -> None:
    fault_server.script(response)

    async with make_client(fault_server, timeout=timeout_for(response), retry_attempts=0) as client:
        assert_key_is_hidden(await catch_error(client, kind))


@pytest.mark.parametrize(("response", "kind"), FAILURES)
async def test_failed_call_through_a_client_of_the_user_hides_the_key(
    fault_server: FaultServer, response: ScriptedResponse, kind: type[ChatRoutesError]
) -> None:
    fault_server.script(response)

    async with (
        httpx.AsyncClient() as own,
        make_client(
            fault_server, timeout=timeout_for(response), retry_attempts=0, http_client=own
        ) as client,
    ):
        assert_key_is_hidden(await catch_error(client, kind))


async def test_failed_call_through_a_proxy_hides_the_key(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", fault_server.base_url.removesuffix("/api/v1"))
    fault_server.script(close_connection())

    async with AsyncChatRoutes(
        API_KEY, "http://service.example/api/v1", retry_attempts=0, transport="httpx"
    ) as client:
        assert_key_is_hidden(await catch_error(client, NetworkError))

    assert fault_server.requests[0].headers["authorization"] == f"ApiKey {API_KEY}"


async def test_error_of_an_event_hook_hides_the_key(fault_server: FaultServer) -> None:
    fault_server.script(NOT_FOUND_RESPONSE)

    async def raise_for_status(response: httpx.Response) -> None:
        response.raise_for_status()

    async with (
        httpx.AsyncClient(event_hooks={"response": [raise_for_status]}) as own,
        make_client(fault_server, retry_attempts=0, http_client=own) as client,
    ):
        with pytest.raises(NotFoundError) as caught:
            await client.conversations.get("conv_1")

    cause = caught.value.__cause__
    assert isinstance(cause, httpx.HTTPStatusError)
    assert "authorization" not in cause.request.headers
    assert "authorization" not in cause.response.request.headers
    assert_key_is_hidden(caught.value)


async def test_cause_keeps_its_traceback_and_its_request_without_the_key(
    fault_server: FaultServer,
) -> None:
    fault_server.script(reset_connection())

    async with make_client(fault_server, retry_attempts=0) as client:
        with pytest.raises(NetworkError) as caught:
            await client.messages.send("conv_1", HELLO)

    cause = caught.value.__cause__
    assert isinstance(cause, httpx.ReadError)
    modules = {frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(cause.__traceback__)}
    assert "httpx._transports.default" in modules
    assert cause.__cause__ is not None  # the exception of httpcore
    assert cause.__cause__.__traceback__ is not None
    assert cause.request.url == f"{fault_server.base_url}/conversations/conv_1/messages"
    assert (
        cause.request.headers["idempotency-key"]
        == fault_server.requests[0].headers["idempotency-key"]
    )
    assert "authorization" not in cause.request.headers


async def test_interrupted_stream_keeps_its_cause(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(text_event("Hel"), end="reset"))

    async with make_client(fault_server) as client:
        with pytest.raises(StreamInterruptedError) as caught:
            await client.messages.stream("conv_1", HELLO).get_final_text()

    cause = caught.value.__cause__
    assert isinstance(cause, httpx.ReadError)
    assert cause.__traceback__ is not None
    assert_key_is_hidden(caught.value)


@pytest.mark.parametrize(
    ("call", "cause"),
    [
        (lambda client: client.conversations.get(""), "InvalidArgument"),
        (lambda client: client.conversations.create({"title": {1}}), "TypeError"),
        (lambda client: client.request("GET", "/" + "x" * 100_000), "InvalidURL"),
    ],
)
async def test_invalid_argument_keeps_its_cause(
    fault_server: FaultServer, call: Callable[[AsyncChatRoutes], Any], cause: str
) -> None:
    async with make_client(fault_server) as client:
        with pytest.raises(ValidationError) as caught:
            await call(client)

    assert type(caught.value.__cause__).__name__ == cause
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__traceback__ is not None


def raise_lookup_error(number: int) -> None:
    """Raise an exception in a frame that has a local variable."""
    raise LookupError


async def test_exception_that_the_caller_handles_keeps_its_local_variables(
    fault_server: FaultServer,
) -> None:
    fault_server.script(reset_connection(), json_response(200, []))

    async with make_client(fault_server, retry_attempts=0) as client:
        try:
            raise_lookup_error(5)
        except LookupError as handled:
            for _ in range(2):
                with pytest.raises(ChatRoutesError):
                    await client.conversations.get("conv_1")
            frames = [frame for frame, _ in traceback.walk_tb(handled.__traceback__)]
            assert frames[-1].f_locals == {"number": 5}
