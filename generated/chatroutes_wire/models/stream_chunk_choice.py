# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `StreamChunkChoice`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "index",
        "delta",
        "finish_reason",
    )
)


@attrs.define
class StreamChunkChoice:
    """A part of one reply."""

    index: int
    """Index of the reply. Currently always 0."""
    delta: StreamChunkDelta
    """The content that the event adds to the reply."""
    finish_reason: str | None | Unset = UNSET
    """Reason why the reply ended, as in the metadata of the message (`finishReason`). Null, empty or missing
    until then."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> StreamChunkChoice:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("StreamChunkChoice", source)
        return cls(
            index=values["index"],
            delta=StreamChunkDelta.from_dict(check_object("delta", values["delta"])),
            finish_reason=values.get("finish_reason", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["index"] = self.index
        target["delta"] = self.delta.to_dict()
        if not isinstance(self.finish_reason, Unset):
            target["finish_reason"] = self.finish_reason
        return target


from ..models.stream_chunk_delta import StreamChunkDelta
