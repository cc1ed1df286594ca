"""Ready-made responses in the format of each API, from the files of this folder.

A request's path begins with a scenario and an API. The scenario is `small`, `big`, or a kind of stream and its number
of text events, such as `each-5000`. In the files, `TEXT`, `NUMBER` and `ITEMS` are placeholders: the event with
`TEXT` is repeated, and so is the item of a big response.
"""

import functools
import json
from pathlib import Path

LONG_TEXTS = [f"{n:05}".ljust(850, "x") for n in range(1000)]  # 1 MB with the other fields
CHUNK = 32 * 1024  # bytes of an HTTP chunk in streams of the kind `many`
STREAM_END = b"0\r\n\r\n"
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\n{}\r\n\r\n"


def parse_scenario(scenario: str) -> tuple[str, int]:
    """Return the kind of a scenario and its number of events."""
    kind, _, events = scenario.partition("-")
    return kind, int(events or 0)


def words(count: int) -> list[str]:
    """Return the texts of a stream. All have the same length."""
    return [f"word {number:05} " for number in range(count)]


@functools.cache
def json_response(kind: str, api: str) -> bytes:
    """Return the head and the body of the small response, or of the one of 1 MB."""
    document = json.loads(_read(api, "json"))
    item = json.dumps(document["item"])
    items = (
        item.replace("NUMBER", f"{number:024}").replace("TEXT", text)
        for number, text in enumerate(LONG_TEXTS)
    )
    body = json.dumps(document[kind]).replace('"ITEMS"', ", ".join(items)).encode()
    return _HEAD.format("application/json", f"Content-Length: {len(body)}").encode() + body


@functools.cache
def stream_response(scenario: str, api: str) -> tuple[bytes, bytes]:
    """Return the bytes of a stream: up to its first text event, and the rest."""
    kind, events = parse_scenario(scenario)
    opening, template, closing = _split_events(api)
    texts = [template.replace("TEXT", word) for word in words(events)]
    if kind == "ids":
        texts = [f"{text[:-1]}id: {number}\n\n" for number, text in enumerate(texts)]
    rest = [*texts[1:], *closing]
    if kind == "many":
        joined = "".join(rest)
        rest = [joined[at : at + CHUNK] for at in range(0, len(joined), CHUNK)]
    head = _HEAD.format("text/event-stream", "Transfer-Encoding: chunked").encode()
    first = head + b"".join(map(_chunk, [*opening, texts[0]]))
    return first, b"".join(map(_chunk, rest)) + STREAM_END


def json_documents(api: str, count: int) -> list[bytes]:
    """Return the JSON documents in the text events of a stream."""
    template = _split_events(api)[1].removeprefix("data: ").strip()
    return [template.replace("TEXT", word).encode() for word in words(count)]


def _split_events(api: str) -> tuple[list[str], str, list[str]]:
    """Return the events before any text, the event with text, and the events after it."""
    events = [f"{event}\n\n" for event in _read(api, "sse").strip().split("\n\n")]
    at = next(number for number, event in enumerate(events) if "TEXT" in event)
    return events[:at], events[at], events[at + 1 :]


def _read(api: str, kind: str) -> str:
    return Path(__file__).with_name(f"{api}.{kind}").read_text("utf-8")


def _chunk(data: str) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data.encode())
