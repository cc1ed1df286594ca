# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""PATCH /conversations/{conversation_id}: Change the title or the defaults of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, path_segment, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    body: types.UpdateConversationRequest,
) -> Request:
    """Changes the fields that are given, and leaves the other fields as they are. An empty `systemPrompt`
    removes the system prompt. Existing replies do not change.

    Args:
        conversation_id: Goes into the path, quoted.
        body: The fields to change.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="updateConversation",
        method="PATCH",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}",
        body=body_of("updateConversation", body),
        result="conversation",
    )


def read(payload: object) -> types.Conversation:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast(
        "types.Conversation",
        read_object(payload, "conversation", ("id", "userId", "title", "createdAt", "updatedAt")),
    )
