"""The errors as objects: what they say, that they pickle, and that no failure shows the key."""

from __future__ import annotations

import copy
import gc
import inspect
import logging
import pickle
import socket
import traceback
import types
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import chatroutes
from chatroutes import (
    AuthenticationError,
    ChatRoutes,
    ChatRoutesError,
    ConflictError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    StreamInterruptedError,
    ValidationError,
    errors,
)
from tests.support.fault_responses import (
    ScriptedResponse,
    close_connection,
    empty_response,
    event_stream,
    json_response,
    raw_response,
    reset_connection,
    stall,
    text_response,
    truncated_body,
)
from tests.support.fault_server import FaultServer

API_KEY = "cr_prod_sk_" + "5e" * 32

KINDS = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, ChatRoutesError)
]


def test_the_errors_are_one_family() -> None:
    assert {kind.__name__: kind.__mro__[1].__name__ for kind in KINDS} == {
        "ChatRoutesError": "Exception",
        "AuthenticationError": "ChatRoutesError",
        "PermissionDeniedError": "ChatRoutesError",
        "NotFoundError": "ChatRoutesError",
        "ConflictError": "ChatRoutesError",
        "ValidationError": "ChatRoutesError",
        "RateLimitError": "ChatRoutesError",
        "ServerError": "ChatRoutesError",
        "ResponseError": "ChatRoutesError",
        "NetworkError": "ChatRoutesError",
        "RequestTimeoutError": "NetworkError",
        "StreamInterruptedError": "NetworkError",
    }
    assert all(getattr(chatroutes, kind.__name__) is kind for kind in KINDS)


def an_error(kind: type[ChatRoutesError]) -> ChatRoutesError:
    return kind(
        "No.",
        status_code=404,
        code="NOT_FOUND",
        details={"a": [1]},
        request_id="req_1",
        retry_after=1.5,
        partial_content="Hel",
        asked="getConversation (GET /conversations/c)",
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_pickling(kind: type[ChatRoutesError], protocol: int) -> None:
    for error in [an_error(kind), kind("No.")]:
        again = pickle.loads(pickle.dumps(error, protocol))

        assert type(again) is kind
        assert vars(again) == vars(error)
        assert again.args == error.args
        assert (str(again), repr(again)) == (str(error), repr(error))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_can_be_copied(kind: type[ChatRoutesError]) -> None:
    error = an_error(kind)

    assert vars(copy.copy(error)) == vars(copy.deepcopy(error)) == vars(error)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ChatRoutesError("No."), "No."),
        (NetworkError("Lost.", status_code=0), "Lost."),
        (NotFoundError("No.", status_code=404), "404: No."),
        (NotFoundError("No.", status_code=404, code="NOT_FOUND"), "404 NOT_FOUND: No."),
        (NetworkError("Lost.", status_code=0, asked="list (GET /c)"), "list (GET /c): Lost."),
        (
            an_error(NotFoundError),
            "getConversation (GET /conversations/c): 404 NOT_FOUND: No. (request req_1)",
        ),
    ],
)
def test_an_error_says_what_was_asked_and_what_came_back(error: ChatRoutesError, said: str) -> None:
    assert str(error) == said
    assert repr(error) == f"{type(error).__name__}({said!r})"


def test_an_error_made_by_a_user_needs_a_message_alone() -> None:
    error = StreamInterruptedError("Cut.")

    assert error.message == "Cut."
    assert (error.status_code, error.code, error.details) == (None, None, None)
    assert (error.request_id, error.retry_after, error.partial_content) == (None, None, None)


def get(client: ChatRoutes) -> object:
    return client.conversations.get("c")


def stream(client: ChatRoutes) -> object:
    return client.messages.stream("c", {"content": "Hi"}).get_final_text()


ECHO = {
    "success": False,
    "error": "BAD",
    "message": f"No {API_KEY}.",
    "details": {API_KEY: [API_KEY]},
}
ECHOED_CHUNK = b'data: {"type": "content", "content": "Hel"}\n\n'

