"""The decoder of event streams (server-sent events): bytes in, events out.

It follows https://html.spec.whatwg.org/multipage/server-sent-events.html, "Parsing an event stream"
and the section after it. Lines end with LF, CR or CRLF and with nothing else, so U+2028, U+0085 and
similar characters are ordinary data. A blank line ends an event. An event without a `data` line is
dropped, and so is one that the stream leaves without its blank line. The field `retry` is ignored,
like an unknown field: the options of the client determine when a stream is resumed.

Only whole lines are decoded. A line end cannot be part of a UTF-8 sequence, so a character that is
split between two reads is decoded correctly, and an invalid one becomes U+FFFD, as if the stream had
been decoded in one piece. A CR at the end of a read ends its line at once, and an LF at the start of
the next read is dropped. Waiting for that LF would hold back an event that is already complete.

The work is linear in the size of the input, however the input is split. Only new bytes are searched
for a line end, because the bytes that are buffered contain none. Buffered bytes are joined to new
ones once, when their line ends. Nothing but the unfinished event is buffered. An event that grows
beyond MAX_EVENT_SIZE raises an EventTooLargeError.
"""

from typing import Final, TypeAlias

MAX_EVENT_SIZE: Final = 16 * 1024 * 1024  # bytes of one event, and so of one line


class EventTooLargeError(ValueError):
    """An event is larger than the decoder buffers."""


# The data lines of an event joined by LF, its type or "", and the last id of the stream so far. A named
# tuple takes several times as long to make and to unpack.
Event: TypeAlias = tuple[str, str, str]


class Decoder:
    """Decodes the bytes of one event stream into events, as they arrive."""

    __slots__ = (
        "_after_cr",
        "_between_events",
        "_data",
        "_event",
        "_id",
        "_line",
        "_max_event_size",
        "_size",
        "_started",
    )

    def __init__(self, max_event_size: int = MAX_EVENT_SIZE) -> None:
        self._max_event_size = max_event_size
        self._size = 0  # characters of the unfinished event, without its unfinished line
        self._between_events = False
        self._started = False
        self._after_cr = False
        self._line = bytearray()
        self._data: list[str] = []
        self._event = ""
        self._id = ""

    @property
    def has_partial_event(self) -> bool:
        """Whether part of a line, or of an event without its blank line, is buffered."""
        return bool(self._line or self._data or self._event)

    @property
    def last_event_id(self) -> str:
        """The last id that arrived, or an empty string."""
        return self._id

    def feed(self, data: bytes) -> list[Event]:
        """Decode the next bytes of the stream and return the events that they complete.

        Raises:
            EventTooLargeError: If the unfinished event is larger than the limit.
        """
        # Nearly every read is one event with one `data: ` line, which an `id: ` line may follow, and
        # nothing is buffered before it.
        if self._between_events and data.startswith(b"data: ") and data.endswith(b"\n\n"):
            value = data[6:-2].decode("utf-8", "replace")
            if "\r" not in value:
                if "\n" not in value:
                    return [(value, "", self._id)]
                value, _, event_id = value.partition("\nid: ")
                if "\n" not in value and "\n" not in event_id and "\0" not in event_id:
                    self._id = event_id
                    return [(value, "", event_id)]
        events = self._decode(data)
        if len(self._line) + self._size > self._max_event_size:
            raise EventTooLargeError(f"an event of more than {self._max_event_size} bytes")
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

        # Most other reads consist of several such events, or of events with an `id: ` line after the
        # data. If splitting the text between the events accounts for each line end, that is the case.
        if (
            text.startswith("data: ")
            and text.endswith("\n\n")
            and not self._data
            and not self._event
        ):
            values = text[6:-2].split("\n\ndata: ")
            line_ends = text.count("\n")
            if line_ends == 2 * len(values):
                last_id = self._id
                return [(value, "", last_id) for value in values]
            if line_ends == 3 * len(values) and "\0" not in text:
                parts = [value.partition("\nid: ") for value in values]
                events = [(value, "", name) for value, found, name in parts if found]
                if len(events) == len(values):
                    self._id = parts[-1][2]
                    return events
        return self._read_lines(text)

    def _read_lines(self, text: str) -> list[Event]:
        events: list[Event] = []
        for line in text[:-1].split("\n"):
            if not line:
                if self._data:
                    events.append(("\n".join(self._data), self._event, self._id))
                    self._data = []
                self._event = ""
                self._size = 0
                continue
            self._size += len(line)
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                self._data.append(value)
            elif field == "event":
                self._event = value
            elif field == "id" and "\0" not in value:
                self._id = value
        return events
