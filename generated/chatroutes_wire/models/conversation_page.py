# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ConversationPage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_list, check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "conversations",
        "total",
        "page",
        "limit",
        "hasNext",
    )
)


@attrs.define
class ConversationPage:
    """A page of a list of conversations."""

    conversations: list[Conversation]
    """The conversations on the page."""
    total: int
    """Number of conversations on all pages."""
    page: int
    """Number of the page, counted from 1."""
    limit: int
    """Maximum number of conversations on a page."""
    has_next: bool | Unset = UNSET
    """Whether there is a next page. If the field is missing, there is a next page if `page` times `limit` is less than `total`."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ConversationPage:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("ConversationPage", source)
        return cls(
            conversations=[
                Conversation.from_dict(check_object("an item of conversations", item))
                for item in check_list("conversations", values["conversations"])
            ],
            total=values["total"],
            page=values["page"],
            limit=values["limit"],
            has_next=values.get("hasNext", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        target["conversations"] = [item.to_dict() for item in self.conversations]
        target["total"] = self.total
        target["page"] = self.page
        target["limit"] = self.limit
        if not isinstance(self.has_next, Unset):
            target["hasNext"] = self.has_next
        return target


from ..models.conversation import Conversation
