"""The answers that the server of the benchmarks gives, ready-made, in the form of each API.

A path begins with a plan, such as `/each-5000`, and goes on as the API of the asking client has it.
The plan says what is answered, the rest of the path in which API's form.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

WORD: Final = "word {:05} "
"""The text of one event; it has the same length in each."""
LONG_MESSAGES: Final = 1000
LONG_CONTENT: Final = 850  # with the other fields, 1 MB in 1,000 messages
CHUNK: Final = 32 * 1024  # bytes in each HTTP chunk of the layout "many"
CONVERSATION_ID: Final = "conv_18204df4ffd620551921895d"
_TIME: Final = "2026-01-05T03:01:09.598Z"


class Plan(NamedTuple):
    """What a path asks for: `small`, `big`, or a stream in a layout, of so many events with text."""

    layout: str
    events: int = 0

    @classmethod
    def parse(cls, text: str) -> Plan:
        layout, _, events = text.partition("-")
        return cls(layout, int(events or 0))

    def __str__(self) -> str:
        return f"{self.layout}-{self.events}" if self.events else self.layout


def text_of(count: int) -> str:
    """The whole text of a stream of so many events."""
    return "".join(WORD.format(number) for number in range(count))


def api_of(path: str) -> str:
    """Whose API a path belongs to."""
    for part, api in (
        ("/conversations", "chatroutes"),
        ("/chat/completions", "openai"),
        ("/openai/", "openai"),
        ("/messages", "anthropic"),
        ("/anthropic/", "anthropic"),
        ("/threads", "langgraph"),
    ):
        if part in path:
            return api
    raise ValueError(f"No API has the path {path!r}.")


@functools.cache
def json_answer(layout: str, api: str) -> bytes:
    """The head and body of a small answer, or of one of 1 MB."""
    body = json.dumps(_answer(api, 0 if layout == "small" else LONG_MESSAGES)).encode()
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


def _answer(api: str, messages: int) -> Any:
    """A small object of an API; or something of it that holds so many long texts."""
    contents = [f"{number:05}".ljust(LONG_CONTENT, "x") for number in range(messages)]
    if api == "openai":
        if not messages:
            return {"id": "gpt-5", "object": "model", "created": 1795394704, "owned_by": "openai"}
        listed = [
            {"id": f"msg_{n:024}", "role": "assistant", "content": content, "refusal": None}
            for n, content in enumerate(contents)
        ]
        return {"object": "list", "data": listed, "has_more": False}
    if api == "anthropic":
        model = {"type": "model", "id": "claude", "display_name": "Claude", "created_at": _TIME}
        if not messages:
            return model
        models = [
            {**model, "id": f"claude-{n:024}", "display_name": content}
            for n, content in enumerate(contents)
        ]
        return {"data": models, "has_more": False, "first_id": None, "last_id": None}
    own = {"createdAt": _TIME, "updatedAt": _TIME}
    if api == "langgraph":
        said = [
            {"id": f"msg_{n:024}", "type": "ai", "content": content, "role": "assistant", **own}
            for n, content in enumerate(contents)
        ]
        thread = {"thread_id": CONVERSATION_ID, "created_at": _TIME, "updated_at": _TIME}
        return {**thread, "metadata": {}, "status": "idle", "values": {"messages": said}}
    sent = [
        {
            "id": f"msg_{n:024}",
            "conversationId": CONVERSATION_ID,
            "role": "assistant",
            "content": content,
            "createdAt": _TIME,
        }
        for n, content in enumerate(contents)
    ]
    conversation: dict[str, Any] = {
        "id": CONVERSATION_ID,
        "userId": "user_local",
        "title": "Speed",
        **own,
    }
    conversation |= {"model": "gpt-5", "messages": sent}
    return {"success": True, "data": {"conversation": conversation}}


STREAM_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
STREAM_END: Final = b"0\r\n\r\n"


@functools.cache
def stream(plan: Plan, api: str) -> tuple[bytes, bytes]:
    """The bytes of a stream: up to its first event with text, and the rest."""
    opening, words, closing = _events(api, plan.events)
    if plan.layout == "ids":
        words = [word[:-1] + b"id: %d\n\n" % number for number, word in enumerate(words)]
    first = STREAM_HEAD + b"".join(map(_chunk, [*opening, words[0]]))
    rest = [*words[1:], *closing]
    if plan.layout == "many":
        joined = b"".join(rest)
        rest = [joined[at : at + CHUNK] for at in range(0, len(joined), CHUNK)]
    return first, b"".join(map(_chunk, rest)) + STREAM_END


def documents(api: str, count: int) -> list[bytes]:
    """The JSON documents of a stream's events with text."""
    events = (event.splitlines() for event in _events(api, count)[1])
    return [line.removeprefix(b"data: ") for lines in events for line in lines if line[:1] == b"d"]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _events(api: str, count: int) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """The events of a stream: those before any text, those with text, and those after it."""
    words = (WORD.format(number) for number in range(count))
    if api == "openai":
        return _openai_events(words)
    if api == "anthropic":
        return _anthropic_events(words)
    if api == "langgraph":
        return _langgraph_events(words)
    return _chatroutes_events(words)


