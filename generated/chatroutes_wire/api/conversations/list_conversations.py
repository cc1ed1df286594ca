# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations: List conversations, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, query_of, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    params: types.ListConversationsParams | None = None,
) -> Request:
    """The conversations that the key may see, the one changed last first; those changed at the same
    time are ordered by id, so that paging is stable while nothing changes. A page past the end is
    empty. Messages and branches are left out of the conversations of a list.

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
