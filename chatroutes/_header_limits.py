"""The limits of the headers of a response: their time, and the number of interim responses.

httpcore limits the time of each read. A service that sends a header line or an interim response, such
as `103 Early Hints`, before each of these timeouts could keep a request waiting for ever. This module
applies the read timeout to all bytes up to the end of the headers. The time starts when the request
was sent, and no byte that arrives restarts it.
"""

from __future__ import annotations

import re
from time import monotonic
from typing import TYPE_CHECKING, Final

from ._fork import first_use_lock

if TYPE_CHECKING:
    from ._header_errors import HeaderTimeoutError
    from ._time_limits import TimeLimits

# Servers send one or two: 100 Continue, 103 Early Hints. 102 Processing may repeat every few seconds.
MAX_INTERIM_RESPONSES: Final = 100


class HeaderLimits:
    """Limits the headers of the responses of one connection, one response after another.

    Attributes:
        is_waiting: Whether the headers of a response are awaited.
        is_sending: Whether a part of a request was sent after the last read. The next read begins
            the headers of another response: a proxy responds before the service does.
        call: The limits of the whole call, if it has any. They also limit the body.
    """

    def __init__(self) -> None:
        self.is_waiting = False
        self.is_sending = False
        self.call: TimeLimits | None = None
        self._timeout: float | None = None
        self._started = 0.0
        self._interim_responses = 0
        self._has_final_status = False
        self._tail = b""

    def start(self, timeout: float | None, call: TimeLimits | None = None) -> None:
        """Begin with a request.

        Args:
            timeout: The read timeout of the request, in seconds, or None for no limit.
            call: The limits of the whole call, if it has any.
        """
        self.is_waiting = self.is_sending = True
        self._timeout = timeout
        self.call = call

    def remaining_time(self) -> float | None:
        """Return how long the next read may take, in seconds, or None for no limit.

        Raises:
            HeaderTimeoutError: If no time is left.
            TimeLimitError: If a limit of the whole call was reached.
        """
        now = monotonic()
        if self.is_sending:
            self.is_sending = False
            self._started = now
            self._interim_responses = 0
            self._has_final_status = False
            self._tail = b""
        call = self.call
        if call is not None and call.is_awaiting_first_event:
            return call.limit_read(None, now)
        remaining = None
        if self._timeout is not None:
            remaining = self._started + self._timeout - now
            if remaining <= 0:
                raise self.timeout_error()
        return remaining if call is None else call.limit(remaining, now)

    def limit(self, timeout: float | None) -> float | None:
        """Return how long a step may take, in seconds, other than reading headers.

        Raises:
            TimeLimitError: If a limit of the whole call was reached.
        """
        return timeout if self.call is None else self.call.limit(timeout, monotonic())

    def limit_read(self, timeout: float | None) -> float | None:
        """Return how long a wait for a part of a body may take, in seconds.

        Raises:
            TimeLimitError: If a limit of the whole call was reached.
        """
        return timeout if self.call is None else self.call.limit_read(timeout, monotonic())

    def feed(self, data: bytes) -> None:
        """Count the interim responses in the next bytes.

        Every line that begins like a status line is a status line, because the name of a header
        contains no slash. The bytes after a final status line are ignored, because they may be a part
        of the body.

        Raises:
            InterimResponsesError: If there are more than MAX_INTERIM_RESPONSES.
        """
        if not self._tail:
            if data.startswith(_FINAL_STATUS_LINES):  # nearly every response
                self._has_final_status = True
            self._tail = b"\n"
        if self._has_final_status:
            return
        text = self._tail + data
        self._tail = text[1 - _STATUS_LINE_LENGTH :]  # shorter than a match, so none is found twice
        for found in re.finditer(_STATUS_LINE, text):
            if found[1] != b"1":
                self._has_final_status = True
                break
            self._interim_responses += 1
        if self._interim_responses > MAX_INTERIM_RESPONSES:
            with first_use_lock:
                from ._header_errors import interim_responses_error
            raise interim_responses_error(MAX_INTERIM_RESPONSES, self._elapsed())

    def timeout_error(self) -> HeaderTimeoutError:
        """Return the error for headers that take too long."""
        with first_use_lock:
            from ._header_errors import header_timeout_error
        return header_timeout_error(self._elapsed())

    def _elapsed(self) -> float:
        return monotonic() - self._started


_FINAL_STATUS_LINES: Final = (b"HTTP/1.1 2", b"HTTP/1.1 3", b"HTTP/1.1 4", b"HTTP/1.1 5")
_STATUS_LINE: Final = rb"\nHTTP/[0-9]\.[0-9] ([0-9])"  # compiled when it is used
_STATUS_LINE_LENGTH: Final = len(b"\nHTTP/1.1 2")
