# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""DELETE /checkpoints/{checkpoint_id}: Delete a checkpoint."""

from __future__ import annotations

from ...client import Request, quote_path_segment
from ...errors import UnexpectedPayload


def request(
    checkpoint_id: str,
) -> Request:
    """Build a request for `deleteCheckpoint`.

    Deletes the summary. The model receives the messages again. Available since release 0.2.

    Args:
        checkpoint_id: Id of the checkpoint.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="deleteCheckpoint",
        method="DELETE",
        path=f"/checkpoints/{quote_path_segment('checkpoint_id', checkpoint_id)}",
    )


def read(payload: object) -> None:
    """Check that the decoded response is an object. It contains no result.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    if not isinstance(payload, dict):
        raise UnexpectedPayload("the response is not a JSON object")
