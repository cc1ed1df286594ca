# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}/tree: Get a conversation as a tree of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types


def request(
    conversation_id: str,
) -> Request:
    """Build a request for `getConversationTree`.

    Returns every message of every branch once, as a child of the message that it follows. The root is
    the conversation: its id is the id of the conversation, its role is `system`, its content is the
    title, and its children are the messages that follow no other message. `metadata` does not count
    the root. The first own message of a branch has the `branchInfo` of the branch.

    In the compact dialect, the response has `branches` and `mainBranch`, and may have neither `tree` nor
    `metadata`.

    Args:
        conversation_id: Path parameter.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="getConversationTree",
        method="GET",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/tree",
    )


def read(payload: object) -> types.ConversationTree:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.ConversationTree",
        read_object(
            payload,
            None,
            ("conversation", "tree", "metadata"),
            {"conversation": "an object", "tree": "an object", "metadata": "an object"},
        ),
    )
