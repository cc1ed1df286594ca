# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `TreeMetadata`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_object

_NAMES = frozenset(
    (
        "totalNodes",
        "totalBranches",
        "maxDepth",
    )
)


@attrs.define
class TreeMetadata:
    """The size of a tree."""

    total_nodes: int
    """Number of messages in the tree, without the root."""
    total_branches: int
    """Number of branches of the conversation, including the main branch."""
    max_depth: int
    """Number of messages on the longest path from the root to a leaf."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> TreeMetadata:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("TreeMetadata", source)
        return cls(
            total_nodes=values["totalNodes"],
            total_branches=values["totalBranches"],
            max_depth=values["maxDepth"],
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["totalNodes"] = self.total_nodes
        target["totalBranches"] = self.total_branches
        target["maxDepth"] = self.max_depth
        return target
