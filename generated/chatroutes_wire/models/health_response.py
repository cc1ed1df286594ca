# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `HealthResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object

_NAMES = frozenset(
    (
        "status",
        "version",
        "service",
    )
)


@attrs.define
class HealthResponse:
    """The status of the branch suggestion service."""

    status: str
    """`healthy` if the service handles requests. More values may be added."""
    version: str
    """Version of the service."""
    service: str
    """Name of the service."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> HealthResponse:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("HealthResponse", source)
        return cls(
            status=values["status"],
            version=values["version"],
            service=values["service"],
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["status"] = self.status
        target["version"] = self.version
        target["service"] = self.service
        return target
