# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/checkpoints: Create a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "branchId",
        "anchorMessageId",
    )
)


def request(
    conversation_id: str,
    body: types.CreateCheckpointRequest,
) -> Request:
    """Build a request for `createCheckpoint`.

    Summarizes the messages of the branch up to and including the anchor message. From then on, the summary
    replaces those messages in the context of the model on that branch. The messages themselves remain. The
    metadata of a reply shows that a summary was used: `checkpoint_used` and `context_truncated` are true,
    the summary counts as one message in `context_message_count`, and its tokens are part of
    `prompt_tokens`. Available since release 0.2.

    If a branch has several checkpoints, the newest one applies that replaces any message which would
    otherwise be sent to the model. The anchor can be an inherited message. If the anchor is deleted, the
    checkpoint keeps its position, and the summary does not change until the checkpoint is recreated. A
    checkpoint is deleted with its branch or its conversation. The model of the conversation writes the
    summary. A server without a language model extracts the summary by a rule, and the summary names that
    rule. If the model fails, the response is an error, as for `sendMessage`, and nothing is stored.

    If the client disconnects while the model writes the summary and the request had an `Idempotency-Key`,
    the server completes the request and keeps the response for a retry with the same key. Without a key, a
    server may cancel the request; nothing is stored then.

    Args:
        conversation_id: Id of the conversation.
        body: The branch and the last message to summarize.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="createCheckpoint",
        method="POST",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/checkpoints",
        body=check_body(
            "createCheckpoint", body, "branchId", "anchorMessageId", example="branchId"
        ),
        result="checkpoint",
        idempotent_by_key=True,
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> types.Checkpoint:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.Checkpoint",
        read_object(
            payload,
            "checkpoint",
            (
                "id",
                "summary",
                "conversation_id",
                "branch_id",
                "anchor_message_id",
                "token_count",
                "created_at",
            ),
        ),
    )
