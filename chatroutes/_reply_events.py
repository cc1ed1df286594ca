"""The typed events of a chunk, or of an event that is not a chunk."""

from __future__ import annotations

from typing import Any, cast

from ._chunks import CHUNK_TYPES
from ._event_reader import UnclassifiedEvent
from .events import ReplyEvent, TextEvent, UnknownEvent, UsageEvent
from .types import StreamChunk


def to_reply_events(item: StreamChunk | UnclassifiedEvent) -> list[ReplyEvent]:
    """Return the events of a chunk with text, usage or an unknown type, or of an event with a name."""
    if isinstance(item, UnclassifiedEvent):
        return [UnknownEvent(item.name, item.data)]
    events: list[ReplyEvent] = []
    choice = item["choices"][0]
    text = choice["delta"].get("content")
    if text:
        events.append(TextEvent(text))
    usage = item.get("usage")
    if isinstance(usage, dict):
        events.append(UsageEvent(usage))
    kind = item.get("type")
    if not events and isinstance(kind, str) and kind not in CHUNK_TYPES:
        # The choices of a chunk without text were added to it.
        fields = cast("dict[str, Any]", item)
        data = {name: value for name, value in fields.items() if name != "choices"}
        events.append(UnknownEvent(kind, data))
    return events
