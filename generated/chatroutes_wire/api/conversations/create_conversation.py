# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations: Create a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    body: types.CreateConversationRequest,
) -> Request:
    """Makes a conversation with an empty main branch. What is given here is the default for every
    message sent in it; a message may name another model, temperature or maxTokens for itself.

    Args:
        body: What a new conversation is made from.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="createConversation",
        method="POST",
        path="/conversations",
        body=body_of("createConversation", body),
        result="conversation",
        idempotent_by_key=True,
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
