"""Upstreams that would exhaust the memory or the time of the server, or reveal its API key."""

from __future__ import annotations

import functools
import gzip
import json
import tracemalloc
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest

from chatroutes_server import LocalServer
from chatroutes_server.llm.redaction import redact
from tests.support.server_api import Api, stream_message
from tests.support.server_events import parse_events
from tests.support.upstream_server import (
    UPSTREAM_API_KEY,
    Behaviour,
    FakeUpstream,
    Handler,
    respond_with,
    stream_raw,
    stream_reply,
)

SHORT_TIMEOUT = pytest.mark.parametrize("upstream_timeout", [0.5], ids=["short timeout"])
MEGABYTE = 1024 * 1024


def send_compressed(content: bytes, encoding: str, status: int = 200) -> Behaviour:
    def stream(handler: Handler) -> None:
        handler.start_response(status, Content_Encoding=encoding)
        handler.wfile.write(content)

    return stream


def chunk(delta: object) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": delta}]}).encode() + b"\n\n"


def send_error(api: Api) -> tuple[int, str, str]:
    path = f"/conversations/{api.conversation(model='llama')}/messages"
    return api.error("POST", path, json={"content": "hello"})


def test_request_asks_for_an_uncompressed_response(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    upstream_api.send(upstream_api.conversation(model="llama"), "hello")

    assert [each.headers["Accept-Encoding"] for each in upstream.requests] == ["identity"]


@functools.cache
def compressed_bomb() -> bytes:
    return gzip.compress(gzip.compress(b"\n" * 64 * MEGABYTE))


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip", "deflate", "br", "GZIP", "x-unknown"])
def test_compressed_response_is_not_decompressed(
    upstream_api: Api, upstream: FakeUpstream, encoding: str
) -> None:
    upstream.behaviour = send_compressed(compressed_bomb(), encoding)
    tracemalloc.start()
    try:
        error = send_error(upstream_api)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert error == (
        502,
        "UPSTREAM_ERROR",
        f"upstream llama sent a response with the content encoding {encoding.lower()}",
    )
    assert peak < 4 * MEGABYTE


def test_compressed_error_is_not_decompressed(upstream_api: Api, upstream: FakeUpstream) -> None:
    upstream.behaviour = send_compressed(gzip.compress(b'{"error": "no"}'), "gzip", 500)

    assert send_error(upstream_api)[2] == "upstream llama returned status 500"


def test_identity_encoding_is_accepted(upstream_api: Api, upstream: FakeUpstream) -> None:
    def stream(handler: Handler) -> None:
        handler.start_response(Content_Encoding="identity")
        handler.send_text("Hello", "stop")

    upstream.behaviour = stream

    sent = upstream_api.send(upstream_api.conversation(model="llama"), "hello")

    assert sent["message"]["content"] == "Hello"


@SHORT_TIMEOUT
@pytest.mark.parametrize(
    "delta",
    [{"content": ""}, None, {"reasoning_content": "hm"}],
    ids=["empty", "null", "reasoning"],
)
def test_chunks_without_text_do_not_extend_a_reply_for_ever(
    upstream_api: Api, upstream: FakeUpstream, delta: object
) -> None:
    def stream(handler: Handler) -> None:
        handler.start_response()
        handler.repeat(chunk(delta))

    upstream.behaviour = stream

    assert send_error(upstream_api) == (
        504,
        "UPSTREAM_ERROR",
        "upstream llama sent no text for 5 seconds",
    )
    assert upstream.client_disconnected.wait(60)


@SHORT_TIMEOUT
def test_chunks_without_text_after_text_end_in_an_error_event(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    def stream(handler: Handler) -> None:
        handler.start_response()
        handler.send_text("Once ")
        handler.repeat(chunk({}))

    upstream.behaviour = stream
    conversation_id = upstream_api.conversation(model="llama")

    events = parse_events(stream_message(upstream_api, conversation_id, "tell").text)

    assert events[0][1]["content"] == "Once "
    assert events[1][1]["message"] == "upstream llama sent no text for 5 seconds"
    assert upstream.client_disconnected.wait(60)


# The server needs less than a second for each. With a copy of the event per piece it needs minutes.
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("piece", "count"), [(b"x", 300_000), (b"\n", 10 * MEGABYTE), (b":\r\n", 2 * MEGABYTE)]
)
def test_large_stream_without_events_is_read_in_linear_time(
    upstream_api: Api, upstream: FakeUpstream, piece: bytes, count: int
) -> None:
    def stream(handler: Handler) -> None:
        handler.start_response()
        handler.wfile.write(b"data: " + piece * count + b"\n\n")

    upstream.behaviour = stream

    assert send_error(upstream_api)[0] == 502


@pytest.mark.parametrize(
    "echo",
    [
        UPSTREAM_API_KEY,
        UPSTREAM_API_KEY.upper(),
        UPSTREAM_API_KEY.title(),
        UPSTREAM_API_KEY[:8],
        UPSTREAM_API_KEY[-8:],
        UPSTREAM_API_KEY[3:-3],
        f"Bearer {UPSTREAM_API_KEY}{UPSTREAM_API_KEY}",
        UPSTREAM_API_KEY[:7] + " " + UPSTREAM_API_KEY[7:],
    ],
)
@pytest.mark.parametrize(
    "respond",
    [
        lambda echo: respond_with(401, {"error": {"message": f"the key {echo} is wrong"}}),
        lambda echo: stream_raw("data: " + json.dumps({"error": echo}) + "\n\n"),
        lambda echo: respond_with(200, "", f"text/{echo}"),
        lambda echo: respond_with(200, "", Content_Encoding=echo),
        lambda echo: lambda handler: handler.wfile.write(f"HTTP/1.1 {echo}\r\n\r\n".encode()),
    ],
    ids=["status", "event", "media type", "encoding", "status line"],
)
def test_api_key_is_not_revealed(
    upstream_api: Api, upstream: FakeUpstream, respond: object, echo: str
) -> None:
    assert callable(respond)
    upstream.behaviour = respond(echo)
    path = f"/conversations/{upstream_api.conversation(model='llama')}/messages"

    text = upstream_api.http.post(path, json={"content": "hello"}).text.lower()

    parts = [UPSTREAM_API_KEY[start : start + 6] for start in range(len(UPSTREAM_API_KEY) - 5)]
    assert [part for part in parts if part in text] == []


def test_api_key_is_not_stored_as_the_finish_reason(
    upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "secretKey123")
    upstream.behaviour = stream_reply("Hello", finish_reason="Secretkey123" + "x" * 100)
    with (
        LocalServer(upstreams=[f"llama={upstream.url},key=UPSTREAM_KEY"]) as server,
        Api(server) as api,
    ):
        message = api.send(api.conversation(), "hello")["message"]

    assert message["metadata"]["finishReason"] == "…" + "x" * 28


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a key", "a key"),
        ("abcdefghij", "…"),
        ("ABCDEFghij.", "…."),
        ("x abcdef y", "x … y"),
        ("x abcde y", "x abcde y"),
        ("efghij", "…"),
        ("abcdefghijabcdefghij", "…"),
        ("abcdef efghij", "… …"),
        ("İ CDEFGHI", "İ …"),
        ("", ""),
    ],
)
def test_redact_removes_the_key_and_its_parts(text: str, expected: str) -> None:
    assert redact(text, "abcdefGHIJ") == expected


