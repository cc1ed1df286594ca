"""Faults that people ask for, to test their programs against."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from chatroutes_server import Fault, Faults, LocalServer
from tests.support.server_api import Api, assert_error_envelope
from tests.support.server_events import parse_events


@pytest.fixture(scope="module")
def spoilt() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def api(spoilt: LocalServer) -> Iterator[Api]:
    spoilt.faults.clear()
    with Api(spoilt) as talking:
        yield talking
    spoilt.faults.clear()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sendMessage:status=503", Fault("sendMessage", status=503)),
        ("*:status=429,times=2,retry_after=0", Fault(times=2, status=429, retry_after=0)),
        ("streamMessage:cut_after=3", Fault("streamMessage", cut_after=3)),
        ("*:stall", Fault(stall=True)),
        (":stall=0.5,cut_after=0", Fault(stall=0.5, cut_after=0)),
        ("*:delay=1.5,malformed", Fault(delay=1.5, malformed=True)),
    ],
)
def test_a_fault_has_a_form_as_text(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs one of"),
        ("sendMessage", "needs one of"),
        ("*:times=2", "needs one of"),
        ("*:colour=red", "unknown option 'colour'"),
        ("*:status=200", "400 to 599"),
        ("*:status=x", "a number"),
        ("*:status=503,times=0", "1 or more"),
        ("*:cut_after=-1", "0 or more"),
        ("*:delay=inf", "seconds"),
        ("*:stall=-1", "seconds"),
        ("*:delay=1,retry_after=1", "requires status"),
        ("*:status=503,malformed", "cannot be combined"),
        ("*:malformed=1", "no value"),
    ],
)
def test_a_fault_that_cannot_be_raises(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Faults([text])


def test_an_operation_that_is_none_is_refused_at_the_start_and_later(api: Api) -> None:
    message = "unknown operation 'sendMassage': expected .* one of .*, sendMessage, "
    with pytest.raises(ValueError, match=message):
        Fault("sendMassage", status=503)
    with pytest.raises(ValueError, match=message):
        LocalServer(faults=["sendMassage:status=503"])
    with pytest.raises(ValueError, match=message):
        api.server.faults.add("sendMassage:status=503")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "VALIDATION_ERROR"),
        (401, "UNAUTHORIZED"),
        (418, "IM_A_TEAPOT"),
        (429, "RATE_LIMITED"),
        (503, "SERVICE_UNAVAILABLE"),
        (599, "STATUS_599"),
    ],
)
def test_a_status_is_answered_in_the_envelope_without_any_work(
    api: Api, status: int, code: str
) -> None:
    conversation_id = api.conversation()
    api.server.faults.add(Fault("sendMessage", status=status, retry_after=0))

    path = f"/conversations/{conversation_id}/messages"
    response = api.http.post(path, json={"content": "x"})

    assert assert_error_envelope(response, status, code)["retryAfter"] == 0
    assert response.headers["retry-after"] == "0"
    assert api.messages(conversation_id) == []


def test_a_fault_waits_for_its_operation_and_is_used_up(api: Api) -> None:
    api.server.faults.add(Fault("createConversation", times=2, status=503))
    api.server.faults.add(Fault("createConversation", status=500))

    listed = api.http.get("/conversations").status_code
    created = [api.http.post("/conversations", json={"title": "x"}).status_code for _ in range(4)]

    assert listed == 200
    assert created == [503, 503, 500, 201]


def test_a_fault_for_any_operation_meets_the_next_request_that_is_let_in(api: Api) -> None:
    api.server.faults.add("*:status=503")

    assert httpx.get(f"{api.server.base_url}/conversations", verify=False).status_code == 401
    assert api.http.get("/models").status_code == 503
    assert api.http.get("/models").status_code == 200


def test_cleared_faults_do_not_happen(api: Api) -> None:
    api.server.faults.add("*:status=503,times=9")
    api.server.faults.clear()

    assert api.http.get("/models").status_code == 200


def read_until_error(
    api: Api, path: str, headers: dict[str, str]
) -> tuple[str, httpx.TransportError | None]:
    """Read a stream as far as it goes."""
    text = ""
    options: Any = {"json": {"content": "x"}, "headers": headers, "timeout": 0.5}
    with api.http.stream("POST", path, **options) as response:
        try:
            for piece in response.iter_text():
                text += piece
        except httpx.TransportError as error:
            return text, error
    return text, None


@pytest.mark.parametrize("events", [0, 1, 5])
def test_a_stream_is_cut_after_so_many_events_and_the_reply_stored(api: Api, events: int) -> None:
    conversation_id = api.conversation()
    api.server.faults.add(Fault("streamMessage", cut_after=events))
    path = f"/conversations/{conversation_id}/messages/stream"
    headers = {"Idempotency-Key": f"cut {events}"}

    text, error = read_until_error(api, path, headers)
    last = text.rpartition("id: ")[2].strip()
    more = {"Last-Event-ID": last} if last else {}
    rest = api.http.post(path, json={"content": "x"}, headers={**headers, **more})

    assert isinstance(error, httpx.RemoteProtocolError)
    assert len(parse_events(text)) == events
    pieces = [data.get("content", "") for _, data in parse_events(text + rest.text)[:-2]]
    stored = api.messages(conversation_id)
    assert "".join(pieces) == stored[1]["content"]
    assert len(stored) == 2


def test_an_answer_that_is_no_stream_is_one_event(api: Api) -> None:
    api.server.faults.add(Fault("createConversation", cut_after=0))
    api.server.faults.add(Fault("createConversation", cut_after=1))
    headers = {"Idempotency-Key": "cut"}

    with pytest.raises(httpx.RemoteProtocolError):
        api.http.post("/conversations", json={"title": "lost"}, headers=headers)
    first = api.data("POST", "/conversations", json={"title": "lost"}, headers=headers)
    again = api.data("POST", "/conversations", json={"title": "lost"}, headers=headers)

    assert first == again


def test_a_stalled_answer_never_comes(api: Api) -> None:
    api.server.faults.add(Fault("listModels", stall=True))

    with pytest.raises(httpx.ReadTimeout):
        api.http.get("/models", timeout=0.2)
    assert api.http.get("/models").status_code == 200


def test_a_stall_may_end_with_the_connection(api: Api) -> None:
    api.server.faults.add(Fault("listModels", stall=0.01))

    with pytest.raises(httpx.RemoteProtocolError):
        api.http.get("/models")


def test_a_stream_may_fall_silent_after_some_events(api: Api) -> None:
    api.server.faults.add(Fault("streamMessage", stall=True, cut_after=2))
    path = f"/conversations/{api.conversation()}/messages/stream"

    text, error = read_until_error(api, path, {})

    assert isinstance(error, httpx.ReadTimeout)
    assert len(parse_events(text)) == 2


def test_a_delayed_answer_is_whole(api: Api) -> None:
    api.server.faults.add(Fault("listModels", delay=0.3))

    with pytest.raises(httpx.ReadTimeout):
        api.http.get("/models", timeout=0.1)
    api.server.faults.add(Fault("listModels", delay=0.01))
    assert api.data("GET", "/models")["models"]


def test_a_malformed_answer_is_no_json_though_the_work_is_done(api: Api) -> None:
    api.server.faults.add(Fault("createConversation", malformed=True))
    before = api.data("GET", "/conversations")["total"]

    with httpx.Client(headers=api.http.headers, verify=False) as plain:
        response = plain.post(f"{api.server.base_url}/conversations", json={"title": "x"})

    assert response.status_code == 201
    with pytest.raises(UnicodeDecodeError):
        json.loads(response.content)
    assert api.data("GET", "/conversations")["total"] == before + 1


def test_a_malformed_stream_holds_an_event_that_is_no_json(api: Api) -> None:
    api.server.faults.add(Fault("streamMessage", malformed=True))
    path = f"/conversations/{api.conversation()}/messages/stream"

    events = api.http.post(path, json={"content": "x"}).content.split(b"\n\n")

    with pytest.raises(UnicodeDecodeError):
        json.loads(events[0].removeprefix(b"data: ").partition(b"\n")[0])
    assert events[-2].startswith(b"data: [DONE]")


def test_a_server_stops_quietly_with_requests_stalled_and_delayed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = [
        "listModels:stall",
        "getAutobranchHealth:delay=3600",
        "streamMessage:stall,cut_after=1",
    ]
    with ExitStack() as later, LocalServer(faults=faults) as server, Api(server) as api:
        stream = f"/conversations/{api.conversation()}/messages/stream"
        for method, path in [
            ("GET", "/models"),
            ("GET", "/autobranch/health"),
            ("POST", stream),
        ]:
            client = later.enter_context(
                httpx.Client(headers=api.http.headers, timeout=0.2, verify=False)
            )
            body = {"content": "x"} if method == "POST" else None
            with pytest.raises(httpx.ReadTimeout):
                client.request(method, server.base_url + path, json=body)
        api.server.faults.add("listModels:stall")
        with pytest.raises(httpx.ReadTimeout):
            api.http.get("/models", timeout=0.2)

    assert caplog.messages == []
