"""How the pieces of a body are collected."""

from __future__ import annotations

import tracemalloc

import pytest

from chatroutes._content import BodyReader
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
