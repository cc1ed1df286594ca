# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `StreamChunkChoice`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.stream_chunk_delta import StreamChunkDelta


@define
class StreamChunkChoice:
    """A part of one reply."""

    index: int
    """Index of the reply. Currently always 0."""
    delta: StreamChunkDelta
    """The content that the chunk adds to the reply."""
    finish_reason: str | None | Unset = UNSET
    """Reason why the reply ended. Null, empty or missing until then."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> StreamChunkChoice:
        """Return an instance from a decoded JSON object.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a time is not in ISO 8601.
        """
        from ..models.stream_chunk_delta import StreamChunkDelta

        rest = dict(source)
        index = rest.pop("index")
        delta = rest.pop("delta")
        finish_reason = rest.pop("finish_reason", UNSET)
        return cls(
            index=index,
            delta=StreamChunkDelta.from_dict(delta),
            finish_reason=finish_reason,
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["index"] = self.index
        target["delta"] = self.delta.to_dict()
        if not isinstance(self.finish_reason, Unset):
            target["finish_reason"] = self.finish_reason
        return target
