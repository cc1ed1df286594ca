"""How the pieces of a body are decoded and collected."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from chatroutes._content import BodyReader, ContentDecoder
from tests.support.markers import single_python

pytestmark = single_python


def test_body_of_one_piece_is_not_copied() -> None:
    reader = BodyReader("", 100)
    piece = b"x" * 100
    reader.feed(piece)
    assert reader.content is piece


@pytest.mark.parametrize("size", [1, 20, 5000])
def test_pieces_take_little_more_memory_than_the_body(size: int) -> None:
    reader = BodyReader("", 1_000_000)
    tracemalloc.start()
    try:
        for _ in range(600_000 // size):
            reader.feed(bytes(size))
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()
    assert reader.content == bytes(600_000)


MIB = 1_048_576


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB])
@pytest.mark.parametrize("read_size", [777, 65_536])
def test_decoded_pieces_are_small_and_complete(size: int, read_size: int) -> None:
    body = b"\n" * size
    data = gzip.compress(body) + gzip.compress(b"next member")
    decoder = ContentDecoder("gzip", 16 * MIB)

    pieces = [
        piece
        for start in range(0, len(data), read_size)
        for piece in decoder.iter_decoded(data[start : start + read_size])
    ]

    assert b"".join(pieces) == body + b"next member"
    assert max(len(piece) for piece in pieces) <= MIB


@pytest.mark.parametrize("size", [MIB, MIB + 5, 2 * MIB])
def test_bytes_that_were_flushed_are_decoded_at_once(size: int) -> None:
    compressor = zlib.compressobj(wbits=31)
    data = compressor.compress(bytes(size)) + compressor.flush(zlib.Z_SYNC_FLUSH)

    assert len(ContentDecoder("gzip", size).decode(data)) == size
