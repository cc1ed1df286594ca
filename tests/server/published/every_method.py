"""Call every method of the installed release, and compare the results with the stored objects.

Arguments: the base URL and the API key. Prints the names of the methods that were called.
"""

import importlib.metadata
import sys

import chatroutes

BASE_URL, API_KEY = sys.argv[1:]
RELEASE = importlib.metadata.version("chatroutes")
IS_0_1_0 = RELEASE == "0.1.0"

called_methods = set()


class RecordingResource:
    """Wraps a resource of the client, and records the methods that are called."""

    def __init__(self, name, resource):
        self._name = name
        self._resource = resource

    def __getattr__(self, method):
        called_methods.add(f"{self._name}.{method}")
        return getattr(self._resource, method)


client = chatroutes.ChatRoutes(API_KEY, BASE_URL)
resources = {name: value for name, value in vars(client).items() if not name.startswith("_")}
conversations = RecordingResource("conversations", resources["conversations"])
messages = RecordingResource("messages", resources["messages"])
branches = RecordingResource("branches", resources["branches"])

# The client itself.
assert chatroutes.__version__ == RELEASE
assert (client.api_key, client.base_url) == (API_KEY, BASE_URL)

# Conversations.
conversation = conversations.create({"title": "Conversation", "model": "gpt-4"})
assert (conversation["title"], conversation["model"]) == ("Conversation", "gpt-4")
other = conversations.create({"title": "Another"})
listed = conversations.list()
assert [each["id"] for each in listed["data"]] == [other["id"], conversation["id"]]
assert (listed["total"], listed["page"], listed["hasNext"]) == (2, 1, False)
second = conversations.list({"page": 2, "limit": 1, "filter": "owned"})
assert [each["id"] for each in second["data"]] == [conversation["id"]]
assert (second["total"], second["page"], second["limit"], second["hasNext"]) == (2, 2, 1, False)
assert conversations.list({"limit": 1})["hasNext"] is True
renamed = conversations.update(conversation["id"], {"title": "Renamed"})
assert (renamed["id"], renamed["title"]) == (conversation["id"], "Renamed")
assert conversations.get(conversation["id"])["title"] == "Renamed"
assert conversations.delete(other["id"]) is None
assert [each["id"] for each in conversations.list()["data"]] == [conversation["id"]]

# Messages.
sent = messages.send(
    conversation["id"], {"content": "Grüße, 世界! 🌍", "model": "gpt-4", "temperature": 0.5}
)
reply = sent["assistantMessage"] if IS_0_1_0 else sent["message"]
if not IS_0_1_0:
    assert sent["model"] == "gpt-4"
    usage = sent["usage"]
    assert usage["totalTokens"] == usage["promptTokens"] + usage["completionTokens"] > 0
stored = messages.list(conversation["id"])
assert [each["role"] for each in stored] == ["user", "assistant"]
assert stored[0]["content"] == "Grüße, 世界! 🌍"
assert stored[1] == reply
assert reply["metadata"]["temperature"] == 0.5

texts, models, on_complete_results = [], set(), []


def on_chunk(chunk):
    models.add(chunk["model"])
    if IS_0_1_0:
        text = chunk["choices"][0]["delta"].get("content")
    else:
        text = chunk.get("content") if chunk["type"] == "content" else None
    if text:
        texts.append(text)


question = "One two three — and Ünicode 🌍?\nA second line."
assert (
    messages.stream(conversation["id"], {"content": question}, on_chunk, on_complete_results.append)
    is None
)
user_message, streamed_reply = messages.list(conversation["id"])[2:]
assert (user_message["role"], user_message["content"]) == ("user", question)
assert len(texts) > 10
assert "".join(texts) == streamed_reply["content"]
assert models == {"gpt-4"}
[completed_reply] = on_complete_results
if IS_0_1_0:
    assert completed_reply["userMessage"]["content"] == question
    completed_reply = completed_reply["assistantMessage"]
    assert completed_reply["content"] == streamed_reply["content"]
    assert completed_reply["conversationId"] == conversation["id"]
    expected = {"model": "gpt-4", "finishReason": streamed_reply["metadata"]["finishReason"]}
    assert completed_reply["metadata"] == expected
else:
    assert completed_reply == streamed_reply

texts.clear()
messages.stream(conversation["id"], {"content": "Without the other callback"}, on_chunk=on_chunk)
assert "".join(texts) == messages.list(conversation["id"])[-1]["content"]

changed = messages.update(stored[0]["id"], "Hello")
assert (changed["id"], changed["content"]) == (stored[0]["id"], "Hello")
assert messages.list(conversation["id"])[0]["content"] == "Hello"
last = messages.list(conversation["id"])[-1]
assert messages.delete(last["id"]) is None
assert last["id"] not in [each["id"] for each in messages.list(conversation["id"])]

