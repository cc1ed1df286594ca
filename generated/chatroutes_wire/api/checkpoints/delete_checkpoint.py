# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""DELETE /checkpoints/{checkpoint_id}: Delete a checkpoint."""

from __future__ import annotations

from ...client import Request, path_segment
from ...errors import UnexpectedPayload


def request(
    checkpoint_id: str,
) -> Request:
    """Deletes the summary. The model receives the messages again. Available since release 0.2.

    Args:
        checkpoint_id: Goes into the path, quoted.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="deleteCheckpoint",
        method="DELETE",
        path=f"/checkpoints/{path_segment('checkpoint_id', checkpoint_id)}",
    )


def read(payload: object) -> None:
    """Check the decoded answer, which says no more than that it was done.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    if not isinstance(payload, dict):
        raise UnexpectedPayload("the answer is not a JSON object")
