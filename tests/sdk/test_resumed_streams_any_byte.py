"""A stream that is interrupted at any byte is resumed, and its text is whole.

Both clients read the events with the same code, so one client is enough. It has no connection:
`test_resumed_streams` interrupts streams of both clients on connections.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import httpx
import pytest

from chatroutes import ChatRoutes, MessageStream, StreamInterruptedError
from tests.support.payloads import API_KEY, HELLO
from tests.support.resumable_stream import TEXTS, CutTransport, Dialect, End, encode, make_events

ENDS: list[End] = ["clean", "close", "reset"]

dialects = pytest.mark.parametrize("dialect", ["documented", "compact"])


def read(
    events: Sequence[tuple[str, str]], cuts: Sequence[tuple[int, End]]
) -> tuple[list[str], MessageStream, StreamInterruptedError | None]:
    """Read a stream with these cuts. Return its texts, the stream, and the error if it is interrupted."""
    texts: list[str] = []
    with httpx.Client(transport=CutTransport(events, cuts), verify=False) as http_client:
        client = ChatRoutes(API_KEY, "http://service", retry_delay=0, http_client=http_client)
        stream = client.messages.stream("conv_1", HELLO)
        try:
            texts.extend(stream.text_stream)
        except StreamInterruptedError as error:
            return texts, stream, error
    return texts, stream, None


@dialects
def test_a_cut_at_any_byte_returns_every_chunk_once(dialect: Dialect) -> None:
    events = make_events(dialect)
    first_event = len(encode(events[:1]))
    complete = len(encode(events[:-1]))

    for size in range(len(encode(events))):
        texts, stream, error = read(events, [(size, ENDS[size % 3])])
        assert (texts, error) == (list(TEXTS), None), size
        assert stream.resumed == (first_event <= size < complete), size


@dialects
def test_random_cuts_return_every_chunk_once(dialect: Dialect) -> None:
    events = make_events(dialect)
    chance = random.Random(1)

    for _ in range(100):
        cuts = [(chance.randrange(400), chance.choice(ENDS)) for _ in range(chance.randrange(1, 9))]
        texts, stream, error = read(events, cuts)
        assert texts == list(TEXTS)[: len(texts)], cuts
        assert stream.text == "".join(texts), cuts
        assert error is not None or len(texts) == len(TEXTS), cuts
