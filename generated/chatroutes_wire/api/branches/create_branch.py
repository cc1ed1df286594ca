# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/branches: Create a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "title",
        "baseNodeId",
        "description",
        "contextMode",
    )
)


def request(
    conversation_id: str,
    body: types.CreateBranchRequest,
) -> Request:
    """Build a request for `createBranch`.

    Creates a branch after the message `baseNodeId`, which can be any message of any branch of the
    conversation. Without `baseNodeId`, the branch starts after the last message of the main branch. No
    messages are copied: the messages of the ancestors up to and including the fork point are visible on
    the branch, followed by its own messages. The parent of the branch is the branch to which the message
    at the fork point belongs.

    With the id of the conversation, which is the root of the tree, the branch starts before the first
    message: it inherits no messages, its `forkPointMessageId` is null, and its parent is the main branch.
    A service that does not support this sends an error.

    `contextMode` determines how many of the inherited messages are sent to the model: all of them (`FULL`),
    the last ten (`PARTIAL`) or only the message at the fork point (`MINIMAL`). The branch's own messages
    are always sent.

    Args:
        conversation_id: Id of the conversation.
        body: The title and the options of a new branch.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="createBranch",
        method="POST",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/branches",
        body=check_body("createBranch", body, "baseNodeId", example="title"),
        result="branch",
        idempotent_by_key=True,
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> types.Branch:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.Branch",
        read_object(
            payload, "branch", ("id", "conversationId", "title", "isMain", "isActive", "createdAt")
        ),
    )
