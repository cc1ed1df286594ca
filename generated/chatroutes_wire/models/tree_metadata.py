# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `TreeMetadata`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ..client import check_object


@define
class TreeMetadata:
    """The size of a tree."""

    total_nodes: int
    """Number of messages in the tree, without the root."""
    total_branches: int
    """Number of branches of the conversation, including the main branch."""
    max_depth: int
    """Number of messages on the longest path from the root to a leaf."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> TreeMetadata:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        rest = dict(check_object("TreeMetadata", source))
        total_nodes = rest.pop("totalNodes")
        total_branches = rest.pop("totalBranches")
        max_depth = rest.pop("maxDepth")
        return cls(
            total_nodes=total_nodes,
            total_branches=total_branches,
            max_depth=max_depth,
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["totalNodes"] = self.total_nodes
        target["totalBranches"] = self.total_branches
        target["maxDepth"] = self.max_depth
        return target
