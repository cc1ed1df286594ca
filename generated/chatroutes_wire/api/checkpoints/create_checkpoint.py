# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/checkpoints: Create a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, path_segment, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    body: types.CreateCheckpointRequest,
) -> Request:
    """Summarises what the branch sees up to and including the anchor message. From then on the summary stands
    in for those messages when the model is asked on that branch; the messages themselves stay. The metadata
    of a reply made so says it: `checkpoint_used` and `context_truncated`; the summary counts as one message
    in `context_message_count`, and in `prompt_tokens`. Since release 0.2.

    Of several checkpoints, the newest one counts that stands for any message which the model would be
    given otherwise. The anchor may be inherited. If it is deleted, its place stays; the summary is as it
    was until it is recreated. A checkpoint is deleted with its branch or conversation. The summary is
    written by the conversation's model, or, by a server without one, extracted by a rule that it names. A
    model that fails is an error, as in `sendMessage`, and nothing is stored.

    If the client goes away while the model writes, the work is finished if the request carried an
    `Idempotency-Key`, and its answer kept for whoever comes with the key again. Without a key, a server may
    cancel it; then nothing is stored.

    Args:
        conversation_id: Goes into the path, quoted.
        body: Up to where to summarise.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="createCheckpoint",
        method="POST",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/checkpoints",
        body=body_of("createCheckpoint", body, "branchId", "anchorMessageId"),
        result="checkpoint",
        idempotent_by_key=True,
    )


def read(payload: object) -> types.Checkpoint:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
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
