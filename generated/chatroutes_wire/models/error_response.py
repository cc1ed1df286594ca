# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ErrorResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ..client import check_object
from ..types import UNSET, Unset


@define
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
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ErrorResponse:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        rest = dict(check_object("ErrorResponse", source))
        success = rest.pop("success", UNSET)
        error = rest.pop("error", UNSET)
        message = rest.pop("message", UNSET)
        details = rest.pop("details", UNSET)
        retry_after = rest.pop("retryAfter", UNSET)
        return cls(
            success=success,
            error=error,
            message=message,
            details=details,
            retry_after=retry_after,
            additional_properties=rest,
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
