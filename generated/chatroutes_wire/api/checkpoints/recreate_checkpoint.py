# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /checkpoints/{checkpoint_id}/recreate: Recreate the summary of a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ...client import Request, check_body, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types


def request(
    checkpoint_id: str,
    body: dict[str, Any] | None = None,
) -> Request:
    """Build a request for `recreateCheckpoint`.

    Creates a new summary from the current messages. The id and the anchor do not change. If all messages
    that the checkpoint replaces were deleted, the status is 409. If the client disconnects, the server
    behaves as for `createCheckpoint`. Available since release 0.2.

    Args:
        checkpoint_id: Id of the checkpoint.
        body: An empty object. The body may also be left out.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="recreateCheckpoint",
        method="POST",
        path=f"/checkpoints/{quote_path_segment('checkpoint_id', checkpoint_id)}/recreate",
        body={} if body is None else check_body("recreateCheckpoint", body),
        result="checkpoint",
        idempotent_by_key=True,
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