def test_text_of_a_reply_is_limited(upstream_api: Api, upstream: FakeUpstream) -> None:
    upstream.behaviour = stream_reply(*["x" * 1_000_000] * 5)

    assert send_error(upstream_api) == (
        502,
        "UPSTREAM_ERROR",
        "upstream llama sent a reply that is too large",
    )


KEY = "sk-Zq9_7bXw2+Lm/Tr4Yc8"


@pytest.mark.parametrize(
    "text",
    [
        b64encode(KEY.encode()).decode(),
        urlsafe_b64encode(f"Bearer {KEY}".encode()).decode(),
        b64encode(f"me:{KEY}".encode()).decode(),
        b64encode(f"a:{KEY}!".encode()).decode().rstrip("="),
        KEY.encode().hex(),
        KEY.encode().hex(" ").upper(),
        "".join(f"%{ord(each):02X}" for each in KEY),
        "".join(f"\\x{ord(each):02x}" for each in KEY),
        "".join(f"\\u{ord(each):04x}" for each in KEY),
        "".join(f"&#{ord(each)};" for each in KEY),
        quote(KEY, safe=""),
        quote_plus(KEY),
        " ".join(KEY),
        "-".join(KEY[start : start + 4] for start in range(0, len(KEY), 4)),
        "\u200b".join(KEY),
        "".join(chr(ord(each) + 0xFEE0) for each in KEY),  # full-width forms
        KEY.replace("/", "\\/"),
        str(list(KEY)),
    ],
)
def test_redact_removes_other_forms_of_the_key(text: str) -> None:
    redacted = redact(f"Wrong key, see the docs: {text}", KEY)

    assert redacted.startswith("Wrong key, see the docs: ")
    assert len(redacted) < len("Wrong key, see the docs: ") + 20


@pytest.mark.parametrize("key", ["------------", "a-----------"])
def test_redact_removes_a_key_without_letters(key: str) -> None:
    assert redact(f"a key {key}!", key) == "a key …!"


def test_redact_removes_a_short_key_and_nothing_without_a_key() -> None:
    assert redact("xaBc abc", "abc") == "x… …"
    assert redact("text", "") == "text"
