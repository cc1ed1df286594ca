# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `UpdateBranchRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from .. import types
from ..client import check_object
from ..types import UNSET, Unset


@define
class UpdateBranchRequest:
    """The fields to change."""

    title: str | None | Unset = UNSET
    """New title of the branch."""
    description: str | None | Unset = UNSET
    """New description of the branch. The empty string removes it."""
    context_mode: types.ContextMode | None | Unset = UNSET
    """New context mode."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> UpdateBranchRequest:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        rest = dict(check_object("UpdateBranchRequest", source))
        title = rest.pop("title", UNSET)
        description = rest.pop("description", UNSET)
        context_mode = rest.pop("contextMode", UNSET)
        return cls(
            title=title,
            description=description,
            context_mode=context_mode,
            additional_properties=rest,
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
