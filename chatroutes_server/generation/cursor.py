"""Event ids of a stream, and the position at which a client resumes it.

An event id holds the id of the reply and the position at which the event's text ends, in code
points: `msg_5f3a-17`. The ids of the two final events end in `-end` and `-done`. The position does
not depend on the chunks of the reply, so a stream can resume from a running generation and from a
stored reply. An event id of a different reply than that of the Idempotency-Key is a conflict,
because the server cannot know which text is new to the client.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatroutes_server.errors import ConflictError

END = "end"
DONE = "done"
_EVENT_ID = re.compile(r"(msg_[0-9a-f]+)-([0-9]{1,15}|end|done)")


@dataclass(frozen=True)
class EventId:
    reply_id: str
    position: str  # a number of code points, END or DONE

    @classmethod
    def parse(cls, text: str) -> EventId:
        match = _EVENT_ID.fullmatch(text)
        if match is None:
            raise ConflictError("Last-Event-ID: this is not an event id of this server")
        return cls(match[1], match[2])

    def __str__(self) -> str:
        return f"{self.reply_id}-{self.position}"

    @property
    def offset(self) -> int | None:
        """The number of code points before the position. None after the whole text."""
        return int(self.position) if self.position.isdigit() else None

    def require_reply(self, reply_id: str) -> None:
        if reply_id != self.reply_id:
            raise ConflictError(
                "Last-Event-ID: this event belongs to a different reply than the Idempotency-Key; "
                "start again without Last-Event-ID"
            )
