# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}/tree: Get a conversation as a tree of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_query, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(("format",))


def request(
    conversation_id: str,
    params: types.GetConversationTreeParams | None = None,
) -> Request:
    """Build a request for `getConversationTree`.

    Returns every message of every branch once, as a child of the message that it follows. The root is
    the conversation: its id is the id of the conversation, its role is `system`, its content is the
    title, and its children are the messages that follow no other message. `metadata` does not count
    the root. The first own message of a branch has the `branchInfo` of the branch.

    `tree` is nested: each message in a row adds two levels to the JSON, so 1,000 messages in a row are
    2,000 levels deep. Many JSON parsers stop at 64 to 1,000 levels. `nodes` has the same messages as a
    list, which is never more than a few levels deep. Use `format=flat` for a response without the nested
    forms, `tree` and `branches`, and `format=nested` for one without `nodes`. Without `format`, the
    response has both. A service that does not support the parameter ignores it.

    In the compact dialect, the response has `branches` and `mainBranch`, and may have none of `tree`,
    `nodes` and `metadata`.

    Args:
        conversation_id: Id of the conversation.
        params: Query parameters: `format`.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="getConversationTree",
        method="GET",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/tree",
        query=check_query("getConversationTree", params),
        known_fields=_KNOWN_FIELDS,
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
