# Derived from tests/sdk/_async/test_resumed_streams.py by scripts/regen.py. Do not edit.

"""Streams that are interrupted and resumed: the text is whole, or an error is raised, and no text is repeated."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Sequence
from typing import Any

import pytest

from chatroutes import (
    ChatRoutes,
    MessageStream,
    ChatRoutesError,
    RequestTimeoutError,
    StreamInterruptedError,
)
from tests.support.fault_responses import (
    ScriptedResponse,
    close_connection,
    event_stream,
    json_response,
)
from tests.support.fault_server import FaultServer
from tests.support.payloads import COMPLETE_STREAM, HELLO, text_event
from tests.support.resumable_stream import TEXTS, Dialect, End, ResumableStream, encode, make_events

from .clients import SHORT_TIMEOUT, make_client

DIALECTS = ["documented", "compact"]
ENDS: list[End] = ["clean", "close", "reset"]
EVENTS = make_events("documented")
TWO_EVENTS = encode(EVENTS[:2])


def read(client: ChatRoutes) -> tuple[list[str], MessageStream, Any]:
    """Read a stream to its end. Return its texts, the stream, and the error if it fails."""
    stream = client.messages.stream("conv_1", HELLO)
    texts: list[str] = []
    error: ChatRoutesError | None = None
    try:
        for text in stream.text_stream:
            texts.append(text)
    except ChatRoutesError as failure:
        error = failure
    assert stream.text == "".join(texts)
    assert error is None or error.partial_content == stream.text
    return texts, stream, error


def read_texts(client: ChatRoutes) -> tuple[list[str], MessageStream]:
    """Return the texts of a stream, and the stream."""
    texts, stream, error = read(client)
    assert error is None
    return texts, stream


def fail_to_read(client: ChatRoutes) -> tuple[list[str], ChatRoutesError]:
    """Return the texts of a stream that fails, and its error."""
    texts, _, error = read(client)
    assert error is not None
    return texts, error


# Cuts


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_cut_at_any_byte_returns_every_chunk_once(
    fault_server: FaultServer, dialect: Dialect
) -> None:
    events = make_events(dialect)
    service = ResumableStream(fault_server, events)
    first_event = len(encode(events[:1]))
    complete = len(encode(events[:-1]))

    with make_client(fault_server) as client:
        for size in range(len(encode(events))):
            service.cuts = [(size, "clean" if size % 2 else "close")]
            texts, stream = read_texts(client)
            assert texts == list(TEXTS), size
            assert stream.resumed == (first_event <= size < complete), size


@pytest.mark.parametrize("dialect", DIALECTS)
def test_random_cuts_return_every_chunk_once(fault_server: FaultServer, dialect: Dialect) -> None:
    chance = random.Random(1)
    service = ResumableStream(fault_server, make_events(dialect))

    with make_client(fault_server) as client:
        for _ in range(100):
            service.cuts = cuts = [
                (chance.randrange(400), chance.choice(ENDS)) for _ in range(chance.randrange(1, 9))
            ]
            shown = list(cuts)
            texts, _, error = read(client)
            assert texts == list(TEXTS)[: len(texts)], shown
            assert isinstance(error, StreamInterruptedError) or len(texts) == len(TEXTS), shown


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_silent_stream_is_resumed(fault_server: FaultServer, dialect: Dialect) -> None:
    events = make_events(dialect)
    service = ResumableStream(fault_server, events)
    service.cuts = [(len(encode(events[:count])) + 9, "stall") for count in (1, 2)]

    with make_client(fault_server, timeout=SHORT_TIMEOUT) as client:
        texts, stream = read_texts(client)

    assert (texts, stream.resumed) == (list(TEXTS), 2)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_many_events_are_returned_once(fault_server: FaultServer, dialect: Dialect) -> None:
    texts = [f"{number} " for number in range(2000)]
    events = make_events(dialect, texts)
    service = ResumableStream(fault_server, events)
    chance = random.Random(2)
    size = len(encode(events))
    service.cuts = [(chance.randrange(1000, size // 4), chance.choice(ENDS)) for _ in range(5)]

    with make_client(fault_server) as client:
        received, stream = read_texts(client)

    assert received == texts
    assert stream.resumed > 3


def test_comments_without_end_after_a_resume_are_silence(fault_server: FaultServer) -> None:
    def send_comments(connection: Any) -> bool:
        event_stream(b": hello\n\n", end="close")(connection)
        while True:
            connection.pause(0.01)
            connection.send(b"7\r\n: ping\n\r\n" * 100)

    fault_server.script(event_stream(TWO_EVENTS), send_comments, event_stream(encode(EVENTS[2:])))

    with make_client(fault_server, timeout=SHORT_TIMEOUT) as client:
        texts, stream = read_texts(client)

    assert (texts, stream.resumed) == (list(TEXTS), 1)


def test_the_request_is_repeated_with_the_last_event_id(fault_server: FaultServer) -> None:
    service = ResumableStream(fault_server, EVENTS)
    service.cuts = [(len(TWO_EVENTS) + 30, "close"), (3, "close")]

    with make_client(fault_server) as client:
        read_texts(client)

    first, second, third = fault_server.requests
    assert "last-event-id" not in first.headers
    assert second.headers["last-event-id"] == third.headers["last-event-id"] == "msg_1-1"
    assert len({each.headers["idempotency-key"] for each in fault_server.requests}) == 1
    assert len({each.body for each in fault_server.requests}) == 1


def test_a_resumed_stream_is_logged(
    fault_server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    service = ResumableStream(fault_server, EVENTS)
    service.cuts = [(len(TWO_EVENTS), "close")]

    with caplog.at_level(logging.INFO, "chatroutes"):
        with make_client(fault_server) as client:
            read_texts(client)

    path = "POST /conversations/conv_1/messages/stream"
    assert [each.getMessage() for each in caplog.records if "resume" in each.getMessage()] == [
        f"{path}: the stream was resumed"
    ]


# Retries


def test_each_progress_resets_the_number_of_retries(fault_server: FaultServer) -> None:
    service = ResumableStream(fault_server, EVENTS)
    service.cuts = [(len(encode([each])), "close") for each in EVENTS[: len(TEXTS)]]

    with make_client(fault_server, retry_attempts=1) as client:
        texts, stream = read_texts(client)

    assert (texts, stream.resumed) == (list(TEXTS), len(TEXTS))


def test_cuts_without_progress_end_the_stream(fault_server: FaultServer) -> None:
    service = ResumableStream(fault_server, EVENTS)
    service.cuts = [(len(TWO_EVENTS), "close"), *[(20, ENDS[1])] * 9]

    with make_client(fault_server) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:2]), StreamInterruptedError)
    assert len(fault_server.requests) == 4


def test_events_without_text_are_no_progress(fault_server: FaultServer) -> None:
    def empty_event(number: int) -> ScriptedResponse:
        data = json.dumps({"type": "content", "content": ""})
        return event_stream(encode([(f"empty-{number}", data)]))

    fault_server.script(event_stream(TWO_EVENTS), *map(empty_event, range(3)))

    with make_client(fault_server) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:2]), StreamInterruptedError)
    assert len(fault_server.requests) == 4


def test_failures_between_are_retried(fault_server: FaultServer) -> None:
    busy = json_response(503, {"error": "BUSY"}, {"Retry-After": "0"})
    fault_server.script(
        event_stream(TWO_EVENTS), busy, close_connection(), event_stream(encode(EVENTS[2:]))
    )

    with make_client(fault_server) as client:
        texts, stream = read_texts(client)

    assert (texts, stream.resumed) == (list(TEXTS), 1)


def test_no_retries_means_no_resume(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(TWO_EVENTS))

    with make_client(fault_server, retry_attempts=0) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:2]), StreamInterruptedError)


REFUSALS: list[Any] = [
    pytest.param(json_response(409, {"error": "CONFLICT", "message": "No."}), "No.", id="409"),
    pytest.param(json_response(404, {"error": "NOT_FOUND", "message": "Gone."}), "Gone.", id="404"),
    pytest.param(json_response(200, {"success": True}), "event stream", id="JSON"),
    pytest.param(
        json_response(429, {"error": "RATE_LIMITED", "message": "Slow."}, {"Retry-After": "99"}),
        "Slow.",
        id="long Retry-After",
    ),
]


@pytest.mark.parametrize(("refusal", "reason"), REFUSALS)
def test_a_refusal_is_a_stream_interrupted_error(
    fault_server: FaultServer, refusal: ScriptedResponse, reason: str
) -> None:
    fault_server.script(event_stream(TWO_EVENTS), refusal)

    with make_client(fault_server) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error), error.status_code) == (list(TEXTS[:2]), StreamInterruptedError, 0)
    assert reason in error.message
    assert isinstance(error.__cause__, ChatRoutesError)


def test_the_service_is_silent_at_every_attempt(fault_server: FaultServer) -> None:
    service = ResumableStream(fault_server, EVENTS)
    service.cuts = [(len(TWO_EVENTS), "stall"), (0, "stall")]

    with make_client(fault_server, timeout=SHORT_TIMEOUT, retry_attempts=1) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:2]), RequestTimeoutError)


def test_the_deadline_includes_the_resumed_part(fault_server: FaultServer) -> None:
    service = ResumableStream(fault_server, EVENTS)
    service.cuts = [(len(TWO_EVENTS), "close"), (0, "stall")]

    with make_client(fault_server, deadline=2 * SHORT_TIMEOUT) as client:
        texts, error = fail_to_read(client)

    assert texts == list(TEXTS[:2])
    assert isinstance(error, RequestTimeoutError)
    assert error.limit == "deadline"


def test_the_first_event_timeout_applies_after_a_resume(fault_server: FaultServer) -> None:
    ping = b"event: ping\ndata: {}\n\n"
    fault_server.script(event_stream(TWO_EVENTS), event_stream(ping, ping, end="stall"))

    with make_client(
        fault_server, timeout=5, first_event_timeout=SHORT_TIMEOUT, retry_attempts=1
    ) as client:
        texts, error = fail_to_read(client)

    assert texts == list(TEXTS[:2])
    assert isinstance(error, RequestTimeoutError)
    assert error.limit == "first_event_timeout"


# Services that cannot resume


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


def test_ids_may_contain_any_text(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(with_ids(["é 1"])), COMPLETE_STREAM)

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


def test_repeated_events_without_end_are_silence(fault_server: FaultServer) -> None:
    def repeat(connection: Any) -> bool:
        event_stream(TWO_EVENTS, end="close")(connection)
        while True:
            connection.pause(0.01)
            connection.send(b"%x\r\n%b\r\n" % (len(TWO_EVENTS), TWO_EVENTS))

    fault_server.script(event_stream(TWO_EVENTS), repeat)

    with make_client(fault_server, timeout=SHORT_TIMEOUT, retry_attempts=1) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:2]), RequestTimeoutError)
