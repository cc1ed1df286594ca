"""The connection on llhttp reads responses as h11 does, for any read boundaries, and rejects the same input."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, NamedTuple

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatroutes._httptools import MAX_INCOMPLETE_SIZE, HttptoolsConnection

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE_BODY = b"x" * (MAX_INCOMPLETE_SIZE + 20_000)

COMPLETE: dict[str, bytes] = {
    "content length": HEAD + b"Content-Length: 5\r\n\r\nhello",
    "empty body": HEAD + b"Content-Length: 0\r\n\r\n",
    "chunked": CHUNKED + b"5\r\nhello\r\n1;why=not\r\n!\r\n0\r\n\r\n",
    "long chunk": CHUNKED + b"%x\r\n" % len(LARGE_BODY) + LARGE_BODY + b"\r\n0\r\n\r\n",
    "long headers and chunk extensions": CHUNKED[:-2] + b"A: " + LARGE_BODY[:60_000] + b"\r\n\r\n1;" + LARGE_BODY[:60_000] + b"\r\n!\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"2\r\nhi\r\n0\r\nDigest: abc\r\nX: 9\r\n\r\n",
    "repeated header": HEAD + b"A: 1\r\nB: 2\r\na: 3\r\nContent-Length: 0\r\n\r\n",
    "empty header": HEAD + b"A:\r\nB: \t \r\nContent-Length: 0\r\n\r\n",
    "non-ASCII header": HEAD + b"A: caf\xe9 \xff\r\nContent-Length: 0\r\n\r\n",
    "empty reason phrase": b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
    "no reason phrase": b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    "long reason phrase": b"HTTP/1.1 404 Not Found, as \xc3\xa9\r\nContent-Length: 0\r\n\r\n",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "304 with a content length": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n",
    "after 100 Continue": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nhi",
    "after 103 Early Hints": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + CHUNKED + b"0\r\n\r\n",
    "connection: close": HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
}  # fmt: skip
CLOSE_DELIMITED: dict[str, bytes] = {
    "no content length": HEAD + b"\r\nhello",
    "no content length, empty body": HEAD + b"\r\n",
    "no content length, HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\nhello",
}
TRUNCATED: dict[str, bytes] = {
    "in the body": HEAD + b"Content-Length: 5\r\n\r\nhel",
    "before the body": HEAD + b"Content-Length: 5\r\n\r\n",
    "in the data of a chunk": CHUNKED + b"5\r\nhel",
    "in the size of a chunk": CHUNKED + b"5\r\nhello\r\n5",
    "after a chunk": CHUNKED + b"5\r\nhello\r\n",
    "before the end of the trailers": CHUNKED + b"5\r\nhello\r\n0\r\n",
}
INVALID: dict[str, bytes] = {
    "HTML page": b"<html><body>hello</body></html>\r\n\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n",
    "no status code": b"HTTP/1.1 OK\r\n\r\n",
    "header without a colon": HEAD + b"what\r\n\r\n",
    "header without a name": HEAD + b": what\r\n\r\n",
    "space in a header name": HEAD + b"a b: what\r\n\r\n",
    "null byte": HEAD + b"A: \x00\r\n\r\n",
    "invalid content length": HEAD + b"Content-Length: five\r\n\r\nhello",
    "negative content length": HEAD + b"Content-Length: -5\r\n\r\nhello",
    "conflicting content lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "unsupported transfer coding": HEAD + b"Transfer-Encoding: gzip\r\n\r\nhello",
    "invalid chunk size": CHUNKED + b"five\r\nhello\r\n0\r\n\r\n",
    "chunk longer than its size": CHUNKED + b"3\r\nhello\r\n0\r\n\r\n",
}


class Result(NamedTuple):
    """The response that was read, and the state at its end."""

    head: tuple[int, bytes, bytes, list[tuple[bytes, bytes]]] | None
    body: bytes
    end: object


def make_connection() -> HttptoolsConnection:
    return HttptoolsConnection()


def make_h11_connection() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_INCOMPLETE_SIZE)


def send_request(connection: Any, method: str = "GET") -> None:
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())


def read_response(connection: Any, parts: Iterable[bytes]) -> Result:
    """Read a response as httpcore does; each part is one read of the socket."""
    remaining = iter(parts)
    head, body = None, b""
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(next(remaining))
            elif isinstance(event, h11.Response):
                headers = list(event.headers)
                head = (event.status_code, event.http_version, event.reason, headers)
            elif isinstance(event, h11.Data):
                body += event.data
            elif not isinstance(event, h11.InformationalResponse):
                break
    except h11.RemoteProtocolError:
        return Result(head, body, h11.ERROR)
    return Result(head, body, connection.their_state)


def in_one_read(response: bytes) -> list[bytes]:
    return [response]


def byte_by_byte(response: bytes) -> list[bytes]:
    return [response[at : at + 1] for at in range(len(response))]


each_split = pytest.mark.parametrize("split", [in_one_read, byte_by_byte])
Split = Callable[[bytes], list[bytes]]


def read_with_both(parts: list[bytes], method: str = "GET") -> tuple[Result, Result]:
    connections: list[Any] = [make_connection(), make_h11_connection()]
    for connection in connections:
        send_request(connection, method)
    actual, expected_result = (read_response(connection, parts) for connection in connections)
    return actual, expected_result


@each_split
@pytest.mark.parametrize("response", COMPLETE.values(), ids=COMPLETE)
def test_complete_response(response: bytes, split: Split) -> None:
    actual, expected_result = read_with_both(split(response))

    assert actual == expected_result
    assert actual.end in (h11.DONE, h11.MUST_CLOSE)


@each_split
@pytest.mark.parametrize("response", CLOSE_DELIMITED.values(), ids=CLOSE_DELIMITED)
def test_response_that_ends_with_the_connection(response: bytes, split: Split) -> None:
    actual, expected_result = read_with_both([*split(response), b""])

    assert actual[:2] == expected_result[:2]
    assert actual.end is h11.MUST_CLOSE


@each_split
@pytest.mark.parametrize("response", TRUNCATED.values(), ids=TRUNCATED)
def test_truncated_response(response: bytes, split: Split) -> None:
    actual, expected_result = read_with_both([*split(response), b""])

    assert actual == expected_result
    assert actual.end is h11.ERROR


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (TRUNCATED["in the body"], "ended after 3 bytes of the body, before 5 bytes"),
        (
            TRUNCATED["in the data of a chunk"],
            "ended after 3 bytes of the body, before its last chunk",
        ),
    ],
)
def test_error_of_a_truncated_response_names_the_missing_part(
    response: bytes, expected: str
) -> None:
    connection = make_connection()
    send_request(connection)
    connection.receive_data(response)
    connection.receive_data(b"")
    connection.next_event()
    connection.next_event()

    with pytest.raises(h11.RemoteProtocolError, match=expected):
        connection.next_event()


@each_split
@pytest.mark.parametrize("response", INVALID.values(), ids=INVALID)
def test_invalid_response(response: bytes, split: Split) -> None:
    actual, expected_result = read_with_both([*split(response), b""])

    assert actual.end is expected_result.end is h11.ERROR
    assert expected_result.body.startswith(actual.body) or actual.body.startswith(
        expected_result.body
    )


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
        CHUNKED + b"0\r\nContent-Length: 9\r\n\r\n",
    ],
    ids=["unknown HTTP version", "content length in the trailers"],
)
def test_llhttp_is_stricter_than_h11(response: bytes) -> None:
    actual, expected_result = read_with_both([response])

    assert (actual.end, expected_result.end) == (h11.ERROR, h11.DONE)


@each_split
@pytest.mark.parametrize("prefix", [b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"])
def test_response_to_head_has_no_body(prefix: bytes, split: Split) -> None:
    actual, expected_result = read_with_both(
        split(prefix + HEAD + b"Content-Length: 5\r\n\r\n"), "HEAD"
    )

    assert actual == expected_result
    assert actual.end is h11.DONE


@each_split
@pytest.mark.parametrize("extra", [b"\r\nrubbish", COMPLETE["content length"], b"\x00" * 200_000])
def test_data_after_the_response_closes_the_connection(extra: bytes, split: Split) -> None:
    response = COMPLETE["chunked"]
    *parts, last = split(response)
    connection = make_connection()
    send_request(connection)

    result = read_response(connection, [*parts, last + extra])

    assert result[:2] == read_with_both([response])[1][:2]
    assert result.end is h11.MUST_CLOSE


@each_split
def test_protocol_switch_closes_the_connection(split: Split) -> None:
    connection = make_connection()
    send_request(connection)
    switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
    for part in split(switch):
        assert connection.next_event() is h11.NEED_DATA
        connection.receive_data(part)

    head = connection.next_event()
    assert isinstance(head, h11.InformationalResponse)
    assert head.status_code == 101
    assert isinstance(connection.next_event(), h11.EndOfMessage)
    assert connection.their_state is h11.MUST_CLOSE


def test_connection_reads_consecutive_responses() -> None:
    connection = make_connection()
    for response in (
        COMPLETE["chunked"],
        COMPLETE["content length"],
        COMPLETE["204"],
        COMPLETE["chunked"],
    ):
        send_request(connection)

        assert read_response(connection, [response]) == read_with_both([response])[1]
        connection.start_next_cycle()


def test_data_of_one_read_is_one_event() -> None:
    connection = make_connection()
    send_request(connection)
    connection.receive_data(CHUNKED + b"".join(b"2\r\n%02d\r\n" % number for number in range(50)))

    assert isinstance(connection.next_event(), h11.Response)
    data = connection.next_event()
    assert isinstance(data, h11.Data)
    assert data.data == b"".join(b"%02d" % number for number in range(50))
    assert connection.next_event() is h11.NEED_DATA


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 ", HEAD + b"A: ", CHUNKED + b"0\r\nA: "], ids=str)
def test_endless_headers_are_rejected(start: bytes) -> None:
    connection = make_connection()
    send_request(connection)
    endless = (b"x" * 1000 for _ in range(1000))

    assert read_response(connection, chain([start], endless)).end is h11.ERROR
    assert sum(map(len, endless)) > 800_000  # most of it is not read


def test_endless_informational_responses_are_rejected() -> None:
    connection = make_connection()
    send_request(connection)

    assert read_response(connection, [b"HTTP/1.1 100 Continue\r\n\r\n"] * 10_000).end is h11.ERROR


@given(st.lists(st.integers(1, 40), max_size=30))
def test_result_is_independent_of_read_boundaries(lengths: list[int]) -> None:
    response = COMPLETE["after 103 Early Hints"][:-5] + COMPLETE["chunked"][len(CHUNKED) :]
    parts = []
    for length in lengths:
        parts.append(response[:length])
        response = response[length:]
    actual, expected_result = read_with_both([part for part in [*parts, response] if part])

    assert actual == expected_result


def test_abandoned_connection_leaves_no_reference_cycle() -> None:
    connection = make_connection()
    send_request(connection)
    connection.receive_data(CHUNKED + b"5\r\nhel")
    response = weakref.ref(connection._response)
    gc.disable()
    try:
        del connection
        assert response() is None
    finally:
        gc.enable()
