"""A conversation with httpx and the pydantic models that datamodel-code-generator generates."""

from __future__ import annotations

import os
from typing import TypeVar

import httpx
from chatroutes_models import (
    BranchResponse,
    ContextMode,
    ConversationListResponse,
    ConversationResponse,
    ConversationTreeResponse,
    CreateConversationRequest,
    DeleteResponse,
    ErrorResponse,
    ForkConversationRequest,
    Message,
    MessageSentResponse,
    SendMessageRequest,
    TreeNode,
)
from pydantic import BaseModel

Response = TypeVar("Response", bound=BaseModel)
T = TypeVar("T")

http = httpx.Client(
    base_url=os.environ["CHATROUTES_BASE_URL"],
    headers={"Authorization": f"ApiKey {os.environ['CHATROUTES_API_KEY']}"},
    timeout=30,
)


def call(model: type[Response], method: str, path: str, body: BaseModel | None = None) -> Response:
    json = None if body is None else body.model_dump(mode="json", exclude_unset=True)
    response = http.request(method, path, json=json)
    response.raise_for_status()
    return model.model_validate_json(response.content)


def present(value: T | None) -> T:
    """Return a field that the service may leave out."""
    if value is None:
        raise ValueError("a field is missing")
    return value


def send(conversation_id: str, message: SendMessageRequest) -> Message:
    path = f"/conversations/{conversation_id}/messages"
    sent = present(call(MessageSentResponse, "POST", path, message).data)
    # The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
    reply = present(sent.assistantMessage or sent.message)
    print("replied:", reply.content.split("You wrote: ")[1])
    return reply


def count(nodes: list[TreeNode]) -> int:
    return sum(1 + count(node.children) for node in nodes)


def main() -> None:
    request = CreateConversationRequest(title="Grüße 🌿")
    created = present(call(ConversationResponse, "POST", "/conversations", request).data)
    conversation = present(created.conversation)
    print("created:", conversation.title)
    path = f"/conversations/{conversation.id}"

    reply = send(conversation.id, SendMessageRequest(content="Hello"))
    fork = ForkConversationRequest(
        forkPointMessageId=reply.id, title="Another way", contextMode=ContextMode.MINIMAL
    )
    branch = present(present(call(BranchResponse, "POST", f"{path}/fork", fork).data).branch)
    print("forked:", branch.title)
    send(conversation.id, SendMessageRequest(content="And now?", branchId=branch.id))

    listed = call(ConversationListResponse, "GET", "/conversations?page=1&limit=10")
    # In the compact dialect, the fields of the page are beside `success`.
    page = (listed.data.conversations if listed.data else listed.conversations) or []
    print(f"listed: {len(page)}, {page[0].title}")

    tree = present(call(ConversationTreeResponse, "GET", f"{path}/tree").data)
    nodes, size = count(present(tree.tree).children), present(tree.metadata)
    print(f"tree: {nodes} of {size.totalNodes} messages on {size.totalBranches} branches")

    response = http.get("/conversations/no%2Fsuch%20conversation")
    error = ErrorResponse.model_validate_json(response.content)
    print("missing:", response.status_code, error.error)

    print("deleted:", str(call(DeleteResponse, "DELETE", path).success).lower())


if __name__ == "__main__":
    main()
