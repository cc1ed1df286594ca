# Derived from tests/_async/test_streams.py by scripts/regen.py. Do not edit.

"""Reading a reply as it is written, whichever way it comes and however it ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from chatroutes import (
    ChatRoutes,
    MessageStream,
    AuthenticationError,
    ChatRoutesError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    StreamInterruptedError,
    ValidationError,
)
from tests.faults import FaultServer, event_stream

from .samples import (
    BRIEF,
    COMPACT,
    DOCUMENTED,
    DONE,
    FINISH,
    HELLO,
    KEY,
    MESSAGE,
    WHOLE,
    choice,
    client_of,
    event,
    piece,
    success,
)

SUPERSET = (
    event({"id": "m", "type": "content", "content": "Hel", "choices": [choice("Hel")]}),
    event({"id": "m", "type": "content", "content": "lo", "choices": [choice("lo")]}),
    event(
        {
            "id": "m",
            "type": "complete",
            "choices": [choice(None, "stop")],
            "userMessage": {**MESSAGE, "role": "user"},
            "assistantMessage": {**MESSAGE, "content": "Hello"},
            "message": {**MESSAGE, "content": "Hello"},
        }
    ),
    DONE,
)

# Every way in which a whole reply of "Hello" may come.
WHOLE_REPLIES: dict[str, tuple[bytes, ...]] = {
    "documented": DOCUMENTED,
    "documented, no [DONE]": DOCUMENTED[:-1],
    "documented, only [DONE]": (piece("Hel"), piece("lo"), DONE),
    "compact": COMPACT,
    "compact with [DONE]": (*COMPACT, DONE),
    "superset": SUPERSET,
    "in one piece": (b"".join(DOCUMENTED),),
    "a byte at a time": tuple(bytes([byte]) for byte in b"".join(DOCUMENTED)),
    "CRLF": tuple(each.replace(b"\n", b"\r\n") for each in DOCUMENTED),
    "CRLF, a byte at a time": tuple(
        bytes([byte]) for byte in b"".join(DOCUMENTED).replace(b"\n", b"\r\n")
    ),
    "CR": tuple(each.replace(b"\n", b"\r") for each in DOCUMENTED),
    "a BOM and comments": (b"\xef\xbb\xbf", b": hello\n\n", *DOCUMENTED, b": bye\n\n"),
    "ids and types": tuple(b"id: 1\nevent: message\n" + each for each in DOCUMENTED),
    "odd chunks": (
        event({}),
        event({"choices": []}),
        event({"choices": None}),
        event({"choices": [{"index": 0, "delta": None}]}),
        event({"choices": [{"index": 0, "delta": {"content": None}}]}),
        event({"choices": [{"index": 0, "delta": {"role": "assistant"}}]}),
        event({"choices": [None]}),
        event({"type": "content", "content": None}),
        event({"type": "news", "content": "not of the reply"}),
        event({"type": "content", "content": "", "error": None}),
        *DOCUMENTED,
    ),
    "what follows the end": (*DOCUMENTED, piece("more"), b"data: {\n\n"),
}


@pytest.mark.parametrize("pieces", WHOLE_REPLIES.values(), ids=WHOLE_REPLIES)
def test_a_whole_reply_reads_the_same_however_it_comes(
    faults: FaultServer, pieces: tuple[bytes, ...]
) -> None:
    faults.script(event_stream(*pieces), repeat_last=True)

    with client_of(faults) as client:
        stream = client.messages.stream("conv_1", HELLO)
        chunks = [chunk for chunk in stream]
        response = stream.get_final_response()
        texts = [text for text in client.messages.stream("conv_1", HELLO).text_stream]
        final_text = client.messages.stream("conv_1", HELLO).get_final_text()

    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta.get("content") or "" for delta in deltas) == "Hello"
    assert chunks[-1]["choices"][0].get("finish_reason") in ("stop", None)
    assert texts == ["Hel", "lo"]
    assert final_text == "Hello"
    assert response["assistantMessage"]["content"] == "Hello"
    assert response["assistantMessage"]["role"] == "assistant"
    assert response["message"] == response["assistantMessage"]
    assert response["userMessage"]["role"] == "user"


def test_the_final_response_holds_what_the_compact_end_told(faults: FaultServer) -> None:
    faults.script(event_stream(*COMPACT))

    with client_of(faults) as client:
        response = client.messages.stream("conv_1", HELLO).get_final_response()

    assert response["assistantMessage"] == {**MESSAGE, "content": "Hello"}
    assert response["usage"] == {"promptTokens": 1, "completionTokens": 2, "totalTokens": 3}
    assert response["model"] == "gpt-5"
    assert response["userMessage"]["content"] == "Hello"


def test_an_end_that_leaves_the_content_out_is_filled_in_from_the_pieces(
    faults: FaultServer,
) -> None:
    end = event({"type": "complete", "message": {"id": "msg_1", "role": "assistant"}})
    faults.script(event_stream(*COMPACT[:2], end), repeat_last=True)

    with client_of(faults) as client:
        text = client.messages.stream("conv_1", HELLO).get_final_text()
        response = client.messages.stream("conv_1", HELLO).get_final_response()

    assert text == "Hello"
    assert response["assistantMessage"]["content"] == "Hello"
    assert response["assistantMessage"]["id"] == "msg_1"


def test_chunks_come_as_they_are_written(faults: FaultServer) -> None:
    gate = threading.Event()
    faults.script(event_stream(piece("Hel"), gate, piece("lo"), FINISH))

    with (
        client_of(faults) as client,
        client.messages.stream("conv_1", HELLO) as stream,
    ):
        texts = stream.text_stream
        assert next(texts) == "Hel"
        gate.set()
        assert [text for text in texts] == ["lo"]


def test_the_request_goes_out_on_entering(faults: FaultServer) -> None:
    faults.script(WHOLE)

    with client_of(faults) as client:
        stream = client.messages.stream("conv_1", HELLO)
        assert faults.connections_made == 0
        with stream:
            assert len(faults.requests) == 1
            assert stream.get_final_text() == "Hello"

    assert len(faults.requests) == 1


def test_the_request_goes_out_on_the_first_read(faults: FaultServer) -> None:
    faults.script(WHOLE)

    with client_of(faults) as client:
        texts = client.messages.stream("conv_1", HELLO).text_stream
        assert faults.connections_made == 0
        assert next(texts) == "Hel"
        assert [text for text in texts] == ["lo"]

    assert len(faults.requests) == 1


def test_callbacks_get_each_chunk_and_then_the_response_once(faults: FaultServer) -> None:
    faults.script(WHOLE, repeat_last=True)
    calls: list[tuple[str, Any]] = []

    with client_of(faults) as client:
        client.messages.stream(
            "conv_1",
            HELLO,
            lambda chunk: calls.append(("chunk", chunk["choices"][0]["delta"].get("content"))),
            lambda response: calls.append(("end", response["assistantMessage"]["content"])),
        )
        client.messages.stream("conv_1", HELLO, on_chunk=lambda chunk: calls.append(("2", 0)))
        client.messages.stream("conv_1", HELLO, on_complete=lambda end: calls.append(("3", 0)))

    assert calls[:4] == [("chunk", "Hel"), ("chunk", "lo"), ("chunk", None), ("end", "Hello")]
    assert calls[4:] == [("2", 0)] * 3 + [("3", 0)]


def test_on_complete_is_not_called_for_a_stream_that_failed(faults: FaultServer) -> None:
    faults.script(event_stream(piece("Hel")))
    calls: list[object] = []

    with client_of(faults) as client:
        with pytest.raises(StreamInterruptedError) as caught:
            client.messages.stream("conv_1", HELLO, calls.append, lambda end: calls.append(0))

    assert caught.value.partial_content == "Hel"
    assert len(calls) == 1


@pytest.mark.parametrize("callback", ["print", 5, object()])
def test_what_is_no_function_is_no_callback(faults: FaultServer, callback: Any) -> None:
    with client_of(faults) as client:
        with pytest.raises(ValidationError, match="on_chunk must be a function"):
            client.messages.stream("conv_1", HELLO, callback)
        with pytest.raises(ValidationError, match="on_complete must be a function"):
            client.messages.stream("conv_1", HELLO, print, callback)

    assert faults.requests == []


# Each begins with one whole chunk, "Hä", and breaks off; and says whether an event was cut.
HALF = event({"type": "content", "content": "ö"})
CUTS: list[Any] = [
    pytest.param((), "clean", False, id="clean end"),
    pytest.param((), "close", False, id="closed"),
    pytest.param((), "reset", False, id="reset"),
    pytest.param((HALF[:9],), "clean", True, id="in the middle of an event"),
    pytest.param((HALF[:-1],), "clean", True, id="before the blank line"),
    pytest.param((HALF[: HALF.index("ö".encode()) + 1],), "close", True, id="in a character"),
    pytest.param((b"event: complete\n",), "close", True, id="after the type"),
]


@pytest.mark.parametrize(("rest", "end", "held"), CUTS)
def test_a_stream_without_its_end_is_interrupted(
    faults: FaultServer, rest: tuple[bytes, ...], end: Any, held: bool
) -> None:
    faults.script(event_stream(event({"type": "content", "content": "Hä"}), *rest, end=end))

    with client_of(faults) as client:
        stream = client.messages.stream("conv_1", HELLO)
        texts = stream.text_stream
        assert next(texts) == "Hä"
        with pytest.raises(StreamInterruptedError) as caught:
            next(texts)

    error = caught.value
    assert (error.status_code, error.partial_content) == (0, "Hä")
    assert "stopped before its end" in error.message
    assert ("in the middle of an event" in error.message) == held
    assert "streamMessage (POST /conversations/conv_1/messages/stream)" in str(error)


def test_chunks_that_came_before_the_cut_are_read_first(faults: FaultServer) -> None:
    faults.script(event_stream(piece("1") + piece("2") + piece("3"), end="reset"))
    texts: list[str] = []

    with client_of(faults) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with pytest.raises(StreamInterruptedError):
            collect(stream, texts)

    assert texts == ["1", "2", "3"]


def collect(stream: MessageStream, texts: list[str]) -> None:
    """Read the text of a stream into a list."""
    for text in stream.text_stream:
        texts.append(text)


@pytest.mark.parametrize("end", ["clean", "close", "reset", "stall"])
@pytest.mark.parametrize("pieces", [DOCUMENTED[:3], COMPACT])
def test_a_cut_after_the_reply_is_at_its_end_takes_nothing_away(
    faults: FaultServer, pieces: tuple[bytes, ...], end: Any
) -> None:
    faults.script(event_stream(*pieces, end=end))

    with client_of(faults, timeout=BRIEF if end == "stall" else 20) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


BROKEN: list[Any] = [
    pytest.param(b"data: {\n\n", ResponseError, None, id="bad JSON"),
    pytest.param(b"data: hello\n\n", ResponseError, None, id="no JSON"),
    pytest.param(b"data: 5\n\n", ResponseError, None, id="a number"),
    pytest.param(b"data: [1]\n\n", ResponseError, None, id="a list"),
    pytest.param(b"data: null\n\n", ResponseError, None, id="null"),
    pytest.param(b"data:\n\n", ResponseError, None, id="nothing"),
    pytest.param(
        b'event: error\ndata: {"error": "RATE_LIMITED", "message": "Slow.", "retryAfter": 3}\n\n',
        RateLimitError,
        "Slow.",
        id="error event",
    ),
    pytest.param(b"event: error\ndata: Out of it.\n\n", ServerError, "Out of it.", id="plain text"),
    pytest.param(b'event: error\ndata: "Out of it."\n\n', ServerError, "Out of it.", id="string"),
    pytest.param(
        b"event: error\ndata: {}\n\n", ServerError, "The service gave no reason.", id="{}"
    ),
    pytest.param(
        event({"type": "error", "error": "NOT_FOUND", "message": "Gone."}),
        NotFoundError,
        "Gone.",
        id="type error",
    ),
    pytest.param(
        event({"error": {"code": "UNAUTHORIZED", "message": f"Bad {KEY}."}}),
        AuthenticationError,
        "Bad ***.",
        id="error object",
    ),
    pytest.param(
        event({"error": {"message": "Overloaded."}, "choices": []}),
        ServerError,
        "Overloaded.",
        id="error object beside choices",
    ),
    pytest.param(event({"error": "ODD"}), ServerError, "ODD", id="unknown code"),
    pytest.param(
        event({"success": False, "error": "INTERNAL_ERROR", "message": "Oh."}),
        ServerError,
        "Oh.",
        id="no success",
    ),
]


@pytest.mark.parametrize("handed_over", ["", "Hel"])
@pytest.mark.parametrize(("broken", "kind", "message"), BROKEN)
def test_an_event_that_is_no_chunk_raises_and_is_not_tried_again(
    faults: FaultServer,
    broken: bytes,
    kind: type[ChatRoutesError],
    message: str | None,
    handed_over: str,
) -> None:
    before = (piece(handed_over),) if handed_over else ()
    faults.script(event_stream(*before, broken, *DOCUMENTED))

    with client_of(faults) as client:
        with pytest.raises(ChatRoutesError) as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()

    error = caught.value
    assert type(error) is kind
    assert error.partial_content == handed_over
    assert message in (None, error.message)
    assert error.retry_after == (3 if kind is RateLimitError else None)
    assert len(faults.requests) == 1


def test_an_error_that_a_chunk_has_none_of_is_no_error(faults: FaultServer) -> None:
    faults.script(event_stream(event({"type": "content", "content": "Hi", "error": None}), DONE))

    with client_of(faults) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hi"


def test_silence_after_the_first_event_is_a_timeout_with_the_text_so_far(
    faults: FaultServer,
) -> None:
    faults.script(event_stream(piece("Hel"), end="stall"))

    with client_of(faults, timeout=BRIEF) as client:
        with pytest.raises(RequestTimeoutError) as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert (caught.value.status_code, caught.value.partial_content) == (0, "Hel")


def pinging(*pieces: bytes) -> Callable[[Any], bool]:
    """A stream that sends comments without end after these pieces."""
    gate = threading.Event()
    head = event_stream(*pieces, end="close")

    def answer(connection: Any) -> bool:
        head(connection)
        while not gate.wait(0.01):
            connection.send(b"7\r\n: ping\n\r\n")
        return False

    return answer


def test_comments_alone_are_silence_too(faults: FaultServer) -> None:
    faults.script(pinging(piece("Hel")))

    with client_of(faults, timeout=BRIEF) as client:
        with pytest.raises(RequestTimeoutError, match="No event came for") as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert caught.value.partial_content == "Hel"


def test_comments_before_the_first_event_are_silence_that_is_tried_again(
    faults: FaultServer,
) -> None:
    faults.script(pinging(b": hello\n\n"), WHOLE)

    with client_of(faults, timeout=BRIEF) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"

    assert len(faults.requests) == 2


def test_comments_after_the_end_of_the_reply_take_nothing_away(faults: FaultServer) -> None:
    faults.script(pinging(*COMPACT))

    with client_of(faults, timeout=BRIEF) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


def test_without_a_timeout_a_stream_may_be_silent(faults: FaultServer) -> None:
    gate = threading.Event()
    faults.script(event_stream(piece("Hel"), gate, *DOCUMENTED[1:]))

    with client_of(faults, timeout=None) as client:
        texts = client.messages.stream("conv_1", HELLO).text_stream
        next(texts)
        gate.set()
        assert [text for text in texts] == ["lo"]


def test_after_an_error_every_read_raises_it_again(faults: FaultServer) -> None:
    faults.script(event_stream(piece("Hel")))

    with client_of(faults) as client:
        stream = client.messages.stream("conv_1", HELLO)
        errors = []
        for read in [stream.get_final_text, stream.get_final_response, stream.__next__]:
            with pytest.raises(StreamInterruptedError) as caught:
                read()
            errors.append(caught.value)
        stream.close()
        with pytest.raises(StreamInterruptedError) as caught:
            next(stream)

    assert all(error is errors[0] for error in [*errors, caught.value])
    assert len(faults.requests) == 1


def test_after_an_error_before_the_stream_every_read_raises_it_again(
    faults: FaultServer,
) -> None:
    faults.script(success({}))

    with client_of(faults) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with pytest.raises(ResponseError) as first:
            stream.__enter__()
        with pytest.raises(ResponseError) as second:
            stream.get_final_text()

    assert first.value is second.value


def test_reading_after_close_raises(faults: FaultServer) -> None:
    faults.script(WHOLE)

    with client_of(faults) as client:
        with client.messages.stream("conv_1", HELLO) as stream:
            next(stream)
        stream.close()
        with pytest.raises(ChatRoutesError, match="closed before its end") as caught:
            next(stream)
        with pytest.raises(ChatRoutesError, match="closed before its end"):
            stream.get_final_response()

    assert caught.value.partial_content == "Hel"


def test_after_the_end_reading_just_ends_also_when_closed(faults: FaultServer) -> None:
    faults.script(WHOLE)

    with client_of(faults) as client:
        stream = client.messages.stream("conv_1", HELLO)
        text = stream.get_final_text()
        stream.close()
        stream.close()
        assert [chunk for chunk in stream] == []
        assert stream.get_final_text() == text
        with stream:
            assert [text for text in stream.text_stream] == []

    assert len(faults.requests) == 1


def test_a_stream_closed_before_it_was_opened_sends_nothing(faults: FaultServer) -> None:
    with client_of(faults) as client:
        stream = client.messages.stream("conv_1", HELLO)
        stream.close()
        with stream:
            with pytest.raises(ChatRoutesError, match="closed before its end"):
                next(stream)

    assert faults.requests == []


def test_a_stream_that_was_left_is_not_opened_again_by_entering_it(
    faults: FaultServer,
) -> None:
    faults.script(WHOLE)

    with client_of(faults) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with stream:
            pass
        with stream:
            with pytest.raises(ChatRoutesError, match="closed before its end"):
                next(stream)

    assert len(faults.requests) == 1


def test_a_long_reply_of_small_and_large_events_is_whole(faults: FaultServer) -> None:
    texts = [f"{number} " for number in range(3000)] + ["ü" * 1_000_000]
    body = b"".join(piece(text) for text in texts) + DONE
    cuts = range(0, len(body), 60_001)
    faults.script(event_stream(*(body[at : at + 60_001] for at in cuts)))

    with client_of(faults) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "".join(texts)


def test_a_stream_asks_for_what_no_proxy_holds_back(faults: FaultServer) -> None:
    faults.script(WHOLE)

    with client_of(faults) as client:
        client.messages.stream("conv_1", HELLO).get_final_text()

    headers = faults.requests[0].headers
    assert (headers["accept-encoding"], headers["cache-control"]) == ("identity", "no-store")


def test_chunks_hold_all_that_came_over_the_wire(faults: FaultServer) -> None:
    sent = {"type": "content", "content": "Hi", "model": "gpt-5", "new": {"a": [1]}}
    faults.script(event_stream(event(sent), DONE))

    with client_of(faults) as client:
        chunk = next(client.messages.stream("conv_1", HELLO))

    assert {name: chunk.get(name) for name in sent} == sent
    assert json.dumps(chunk["choices"]) == (
        '[{"index": 0, "delta": {"content": "Hi"}, "finish_reason": null}]'
    )


def test_a_stream_of_a_client_that_was_closed_is_refused(faults: FaultServer) -> None:
    client: ChatRoutes = client_of(faults)
    client.close()

    with pytest.raises(ChatRoutesError, match="closed"):
        client.messages.stream("conv_1", HELLO).get_final_text()
