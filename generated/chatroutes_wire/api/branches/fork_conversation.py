# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/fork: Fork a conversation at a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "forkPointMessageId",
        "title",
        "contextMode",
    )
)


def request(
    conversation_id: str,
    body: types.ForkConversationRequest,
) -> Request:
    """Build a request for `forkConversation`.

    Creates a branch after the message `forkPointMessageId`. This is the same as `createBranch` with
    `baseNodeId`, except that the message is required. The original branch does not change.

    Args:
        conversation_id: Id of the conversation.
        body: The message at which to fork, and the title of the new branch.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="forkConversation",
        method="POST",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/fork",
        body=check_body(
            "forkConversation", body, "forkPointMessageId", example="forkPointMessageId"
        ),
        result="branch",
        idempotent_by_key=True,
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> types.Branch:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.Branch",
        read_object(
            payload, "branch", ("id", "conversationId", "title", "isMain", "isActive", "createdAt")
        ),
    )
