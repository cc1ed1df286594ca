"""A program for release 0.1.0. It is run with this release.

Arguments: the base URL and the API key.
"""

import sys
from typing import List

import chatroutes
from chatroutes import (
    AuthenticationError,
    Branch,
    ChatRoutes,
    ChatRoutesError,
    Conversation,
    ConversationTree,
    Message,
    NotFoundError,
    RateLimitError,
    SendMessageResponse,
    StreamChunk,
    ValidationError,
)
from chatroutes.client import ChatRoutes as SameClient
from chatroutes.exceptions import NetworkError, ServerError
from chatroutes.http_client import HttpClient
from chatroutes.resources import BranchesResource, ConversationsResource, MessagesResource
from chatroutes.types.conversation import ConversationTreeMetadata, MessageMetadata

BASE_URL, API_KEY = sys.argv[1:]

client = ChatRoutes(
    api_key=API_KEY,
    base_url=BASE_URL + "/",
    timeout=30,
    retry_attempts=0,
    retry_delay=1.0,
)
assert (client.api_key, client.base_url) == (API_KEY, BASE_URL)
assert isinstance(client, SameClient) and SameClient is chatroutes.client.ChatRoutes
assert isinstance(client.conversations, ConversationsResource)
assert isinstance(client.messages, MessagesResource)
assert isinstance(client.branches, BranchesResource)

# Conversations
conversation: Conversation = client.conversations.create(
    {"title": "My First Conversation", "model": "gpt-4"}
)
conversation_id = conversation["id"]
result = client.conversations.list({"page": 1, "limit": 10, "filter": "all"})
for conv in result["data"]:
    print(f"{conv['title']} - {len(conv['createdAt'])}")
assert (result["total"], result["page"], result["limit"], result["hasNext"]) == (1, 1, 10, False)
assert client.conversations.list()["data"][0]["id"] == conversation_id
conversation = client.conversations.update(conversation_id, {"title": "Renamed"})
assert client.conversations.get(conversation_id)["title"] == conversation["title"] == "Renamed"

# Messages
response: SendMessageResponse = client.messages.send(
    conversation_id,
    {"content": "Hello, how are you?", "model": "gpt-4", "temperature": 0.7},
)
print(response["assistantMessage"]["content"])
assert response["userMessage"]["content"] == "Hello, how are you?"
metadata: MessageMetadata = response["assistantMessage"].get("metadata", {})
assert metadata["model"] == "gpt-4"

pieces: List[str] = []


def on_chunk(chunk: StreamChunk) -> None:
    if chunk["choices"][0]["delta"].get("content"):
        pieces.append(chunk["choices"][0]["delta"]["content"])


completed: List[SendMessageResponse] = []
client.messages.stream(
    conversation_id=conversation_id,
    data={"content": "Tell me a story"},
    on_chunk=on_chunk,
    on_complete=completed.append,
)
print("".join(pieces))
[complete] = completed
assert complete["userMessage"]["content"] == "Tell me a story"
assert complete["userMessage"]["role"] == "user"
assert complete["assistantMessage"]["content"] == "".join(pieces)
assert complete["assistantMessage"]["id"]
assert complete["assistantMessage"]["metadata"]["finishReason"] == "stop"
client.messages.stream(conversation_id, {"content": "Once more"}, on_chunk)

messages: List[Message] = client.messages.list(conversation_id)
assert [message["role"] for message in messages] == ["user", "assistant"] * 3
assert client.messages.update(messages[0]["id"], "Hello again")["content"] == "Hello again"
assert client.messages.delete(messages[-1]["id"]) is None

# Branches
branch: Branch = client.branches.create(
    conversation_id=conversation_id,
    data={"title": "Alternative Response", "contextMode": "FULL"},
)
fork = client.branches.fork(
    conversation_id=conversation_id,
    data={"forkPointMessageId": messages[1]["id"], "title": "Exploring Different Approach"},
)
print(f"{branch['title']}, {fork['title']}")
assert any(each["isMain"] for each in client.branches.list(conversation_id))
assert client.branches.update(conversation_id, fork["id"], {"title": "B"})["title"] == "B"
assert client.branches.get_messages(conversation_id, branch["id"])
assert client.messages.list(conversation_id, branch_id=branch["id"])
client.messages.send(conversation_id, {"content": "On the branch", "branchId": branch["id"]})
assert client.branches.merge(conversation_id, branch["id"])["isMain"]
assert client.branches.delete(conversation_id, fork["id"]) is None

# The tree
tree: ConversationTree = client.conversations.get_tree(conversation_id)
size: ConversationTreeMetadata = tree["metadata"]
assert tree["conversation"]["id"] == tree["tree"]["id"] == conversation_id
assert size["totalNodes"] > 4
assert size["totalBranches"] >= 1
assert size["maxDepth"] > 2
assert tree["tree"]["children"][0]["content"] == "Hello again"

# Errors
try:
    ChatRoutes("a-wrong-key", BASE_URL).conversations.list()
except AuthenticationError as error:
    print(f"{type(error).__name__} {error.status_code}")
try:
    client.conversations.get("missing")
except ValidationError:
    print("Validation failed")
except RateLimitError as error:
    print(f"Rate limited. Retry after {error.retry_after} seconds")
except NotFoundError as error:
    print(f"{type(error).__name__} {error.status_code} {error.code}")
    assert isinstance(error, ChatRoutesError) and error.message
for kind in (ServerError, NetworkError):
    assert kind("Mocked", {"from": "a test"}).details == {"from": "a test"}
assert RateLimitError("Mocked", 5).retry_after == 5
assert NotFoundError().status_code == 404

# Any endpoint
sender = HttpClient(api_key=API_KEY, base_url=BASE_URL)
assert sender.get(f"/conversations/{conversation_id}")

assert client.conversations.delete(conversation_id) is None
