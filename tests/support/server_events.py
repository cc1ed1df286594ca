"""The events of a stream that the server sent."""

from __future__ import annotations

import json
from typing import Any

IdentifiedEvents = list[tuple[str, str]]


def parse_events(text: str) -> list[tuple[str, Any]]:
    """Parse a complete stream into pairs of event type and data."""
    events: list[tuple[str, Any]] = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        data = fields["data"]
        events.append((fields.get("event", ""), data if data == "[DONE]" else json.loads(data)))
    return events


def parse_event_ids(text: str) -> IdentifiedEvents:
    """Parse the complete events of a stream into pairs of id and data.

    Comments are ignored: a busy server sends them in any stream.
    """
    events: IdentifiedEvents = []
    for block in text.split("\n\n")[:-1]:
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        if lines:
            fields = dict(line.split(": ", 1) for line in lines)
            events.append((fields.get("id", ""), fields["data"]))
    return events
