# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `CreateBranchRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object
from ..types import UNSET, ContextMode, Unset

_NAMES = frozenset(
    (
        "title",
        "baseNodeId",
        "description",
        "contextMode",
    )
)


@attrs.define
class CreateBranchRequest:
    """The title and the options of a new branch."""

    title: str
    """Title of the branch."""
    base_node_id: str | None | Unset = UNSET
    """Id of the message after which the branch starts, or the id of the conversation to start before the
    first message. Defaults to the last message of the main branch."""
    description: str | None | Unset = UNSET
    """Description of the branch."""
    context_mode: ContextMode | None | Unset = UNSET
    """Which inherited messages are sent to the model. Defaults to `FULL`."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> CreateBranchRequest:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("CreateBranchRequest", source)
        return cls(
            title=values["title"],
            base_node_id=values.get("baseNodeId", UNSET),
            description=values.get("description", UNSET),
            context_mode=values.get("contextMode", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["title"] = self.title
        if not isinstance(self.base_node_id, Unset):
            target["baseNodeId"] = self.base_node_id
        if not isinstance(self.description, Unset):
            target["description"] = self.description
        if not isinstance(self.context_mode, Unset):
            target["contextMode"] = self.context_mode
        return target
