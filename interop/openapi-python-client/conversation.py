"""A conversation with the client that openapi-python-client generates from its own templates."""

from __future__ import annotations

import os
from typing import TypeVar

from chatroutes_client import AuthenticatedClient
from chatroutes_client.api.conversations import (
    create_conversation,
    delete_conversation,
    get_conversation,
    get_conversation_tree,
    list_conversations,
)
from chatroutes_client.api.messages import send_message
from chatroutes_client.models import (
    CreateConversationRequest,
    ErrorResponse,
    SendMessageRequest,
    TreeFormat,
)
from chatroutes_client.types import Unset

T = TypeVar("T")


def present(value: T | ErrorResponse | Unset | None) -> T:
    """Return a body that is not an error, or a field that is not missing."""
    if value is None or isinstance(value, (ErrorResponse, Unset)):
        raise SystemExit(f"unexpected: {value}")
    return value


def main() -> None:
    url, key = os.environ["CHATROUTES_BASE_URL"], os.environ["CHATROUTES_API_KEY"]
    client = AuthenticatedClient(url, token=key, auth_header_name="X-API-Key", prefix="")

    new = CreateConversationRequest(title="Grüße 🌿")
    created = present(create_conversation.sync(client=client, body=new))
    conversation = present(present(created.data).conversation)
    print("created:", conversation.title)

    hello = SendMessageRequest(content="Hello")
    sent = present(present(send_message.sync(conversation.id, client=client, body=hello)).data)
    # The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
    reply = present(sent.assistant_message or sent.message)
    print("replied:", reply.content.split("You wrote: ")[1])

    listed = present(list_conversations.sync(client=client, page=1, limit=10))
    # In the compact dialect, the fields of the page are beside `success`.
    page = present((listed.data or listed).conversations)
    print(f"listed: {len(page)}, {page[0].title}")

    long, flat = os.environ["LONG_CONVERSATION_ID"], TreeFormat.FLAT
    tree = present(get_conversation_tree.sync(long, client=client, format_=flat))
    nodes = present(present(tree.data).nodes)
    print(f"tree: {len(nodes)} messages, {nodes[-1].depth} deep")

    missing = get_conversation.sync_detailed("no/such conversation", client=client)
    assert isinstance(missing.parsed, ErrorResponse)
    print("missing:", missing.status_code.value, missing.parsed.error)

    deleted = present(delete_conversation.sync(conversation.id, client=client))
    print("deleted:", str(deleted.success).lower())


if __name__ == "__main__":
    main()
