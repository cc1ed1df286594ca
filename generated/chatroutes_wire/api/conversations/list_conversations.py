# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations: List conversations page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, query_of, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    params: types.ListConversationsParams | None = None,
) -> Request:
    """Returns the conversations that the key has access to, the most recently changed first. Conversations
    that were changed at the same time are ordered by id, so the order is stable while nothing changes.
    A page after the last one is empty. The conversations of a list have no messages and no branches.

    Args:
        params: `page`, `limit`, `filter`.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="listConversations",
        method="GET",
        path="/conversations",
        query=query_of("listConversations", params),
    )


def read(payload: object) -> types.ConversationPage:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast(
        "types.ConversationPage",
        read_object(
            payload, None, ("conversations", "total", "page", "limit"), conversations="objects"
        ),
    )