# Branches.
[main] = branches.list(conversation["id"])
assert main["isMain"] is True
assert main["conversationId"] == conversation["id"]
branch = branches.create(
    conversation["id"], {"title": "One", "baseNodeId": stored[1]["id"], "contextMode": "FULL"}
)
assert (branch["title"], branch["contextMode"], branch["isMain"]) == ("One", "FULL", False)
assert branch["forkPointMessageId"] == stored[1]["id"]
fork = branches.fork(conversation["id"], {"forkPointMessageId": stored[1]["id"], "title": "Two"})
assert fork["forkPointMessageId"] == stored[1]["id"]
assert fork["parentBranchId"] == main["id"]
assert [each["id"] for each in branches.list(conversation["id"])] == [
    main["id"],
    branch["id"],
    fork["id"],
]
assert branches.update(conversation["id"], fork["id"], {"title": "Second"})["title"] == "Second"

inherited = branches.get_messages(conversation["id"], branch["id"])
assert [each["id"] for each in inherited] == [stored[0]["id"], stored[1]["id"]]
body = {"content": "On the branch", "branchId": branch["id"]}
messages.stream(conversation["id"], body, lambda chunk: None)
if IS_0_1_0:
    messages.send(conversation["id"], {"content": "And more", "branchId": branch["id"]})
else:
    branch_reply = branches.send_message(conversation["id"], branch["id"], {"content": "And more"})
    assert branch_reply["message"]["branchId"] == branch["id"]
own = branches.get_messages(conversation["id"], branch["id"])[2:]
assert [each["content"] for each in own if each["role"] == "user"] == ["On the branch", "And more"]
assert {each["branchId"] for each in own} == {branch["id"]}
assert messages.list(conversation["id"], branch["id"]) == inherited + own
assert messages.list(conversation["id"], branch_id=fork["id"]) == inherited

merged = branches.merge(conversation["id"], branch["id"])
assert merged["id"] == main["id"]
merged_messages = messages.list(conversation["id"])[-4:]
assert [each["content"] for each in merged_messages] == [each["content"] for each in own]
assert [each["isActive"] for each in branches.list(conversation["id"])] == [True, False, True]
assert branches.delete(conversation["id"], fork["id"]) is None
assert [each["id"] for each in branches.list(conversation["id"])] == [main["id"], branch["id"]]

# The tree.
tree = conversations.get_tree(conversation["id"])
assert tree["conversation"]["id"] == conversation["id"]
assert tree["metadata"]["totalBranches"] == 2
nodes, stack = [], list(tree["tree"]["children"])
while stack:
    node = stack.pop()
    nodes.append(node["id"])
    stack.extend(node["children"])
all_messages = messages.list(conversation["id"]) + own
assert sorted(nodes) == sorted(each["id"] for each in all_messages)
assert tree["metadata"]["totalNodes"] == len(all_messages)

if not IS_0_1_0:
    checkpoints = RecordingResource("checkpoints", resources["checkpoints"])
    checkpoint = checkpoints.create(conversation["id"], main["id"], stored[1]["id"])
    assert checkpoint["conversation_id"] == conversation["id"]
    assert checkpoint["branch_id"] == main["id"]
    assert checkpoint["anchor_message_id"] == stored[1]["id"]
    assert checkpoint["summary"]
    assert checkpoint["token_count"] > 0
    assert checkpoints.list(conversation["id"]) == [checkpoint]
    assert checkpoints.list(conversation["id"], main["id"]) == [checkpoint]
    assert checkpoints.list(conversation["id"], branch_id=branch["id"]) == []
    reply_with_checkpoint = messages.send(conversation["id"], {"content": "With a checkpoint"})
    assert reply_with_checkpoint["message"]["metadata"]["checkpoint_used"] is True
    messages.update(stored[0]["id"], "Something else entirely")
    recreated = checkpoints.recreate(checkpoint["id"])
    assert recreated["id"] == checkpoint["id"]
    assert recreated["summary"] != checkpoint["summary"]
    assert checkpoints.list(conversation["id"]) == [recreated]
    assert checkpoints.delete(checkpoint["id"]) is None
    assert checkpoints.list(conversation["id"]) == []

    autobranch = RecordingResource("autobranch", resources["autobranch"])
    text = "We fly. Alternatively, we take the train. What if it snows? Or we could stay."
    analysis = autobranch.suggest_branches(text, suggestions_count=2, threshold=0.5)
    assert len(analysis["suggestions"]) == 2
    for suggestion in analysis["suggestions"]:
        point = suggestion["branchPoint"]
        assert text[point["start"] : point["end"]] == suggestion["triggerText"]
        assert 0.5 <= suggestion["confidence"] <= 1
        assert suggestion["estimatedDivergence"] in ("low", "medium", "high")
        assert suggestion["title"]
        assert suggestion["description"]
        assert suggestion["reasoning"]
    assert analysis["metadata"]["detectionMethod"] == "pattern"
    assert analysis["metadata"]["totalBranchPointsFound"] >= 3
    assert autobranch.analyze_text(text, suggestions_count=2, threshold=0.5) == analysis
    assert autobranch.suggest_branches("Yes.")["suggestions"] == []
    health = autobranch.health()
    assert (health["status"], health["service"]) == ("healthy", "autobranch")
    assert health["version"]

all_methods = {
    f"{name}.{method}"
    for name, resource in resources.items()
    for method in vars(type(resource))
    if not method.startswith("_")
}
assert called_methods == all_methods, called_methods ^ all_methods
sys.stdout.write("\n".join(sorted(called_methods)))
