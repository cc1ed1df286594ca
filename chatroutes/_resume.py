"""Decide from which event an interrupted stream can be resumed, and whether the service has resumed it.

A stream can be resumed if the last chunk has an id of its own. The service then sends the events after
the one that `Last-Event-ID` names. It cannot continue after a chunk without an id, or if it has used an
id twice.

A service may ignore the header, and send the reply from its start or begin another one. No text is
returned twice, so every chunk after a resume is compared with the chunks before it:

- A chunk with a known id and the same data is a repetition, and is dropped.
- A chunk with a known id and other data belongs to another reply.
- The position of the first chunk in the reply is unknown if it has no id.
- The first new chunk must not begin a reply (`StreamAccumulator.is_restart`).
- The message in the last event must have the text that was returned.

If the service does not continue the reply, the stream fails, and the error has the text so far.
"""

from __future__ import annotations

import enum
import re

# What a header can contain: no control characters, and no blanks at the ends.
_HEADER_VALUE = re.compile(r"[^\x00-\x20\x7f](?:[^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?")


class Continuity(enum.Enum):
    """The relation of a chunk to the chunks before it."""

    NEW = enum.auto()
    REPEATED = enum.auto()
    WITHOUT_ID = enum.auto()
    OTHER_REPLY = enum.auto()


class ResumePoint:
    """The ids of the events of one stream, and the point from which it can be resumed.

    Attributes:
        last_event_id: The id of the last new event, or an empty string.
        is_resuming: Whether the stream was opened again, and the service has not continued it yet.
        times_resumed: How often the service has continued the reply.
    """

    def __init__(self) -> None:
        self.last_event_id = ""
        self.is_resuming = False
        self.times_resumed = 0
        self._is_last = False  # whether no chunk without an id has followed
        self._has_unique_ids = True
        self._id_before = ""  # of the event before, on the same connection
        self._data_hashes: dict[str, int] = {}

    def can_resume(self, current_id: str) -> bool:
        """Return whether the service can continue after the last chunk.

        Args:
            current_id: `Decoder.last_event_id` of the connection that was interrupted. An empty one
                means that the service has withdrawn its ids.
        """
        return (
            self._is_last
            and self._has_unique_ids
            and (current_id != "" or self.is_resuming)
            and _HEADER_VALUE.fullmatch(self.last_event_id) is not None
        )

    def start_resuming(self) -> None:
        """Begin to compare: the next event is the first one of a new connection."""
        self.is_resuming = True
        self._id_before = ""

    def confirm(self) -> None:
        """Record that the service has continued the reply."""
        self.is_resuming = False
        self.times_resumed += 1

    def record_chunk(self, event_id: str, data: str) -> Continuity:
        """Record a chunk, and return its relation to the chunks before it."""
        if event_id in ("", self._id_before):
            if not self.is_resuming:
                self._is_last = False
            return Continuity.WITHOUT_ID
        self._id_before = event_id
        known = self._data_hashes.get(event_id)
        if known is None:
            self._data_hashes[event_id] = hash(data)
            self.last_event_id = event_id
            self._is_last = True
            return Continuity.NEW
        if self.is_resuming and known == hash(data):
            return Continuity.REPEATED
        self._has_unique_ids = False
        return Continuity.OTHER_REPLY

    def record_other(self, event_id: str, data: str) -> None:
        """Record an event that is not a chunk. It needs no id, because it may be returned twice."""
        if self._is_last and event_id not in self._data_hashes:
            self.record_chunk(event_id, data)
        self._id_before = event_id
