"""Answers read by llhttp, the parser of Node.js, by way of httptools.

httpcore writes and reads HTTP/1.1 with h11, which is written in Python and pays for each chunk of an
answer. `Exchange` stands in for the h11 connection within one of httpcore's connections: requests
are written, and checked, by h11 as ever; answers are read by llhttp, and all that one read of the
socket brought is handed over as one piece, at once.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import h11
import httptools

State: TypeAlias = type[object]
Event: TypeAlias = (
    h11.Response | h11.InformationalResponse | h11.Data | h11.EndOfMessage | type[h11.NEED_DATA]
)

# Bytes that may come without being anything yet: a head, or what follows the last chunk. httpcore
# lets h11 hold as many.
MOST_HELD: Final = 100 * 1024

_SWITCHING_PROTOCOLS: Final = 101
_LENGTH: Final = b"content-length"


class Exchange:
    """What httpcore asks of an h11 connection: one request and its answer after the other."""

    # What comes after a switch to another protocol. No request here asks for one.
    trailing_data: Final = (b"", False)

    def __init__(self) -> None:
        self.start_next_cycle()

    def start_next_cycle(self) -> None:
        """Be ready for the next request."""
        self._asking = h11.Connection(h11.CLIENT)
        self._answer = _Answer()
        self._parser = self._answer.parser = httptools.HttpResponseParser(self._answer)
        self._held = self._handed_over = 0
        self._disconnected = False
        self._problem = ""
        self.their_state: State = h11.SEND_RESPONSE

    @property
    def our_state(self) -> State:
        """How far the request has been sent."""
        return self._asking.our_state

    def send(self, event: h11.Event) -> bytes | None:
        """Give the bytes of a part of the request.

        Raises:
            h11.LocalProtocolError: it cannot be a part of one.
        """
        if isinstance(event, h11.Request):
            self._answer.has_no_body = event.method == b"HEAD"
        return self._asking.send(event)

    def receive_data(self, data: bytes) -> None:
        """Take what the socket brought; nothing stands for its end."""
        if not data:
            self._disconnected = True
            return
        answer = self._answer
        head_was_whole = answer.head_is_whole
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            answer.to_be_closed = True
        except httptools.HttpParserError as problem:
            self._problem = f"the answer is not HTTP: {problem}"
        if answer.pieces or answer.is_whole or answer.head_is_whole != head_was_whole:
            self._held = 0
        else:
            self._held += len(data)
            if self._held > MOST_HELD:
                self._problem = f"{self._held} bytes came that amount to nothing"

    def next_event(self) -> Event:
        """Give what has been read of the answer, or say that more is needed.

        Raises:
            h11.RemoteProtocolError: what comes next cannot be an answer, or the connection ended.
        """
        answer = self._answer
        if self.their_state is h11.SEND_RESPONSE:
            if not answer.head_is_whole:
                return self._more()
            self.their_state = h11.SEND_BODY
            return answer.head()
        if answer.pieces:
            data = b"".join(answer.pieces)
            answer.pieces.clear()
            self._handed_over += len(data)
            return h11.Data(data=data)
        if not answer.is_whole:
            if not self._disconnected:
                return self._more()
            if answer.says_its_length():
                raise h11.RemoteProtocolError(answer.broken_off(self._handed_over))
        to_be_closed = answer.to_be_closed or self._disconnected
        self.their_state = h11.MUST_CLOSE if to_be_closed else h11.DONE
        return h11.EndOfMessage()

    def _more(self) -> type[h11.NEED_DATA]:
        if self._problem:
            raise h11.RemoteProtocolError(self._problem)
        return h11.NEED_DATA

    def __del__(self) -> None:
        # An answer that was not read to its end and its parser refer to each other.
        self._answer.parser = None


class _Answer:
    """What llhttp tells of an answer, by the callbacks of httptools."""

    parser: httptools.HttpResponseParser | None

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.has_no_body = False
        self.head_is_whole = False
        self.is_whole = False
        self.to_be_closed = False
        self._status = 0
        self._version = ""
        self._reason = b""
        self._headers: list[tuple[bytes, bytes]] = []

    def head(self) -> h11.Response | h11.InformationalResponse:
        """The answer without its body.

        Raises:
            h11.RemoteProtocolError: it has headers that none may have.
        """
        kind = h11.Response if self._status >= 200 else h11.InformationalResponse
        try:
            return kind(
                headers=self._headers,
                status_code=self._status,
                http_version=self._version,
                reason=self._reason,
            )
        except h11.LocalProtocolError as problem:
            raise h11.RemoteProtocolError(str(problem)) from None

    def says_its_length(self) -> bool:
        """Whether its end can be told from that of the connection."""
        names = {name.lower() for name, _ in self._headers}
        return not names.isdisjoint({_LENGTH, b"transfer-encoding"})

    def broken_off(self, received: int) -> str:
        """Say what is missing when no more than so many bytes of the body came."""
        lengths = [
            value.decode("latin-1") for name, value in self._headers if name.lower() == _LENGTH
        ]
        whole = f"{lengths[0]} bytes" if lengths else "its last chunk"
        return f"the connection ended after {received} bytes of the body, before {whole}"

    def on_message_begin(self) -> None:
        # Nothing was asked that another answer could be to.
        self.to_be_closed = self.is_whole

    def on_status(self, reason: bytes) -> None:
        if not self.head_is_whole:
            self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.head_is_whole:  # what comes after the body is nothing that the API has
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.parser is None:
            return
        self._status = self.parser.get_status_code()
        self._version = self.parser.get_http_version()
        self.head_is_whole = self._status >= 200 or self._status == _SWITCHING_PROTOCOLS
        if self.has_no_body and self.head_is_whole:
            self._end(self.parser)

    def on_body(self, piece: bytes) -> None:
        if not self.is_whole:
            self.pieces.append(piece)

    def on_message_complete(self) -> None:
        if self.parser is None:
            return
        if self.head_is_whole:
            self._end(self.parser)
        else:  # it said that the answer is still to come
            self._reason = b""
            self._headers.clear()

    def _end(self, parser: httptools.HttpResponseParser) -> None:
        self.is_whole = True
        self.to_be_closed = not parser.should_keep_alive()
        self.parser = None
