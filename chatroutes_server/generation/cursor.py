"""Where in a stream a reader stopped, and how events are named so that it can go on.

The id of an event is the reply's id and the place at which its piece ends, counted in code points:
`msg_5f3a-17`. So it does not matter in which pieces the reply is told again, live or from the
store: what follows the place is what the reader has not seen. The closing events are named `end`
and `done`. A place in another reply than the one that the key stands for cannot be gone on from,
because nobody could tell which of the text is new: that is a conflict.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatroutes_server.errors import ConflictError

END = "end"
DONE = "done"
_PLACE = re.compile(r"(msg_[0-9a-f]+)-([0-9]{1,15}|end|done)")


@dataclass(frozen=True)
class EventId:
    reply_id: str
    mark: str  # a number of code points, or the name of a closing event

    @classmethod
    def parse(cls, event_id: str) -> EventId:
        match = _PLACE.fullmatch(event_id)
        if match is None:
            raise ConflictError("Last-Event-ID: it is not the id of an event of this server")
        return cls(match[1], match[2])

    def __str__(self) -> str:
        return f"{self.reply_id}-{self.mark}"

    @property
    def offset(self) -> int | None:
        """How much of the text was seen; None for all of it."""
        return int(self.mark) if self.mark.isdigit() else None

    def refuse_other_reply(self, reply_id: str) -> None:
        if reply_id != self.reply_id:
            raise ConflictError(
                "Last-Event-ID: it is of a reply that this Idempotency-Key does not stand for; "
                "begin anew without it"
            )
