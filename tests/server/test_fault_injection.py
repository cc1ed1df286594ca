"""Fault injection: parsing of faults, and their effect on requests."""

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
def faulty_server() -> Iterator[LocalServer]:
    with LocalServer() as local_server:
        yield local_server


@pytest.fixture
def api(faulty_server: LocalServer) -> Iterator[Api]:
    faulty_server.faults.clear()
    with Api(faulty_server) as client:
        yield client
    faulty_server.faults.clear()


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
def test_parse_fault(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    ("text", "message"),
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
def test_invalid_fault_raises(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Faults([text])


def test_unknown_operation_raises(api: Api) -> None:
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
def test_status_returns_an_error_envelope_and_does_not_run_the_operation(
    api: Api, status: int, code: str
) -> None:
    conversation_id = api.conversation()
    api.server.faults.add(Fault("sendMessage", status=status, retry_after=0))

    path = f"/conversations/{conversation_id}/messages"
    response = api.http.post(path, json={"content": "x"})

    assert assert_error_envelope(response, status, code)["retryAfter"] == 0
    assert response.headers["retry-after"] == "0"
    assert api.messages(conversation_id) == []


def test_fault_applies_to_its_operation_a_number_of_times(api: Api) -> None:
    api.server.faults.add(Fault("createConversation", times=2, status=503))
    api.server.faults.add(Fault("createConversation", status=500))

    listed = api.http.get("/conversations").status_code
    created = [api.http.post("/conversations", json={"title": "x"}).status_code for _ in range(4)]

    assert listed == 200
    assert created == [503, 503, 500, 201]


def test_fault_for_any_operation_applies_to_the_next_authenticated_request(api: Api) -> None:
    api.server.faults.add("*:status=503")

    assert httpx.get(f"{api.server.base_url}/conversations", verify=False).status_code == 401
    assert api.http.get("/models").status_code == 503
    assert api.http.get("/models").status_code == 200


def test_cleared_faults_are_not_injected(api: Api) -> None:
    api.server.faults.add("*:status=503,times=9")
    api.server.faults.clear()

    assert api.http.get("/models").status_code == 200


def read_until_error(
    api: Api, path: str, headers: dict[str, str], timeout: float = 60
) -> tuple[str, httpx.TransportError | None]:
    """Read a stream to its end or to an error; return the text and the error."""
    text = ""
    options: Any = {"json": {"content": "x"}, "headers": headers, "timeout": timeout}
    with api.http.stream("POST", path, **options) as response:
        try:
            for chunk in response.iter_text():
                text += chunk
        except httpx.TransportError as error:
            return text, error
    return text, None


@pytest.mark.parametrize("events", [0, 1, 5])
def test_cut_after_ends_the_stream_and_stores_the_reply(api: Api, events: int) -> None:
    conversation_id = api.conversation()
    api.server.faults.add(Fault("streamMessage", cut_after=events))
    path = f"/conversations/{conversation_id}/messages/stream"
    headers = {"Idempotency-Key": f"cut {events}"}

    text, error = read_until_error(api, path, headers)
    last_event_id = text.rpartition("id: ")[2].strip()
    resume_headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    rest = api.http.post(path, json={"content": "x"}, headers={**headers, **resume_headers})

    assert isinstance(error, httpx.RemoteProtocolError)
    assert len(parse_events(text)) == events
    contents = [data.get("content", "") for _, data in parse_events(text + rest.text)[:-2]]
    stored = api.messages(conversation_id)
    assert "".join(contents) == stored[1]["content"]
    assert len(stored) == 2


def test_cut_after_counts_a_json_response_as_one_event(api: Api) -> None:
    api.server.faults.add(Fault("createConversation", cut_after=0))
    api.server.faults.add(Fault("createConversation", cut_after=1))
    headers = {"Idempotency-Key": "cut"}

    with pytest.raises(httpx.RemoteProtocolError):
        api.http.post("/conversations", json={"title": "lost"}, headers=headers)
    first = api.data("POST", "/conversations", json={"title": "lost"}, headers=headers)
    second = api.data("POST", "/conversations", json={"title": "lost"}, headers=headers)

    assert first == second


def test_stall_sends_no_response(api: Api) -> None:
    api.server.faults.add(Fault("listModels", stall=True))

    with pytest.raises(httpx.ReadTimeout):
        api.http.get("/models", timeout=0.2)
    assert api.http.get("/models").status_code == 200


def test_stall_with_seconds_closes_the_connection(api: Api) -> None:
    api.server.faults.add(Fault("listModels", stall=0.01))

    with pytest.raises(httpx.RemoteProtocolError):
        api.http.get("/models")


def test_stall_with_cut_after_stalls_the_stream(api: Api) -> None:
    api.server.faults.add(Fault("streamMessage", stall=True, cut_after=2))
    path = f"/conversations/{api.conversation()}/messages/stream"

    text, error = read_until_error(api, path, {}, timeout=2)

    assert isinstance(error, httpx.ReadTimeout)
    assert len(parse_events(text)) == 2


def test_delay_sends_the_complete_response_later(api: Api) -> None:
    api.server.faults.add(Fault("listModels", delay=0.3))

    with pytest.raises(httpx.ReadTimeout):
        api.http.get("/models", timeout=0.1)
    api.server.faults.add(Fault("listModels", delay=0.01))
    assert api.data("GET", "/models")["models"]


def test_malformed_corrupts_the_response_after_running_the_operation(api: Api) -> None:
    api.server.faults.add(Fault("createConversation", malformed=True))
    before = api.data("GET", "/conversations")["total"]

    with httpx.Client(headers=api.http.headers, verify=False) as client:
        response = client.post(f"{api.server.base_url}/conversations", json={"title": "x"})

    assert response.status_code == 201
    with pytest.raises(UnicodeDecodeError):
        json.loads(response.content)
    assert api.data("GET", "/conversations")["total"] == before + 1


def test_malformed_corrupts_an_event_of_a_stream(api: Api) -> None:
    api.server.faults.add(Fault("streamMessage", malformed=True))
    path = f"/conversations/{api.conversation()}/messages/stream"

    events = api.http.post(path, json={"content": "x"}).content.split(b"\n\n")

    with pytest.raises(UnicodeDecodeError):
        json.loads(events[0].removeprefix(b"data: ").partition(b"\n")[0])
    assert events[-2].startswith(b"data: [DONE]")


def test_server_stops_without_log_messages_during_stalled_and_delayed_requests(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = [
        "listModels:stall",
        "getAutobranchHealth:delay=3600",
        "streamMessage:stall,cut_after=1",
    ]
    with ExitStack() as stack, LocalServer(faults=faults) as server, Api(server) as api:
        stream = f"/conversations/{api.conversation()}/messages/stream"
        for method, path in [
            ("GET", "/models"),
            ("GET", "/autobranch/health"),
            ("POST", stream),
        ]:
            client = stack.enter_context(
                httpx.Client(headers=api.http.headers, timeout=0.2, verify=False)
            )
            body = {"content": "x"} if method == "POST" else None
            with pytest.raises(httpx.ReadTimeout):
                client.request(method, server.base_url + path, json=body)
        api.server.faults.add("listModels:stall")
        with pytest.raises(httpx.ReadTimeout):
            api.http.get("/models", timeout=0.2)

    assert caplog.messages == []
