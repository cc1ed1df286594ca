"""llhttp reads answers as h11 does, however they are cut, and refuses what it refuses."""

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
LONG = b"x" * (MAX_INCOMPLETE_SIZE + 20_000)

WHOLE: dict[str, bytes] = {
    "a length": HEAD + b"Content-Length: 5\r\n\r\nhello",
    "nothing": HEAD + b"Content-Length: 0\r\n\r\n",
    "chunks": CHUNKED + b"5\r\nhello\r\n1;why=not\r\n!\r\n0\r\n\r\n",
    "a long chunk": CHUNKED + b"%x\r\n" % len(LONG) + LONG + b"\r\n0\r\n\r\n",
    "much before the body": CHUNKED[:-2] + b"A: " + LONG[:60_000] + b"\r\n\r\n1;" + LONG[:60_000] + b"\r\n!\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"2\r\nhi\r\n0\r\nDigest: abc\r\nX: 9\r\n\r\n",
    "headers of one name": HEAD + b"A: 1\r\nB: 2\r\na: 3\r\nContent-Length: 0\r\n\r\n",
    "an empty header": HEAD + b"A:\r\nB: \t \r\nContent-Length: 0\r\n\r\n",
    "bytes above ASCII": HEAD + b"A: caf\xe9 \xff\r\nContent-Length: 0\r\n\r\n",
    "no reason": b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
    "no reason and no space": b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    "a long reason": b"HTTP/1.1 404 Not Found, as \xc3\xa9\r\nContent-Length: 0\r\n\r\n",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "304 of what is long": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n",
    "100 before": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nhi",
    "103 and its headers before": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + CHUNKED + b"0\r\n\r\n",
    "to be closed": HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nhi",
    "of HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
}  # fmt: skip
ENDED_BY_THE_CONNECTION: dict[str, bytes] = {
    "no length": HEAD + b"\r\nhello",
    "no length and nothing": HEAD + b"\r\n",
    "no length, HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\nhello",
}
CUT_OFF: dict[str, bytes] = {
    "in the body": HEAD + b"Content-Length: 5\r\n\r\nhel",
    "before the body": HEAD + b"Content-Length: 5\r\n\r\n",
    "in a chunk": CHUNKED + b"5\r\nhel",
    "in the size of a chunk": CHUNKED + b"5\r\nhello\r\n5",
    "after a chunk": CHUNKED + b"5\r\nhello\r\n",
    "before the end of the chunks": CHUNKED + b"5\r\nhello\r\n0\r\n",
}
NO_HTTP: dict[str, bytes] = {
    "a page": b"<html><body>hello</body></html>\r\n\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "a header without a colon": HEAD + b"what\r\n\r\n",
    "a header without a name": HEAD + b": what\r\n\r\n",
    "a space in a name": HEAD + b"a b: what\r\n\r\n",
    "a null": HEAD + b"A: \x00\r\n\r\n",
    "a length that is none": HEAD + b"Content-Length: five\r\n\r\nhello",
    "a length below nothing": HEAD + b"Content-Length: -5\r\n\r\nhello",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a coding of its own": HEAD + b"Transfer-Encoding: gzip\r\n\r\nhello",
    "a size that is none": CHUNKED + b"five\r\nhello\r\n0\r\n\r\n",
    "a chunk that is longer": CHUNKED + b"3\r\nhello\r\n0\r\n\r\n",
}


class Reading(NamedTuple):
    """What was read of an answer, and how it ended."""

    head: tuple[int, bytes, bytes, list[tuple[bytes, bytes]]] | None
    body: bytes
    end: object


def exchange() -> HttptoolsConnection:
    return HttptoolsConnection()


def by_h11() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_INCOMPLETE_SIZE)


def ask(connection: Any, method: str = "GET") -> None:
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())


def read(connection: Any, pieces: Iterable[bytes]) -> Reading:
    """Read an answer as httpcore does; the pieces are what the socket brings."""
    coming = iter(pieces)
    head, body = None, b""
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(next(coming))
            elif isinstance(event, h11.Response):
                headers = list(event.headers)
                head = (event.status_code, event.http_version, event.reason, headers)
            elif isinstance(event, h11.Data):
                body += event.data
            elif not isinstance(event, h11.InformationalResponse):
                break
    except h11.RemoteProtocolError:
        return Reading(head, body, h11.ERROR)
    return Reading(head, body, connection.their_state)


def at_once(answer: bytes) -> list[bytes]:
    return [answer]


def in_bytes(answer: bytes) -> list[bytes]:
    return [answer[at : at + 1] for at in range(len(answer))]


either_way = pytest.mark.parametrize("cut", [at_once, in_bytes])
Cut = Callable[[bytes], list[bytes]]


def read_by_both(pieces: list[bytes], method: str = "GET") -> tuple[Reading, Reading]:
    connections: list[Any] = [exchange(), by_h11()]
    for connection in connections:
        ask(connection, method)
    ours, theirs = (read(connection, pieces) for connection in connections)
    return ours, theirs


@either_way
@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE)
def test_a_whole_answer(answer: bytes, cut: Cut) -> None:
    ours, theirs = read_by_both(cut(answer))

    assert ours == theirs
    assert ours.end in (h11.DONE, h11.MUST_CLOSE)


@either_way
@pytest.mark.parametrize("answer", ENDED_BY_THE_CONNECTION.values(), ids=ENDED_BY_THE_CONNECTION)
def test_an_answer_that_ends_with_its_connection(answer: bytes, cut: Cut) -> None:
    ours, theirs = read_by_both([*cut(answer), b""])

    assert ours[:2] == theirs[:2]
    assert ours.end is h11.MUST_CLOSE


