"""Answers read by llhttp, the parser of Node.js, by way of httptools.

httpcore writes and reads HTTP/1.1 with h11, which is written in Python and pays for each chunk of an
response. `HttptoolsConnection` stands in for the h11 connection within one of httpcore's connections: requests
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
MAX_INCOMPLETE_SIZE: Final = 100 * 1024

_SWITCHING_PROTOCOLS: Final = 101
_LENGTH: Final = b"content-length"


class HttptoolsConnection:
    """What httpcore asks of an h11 connection: one request and its answer after the other."""

    # What comes after a switch to another protocol. No request here asks for one.
    trailing_data: Final = (b"", False)

    def __init__(self) -> None:
        self.start_next_cycle()

    def start_next_cycle(self) -> None:
        """Be ready for the next request."""
        self._request = h11.Connection(h11.CLIENT)
        self._response = _ResponseParser()
        self._parser = self._response.parser = httptools.HttpResponseParser(self._response)
        self._incomplete_size = self._body_size = 0
        self._disconnected = False
        self._error = ""
        self.their_state: State = h11.SEND_RESPONSE

    @property
    def our_state(self) -> State:
        """How far the request has been sent."""
        return self._request.our_state

    def send(self, event: h11.Event) -> bytes | None:
        """Give the bytes of a part of the request.

        Raises:
            h11.LocalProtocolError: it cannot be a part of one.
        """
        if isinstance(event, h11.Request):
            self._response.is_head_response = event.method == b"HEAD"
        return self._request.send(event)

    def receive_data(self, data: bytes) -> None:
        """Take what the socket brought; nothing stands for its end."""
        if not data:
            self._disconnected = True
            return
        response = self._response
        had_head = response.has_head
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            response.must_close = True
        except httptools.HttpParserError as problem:
            self._error = f"the answer is not HTTP: {problem}"
        if response.body_chunks or response.is_complete or response.has_head != had_head:
            self._incomplete_size = 0
        else:
            self._incomplete_size += len(data)
            if self._incomplete_size > MAX_INCOMPLETE_SIZE:
                self._error = f"{self._incomplete_size} bytes came that amount to nothing"

    def next_event(self) -> Event:
        """Give what has been read of the answer, or say that more is needed.

        Raises:
            h11.RemoteProtocolError: what comes next cannot be an answer, or the connection ended.
        """
        response = self._response
        if self.their_state is h11.SEND_RESPONSE:
            if not response.has_head:
                return self._need_data()
            self.their_state = h11.SEND_BODY
            return response.to_event()
        if response.body_chunks:
            data = b"".join(response.body_chunks)
            response.body_chunks.clear()
            self._body_size += len(data)
            return h11.Data(data=data)
        if not response.is_complete:
            if not self._disconnected:
                return self._need_data()
            if response.has_framing():
                raise h11.RemoteProtocolError(response.incomplete_body_error(self._body_size))
        must_close = response.must_close or self._disconnected
        self.their_state = h11.MUST_CLOSE if must_close else h11.DONE
        return h11.EndOfMessage()

    def _need_data(self) -> type[h11.NEED_DATA]:
        if self._error:
            raise h11.RemoteProtocolError(self._error)
        return h11.NEED_DATA

    def __del__(self) -> None:
        # An answer that was not read to its end and its parser refer to each other.
        self._response.parser = None


class _ResponseParser:
    """What llhttp tells of an answer, by the callbacks of httptools."""

    parser: httptools.HttpResponseParser | None

    def __init__(self) -> None:
        self.body_chunks: list[bytes] = []
        self.is_head_response = False
        self.has_head = False
        self.is_complete = False
        self.must_close = False
        self._status = 0
        self._version = ""
        self._reason = b""
        self._headers: list[tuple[bytes, bytes]] = []

    def to_event(self) -> h11.Response | h11.InformationalResponse:
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

    def has_framing(self) -> bool:
        """Whether its end can be told from that of the connection."""
        names = {name.lower() for name, _ in self._headers}
        return not names.isdisjoint({_LENGTH, b"transfer-encoding"})

    def incomplete_body_error(self, received: int) -> str:
        """Say what is missing when no more than so many bytes of the body came."""
        lengths = [
            value.decode("latin-1") for name, value in self._headers if name.lower() == _LENGTH
        ]
        whole = f"{lengths[0]} bytes" if lengths else "its last chunk"
        return f"the connection ended after {received} bytes of the body, before {whole}"

    def on_message_begin(self) -> None:
        # Nothing was asked that another answer could be to.
        self.must_close = self.is_complete

    def on_status(self, reason: bytes) -> None:
        if not self.has_head:
            self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:  # what comes after the body is nothing that the API has
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.parser is None:
            return
        self._status = self.parser.get_status_code()
        self._version = self.parser.get_http_version()
        self.has_head = self._status >= 200 or self._status == _SWITCHING_PROTOCOLS
        if self.is_head_response and self.has_head:
            self._finish(self.parser)

    def on_body(self, piece: bytes) -> None:
        if not self.is_complete:
            self.body_chunks.append(piece)

    def on_message_complete(self) -> None:
        if self.parser is None:
            return
        if self.has_head:
            self._finish(self.parser)
        else:  # it said that the answer is still to come
            self._reason = b""
            self._headers.clear()

    def _finish(self, parser: httptools.HttpResponseParser) -> None:
        self.is_complete = True
        self.must_close = not parser.should_keep_alive()
        self.parser = None
