# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `UpdateBranchRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, ContextMode, Unset

_NAMES = frozenset(
    (
        "title",
        "description",
        "contextMode",
    )
)


@attrs.define
class UpdateBranchRequest:
    """The fields to change."""

    title: str | None | Unset = UNSET
    """New title of the branch."""
    description: str | None | Unset = UNSET
    """New description of the branch. The empty string removes it."""
    context_mode: ContextMode | None | Unset = UNSET
    """New context mode."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> UpdateBranchRequest:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("UpdateBranchRequest", source)
        return cls(
            title=values.get("title", UNSET),
            description=values.get("description", UNSET),
            context_mode=values.get("contextMode", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.title, Unset):
            target["title"] = self.title
        if not isinstance(self.description, Unset):
            target["description"] = self.description
        if not isinstance(self.context_mode, Unset):
            target["contextMode"] = self.context_mode
        return target
