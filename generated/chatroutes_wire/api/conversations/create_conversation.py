# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations: Create a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, read_object

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
    body: types.CreateConversationRequest,
) -> Request:
    """Build a request for `createConversation`.

    Creates a conversation with an empty main branch. The model, the system prompt, the temperature and
    maxTokens apply to every message of the conversation. A message can override the model, the
    temperature and maxTokens for its own reply.

    Args:
        body: The title and the defaults of a new conversation.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="createConversation",
        method="POST",
        path="/conversations",
        body=check_body("createConversation", body, example="title"),
        result="conversation",
        idempotent_by_key=True,
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
