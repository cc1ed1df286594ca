"""The event-stream decoder follows the standard for any read boundaries."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatroutes._sse import Decoder
from tests.support.event_streams import Event, feed_all, split


def reference(stream: bytes) -> list[Event]:
    """Decode a complete stream with the algorithm of the standard."""
    text = stream.decode("utf-8", errors="replace")
    if text.startswith("\ufeff"):
        text = text[1:]
    lines = re.split("\r\n|\r|\n", text)[:-1]
    events: list[Event] = []
    data_buffer = event_type_buffer = last_event_id_buffer = ""
    for line in lines:
        if line == "":
            if data_buffer != "":
                assert data_buffer[-1] == "\n"
                events.append(Event(data_buffer[:-1], event_type_buffer, last_event_id_buffer))
            data_buffer = event_type_buffer = ""
            continue
        if line[0] == ":":
            continue
        colon = line.find(":")
        if colon == -1:
            field, value = line, ""
        else:
            field, value = line[:colon], line[colon + 1 :]
        if value[:1] == " ":
            value = value[1:]
        if field == "event":
            event_type_buffer = value
        if field == "data":
            data_buffer += value + "\n"
        if field == "id" and "\x00" not in value:
            last_event_id_buffer = value
    return events


CASES: dict[str, tuple[bytes, list[Event]]] = {
    "an empty stream has no events": (b"", []),
    "blank lines are no events": (b"\n\n\r\r\r\n\r\n\n", []),
    "LF ends lines": (b"data: a\n\ndata: b\n\n", [Event("a"), Event("b")]),
    "CR ends lines": (b"data: a\r\rdata: b\r\r", [Event("a"), Event("b")]),
    "CRLF ends lines": (b"data: a\r\n\r\ndata: b\r\n\r\n", [Event("a"), Event("b")]),
    "CRLF is one line end and not a blank line": (
        b"data: a\r\ndata: b\r\n\r\n",
        [Event("a\nb")],
    ),
    "CRLF then LF are two line ends": (
        b"data: a\r\n\ndata: b\r\n\n",
        [Event("a"), Event("b")],
    ),
    "LF then CR are two line ends": (b"data: a\n\rdata: b\n\r", [Event("a"), Event("b")]),
    "line ends can be mixed": (
        b"data: a\r\ndata: b\n\rdata: c\r\n\rdata: d\r\r\ndata: e\n\r\n",
        [Event("a\nb"), Event("c"), Event("d"), Event("e")],
    ),
    "a CR that ends an event can be followed by the LF of another line end": (
        b"data: a\r\r\n\ndata: b\r\r",
        [Event("a"), Event("b")],
    ),
    "a BOM at the start is skipped": (b"\xef\xbb\xbfdata: a\n\n", [Event("a")]),
    "only one BOM is skipped": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [Event("b")]),
    "a BOM on a later line makes an unknown field": (
        b"data: a\n\n\xef\xbb\xbfdata: b\n\ndata: c\n\n",
        [Event("a"), Event("c")],
    ),
    "a BOM after a first blank line is not at the start": (b"\n\xef\xbb\xbfdata: a\n\n", []),
    "a BOM inside data is kept": (b"data: \xef\xbb\xbfa\n\n", [Event("\ufeffa")]),
    "a BOM before a blank line is skipped": (b"\xef\xbb\xbf\n\ndata: a\n\n", [Event("a")]),
    "half a BOM is not skipped": (b"\xef\xbbdata: a\n\ndata: b\n\n", [Event("b")]),
    "comments are skipped": (
        b": hi\ndata: a\n:\n:data: no\ndata: b\n: bye\n\n:alone\n\n",
        [Event("a\nb")],
    ),
    "data lines are joined by LF": (b"data: a\ndata: b\ndata: c\n\n", [Event("a\nb\nc")]),
    "empty data lines count": (b"data\ndata:\ndata: \ndata: a\n\n", [Event("\n\n\na")]),
    "an empty data line is an event": (b"data\n\ndata:\n\n", [Event(""), Event("")]),
    "the space after the colon is optional": (b"data:a\n\n", [Event("a")]),
    "only one space after the colon is dropped": (b"data:  a \n\n", [Event(" a ")]),
    "a tab after the colon is kept": (b"data:\ta\n\n", [Event("\ta")]),
    "only the first colon separates": (
        b"data: a: b:c\n\ndata::\n\n",
        [Event("a: b:c"), Event(":")],
    ),
    "a field without a colon has an empty value": (
        b"event: x\nid: 1\nevent\nid\ndata: a\n\n",
        [Event("a")],
    ),
    "unknown fields are skipped": (
        b"foo: 1\nbar\ndata: a\ndata2: b\ndat: c\n\n",
        [Event("a")],
    ),
    "field names are case-sensitive and not stripped": (
        b"Data: 1\n data: 2\ndata : 3\nDATA\ndata: a\nID: 1\nEvent: x\n\n",
        [Event("a")],
    ),
    "the event type applies to one event": (
        b"event: x\ndata: a\n\ndata: b\n\n",
        [Event("a", "x"), Event("b")],
    ),
    "the event type can follow the data": (b"data: a\nevent: x\n\n", [Event("a", "x")]),
    "the last event type counts": (b"event: x\nevent: y\ndata: a\n\n", [Event("a", "y")]),
    "an event without data is dropped and its type is reset": (
        b"event: x\n\ndata: a\n\nevent: y\nid: 1\n\ndata: b\n\n",
        [Event("a"), Event("b", "", "1")],
    ),
    "the last id applies to later events": (
        b"id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\ndata: d\n\n",
        [Event("a", "", "1"), Event("b", "", "1"), Event("c", "", "2"), Event("d", "", "2")],
    ),
    "ids after the data": (
        b"data: a\nid: 1\n\ndata: b\nid: 2\n\ndata: c\n\n",
        [Event("a", "", "1"), Event("b", "", "2"), Event("c", "", "2")],
    ),
    "an id with a null character after the data is ignored": (
        b"data: a\nid: 1\n\ndata: b\nid: 2\0\n\n",
        [Event("a", "", "1"), Event("b", "", "1")],
    ),
    "two ids after the data": (
        b"data: a\nid: 1\nid: 2\n\ndata: b\n\n",
        [Event("a", "", "2"), Event("b", "", "2")],
    ),
    "an empty id after the data": (
        b"data: a\nid: 1\n\ndata: b\nid: \n\n",
        [Event("a", "", "1"), Event("b")],
    ),
    "an id without data applies to later events": (b"id: 1\n\ndata: a\n\n", [Event("a", "", "1")]),
    "an empty id resets the last id": (
        b"id: 1\ndata: a\n\nid\ndata: b\n\n",
        [Event("a", "", "1"), Event("b")],
    ),
    "an id with NUL is ignored": (
        b"id: 1\nid: 2\0\nid:\0\ndata: a\n\n",
        [Event("a", "", "1")],
    ),
    "NUL elsewhere is data": (b"event: \0\ndata: a\0b\n\n", [Event("a\0b", "\0")]),
    "retry fields are ignored": (
        b"retry: 10\ndata: a\nretry: x\nretry\nretry: -1\nretry: \xd9\xa3\n\nretry: 1\n\n",
        [Event("a")],
    ),
    "a very long retry field is ignored": (
        b"retry: " + b"9" * 5000 + b"\ndata: a\n\n",
        [Event("a")],
    ),
    "other line separators stay in the data": (
        "data: a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei\n\n".encode(),
        [Event("a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei")],
    ),
    "other line separators stay in other fields": (
        "event: a\u2028b\nid: c\x85d\ndata: e\x0cf\ndata: \u2029\n\n".encode(),
        [Event("e\x0cf\n\u2029", "a\u2028b", "c\x85d")],
    ),
    "multi-byte characters are decoded": (
        "data: é€😀\ndata: 한국어\n\ndata: ü\n\n".encode(),
        [Event("é€😀\n한국어"), Event("ü")],
    ),
    "invalid UTF-8 becomes U+FFFD": (
        b"data: a\xffb\xc3\n\ndata: \xe2\x82\ndata: \xf0\x9f\x98\n\ndata: \xed\xa0\x80\n\n",
        [Event("a\ufffdb\ufffd"), Event("\ufffd\n\ufffd"), Event("\ufffd\ufffd\ufffd")],
    ),
    "invalid UTF-8 does not extend over a line end": (
        b"data: \xe2\n\xa8data: b\n\n",
        [Event("\ufffd")],
    ),
    "an event without a final blank line is dropped": (
        b"data: a\n\ndata: b\n",
        [Event("a")],
    ),
    "a line without a line end is dropped": (
        b"data: a\n\ndata: b",
        [Event("a")],
    ),
    "[DONE] is data": (
        b'data: {"a": 1}\n\ndata: [DONE]\n\n',
        [Event('{"a": 1}'), Event("[DONE]")],
    ),
    "data can look like fields": (
        b"data: data: a\n\ndata: \\n\\ndata: b\n\n",
        [Event("data: a"), Event("\\n\\ndata: b")],
    ),
    "extra blank lines between events are ignored": (
        b"data: a\n\n\n\n\ndata: b\n\n\ndata: c\n\n",
        [Event("a"), Event("b"), Event("c")],
    ),
    "plain and other events can alternate": (
        b"data: a\n\ndata: b\ndata: c\n\n: ping\n\ndata: d\n\ndata:e\n\n",
        [Event("a"), Event("b\nc"), Event("d"), Event("e")],
    ),
    "a data line can end an event with a type": (
        b"event: x\ndata: a\n\n",
        [Event("a", "x")],
    ),
}

cases = pytest.mark.parametrize(("stream", "events"), CASES.values(), ids=CASES)


@cases
def test_stream_in_one_read(stream: bytes, events: list[Event]) -> None:
    assert Decoder().feed(stream) == events


@cases
def test_reference_decoder_agrees(stream: bytes, events: list[Event]) -> None:
    assert reference(stream) == events


@cases
def test_stream_split_at_any_byte(stream: bytes, events: list[Event]) -> None:
    for at in range(len(stream) + 1):
        decoder = Decoder()
        first = decoder.feed(stream[:at])
        assert first == reference(stream[:at])
        assert first + decoder.feed(stream[at:]) == events


@cases
def test_stream_byte_by_byte_with_empty_reads(stream: bytes, events: list[Event]) -> None:
    decoder = Decoder()
    parts = [part for byte in split(stream, 1) for part in (byte, b"")]
    assert feed_all(decoder, parts) == events


def test_empty_first_read_does_not_end_bom_detection() -> None:
    parts = [b"", b"data: a\n\n", b"\xef\xbb\xbfdata: b\n\n"]
    assert feed_all(Decoder(), parts) == [Event("a")]


line_ends = st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n"])
fields = st.sampled_from(
    [b"data", b"data:", b"data: ", b"event", b"event: x", b"id", b"id: 1", b"retry: 1", b": c"]
)
plain_events = st.sampled_from([b"data: a\n\n", b"\n\ndata: ", b"data: a\r\n\r\n"])
unusual = st.sampled_from(
    [b":", b" ", b"x", b"\0", b"\x0b", b"\x0c", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf"]
)
invalid_utf8 = st.sampled_from([b"\xef", b"\xbb", b"\xe2", b"\x80", b"\xf0\x9f", b"\xff"])
parts = line_ends | fields | plain_events | unusual | invalid_utf8
streams = st.lists(parts, max_size=24).map(b"".join) | st.binary(max_size=24)


@settings(max_examples=300)
@given(st.lists(streams, max_size=6))
@example([b"data: a\r", b"\n", b"\r", b"\n"])
@example([b"data: a\r", b"\n\n"])
@example([b"data: a\n", b"data: b\n\n"])
@example([b"event: x\n", b"data: b\n\n"])
def test_each_read_returns_all_complete_events(parts: list[bytes]) -> None:
    decoder = Decoder()
    fed = b""
    events: list[tuple[str, str, str]] = []
    for part in parts:
        fed += part
        events += decoder.feed(part)
        assert events == reference(fed)


def test_cr_at_the_end_of_a_read_ends_the_line() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: a\r") == []
    assert decoder.feed(b"\r") == [Event("a")]
    assert decoder.feed(b"data: b\r\n\r") == [Event("b")]
    assert decoder.feed(b"\ndata: c\r") == []
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"\n") == [Event("c")]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"", False),
        (b"data: a\n\n", False),
        (b"data: a\r\r", False),
        (b"data: a\r\n\r", False),
        (b"\xef\xbb\xbfdata: a\n\n", False),
        (b"event: x\n\n", False),
        (b"data: a\n\n: ping\n", False),
        (b"data: a\n\n\n", False),
        (b"d", True),
        (b"data: a", True),
        (b"data: a\n", True),
        (b"data: a\r", True),
        (b"data\n", True),
        (b"event: x\n", True),
        (b"data: a\n\ndata: b", True),
        (b"data: a\n\ndata: b\n", True),
    ],
)
def test_has_partial_event(stream: bytes, expected: bool) -> None:
    in_one_read, by_byte = Decoder(), Decoder()
    in_one_read.feed(stream)
    feed_all(by_byte, split(stream, 1))
    assert in_one_read.has_partial_event is by_byte.has_partial_event is expected


def test_has_partial_event_is_false_after_the_event_is_complete() -> None:
    decoder = Decoder()
    decoder.feed(b"data: a")
    assert decoder.has_partial_event
    assert decoder.feed(b"b\n\n") == [Event("ab")]
    assert not decoder.has_partial_event
