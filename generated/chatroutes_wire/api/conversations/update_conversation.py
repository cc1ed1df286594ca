# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""PATCH /conversations/{conversation_id}: Change the title or the defaults of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "title",
        "model",
        "systemPrompt",
        "temperature",
        "maxTokens",
    )
)


def request(
    conversation_id: str,
    body: types.UpdateConversationRequest,
) -> Request:
    """Build a request for `updateConversation`.

    Changes the fields that are given, and leaves the other fields as they are. An empty `systemPrompt`
    removes the system prompt. Existing replies do not change.

    Args:
        conversation_id: Id of the conversation.
        body: The fields to change.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="updateConversation",
        method="PATCH",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}",
        body=check_body("updateConversation", body, example="title"),
        result="conversation",
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> types.Conversation:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.Conversation",
        read_object(payload, "conversation", ("id", "userId", "title", "createdAt", "updatedAt")),
    )