@either_way
@pytest.mark.parametrize("answer", CUT_OFF.values(), ids=CUT_OFF)
def test_an_answer_that_is_cut_off(answer: bytes, cut: Cut) -> None:
    ours, theirs = read_by_both([*cut(answer), b""])

    assert ours == theirs
    assert ours.end is h11.ERROR


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (CUT_OFF["in the body"], "ended after 3 bytes of the body, before 5 bytes"),
        (CUT_OFF["in a chunk"], "ended after 3 bytes of the body, before its last chunk"),
    ],
)
def test_what_is_missing_is_said(answer: bytes, said: str) -> None:
    connection = exchange()
    ask(connection)
    connection.receive_data(answer)
    connection.receive_data(b"")
    connection.next_event()
    connection.next_event()

    with pytest.raises(h11.RemoteProtocolError, match=said):
        connection.next_event()


@either_way
@pytest.mark.parametrize("answer", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_answer(answer: bytes, cut: Cut) -> None:
    ours, theirs = read_by_both([*cut(answer), b""])

    assert ours.end is theirs.end is h11.ERROR
    assert theirs.body.startswith(ours.body) or ours.body.startswith(theirs.body)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
        CHUNKED + b"0\r\nContent-Length: 9\r\n\r\n",
    ],
    ids=["another version", "a length after chunks"],
)
def test_llhttp_refuses_what_h11_lets_pass(answer: bytes) -> None:
    ours, theirs = read_by_both([answer])

    assert (ours.end, theirs.end) == (h11.ERROR, h11.DONE)


@either_way
@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"])
def test_an_answer_to_head_has_no_body(before: bytes, cut: Cut) -> None:
    ours, theirs = read_by_both(cut(before + HEAD + b"Content-Length: 5\r\n\r\n"), "HEAD")

    assert ours == theirs
    assert ours.end is h11.DONE


@either_way
@pytest.mark.parametrize("more", [b"\r\nrubbish", WHOLE["a length"], b"\x00" * 200_000])
def test_what_nobody_asked_for_ends_the_connection_and_not_the_answer(
    more: bytes, cut: Cut
) -> None:
    answer = WHOLE["chunks"]
    *pieces, last = cut(answer)
    connection = exchange()
    ask(connection)

    reading = read(connection, [*pieces, last + more])

    assert reading[:2] == read_by_both([answer])[1][:2]
    assert reading.end is h11.MUST_CLOSE


@either_way
def test_a_switch_to_another_protocol_is_the_end_of_the_connection(cut: Cut) -> None:
    connection = exchange()
    ask(connection)
    switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
    for piece in cut(switch):
        assert connection.next_event() is h11.NEED_DATA
        connection.receive_data(piece)

    head = connection.next_event()
    assert isinstance(head, h11.InformationalResponse)
    assert head.status_code == 101
    assert isinstance(connection.next_event(), h11.EndOfMessage)
    assert connection.their_state is h11.MUST_CLOSE


def test_one_connection_reads_one_answer_after_the_other() -> None:
    connection = exchange()
    for answer in (WHOLE["chunks"], WHOLE["a length"], WHOLE["204"], WHOLE["chunks"]):
        ask(connection)

        assert read(connection, [answer]) == read_by_both([answer])[1]
        connection.start_next_cycle()


def test_all_that_one_read_brought_is_one_piece_and_waits_for_nothing() -> None:
    connection = exchange()
    ask(connection)
    connection.receive_data(CHUNKED + b"".join(b"2\r\n%02d\r\n" % number for number in range(50)))

    assert isinstance(connection.next_event(), h11.Response)
    data = connection.next_event()
    assert isinstance(data, h11.Data)
    assert data.data == b"".join(b"%02d" % number for number in range(50))
    assert connection.next_event() is h11.NEED_DATA


@pytest.mark.parametrize(
    "beginning", [b"HTTP/1.1 200 ", HEAD + b"A: ", CHUNKED + b"0\r\nA: "], ids=str
)
def test_what_never_comes_to_anything_is_refused(beginning: bytes) -> None:
    connection = exchange()
    ask(connection)
    endless = (b"x" * 1000 for _ in range(1000))

    assert read(connection, chain([beginning], endless)).end is h11.ERROR
    assert sum(map(len, endless)) > 800_000  # most of it was not read


def test_answers_to_come_that_never_end_are_refused() -> None:
    connection = exchange()
    ask(connection)

    assert read(connection, [b"HTTP/1.1 100 Continue\r\n\r\n"] * 10_000).end is h11.ERROR


@given(st.lists(st.integers(1, 40), max_size=30))
def test_where_an_answer_is_cut_makes_no_difference(lengths: list[int]) -> None:
    answer = WHOLE["103 and its headers before"][:-5] + WHOLE["chunks"][len(CHUNKED) :]
    pieces = []
    for length in lengths:
        pieces.append(answer[:length])
        answer = answer[length:]
    ours, theirs = read_by_both([piece for piece in [*pieces, answer] if piece])

    assert ours == theirs


def test_what_is_dropped_in_the_middle_waits_for_no_garbage_collector() -> None:
    connection = exchange()
    ask(connection)
    connection.receive_data(CHUNKED + b"5\r\nhel")
    answer = weakref.ref(connection._response)
    gc.disable()
    try:
        del connection
        assert answer() is None
    finally:
        gc.enable()
