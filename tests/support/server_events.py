"""The events of a stream that the server sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

IdentifiedEvents = list[tuple[str, str]]


def parse_events(text: str) -> list[tuple[str, Any]]:
    """Parse a complete stream into pairs of event type and data."""
    events: list[tuple[str, Any]] = []
    for fields in parse_fields(text):
        data = fields["data"]
        events.append((fields.get("event", ""), data if data == "[DONE]" else json.loads(data)))
    return events


def parse_event_ids(text: str) -> IdentifiedEvents:
    """Parse the complete events of a stream, as a browser does, into pairs of id and data."""
    return [(fields.get("id", ""), fields["data"]) for fields in parse_fields(text)]


def parse_fields(text: str) -> Iterator[dict[str, str]]:
    """Yield the fields of each event, without the comments that the server sends while no event is ready."""
    for block in text.split("\n\n")[:-1]:
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        if lines:
            yield dict(line.split(": ", 1) for line in lines)
