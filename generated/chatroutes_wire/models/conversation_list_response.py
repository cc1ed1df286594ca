# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ConversationListResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..client import check_list, check_object
from ..types import UNSET, Unset

_NAMES = frozenset(
    (
        "success",
        "data",
        "conversations",
        "total",
        "page",
        "limit",
        "hasNext",
    )
)


@attrs.define
class ConversationListResponse:
    """Response with a page of conversations. The compact dialect has the fields of the page at the top level, beside `success`."""

    success: bool | Unset = UNSET
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: ConversationPage | Unset = UNSET
    """A page of a list of conversations."""
    conversations: list[Conversation] | Unset = UNSET
    """The conversations on the page, in the compact dialect."""
    total: int | Unset = UNSET
    """Number of conversations on all pages, in the compact dialect."""
    page: int | Unset = UNSET
    """Number of the page, in the compact dialect."""
    limit: int | Unset = UNSET
    """Maximum number of conversations on a page, in the compact dialect."""
    has_next: bool | Unset = UNSET
    """Whether there is a next page, in the compact dialect."""
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ConversationListResponse:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        values = check_object("ConversationListResponse", source)
        return cls(
            success=values.get("success", UNSET),
            data=UNSET
            if "data" not in values
            else ConversationPage.from_dict(check_object("data", values["data"])),
            conversations=UNSET
            if "conversations" not in values
            else [
                Conversation.from_dict(check_object("an item of conversations", item))
                for item in check_list("conversations", values["conversations"])
            ],
            total=values.get("total", UNSET),
            page=values.get("page", UNSET),
            limit=values.get("limit", UNSET),
            has_next=values.get("hasNext", UNSET),
            additional_properties={
                name: value for name, value in values.items() if name not in _NAMES
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.success, Unset):
            target["success"] = self.success
        if not isinstance(self.data, Unset):
            target["data"] = self.data.to_dict()
        if not isinstance(self.conversations, Unset):
            target["conversations"] = [item.to_dict() for item in self.conversations]
        if not isinstance(self.total, Unset):
            target["total"] = self.total
        if not isinstance(self.page, Unset):
            target["page"] = self.page
        if not isinstance(self.limit, Unset):
            target["limit"] = self.limit
        if not isinstance(self.has_next, Unset):
            target["hasNext"] = self.has_next
        return target


from ..models.conversation import Conversation
from ..models.conversation_page import ConversationPage
