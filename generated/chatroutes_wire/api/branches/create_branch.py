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
    """Creates a branch after the message `baseNodeId`, which can be any message of any branch of the
    conversation. Without `baseNodeId`, the branch starts after the last message of the main branch. No
    messages are copied: the messages of the ancestors up to and including the fork point are visible on
    the branch, followed by its own messages. The parent of the branch is the branch to which the message
    at the fork point belongs.

    `contextMode` determines how many of the inherited messages are sent to the model: all of them (`FULL`),
    the last ten (`PARTIAL`) or only the message at the fork point (`MINIMAL`). The branch's own messages
    are always sent.

    Args:
        conversation_id: Goes into the path, quoted.
        body: The title and the options of a new branch.

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
