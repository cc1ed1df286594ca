# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `StreamError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "type",
        "error",
        "message",
        "details",
    )
)


@attrs.define
class StreamError:
    """An error that occurred after the stream had started. It is the last event. Any field may be missing."""

    type_: str | Unset = UNSET
    """Kind of the event, `error`."""
    error: str | Unset = UNSET
    """Error code, as in `ErrorResponse`, such as `INTERNAL_ERROR`."""
    message: str | Unset = UNSET
    """Description of the error, for people."""
    details: Any | Unset = UNSET
    """Details of the error. Their form depends on the error code."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> StreamError:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("StreamError", source)
        return cls(
            type_=values.get("type", UNSET),
            error=values.get("error", UNSET),
            message=values.get("message", UNSET),
            details=values.get("details", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.type_, Unset):
            target["type"] = self.type_
        if not isinstance(self.error, Unset):
            target["error"] = self.error
        if not isinstance(self.message, Unset):
            target["message"] = self.message
        if not isinstance(self.details, Unset):
            target["details"] = self.details
        return target