FAILURES: list[Any] = [
    pytest.param(reset_connection(), get, NetworkError, id="reset"),
    pytest.param(close_connection(), get, NetworkError, id="hung up"),
    pytest.param(raw_response(b"SSH-2.0\r\n\r\n"), get, NetworkError, id="not HTTP"),
    pytest.param(truncated_body(b"{"), get, NetworkError, id="cut body"),
    pytest.param(stall(), get, RequestTimeoutError, id="timeout"),
    pytest.param(json_response(401, ECHO), get, AuthenticationError, id="401"),
    pytest.param(json_response(403, ECHO), get, PermissionDeniedError, id="403"),
    pytest.param(json_response(409, ECHO), get, ConflictError, id="409"),
    pytest.param(json_response(429, ECHO), get, RateLimitError, id="429"),
    pytest.param(json_response(500, ECHO), get, ServerError, id="500"),
    pytest.param(json_response(200, ECHO), get, ChatRoutesError, id="no success"),
    pytest.param(json_response(200, [API_KEY]), get, ResponseError, id="wrong shape"),
    pytest.param(text_response(200, f"<p>{API_KEY}"), get, ResponseError, id="HTML"),
    # The excerpt that an error quotes ends in the middle of the key.
    pytest.param(text_response(200, "x" * 100 + API_KEY), get, ResponseError, id="excerpt"),
    pytest.param(text_response(502, "x" * 100 + API_KEY), get, ServerError, id="502 excerpt"),
    pytest.param(
        empty_response(302, {"Location": f"/{API_KEY}"}), get, ResponseError, id="redirect"
    ),
    pytest.param(
        event_stream(ECHOED_CHUNK, f"event: error\ndata: No {API_KEY}.\n\n".encode()),
        stream,
        ServerError,
        id="error event",
    ),
    pytest.param(
        event_stream(ECHOED_CHUNK, f"data: {API_KEY}\n\n".encode()),
        stream,
        ResponseError,
        id="no JSON",
    ),
    pytest.param(event_stream(ECHOED_CHUNK), stream, StreamInterruptedError, id="cut"),
    pytest.param(
        event_stream(ECHOED_CHUNK, end="reset"), stream, StreamInterruptedError, id="cut by reset"
    ),
    pytest.param(
        event_stream(ECHOED_CHUNK, end="stall"), stream, RequestTimeoutError, id="silence"
    ),
    pytest.param(json_response(401, ECHO), stream, AuthenticationError, id="stream 401"),
    pytest.param(json_response(200, ECHO), stream, ChatRoutesError, id="stream no success"),
    pytest.param(text_response(200, f"<p>{API_KEY}"), stream, ResponseError, id="stream HTML"),
]


