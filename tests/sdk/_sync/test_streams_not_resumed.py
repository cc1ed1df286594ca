# Derived from tests/sdk/_async/test_streams_not_resumed.py by scripts/regen.py. Do not edit.

"""Streams whose service gives no usable ids, or does not continue the reply: no text is repeated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from chatroutes import RequestTimeoutError, StreamInterruptedError
from tests.support.fault_responses import (
    ScriptedResponse,
    event_stream,
    raw_response,
    text_response,
)
from tests.support.fault_server import FaultServer
from tests.support.payloads import COMPLETE_STREAM, text_event
from tests.support.resumable_stream import TEXTS, End, encode, make_events

from .clients import LONGER_TIMEOUT, make_client
from .stream_readers import fail_to_read, read_texts

EVENTS = make_events("documented")
TWO_EVENTS = encode(EVENTS[:2])


def with_ids(ids: Sequence[str | None]) -> bytes:
    """Return events with text, each with one of these ids or without an id."""
    return b"".join(
        text_event(text)[:-1] + (b"\n" if event_id is None else f"id: {event_id}\n\n".encode())
        for text, event_id in zip("abcdef", ids, strict=False)
    )


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param([None, None], id="no ids"),
        pytest.param(["1", None], id="the last chunk has no id"),
        pytest.param(["1", "1"], id="the same id for all"),
        pytest.param(["1", "2", "1"], id="an id is used twice"),
        pytest.param(["1", ""], id="the id is withdrawn"),
        pytest.param(["1", "\x01"], id="a control character"),
        pytest.param(["1", "2 "], id="a blank at the end"),
    ],
)
def test_a_stream_without_a_usable_id_is_not_resumed(
    fault_server: FaultServer, ids: list[str | None]
) -> None:
    fault_server.script(event_stream(with_ids(ids)))

    with make_client(fault_server) as client:
        texts, error = fail_to_read(client)

    assert ("".join(texts), type(error)) == ("abc"[: len(ids)], StreamInterruptedError)
    assert len(fault_server.requests) == 1


@pytest.mark.parametrize("end", ["clean", "close", "reset"])
def test_ids_may_contain_any_text(fault_server: FaultServer, end: End) -> None:
    fault_server.script(event_stream(with_ids(["é 1"]), end=end), COMPLETE_STREAM)

    with make_client(fault_server) as client:
        fail_to_read(client)

    sent = fault_server.requests[1].headers["last-event-id"]
    assert sent.encode("latin-1").decode() == "é 1"


def test_heartbeats_without_ids_do_not_prevent_a_resume(fault_server: FaultServer) -> None:
    ping = b"event: ping\ndata: {}\n\n"
    rest = ping + encode(EVENTS[2:])
    fault_server.script(event_stream(TWO_EVENTS, ping), event_stream(rest))

    with make_client(fault_server) as client:
        assert (read_texts(client))[0] == list(TEXTS)


REPLAYS: list[Any] = [
    pytest.param(EVENTS, True, id="all events again"),
    pytest.param(EVENTS[1:], True, id="the last event again"),
    pytest.param(make_events("documented", ["".join(TEXTS)]), False, id="in one event"),
    pytest.param(make_events("documented", ["An", "other"]), False, id="another reply"),
    pytest.param(
        [(f"new-{event_id}", data) for event_id, data in EVENTS], False, id="with new ids"
    ),
    pytest.param(
        [(event_id, data.replace("msg_1", "msg_2")) for event_id, data in EVENTS],
        False,
        id="in another message",
    ),
    pytest.param(
        [(f"new-{event_id}", data.replace("msg_1", "msg_2")) for event_id, data in EVENTS[2:]],
        False,
        id="in another message, with new ids",
    ),
]


@pytest.mark.parametrize(("events", "is_whole"), REPLAYS)
def test_no_text_is_repeated_if_the_service_ignores_the_id(
    fault_server: FaultServer, events: list[tuple[str, str]], is_whole: bool
) -> None:
    fault_server.script(event_stream(TWO_EVENTS), event_stream(encode(events)))

    with make_client(fault_server) as client:
        if is_whole:
            assert (read_texts(client))[0] == list(TEXTS)
            return
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:2]), StreamInterruptedError)
    assert "did not continue" in error.message
    assert len(fault_server.requests) == 2


def test_a_chunk_with_an_empty_id_is_not_repeated(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(with_ids(["1", "", "3"])), repeat_last=True)

    with make_client(fault_server) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (["a", "b", "c"], StreamInterruptedError)
    assert "did not continue" in error.message


def test_a_longer_text_is_not_repeated_in_other_chunks(fault_server: FaultServer) -> None:
    events = make_events("compact", ["A text of ", "more than ", "a few characters."])
    again = [(f"new-{event_id}", data) for event_id, data in make_events("compact", ["x"])]
    again[0] = (again[0][0], again[0][1].replace('"x"', '"A text of more than a few"'))
    fault_server.script(event_stream(encode(events[:2])), event_stream(encode(again)))

    with make_client(fault_server) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (["A text of ", "more than "], StreamInterruptedError)


def test_another_reply_after_the_first_new_event_fails(fault_server: FaultServer) -> None:
    other = [(EVENTS[0][0], EVENTS[3][1])]
    fault_server.script(
        event_stream(TWO_EVENTS), event_stream(encode([EVENTS[2], *other, *EVENTS[4:]]))
    )

    with make_client(fault_server) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:3]), StreamInterruptedError)


def test_text_without_an_id_after_a_resume_is_not_returned(
    fault_server: FaultServer,
) -> None:
    fault_server.script(event_stream(TWO_EVENTS), COMPLETE_STREAM)

    with make_client(fault_server) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:2]), StreamInterruptedError)


def test_a_resumed_stream_must_have_the_text_of_its_message(
    fault_server: FaultServer,
) -> None:
    events = make_events("compact")
    fault_server.script(event_stream(encode(events[:2])), event_stream(encode(events[3:])))

    with make_client(fault_server) as client:
        texts, error = fail_to_read(client)

    assert type(error) is StreamInterruptedError
    assert texts == [*TEXTS[:2], *TEXTS[3:]]


@pytest.mark.parametrize(
    ("response", "hint"),
    [
        pytest.param(text_response(404, "<html>"), "Check base_url.", id="base_url"),
        pytest.param(
            text_response(400, "Client sent an HTTP request to an HTTPS server"),
            "The server uses TLS on this port: use https:// in base_url.",
            id="TLS",
        ),
        pytest.param(
            raw_response(b"\x15\x03\x01\x00\x02\x02F"),
            "If the server uses TLS, use https:// in base_url.",
            id="a TLS alert",
        ),
    ],
)
def test_a_failed_resume_has_the_hint_of_its_failure(
    fault_server: FaultServer, response: ScriptedResponse, hint: str
) -> None:
    fault_server.script(event_stream(TWO_EVENTS), response)

    with make_client(fault_server, retry_attempts=1) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:2]), StreamInterruptedError)
    assert (error.hint or "").endswith(hint)


def test_repeated_events_without_end_are_silence(fault_server: FaultServer) -> None:
    def repeat(connection: Any) -> bool:
        event_stream(TWO_EVENTS, end="close")(connection)
        while True:
            connection.pause(0.01)
            connection.send(b"%x\r\n%b\r\n" % (len(TWO_EVENTS), TWO_EVENTS))

    fault_server.script(event_stream(TWO_EVENTS), repeat)

    with make_client(fault_server, timeout=LONGER_TIMEOUT, retry_attempts=1) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:2]), RequestTimeoutError)
