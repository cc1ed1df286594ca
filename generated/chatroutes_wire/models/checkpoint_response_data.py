# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `CheckpointResponseData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(("checkpoint",))


@attrs.define
class CheckpointResponseData:
    """Contains the checkpoint."""

    checkpoint: Checkpoint | Unset = UNSET
    """A summary that replaces the older messages of a branch in the context of the model. Some deployments
    spell `conversationId`, `branchId`, `anchorMessageId`, `tokenCount` and `createdAt` in camelCase. The
    fields with underscores are missing then. Both spellings have the same values."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> CheckpointResponseData:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("CheckpointResponseData", source)
        return cls(
            checkpoint=UNSET
            if "checkpoint" not in values
            else Checkpoint.from_dict(check_object("checkpoint", values["checkpoint"])),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.checkpoint, Unset):
            target["checkpoint"] = self.checkpoint.to_dict()
        return target


from ..models.checkpoint import Checkpoint
