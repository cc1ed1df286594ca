"""A program for release 0.2.6. It is run with this release.

Arguments: the base URL and the API key.
"""

import sys
import warnings

import chatroutes
from chatroutes import (
    BranchPoint,
    BranchSuggestion,
    ChatRoutes,
    Checkpoint,
    CheckpointCreateRequest,
    CheckpointListResponse,
    HealthResponse,
    NotFoundError,
    SuggestBranchesRequest,
    SuggestBranchesResponse,
    SuggestionMetadata,
)
from chatroutes.resources.autobranch import AutoBranchResource
from chatroutes.resources.checkpoints import CheckpointsResource
from chatroutes.types.autobranch import BranchSuggestion as SameSuggestion
from chatroutes.types.checkpoint import Checkpoint as SameCheckpoint

BASE_URL, API_KEY = sys.argv[1:]

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    client = ChatRoutes(API_KEY, BASE_URL, 30, 0, 1.0, "https://autobranch.example.com")
[warning] = caught
assert warning.category is DeprecationWarning
assert (warning.filename, warning.lineno) == (__file__, 32)
assert (client.api_key, client.base_url) == (API_KEY, BASE_URL)
assert isinstance(client.autobranch, AutoBranchResource)
assert isinstance(client.checkpoints, CheckpointsResource)
assert (SameSuggestion, SameCheckpoint) == (BranchSuggestion, Checkpoint)
assert chatroutes.exceptions.NotFoundError is NotFoundError

# Conversations
conversation = client.conversations.create({"title": "Product Discussion", "model": "gpt-4"})
conversation_id = conversation["id"]
result = client.conversations.list({"page": 1, "limit": 10})
print(f"{len(result['data'])} of {result['total']}, more: {result['hasNext']}")
conversation = client.conversations.update(conversation_id, {"title": "Renamed"})
assert client.conversations.get(conversation_id)["title"] == "Renamed"

# Messages
response = client.messages.send(
    conversation_id=conversation_id,
    data={"content": "What are the key features?", "model": "gpt-4", "temperature": 0.7},
)
print(response["message"]["content"])
if "usage" in response:  # the dialect that 0.1.0 was made for does not send it
    assert response["usage"]["totalTokens"] > 0
assert response["model"] == "gpt-4"


streamed = []
kinds = set()


def on_chunk(chunk):
    kinds.add(chunk["type"])
    if chunk.get("type") == "content" and chunk.get("content"):
        streamed.append(chunk["content"])
    elif chunk["type"] == "complete":
        assert chunk["message"]["id"]


def on_complete(message):
    assert message["id"]
    assert message["role"] == "assistant"
    assert message["content"] == "".join(streamed)
    print(message["content"])


client.messages.stream(
    conversation_id=conversation_id,
    data={"content": "Tell me a story"},
    on_chunk=on_chunk,
    on_complete=on_complete,
)
assert kinds == {"content", "complete"}
client.messages.stream(conversation_id, {"content": "Once more"}, on_chunk=lambda chunk: None)
messages = client.messages.list(conversation_id)
assert messages[3]["content"] == "".join(streamed)
assert client.messages.update(messages[0]["id"], "Hello again")["content"] == "Hello again"

# Branches
[main] = [each for each in client.branches.list(conversation_id) if each["isMain"]]
branch = client.branches.create(
    conversation_id, {"title": "Alternative Response", "baseNodeId": messages[1]["id"]}
)
fork = client.branches.fork(
    conversation_id, {"forkPointMessageId": messages[1]["id"], "title": "Different Approach"}
)
assert client.branches.update(conversation_id, fork["id"], {"title": "B"})["title"] == "B"
reply = client.branches.send_message(conversation_id, branch["id"], {"content": "And here?"})
print(reply["message"]["content"])
assert client.branches.get_messages(conversation_id, branch["id"])
assert client.branches.merge(conversation_id, branch["id"])["isMain"]
assert client.branches.delete(conversation_id, fork["id"]) is None

# The tree, as the notebooks read it, and as 0.2.6 documents it
tree = client.conversations.get_tree(conversation_id)
for node in tree.get("branches", []):
    assert node["branch"]["_count"]["messages"] > 2
    assert isinstance(node["children"], list)
if "mainBranch" in tree:
    assert tree["mainBranch"]["isMain"]
assert tree["metadata"]["totalNodes"] > 2
assert tree["tree"]["children"][0]["id"] == messages[0]["id"]

# Checkpoints
checkpoint: Checkpoint = client.checkpoints.create(
    conversation_id=conversation_id, branch_id=main["id"], anchor_message_id=messages[1]["id"]
)
assert checkpoint["anchor_message_id"] == messages[1]["id"]
assert (checkpoint["conversation_id"], checkpoint["branch_id"]) == (conversation_id, main["id"])
assert checkpoint["token_count"] > 0
assert checkpoint["summary"]
for each in client.checkpoints.list(conversation_id, branch_id=main["id"]):
    print(f"Checkpoint: {bool(each['summary'])}")
assert client.checkpoints.list(conversation_id)[0]["id"]
assert client.checkpoints.recreate(checkpoint["id"])["id"] == checkpoint["id"]
assert client.checkpoints.delete(checkpoint["id"]) is None
request: CheckpointCreateRequest = {"branchId": "br_1", "anchorMessageId": "msg_1"}
listed: CheckpointListResponse = {"checkpoints": [checkpoint]}

# Branch suggestions
health: HealthResponse = client.autobranch.health()
print(f"Status: {health['status']}")
text = "I need help with billing and also have a technical question about the API."
found: SuggestBranchesResponse = client.autobranch.suggest_branches(
    text=text, suggestions_count=3, hybrid_detection=False, threshold=0.5
)
metadata: SuggestionMetadata = found["metadata"]
assert metadata["totalBranchPointsFound"] > 0
for suggestion in found["suggestions"]:
    point: BranchPoint = suggestion["branchPoint"]
    assert text[point["start"] : point["end"]] == suggestion["triggerText"]
    assert f"{suggestion['title']} {suggestion['description']} {suggestion['confidence']:.0%}"
    print(f"Trigger: {suggestion['triggerText']}")
analysis = client.autobranch.analyze_text(text="How do I reset my password?", suggestions_count=2)
assert set(analysis) == {"suggestions", "metadata"}
asked: SuggestBranchesRequest = {"text": text}

# Errors
try:
    client.messages.send("missing", {"content": "Hi"})
except NotFoundError as error:
    print(f"{error.status_code} {error.code}")

assert client.messages.delete(messages[-1]["id"]) is None
assert client.conversations.delete(conversation_id) is None
