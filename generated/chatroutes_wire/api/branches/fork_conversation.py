# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/fork: Fork a conversation at a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, path_segment, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    body: types.ForkConversationRequest,
) -> Request:
    """Creates a branch after the message `forkPointMessageId`. This is the same as `createBranch` with
    `baseNodeId`, except that the message is required. The original branch does not change.

    Args:
        conversation_id: Goes into the path, quoted.
        body: The message at which to fork, and the title of the new branch.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="forkConversation",
        method="POST",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/fork",
        body=body_of("forkConversation", body, "forkPointMessageId"),
        result="branch",
        idempotent_by_key=True,
    )


def read(payload: object) -> types.Branch:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast(
        "types.Branch",
        read_object(
            payload, "branch", ("id", "conversationId", "title", "isMain", "isActive", "createdAt")
        ),
    )
