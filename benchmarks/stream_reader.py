"""Read the texts of a stream, and check that every one arrived: an incomplete stream has no time."""

from collections.abc import Callable
from typing import Any

from benchmarks.payloads import parse_scenario, stream_response, words
from benchmarks.peers import Peer

OnText = Callable[[Any], object]
_ITERATOR = """
{define} read(on_text):
    {loop} chunk in {stream}:
        if text := {text}:
            on_text(text)
"""
_CALLBACK = """
def read(on_text):
    def on_chunk(chunk):
        if text := {text}:
            on_text(text)
    {stream}
"""


class IncompleteError(Exception):
    """A client returned something else than the whole response."""


class StreamReader:
    """Reads streams of one scenario with one client. Its code is compiled, as `timeit` does it."""

    def __init__(self, peer: Peer, origin: str, scenario: str, is_async: bool = False) -> None:
        self._scenario = scenario
        names = peer.namespace(f"{origin}/{scenario}", is_async)
        define, loop = ("async def", "async for") if is_async else ("def", "for")
        stream = (is_async and peer.stream_async) or peer.stream
        source = _CALLBACK if "on_chunk" in stream else _ITERATOR
        exec(source.format(define=define, loop=loop, stream=stream, text=peer.text), names)
        self.read: Callable[[OnText], Any] = names["read"]  # calls a function with each text

    def check(self, received: list[Any]) -> None:
        """Raise an IncompleteError unless each text was received once and in order."""
        sent: list[Any] = words(parse_scenario(self._scenario)[1])
        if received and isinstance(received[0], bytes):  # a lower bound does not decode them
            sent = [b"".join(stream_response(self._scenario, "chatroutes"))]
            received = [b"".join(received)]
        elif received and isinstance(received[0], dict):
            received = [document["choices"][0]["delta"]["content"] for document in received]
        if received != sent:
            raise IncompleteError(f"{self._scenario} gave {len(received)} texts, or wrong ones.")
