# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations: List conversations page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_query, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "page",
        "limit",
        "filter",
    )
)


def request(
    params: types.ListConversationsParams | None = None,
) -> Request:
    """Build a request for `listConversations`.

    Returns the conversations that the key has access to, the most recently changed first. Conversations
    that were changed at the same time are ordered by id, so the order is stable while nothing changes.
    A page after the last one is empty. The conversations of a list have no messages and no branches.

    Args:
        params: Query parameters: `page`, `limit`, `filter`.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="listConversations",
        method="GET",
        path="/conversations",
        query=check_query("listConversations", params),
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> types.ConversationPage:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.ConversationPage",
        read_object(
            payload, None, ("conversations", "total", "page", "limit"), {"conversations": "objects"}
        ),
    )
