# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/branches/{branch_id}/messages: Send a message to a branch and wait for the reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "content",
        "model",
        "temperature",
        "maxTokens",
        "branchId",
    )
)


def request(
    conversation_id: str,
    branch_id: str,
    body: types.SendMessageRequest,
) -> Request:
    """Build a request for `sendBranchMessage`.

    Does the same as `sendMessage` for the branch in the path. A `branchId` in the body is ignored.

    Args:
        conversation_id: Id of the conversation.
        branch_id: Id of the branch.
        body: A message to send, and options for the reply.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="sendBranchMessage",
        method="POST",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/branches/{quote_path_segment('branch_id', branch_id)}/messages",
        body=check_body("sendBranchMessage", body, "branchId", example="content"),
        idempotent_by_key=True,
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> types.SendMessageResponse:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.SendMessageResponse",
        read_object(
            payload,
            None,
            ("userMessage", "assistantMessage"),
            {"userMessage": "an object", "assistantMessage": "an object"},
        ),
    )
