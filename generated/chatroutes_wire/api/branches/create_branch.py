# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/branches: Create a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, path_segment, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    body: types.CreateBranchRequest,
) -> Request:
    """Begins a branch after the message `baseNodeId`, which may be any message of the conversation, on
    any branch; without it, after the last message of the main branch. Nothing is copied: the branch
    sees the messages of its ancestors up to and including its fork point, then its own. Its parent is
    the branch on which the fork point stands.

    `contextMode` decides what a model is given of the inherited messages: `FULL` all of them,
    `PARTIAL` the last ten, `MINIMAL` the fork point alone. The branch's own messages are always given.

    Args:
        conversation_id: Goes into the path, quoted.
        body: What a new branch is made from.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="createBranch",
        method="POST",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/branches",
        body=body_of("createBranch", body, "baseNodeId"),
        result="branch",
        idempotent_by_key=True,
    )


def read(payload: object) -> types.Branch:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast(
        "types.Branch",
        read_object(
            payload, "branch", ("id", "conversationId", "title", "isMain", "isActive", "createdAt")
        ),
    )