def assert_hidden(error: BaseException) -> None:
    """Fail if an error shows the key, or the half of it that a cut-off quotation would leave."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(told.format())
    shown += f"{error} {error!r} {error.args} {vars(error)}"
    assert API_KEY[:16] not in shown
    assert API_KEY[:16].encode() not in pickle.dumps(error)
    assert not shows_key(error)


def shows_key(root: object) -> list[str]:
    """The ways from an object, by attributes, items and causes, on which the key can be seen."""
    found: list[str] = []
    seen: dict[int, object] = {}
    waiting: list[tuple[str, object]] = [(type(root).__name__, root)]
    while waiting:
        way, value = waiting.pop()
        if isinstance(value, (str, bytes, bytearray)):
            text = value if isinstance(value, str) else bytes(value).decode("latin-1")
            if API_KEY[:16] in text:
                found.append(way)
            continue
        if id(value) in seen or isinstance(value, (type, types.ModuleType, types.FunctionType)):
            continue
        seen[id(value)] = value
        if API_KEY[:16] in repr(value):
            found.append(f"repr({way})")
        inside: dict[object, object] = {}
        if isinstance(value, dict):
            inside = {**dict(enumerate(value)), **value}
        elif isinstance(value, (list, tuple, set, frozenset)):
            inside = dict(enumerate(value))
        inside = {**inside, **getattr(value, "__dict__", {})}
        for name in getattr(type(value), "__slots__", ()):
            inside[name] = getattr(value, name, None)
        if isinstance(value, BaseException):
            inside |= {"cause": value.__cause__, "context": value.__context__}
        waiting += [(f"{way}.{name}", each) for name, each in inside.items()]
    return found


@pytest.mark.parametrize(("answer", "call", "kind"), FAILURES)
def test_no_failure_shows_the_key(
    fault_server: FaultServer,
    caplog: pytest.LogCaptureFixture,
    answer: ScriptedResponse,
    call: Callable[[ChatRoutes], object],
    kind: type[ChatRoutesError],
) -> None:
    caplog.set_level(logging.DEBUG, logger="chatroutes")
    fault_server.script(answer, answer)

    timeout = 0.3 if kind is RequestTimeoutError else 20

    with ChatRoutes(
        API_KEY, fault_server.base_url, timeout=timeout, retry_attempts=1, retry_delay=0
    ) as client:
        with pytest.raises(kind) as caught:
            call(client)
        assert not shows_key(client)

    assert type(caught.value) is kind
    assert_hidden(caught.value)
    assert API_KEY[:16] not in caplog.text


def test_no_failed_connection_shows_the_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with (
        ChatRoutes(API_KEY, f"http://127.0.0.1:{port}", retry_attempts=0) as client,
        pytest.raises(NetworkError) as caught,
    ):
        get(client)

    assert_hidden(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"base_url": "nonsense"},
        {"headers": {"X": "a\n"}},
        {"http_client": 5},
        {"retry_attempts": -1},
    ],
)
def test_no_bad_setting_shows_the_key(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        ChatRoutes(API_KEY, **options)

    assert_hidden(caught.value)


@pytest.mark.parametrize("end", ["\n", " ", "ü", "\r\nX: y"])
def test_a_bad_key_is_not_shown(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError) as caught:
        ChatRoutes(API_KEY + end)
    assert_hidden(caught.value)

    monkeypatch.setenv("CHATROUTES_API_KEY", API_KEY + end)
    with pytest.raises(ValidationError) as caught:
        ChatRoutes()
    assert_hidden(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.conversations.get(""),
        lambda client: client.conversations.create({"title": {1}}),
        lambda client: client.messages.list("c", "\ud800"),
        lambda client: client.request("GET", "/x", params={"a": "\ud800"}),
        lambda client: client.with_options(headers={"X": " a"}).conversations.get("c"),
        lambda client: client.request("GET", "/" + "x" * 100_000),
    ],
)
def test_nothing_that_cannot_be_sent_shows_the_key(
    fault_server: FaultServer, call: Callable[[ChatRoutes], object]
) -> None:
    with (
        ChatRoutes(API_KEY, fault_server.base_url) as client,
        pytest.raises(ValidationError) as caught,
    ):
        call(client)

    assert_hidden(caught.value)


def test_a_client_shows_its_key_nowhere(fault_server: FaultServer) -> None:
    fault_server.script(
        json_response(200, {"success": True, "data": {"messages": []}}), empty_response(404)
    )

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        client.messages.list("c")
        with pytest.raises(NotFoundError):
            get(client)
        unsent = client.messages.stream("c", {"content": "Hi"})
        gc.collect()

        assert not shows_key(client)
        assert not shows_key(client.with_options(timeout=5))
        assert API_KEY not in repr(vars(unsent))
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(client)


def test_an_error_lets_go_of_the_request_that_it_comes_from(fault_server: FaultServer) -> None:
    fault_server.script(reset_connection())

    with (
        ChatRoutes(API_KEY, fault_server.base_url, retry_attempts=0) as client,
        pytest.raises(NetworkError) as caught,
    ):
        get(client)

    cause = caught.value.__cause__
    assert isinstance(cause, httpx.ReadError)
    assert cause.__traceback__ is None