def _event(data: Any, event: str = "") -> bytes:
    kind = f"event: {event}\n" if event else ""
    return f"{kind}data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def _chatroutes_events(words: Iterator[str]) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """As the local server sends them: with the fields of both dialects."""
    reply = {"id": "msg_075863d90b0264524fe9efaf", "model": "gpt-5", "created": 1795394704}

    def chunk(delta: dict[str, str], finish_reason: str | None) -> dict[str, Any]:
        choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return {**reply, "choices": [choice]}

    told = [
        _event({**chunk({"content": word}, None), "type": "content", "content": word})
        for word in words
    ]
    return [], told, [_event(chunk({}, "stop")), b"data: [DONE]\n\n"]


def _openai_events(words: Iterator[str]) -> tuple[list[bytes], list[bytes], list[bytes]]:
    reply = {
        "id": "chatcmpl-075863d90b0264524fe9efaf",
        "object": "chat.completion.chunk",
        "created": 1795394704,
        "model": "gpt-5",
    }

    def chunk(delta: dict[str, str], finish_reason: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _event({**reply, "choices": [choice]})

    told = [chunk({"content": word}, None) for word in words]
    return [chunk({"role": "assistant"}, None)], told, [chunk({}, "stop"), b"data: [DONE]\n\n"]


def _anthropic_events(words: Iterator[str]) -> tuple[list[bytes], list[bytes], list[bytes]]:
    message: dict[str, Any] = {
        "id": "msg_075863d90b0264524fe9efaf",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 2, "output_tokens": 1},
    }
    begin = {"index": 0, "content_block": {"type": "text", "text": ""}}
    end = {"delta": {"stop_reason": "end_turn", "stop_sequence": None}}

    def told(kind: str, **fields: Any) -> bytes:
        return _event({"type": kind, **fields}, kind)

    pieces = [
        told("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
        for word in words
    ]
    return (
        [told("message_start", message=message), told("content_block_start", **begin)],
        pieces,
        [
            told("content_block_stop", index=0),
            told("message_delta", **end, usage={"output_tokens": 9}),
            told("message_stop"),
        ],
    )


def _langgraph_events(words: Iterator[str]) -> tuple[list[bytes], list[bytes], list[bytes]]:
    metadata = {"thread_id": CONVERSATION_ID, "langgraph_node": "model", "langgraph_step": 1}

    def piece(word: str) -> bytes:
        said = {"content": word, "type": "AIMessageChunk", "id": "run-075863d90b02"}
        return _event([said, metadata], "messages")

    opening = _event({"run_id": "1ef0", "attempt": 1}, "metadata")
    return [opening], list(map(piece, words)), [_event(None, "end")]
