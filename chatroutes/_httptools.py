"""Responses parsed by httptools, the Python binding of llhttp, which is the HTTP parser of Node.js.

httpcore writes requests and reads responses with h11. h11 is written in Python, and its cost for
each chunk of a response is high. `HttptoolsConnection` takes the place of the `h11.Connection` in a
connection of httpcore. h11 still validates and writes the requests. llhttp reads the responses, and
everything that one read of the socket returned is passed on at once, as one piece.
"""

from __future__ import annotations

import sys
from typing import Final, TypeAlias

import h11
import httptools

State: TypeAlias = type[object]
Event: TypeAlias = (
    h11.Response | h11.InformationalResponse | h11.Data | h11.EndOfMessage | type[h11.NEED_DATA]
)

# How many bytes may arrive without completing anything: headers, or trailers after the last chunk.
# httpcore sets the same limit for h11.
MAX_INCOMPLETE_SIZE: Final = 100 * 1024

_SWITCHING_PROTOCOLS: Final = 101
_CONTENT_LENGTH: Final = b"content-length"


class HttptoolsConnection:
    """The part of `h11.Connection` that httpcore uses: one request and its response after another."""

    # The bytes after a switch to another protocol. The SDK never requests one.
    trailing_data: Final = (b"", False)

    def __init__(self) -> None:
        self.start_next_cycle()

    def start_next_cycle(self) -> None:
        """Get ready for the next request."""
        self._request = h11.Connection(h11.CLIENT)
        self._response = _ResponseParser()
        self._parser = httptools.HttpResponseParser(self._response)
        self._incomplete_size = 0
        self._received_body_size = 0
        self._is_disconnected = False
        self._error = ""
        self.their_state: State = h11.SEND_RESPONSE

    @property
    def our_state(self) -> State:
        """How far the request was sent."""
        return self._request.our_state

    def send(self, event: h11.Event) -> bytes | None:
        """Return the bytes of a part of the request.

        Raises:
            h11.LocalProtocolError: If the part is invalid.
        """
        if isinstance(event, h11.Request):
            self._response.is_for_head_request = event.method == b"HEAD"
        return self._request.send(event)

    def receive_data(self, data: bytes) -> None:
        """Parse bytes from the socket. No bytes mean that the server closed the connection."""
        if not data:
            self._is_disconnected = True
            return
        handled = sys.exception()
        response = self._response
        had_headers = response.has_headers
        # The parser refers to the response. Only while it runs does the response refer to it: a
        # reference cycle would keep both until the garbage collector runs.
        response.parser = self._parser
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            response.must_close = True
        except httptools.HttpParserCallbackError as error:
            raise _find_swallowed(error, handled) from None
        except httptools.HttpParserError as error:
            self._error = f"the response is not valid HTTP: {error}"
        finally:
            response.parser = None
        if response.body or response.is_complete or response.has_headers != had_headers:
            self._incomplete_size = 0
        else:
            self._incomplete_size += len(data)
            if self._incomplete_size > MAX_INCOMPLETE_SIZE:
                self._error = f"the headers or trailers are longer than {MAX_INCOMPLETE_SIZE} bytes"

    def next_event(self) -> Event:
        """Return the next part of the response, or `h11.NEED_DATA`.

        Raises:
            h11.RemoteProtocolError: If the response is invalid, or the connection ended too early.
        """
        response = self._response
        if self.their_state is h11.SEND_RESPONSE:
            if not response.has_headers:
                return self._need_data()
            self.their_state = h11.SEND_BODY
            return response.to_event()
        if response.body:
            data = b"".join(response.body)
            response.body.clear()
            self._received_body_size += len(data)
            return h11.Data(data=data)
        if not response.is_complete:
            if not self._is_disconnected:
                return self._need_data()
            if response.has_framing():
                raise h11.RemoteProtocolError(
                    response.describe_incomplete_body(self._received_body_size)
                )
        must_close = response.must_close or self._is_disconnected
        self.their_state = h11.MUST_CLOSE if must_close else h11.DONE
        return h11.EndOfMessage()

    def _need_data(self) -> type[h11.NEED_DATA]:
        if self._error:
            raise h11.RemoteProtocolError(self._error)
        return h11.NEED_DATA


def _find_swallowed(
    error: httptools.HttpParserCallbackError, handled: BaseException | None
) -> BaseException:
    """Return the exception that was raised in a callback of the parser.

    httptools sets it as the context. If the caller handles another exception, Python replaces the
    context by that one, and the exception of the callback is lost. The callbacks raise nothing
    themselves, so that it was raised by a signal handler: by Ctrl-C, in almost all programs.
    """
    swallowed = error.__context__
    return KeyboardInterrupt() if swallowed is None or swallowed is handled else swallowed


class _ResponseParser:
    """Collects a response from the callbacks of httptools, whose names begin with `on_`."""

    def __init__(self) -> None:
        self.parser: httptools.HttpResponseParser | None = None
        self.body: list[bytes] = []
        self.is_for_head_request = False
        self.has_headers = False
        self.is_complete = False
        self.must_close = False
        self._status = 0
        self._version = ""
        self._reason = b""
        self._headers: list[tuple[bytes, bytes]] = []

    def to_event(self) -> h11.Response | h11.InformationalResponse:
        """Return the status and the headers.

        Raises:
            h11.RemoteProtocolError: If a header is invalid.
        """
        kind = h11.Response if self._status >= 200 else h11.InformationalResponse
        try:
            return kind(
                headers=self._headers,
                status_code=self._status,
                http_version=self._version,
                reason=self._reason,
            )
        except h11.LocalProtocolError as error:
            raise h11.RemoteProtocolError(str(error)) from error

    def has_framing(self) -> bool:
        """Return whether the headers define where the body ends."""
        names = {name.lower() for name, _ in self._headers}
        return not names.isdisjoint({_CONTENT_LENGTH, b"transfer-encoding"})

    def describe_incomplete_body(self, received: int) -> str:
        """Return what is missing if the body ends after a number of bytes."""
        lengths = [
            value.decode("latin-1")
            for name, value in self._headers
            if name.lower() == _CONTENT_LENGTH
        ]
        expected = f"{lengths[0]} bytes" if lengths else "its last chunk"
        return f"the connection ended after {received} bytes of the body, before {expected}"

    def on_message_begin(self) -> None:
        # A second response to the same request: the connection cannot be used any more.
        self.must_close = self.is_complete

    def on_status(self, reason: bytes) -> None:
        if not self.has_headers:
            self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_headers:  # not a trailer, which the API does not use
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.parser is None or self.is_complete:
            return
        self._status = self.parser.get_status_code()
        self._version = self.parser.get_http_version()
        self.has_headers = self._status >= 200 or self._status == _SWITCHING_PROTOCOLS
        if self.is_for_head_request and self.has_headers:
            self._complete(self.parser)

    def on_body(self, piece: bytes) -> None:
        if not self.is_complete:
            self.body.append(piece)

    def on_message_complete(self) -> None:
        if self.parser is None or self.is_complete:
            return
        if self.has_headers:
            self._complete(self.parser)
        else:  # an informational response, such as 100 Continue: another one follows
            self._reason = b""
            self._headers.clear()

    def _complete(self, parser: httptools.HttpResponseParser) -> None:
        self.is_complete = True
        self.must_close = not parser.should_keep_alive()
