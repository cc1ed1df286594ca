"""One scripted conversation with httpx, and the pydantic models that datamodel-code-generator made."""

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
    SendMessageResponse,
    TreeNode,
)
from pydantic import BaseModel

Answer = TypeVar("Answer", bound=BaseModel)


class Client:
    def __init__(self, base_url: str, api_key: str) -> None:
        headers = {"Authorization": f"ApiKey {api_key}"}
        self.http = httpx.Client(base_url=base_url, headers=headers, timeout=30)

    def call(
        self, answer: type[Answer], method: str, path: str, body: BaseModel | None = None
    ) -> Answer:
        # What is left out stays out: a null would say the same, and be longer.
        json = None if body is None else body.model_dump(mode="json", exclude_unset=True)
        response = self.http.request(method, path, json=json)
        response.raise_for_status()
        return answer.model_validate_json(response.content)

    def send(self, conversation_id: str, message: SendMessageRequest) -> Message:
        path = f"/conversations/{conversation_id}/messages"
        sent = self.call(MessageSentResponse, "POST", path, message).data
        reply = sent.assistantMessage if isinstance(sent, SendMessageResponse) else sent.message
        print("replied:", reply.content.split("You wrote: ")[1])
        return reply


def count(nodes: list[TreeNode]) -> int:
    return sum(1 + count(node.children) for node in nodes)


def talk(client: Client) -> None:
    request = CreateConversationRequest(title="Grüße 🌿")
    created = client.call(ConversationResponse, "POST", "/conversations", request)
    conversation = created.data.conversation
    print("created:", conversation.title)
    path = f"/conversations/{conversation.id}"

    reply = client.send(conversation.id, SendMessageRequest(content="Hello"))
    fork = ForkConversationRequest(
        forkPointMessageId=reply.id, title="Another way", contextMode=ContextMode.MINIMAL
    )
    branch = client.call(BranchResponse, "POST", f"{path}/fork", fork).data.branch
    print("forked:", branch.title)
    client.send(conversation.id, SendMessageRequest(content="And now?", branchId=branch.id))

    listed = client.call(ConversationListResponse, "GET", "/conversations?page=1&limit=10")
    # The compact dialect has the page's fields beside `success`.
    found = (listed.data.conversations if listed.data else listed.conversations) or []
    print(f"listed: {len(found)}, {found[0].title}")

    tree = client.call(ConversationTreeResponse, "GET", f"{path}/tree").data
    size = tree.metadata
    print(
        f"tree: {count(tree.tree.children)} of {size.totalNodes} messages"
        f" on {size.totalBranches} branches"
    )

    response = client.http.get("/conversations/conv%2Fof%20nobody")
    print(
        "missing:", response.status_code, ErrorResponse.model_validate_json(response.content).error
    )

    deleted = client.call(DeleteResponse, "DELETE", path)
    print("deleted:", "true" if deleted.success else "false")


if __name__ == "__main__":
    talk(Client(os.environ["CHATROUTES_BASE_URL"], os.environ["CHATROUTES_API_KEY"]))
