"""Event streams that a decoder reads in parts."""

from __future__ import annotations

from collections.abc import Iterable

from chatroutes._sse import Decoder, Event


def feed_all(decoder: Decoder, parts: Iterable[bytes]) -> list[Event]:
    return [event for part in parts for event in decoder.feed(part)]


def split(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]
