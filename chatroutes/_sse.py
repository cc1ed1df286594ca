"""How the bytes of an event stream become events.

The rules are those of https://html.spec.whatwg.org/multipage/server-sent-events.html, section
"Parsing an event stream" and the one after it: lines end with LF, CR or CRLF and with nothing
else, so U+2028, U+0085 and their like are ordinary data; a blank line completes an event; an event
without a `data` line is not handed over, nor is one that the stream leaves without its blank line.
`retry` is passed over like an unknown field: it says when to reconnect, and a request that sends a
message is not repeated because its answer broke off.

Whole lines are decoded, never parts of one: a line end cannot lie inside a UTF-8 sequence, so a
character that two reads share stays whole and a broken one becomes U+FFFD, as it would had the
stream been decoded in one piece. A CR at the end of a read ends its line at once; the LF that may
follow is dropped when it comes. Waiting for it would hold back an event that is already certain.

The work is linear in the input however it is cut. Only the bytes that have just come are searched
for a line end, since those that are held have none, and held bytes are joined to new ones once,
when their line ends. What is kept is the unfinished event and nothing before it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, cast


class Event(NamedTuple):
    """One event: its data lines joined by LF, its type or "", and the last id in force."""

    data: str
    event: str = ""
    id: str = ""


# Event(...) takes twice as long.
_new_tuple = cast("Any", tuple).__new__
_event: Callable[[tuple[str, str, str]], Event] = partial(_new_tuple, Event)


class Decoder:
    """Turn the bytes of one event stream into events as they come."""

    __slots__ = ("_after_cr", "_between_events", "_data", "_event", "_id", "_line", "_started")

    def __init__(self) -> None:
        self._between_events = False
        self._started = False
        self._after_cr = False
        self._line = bytearray()
        self._data: list[str] = []
        self._event = ""
        self._id = ""

    @property
    def has_partial_event(self) -> bool:
        """Whether part of a line, or part of an event that no blank line ended, is held."""
        return bool(self._line or self._data or self._event)

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes of the stream and return the events that they completed."""
        # Nearly every read is one event of one `data: ` line, with nothing before it that matters.
        if self._between_events and data.startswith(b"data: ") and data.endswith(b"\n\n"):
            value = data[6:-2].decode("utf-8", "replace")
            if "\n" not in value and "\r" not in value:
                return [_event((value, "", self._id))]
        events = self._decode(data)
        self._between_events = self._started and not self.has_partial_event
        return events

    def _decode(self, data: bytes) -> list[Event]:
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if data.endswith(b"\n"):
            end = len(data)
        else:
            end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
            if not end:
                self._line += data
                return []

        if self._line:
            self._line += data[:end]
            text = self._line.decode("utf-8", "replace")
            self._line.clear()
        else:
            text = data[:end].decode("utf-8", "replace")
        if end < len(data):
            self._line += data[end:]

        if not self._started:
            self._started = True
            text = text.removeprefix("\ufeff")
        if "\r" in text:
            self._after_cr = data.endswith(b"\r")
            text = text.replace("\r\n", "\n").replace("\r", "\n")

        # Most others are nothing but such events. If cutting one at the places where they meet
        # accounts for each of its line ends, that is what it is.
        if (
            text.startswith("data: ")
            and text.endswith("\n\n")
            and not self._data
            and not self._event
        ):
            values = text[6:-2].split("\n\ndata: ")
            if text.count("\n") == 2 * len(values):
                last_id = self._id
                return [_event((value, "", last_id)) for value in values]
        return self._read_lines(text)

    def _read_lines(self, text: str) -> list[Event]:
        events: list[Event] = []
        for line in text[:-1].split("\n"):
            if not line:
                if self._data:
                    events.append(Event("\n".join(self._data), self._event, self._id))
                    self._data = []
                self._event = ""
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                self._data.append(value)
            elif field == "event":
                self._event = value
            elif field == "id" and "\0" not in value:
                self._id = value
        return events
