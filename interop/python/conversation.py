"""A conversation with httpx and the pydantic models that datamodel-code-generator generates."""

from __future__ import annotations

import os
from typing import TypeVar

import httpx
from chatroutes_models import (
    ConversationListResponse,
    ConversationResponse,
    ConversationTreeResponse,
    CreateConversationRequest,
    DeleteResponse,
    ErrorResponse,
    MessageSentResponse,
    SendMessageRequest,
)
from pydantic import BaseModel

T = TypeVar("T")
Response = TypeVar("Response", bound=BaseModel)

http = httpx.Client(
    base_url=os.environ["CHATROUTES_BASE_URL"],
    headers={"X-API-Key": os.environ["CHATROUTES_API_KEY"]},
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


def main() -> None:
    request = CreateConversationRequest(title="Grüße 🌿")
    created = present(call(ConversationResponse, "POST", "/conversations", request).data)
    conversation = present(created.conversation)
    path = f"/conversations/{conversation.id}"
    print("created:", conversation.title)

    hello = SendMessageRequest(content="Hello")
    sent = present(call(MessageSentResponse, "POST", f"{path}/messages", hello).data)
    # The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
    reply = present(sent.assistantMessage or sent.message)
    print("replied:", reply.content.split("You wrote: ")[1])

    listed = call(ConversationListResponse, "GET", "/conversations?page=1&limit=10")
    # In the compact dialect, the fields of the page are beside `success`.
    page = (listed.data.conversations if listed.data else listed.conversations) or []
    print(f"listed: {len(page)}, {page[0].title}")

    tree_path = f"/conversations/{os.environ['LONG_CONVERSATION_ID']}/tree?format=flat"
    nodes = present(present(call(ConversationTreeResponse, "GET", tree_path).data).nodes)
    print(f"tree: {len(nodes)} messages, {nodes[-1].depth} deep")

    response = http.get("/conversations/no%2Fsuch%20conversation")
    error = ErrorResponse.model_validate_json(response.content)
    print("missing:", response.status_code, error.error)

    print("deleted:", str(call(DeleteResponse, "DELETE", path).success).lower())


if __name__ == "__main__":
    main()
