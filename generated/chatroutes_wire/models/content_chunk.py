# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ContentChunk`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from ..client import check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "type",
        "content",
        "model",
    )
)


@attrs.define
class ContentChunk:
    """A part of a reply, in the compact dialect."""

    type_: Literal["content"]
    """Always `content`."""
    content: str
    """Next part of the text."""
    model: str | Unset = UNSET
    """Name of the model that generates the reply."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ContentChunk:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("ContentChunk", source)
        return cls(
            type_=values["type"],
            content=values["content"],
            model=values.get("model", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["type"] = self.type_
        target["content"] = self.content
        if not isinstance(self.model, Unset):
            target["model"] = self.model
        return target
