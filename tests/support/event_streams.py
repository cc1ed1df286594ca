"""Event streams that a decoder reads in parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from chatroutes._sse import Decoder
from chatroutes._sse import Event as DecodedEvent


class Event(NamedTuple):
    """An event that a test expects. It is equal to the tuple that the decoder returns."""

    data: str
    event: str = ""
    id: str = ""


def feed_all(decoder: Decoder, parts: Iterable[bytes]) -> list[DecodedEvent]:
    return [event for part in parts for event in decoder.feed(part)]


def split(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]
