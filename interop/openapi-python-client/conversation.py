"""A conversation with the client that openapi-python-client generates from its own templates."""

from __future__ import annotations

import os
from typing import TypeVar

from chatroutes_client.api.branches import fork_conversation
from chatroutes_client.api.conversations import (
    create_conversation,
    delete_conversation,
    get_conversation,
    get_conversation_tree,
    list_conversations,
)
from chatroutes_client.api.messages import send_message
from chatroutes_client.client import AuthenticatedClient
from chatroutes_client.models import (
    ContextMode,
    CreateConversationRequest,
    ErrorResponse,
    ForkConversationRequest,
    Message,
    SendMessageRequest,
    TreeFormat,
)
from chatroutes_client.types import Response, Unset

T = TypeVar("T")

client = AuthenticatedClient(
    os.environ["CHATROUTES_BASE_URL"],
    token=os.environ["CHATROUTES_API_KEY"],
    auth_header_name="X-API-Key",
    prefix="",
)


def parsed(response: Response[ErrorResponse | T]) -> T:
    """Return the body of a response, which is not an error."""
    if response.parsed is None or isinstance(response.parsed, ErrorResponse):
        raise SystemExit(f"{response.status_code}: {response.parsed}")
    return response.parsed


def given(value: T | Unset) -> T:
    """Return the value of an optional field, which is not missing."""
    assert not isinstance(value, Unset)
    return value


def send(conversation_id: str, message: SendMessageRequest) -> Message:
    sent = send_message.sync_detailed(conversation_id, client=client, body=message)
    data = given(parsed(sent).data)
    reply = given(data.assistant_message or data.message)
    print("replied:", reply.content.split("You wrote: ")[1])
    return reply


def print_tree(conversation_id: str) -> None:
    read = get_conversation_tree.sync_detailed(
        conversation_id, client=client, format_=TreeFormat.FLAT
    )
    tree = given(parsed(read).data)
    nodes, size = given(tree.nodes), given(tree.metadata)
    print(f"tree: {len(nodes)} of {size.total_nodes} messages on {size.total_branches} branches")


def main() -> None:
    request = CreateConversationRequest(title="Grüße 🌿")
    created = parsed(create_conversation.sync_detailed(client=client, body=request))
    conversation = given(given(created.data).conversation)
    print("created:", conversation.title)

    reply = send(conversation.id, SendMessageRequest(content="Hello"))
    fork = ForkConversationRequest(
        fork_point_message_id=reply.id, title="Another way", context_mode=ContextMode.MINIMAL
    )
    forked = parsed(fork_conversation.sync_detailed(conversation.id, client=client, body=fork))
    branch = given(given(forked.data).branch)
    print("forked:", branch.title)
    send(conversation.id, SendMessageRequest(content="And now?", branch_id=branch.id))

    listed = parsed(list_conversations.sync_detailed(client=client, page=1, limit=10))
    # In the compact dialect, the fields of the page are beside `success`.
    page = given((listed.data or listed).conversations)
    print(f"listed: {len(page)}, {page[0].title}")

    print_tree(conversation.id)
    print_tree(os.environ["LONG_CONVERSATION_ID"])

    missing = get_conversation.sync_detailed("no/such conversation", client=client)
    assert isinstance(missing.parsed, ErrorResponse)
    print("missing:", missing.status_code.value, missing.parsed.error)

    deleted = parsed(delete_conversation.sync_detailed(conversation.id, client=client))
    print("deleted:", str(deleted.success).lower())


if __name__ == "__main__":
    main()
