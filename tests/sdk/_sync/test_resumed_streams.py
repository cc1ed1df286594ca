# Derived from tests/sdk/_async/test_resumed_streams.py by scripts/regen.py. Do not edit.

"""Streams that are interrupted and resumed: the text is whole, or an error is raised, and no text is repeated."""

from __future__ import annotations

import json
import logging
import random
from typing import Any

import pytest

from chatroutes import ChatRoutesError, RequestTimeoutError, StreamInterruptedError
from tests.support.fault_responses import (
    ScriptedResponse,
    close_connection,
    event_stream,
    json_response,
)
from tests.support.fault_server import FaultServer
from tests.support.resumable_stream import TEXTS, Dialect, End, ResumableStream, encode, make_events

from .clients import LONGER_TIMEOUT, make_client
from .stream_readers import fail_to_read, read, read_texts

DIALECTS = ["documented", "compact"]
ENDS: list[End] = ["clean", "close", "reset"]
EVENTS = make_events("documented")
TWO_EVENTS = encode(EVENTS[:2])


# Cuts


# tests/sdk/test_resumed_streams_any_byte.py cuts at every byte, without a connection.
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_cut_around_an_event_returns_every_chunk_once(
    fault_server: FaultServer, dialect: Dialect, end: End
) -> None:
    events = make_events(dialect)
    service = ResumableStream(fault_server, events)
    first_event = len(encode(events[:1]))
    complete = len(encode(events[:-1]))
    ends_of_events = [len(encode(events[:count])) for count in range(1, len(events))]

    with make_client(fault_server) as client:
        for size in [0, 1] + [place + offset for place in ends_of_events for offset in (-1, 0, 9)]:
            service.cuts = [(size, end)]
            texts, stream = read_texts(client)
            assert texts == list(TEXTS), size
            assert stream.resumed == (first_event <= size < complete), size


@pytest.mark.parametrize("dialect", DIALECTS)
def test_random_cuts_return_every_chunk_once(fault_server: FaultServer, dialect: Dialect) -> None:
    chance = random.Random(1)
    service = ResumableStream(fault_server, make_events(dialect))

    with make_client(fault_server) as client:
        for _ in range(20):
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

    with make_client(fault_server, timeout=LONGER_TIMEOUT) as client:
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

    with make_client(fault_server, timeout=LONGER_TIMEOUT) as client:
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


def test_events_without_text_do_not_count_as_progress(fault_server: FaultServer) -> None:
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

    with make_client(fault_server, timeout=LONGER_TIMEOUT, retry_attempts=1) as client:
        texts, error = fail_to_read(client)

    assert (texts, type(error)) == (list(TEXTS[:2]), RequestTimeoutError)


def test_the_deadline_includes_the_resumed_part(fault_server: FaultServer) -> None:
    service = ResumableStream(fault_server, EVENTS)
    service.cuts = [(len(TWO_EVENTS), "close"), (0, "stall")]

    with make_client(fault_server, deadline=LONGER_TIMEOUT) as client:
        texts, error = fail_to_read(client)

    assert texts == list(TEXTS[:2])
    assert isinstance(error, RequestTimeoutError)
    assert error.limit == "deadline"


def test_the_first_event_timeout_applies_after_a_resume(fault_server: FaultServer) -> None:
    ping = b"event: ping\ndata: {}\n\n"
    fault_server.script(event_stream(TWO_EVENTS), event_stream(ping, ping, end="stall"))

    with make_client(
        fault_server, timeout=60, first_event_timeout=LONGER_TIMEOUT, retry_attempts=1
    ) as client:
        texts, error = fail_to_read(client)

    assert texts == list(TEXTS[:2])
    assert isinstance(error, RequestTimeoutError)
    assert error.limit == "first_event_timeout"
