# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ErrorResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "success",
        "error",
        "message",
        "details",
        "retryAfter",
    )
)


@attrs.define
class ErrorResponse:
    """Response to a request that failed. Any field may be missing."""

    success: bool | Unset = UNSET
    """Always false."""
    error: str | Unset = UNSET
    """Error code, for programs. More codes may be added."""
    message: str | Unset = UNSET
    """Description of the error, for people."""
    details: Any | Unset = UNSET
    """Details of the error. Their form depends on the error code. For `VALIDATION_ERROR`, a list of fields."""
    retry_after: float | Unset = UNSET
    """Time to wait before the next attempt, in seconds."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ErrorResponse:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("ErrorResponse", source)
        return cls(
            success=values.get("success", UNSET),
            error=values.get("error", UNSET),
            message=values.get("message", UNSET),
            details=values.get("details", UNSET),
            retry_after=values.get("retryAfter", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.success, Unset):
            target["success"] = self.success
        if not isinstance(self.error, Unset):
            target["error"] = self.error
        if not isinstance(self.message, Unset):
            target["message"] = self.message
        if not isinstance(self.details, Unset):
            target["details"] = self.details
        if not isinstance(self.retry_after, Unset):
            target["retryAfter"] = self.retry_after
        return target
