# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `CheckpointListResponseData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

if TYPE_CHECKING:
    from ..models.checkpoint import Checkpoint


@define
class CheckpointListResponseData:
    """Contains the checkpoints."""

    checkpoints: list[Checkpoint]
    """The checkpoints, oldest first."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> CheckpointListResponseData:
        """Return an instance from a decoded JSON object.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a time is not in ISO 8601.
        """
        from ..models.checkpoint import Checkpoint

        rest = dict(source)
        checkpoints = rest.pop("checkpoints")
        return cls(
            checkpoints=[Checkpoint.from_dict(item) for item in checkpoints],
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["checkpoints"] = [item.to_dict() for item in self.checkpoints]
        return target
