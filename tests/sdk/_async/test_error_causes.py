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
from tests.support.fault_server import (
    Answer,
    FaultServer,
    cut_body,
    event_stream,
    hang_up,
    json_answer,
    reset,
    stall,
    text_answer,
)

from .payloads import BRIEF, HELLO, KEY, NOT_FOUND, client_of, piece

ECHO = {"success": False, "error": "BAD", "message": f"No {KEY}.", "details": {KEY: [KEY]}}

FAILURES: list[Any] = [
    pytest.param(reset(), NetworkError, id="reset"),
    pytest.param(hang_up(), NetworkError, id="disconnect"),
    pytest.param(cut_body(KEY.encode()), NetworkError, id="cut body"),
    pytest.param(stall(), RequestTimeoutError, id="timeout"),
    pytest.param(json_answer(404, ECHO), NotFoundError, id="404"),
    pytest.param(json_answer(200, ECHO), ChatRoutesError, id="success false"),
    pytest.param(json_answer(200, [KEY]), ResponseError, id="list"),
    pytest.param(json_answer(200, {"data": KEY}), ResponseError, id="string"),
    pytest.param(text_answer(200, f"<p>{KEY}"), ResponseError, id="HTML"),
    pytest.param(
        text_answer(200, KEY, headers={"Content-Encoding": "gzip"}), ResponseError, id="not gzip"
    ),
]


class Local:
    """The value of a local variable of a program."""


async def fail_beside_a_local(
    client: AsyncChatRoutes, kind: type[ChatRoutesError]
) -> weakref.ref[Local]:
    """Handle the failure of a call, and return a reference to a local variable of this function."""
    local = Local()
    try:
        await client.conversations.get("conv_1")
    except kind:
        return weakref.ref(local)
    raise AssertionError("the call did not fail")


async def error_of(client: AsyncChatRoutes, kind: type[ChatRoutesError]) -> ChatRoutesError:
    """Return the error of a call that fails."""
    with pytest.raises(kind) as caught:
        await client.conversations.get("conv_1")
    return caught.value


def assert_key_is_hidden(error: BaseException) -> None:
    """Check that a traceback with local variables shows the calls and not the key."""
    summary = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(summary.format())
    assert "chatroutes/_" in text
    assert KEY[:16] not in text


def timeout_for(answer: Answer) -> float:
    """Return the timeout of a client, in seconds: short for a server that stays silent."""
    return BRIEF if answer is FAILURES[3].values[0] else 20


@pytest.mark.parametrize(("answer", "kind"), FAILURES)
async def test_failed_call_leaves_nothing_for_the_garbage_collector(
    faults: FaultServer, answer: Answer, kind: type[ChatRoutesError]
) -> None:
    faults.script(answer)

    async with client_of(faults, timeout=timeout_for(answer), retry_attempts=0) as client:
        gc.disable()
        try:
            reference = await fail_beside_a_local(client, kind)
            assert reference() is None
        finally:
            gc.enable()


@pytest.mark.parametrize(("answer", "kind"), FAILURES)
async def test_failed_call_hides_the_key(
    faults: FaultServer, answer: Answer, kind: type[ChatRoutesError]
) -> None:
    faults.script(answer)

    async with client_of(faults, timeout=timeout_for(answer), retry_attempts=0) as client:
        assert_key_is_hidden(await error_of(client, kind))


@pytest.mark.parametrize(("answer", "kind"), FAILURES)
async def test_failed_call_through_a_client_of_the_user_hides_the_key(
    faults: FaultServer, answer: Answer, kind: type[ChatRoutesError]
) -> None:
    faults.script(answer)

    async with (
        httpx.AsyncClient() as own,
        client_of(faults, timeout=timeout_for(answer), retry_attempts=0, http_client=own) as client,
    ):
        assert_key_is_hidden(await error_of(client, kind))


async def test_failed_call_through_a_proxy_hides_the_key(
    faults: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", faults.base_url.removesuffix("/api/v1"))
    faults.script(hang_up())

    async with AsyncChatRoutes(
        KEY, "http://service.example/api/v1", retry_attempts=0, transport="httpx"
    ) as client:
        assert_key_is_hidden(await error_of(client, NetworkError))

    assert faults.requests[0].headers["authorization"] == f"ApiKey {KEY}"


async def test_error_of_an_event_hook_hides_the_key(faults: FaultServer) -> None:
    faults.script(NOT_FOUND)

    async def raise_for_status(response: httpx.Response) -> None:
        response.raise_for_status()

    async with (
        httpx.AsyncClient(event_hooks={"response": [raise_for_status]}) as own,
        client_of(faults, retry_attempts=0, http_client=own) as client,
    ):
        with pytest.raises(NetworkError) as caught:
            await client.conversations.get("conv_1")

    cause = caught.value.__cause__
    assert isinstance(cause, httpx.HTTPStatusError)
    assert "authorization" not in cause.request.headers
    assert "authorization" not in cause.response.request.headers
    assert_key_is_hidden(caught.value)


async def test_cause_keeps_its_traceback_and_its_request_without_the_key(
    faults: FaultServer,
) -> None:
    faults.script(reset())

    async with client_of(faults, retry_attempts=0) as client:
        with pytest.raises(NetworkError) as caught:
            await client.messages.send("conv_1", HELLO)

    cause = caught.value.__cause__
    assert isinstance(cause, httpx.ReadError)
    modules = {frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(cause.__traceback__)}
    assert "httpx._transports.default" in modules
    assert cause.__cause__ is not None  # the exception of httpcore
    assert cause.__cause__.__traceback__ is not None
    assert cause.request.url == f"{faults.base_url}/conversations/conv_1/messages"
    assert cause.request.headers["idempotency-key"] == faults.requests[0].headers["idempotency-key"]
    assert "authorization" not in cause.request.headers


async def test_interrupted_stream_keeps_its_cause(faults: FaultServer) -> None:
    faults.script(event_stream(piece("Hel"), end="reset"))

    async with client_of(faults) as client:
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
    faults: FaultServer, call: Callable[[AsyncChatRoutes], Any], cause: str
) -> None:
    async with client_of(faults) as client:
        with pytest.raises(ValidationError) as caught:
            await call(client)

    assert type(caught.value.__cause__).__name__ == cause
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__traceback__ is not None


def raise_lookup_error(number: int) -> None:
    """Raise an exception in a frame that has a local variable."""
    raise LookupError


async def test_exception_that_the_caller_handles_keeps_its_local_variables(
    faults: FaultServer,
) -> None:
    faults.script(reset(), json_answer(200, []))

    async with client_of(faults, retry_attempts=0) as client:
        try:
            raise_lookup_error(5)
        except LookupError as handled:
            for _ in range(2):
                with pytest.raises(ChatRoutesError):
                    await client.conversations.get("conv_1")
            frames = [frame for frame, _ in traceback.walk_tb(handled.__traceback__)]
            assert frames[-1].f_locals == {"number": 5}
