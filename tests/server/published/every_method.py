"""Call every method of the installed release, and hold what comes back against what is stored.

Arguments: the base URL and the key. Prints the names of the methods that were called.
"""

import importlib.metadata
import sys

import chatroutes

BASE_URL, KEY = sys.argv[1:]
RELEASE = importlib.metadata.version("chatroutes")
FIRST = RELEASE == "0.1.0"

called = set()


class Watched:
    """A resource of the client, with a note of what is called on it."""

    def __init__(self, name, resource):
        self._name = name
        self._resource = resource

    def __getattr__(self, method):
        called.add(f"{self._name}.{method}")
        return getattr(self._resource, method)


client = chatroutes.ChatRoutes(KEY, BASE_URL)
resources = {name: value for name, value in vars(client).items() if not name.startswith("_")}
conversations = Watched("conversations", resources["conversations"])
messages = Watched("messages", resources["messages"])
branches = Watched("branches", resources["branches"])

# The client itself.
assert chatroutes.__version__ == RELEASE
assert (client.api_key, client.base_url) == (KEY, BASE_URL)

# Conversations.
talk = conversations.create({"title": "Talk", "model": "gpt-4"})
assert (talk["title"], talk["model"]) == ("Talk", "gpt-4")
other = conversations.create({"title": "Another"})
listed = conversations.list()
assert [each["id"] for each in listed["data"]] == [other["id"], talk["id"]]
assert (listed["total"], listed["page"], listed["hasNext"]) == (2, 1, False)
second = conversations.list({"page": 2, "limit": 1, "filter": "owned"})
assert [each["id"] for each in second["data"]] == [talk["id"]]
assert (second["total"], second["page"], second["limit"], second["hasNext"]) == (2, 2, 1, False)
assert conversations.list({"limit": 1})["hasNext"] is True
renamed = conversations.update(talk["id"], {"title": "Renamed"})
assert (renamed["id"], renamed["title"]) == (talk["id"], "Renamed")
assert conversations.get(talk["id"])["title"] == "Renamed"
assert conversations.delete(other["id"]) is None
assert [each["id"] for each in conversations.list()["data"]] == [talk["id"]]

# Messages.
sent = messages.send(
    talk["id"], {"content": "Grüße, 世界! 🌍", "model": "gpt-4", "temperature": 0.5}
)
reply = sent["assistantMessage"] if FIRST else sent["message"]
if not FIRST:
    assert sent["model"] == "gpt-4"
    usage = sent["usage"]
    assert usage["totalTokens"] == usage["promptTokens"] + usage["completionTokens"] > 0
stored = messages.list(talk["id"])
assert [each["role"] for each in stored] == ["user", "assistant"]
assert stored[0]["content"] == "Grüße, 世界! 🌍"
assert stored[1] == reply
assert reply["metadata"]["temperature"] == 0.5

pieces, models, completed = [], set(), []


def on_chunk(chunk):
    models.add(chunk["model"])
    if FIRST:
        text = chunk["choices"][0]["delta"].get("content")
    else:
        text = chunk.get("content") if chunk["type"] == "content" else None
    if text:
        pieces.append(text)


question = "One two three — and Ünicode 🌍?\nA second line."
assert messages.stream(talk["id"], {"content": question}, on_chunk, completed.append) is None
asked, streamed = messages.list(talk["id"])[2:]
assert (asked["role"], asked["content"]) == ("user", question)
assert len(pieces) > 10
assert "".join(pieces) == streamed["content"]
assert models == {"gpt-4"}
[complete] = completed
if FIRST:
    assert complete["userMessage"]["content"] == question
    complete = complete["assistantMessage"]
    assert complete["content"] == streamed["content"]
    assert complete["conversationId"] == talk["id"]
    expected = {"model": "gpt-4", "finishReason": streamed["metadata"]["finishReason"]}
    assert complete["metadata"] == expected
else:
    assert complete == streamed

pieces.clear()
messages.stream(talk["id"], {"content": "Without the other callback"}, on_chunk=on_chunk)
assert "".join(pieces) == messages.list(talk["id"])[-1]["content"]

changed = messages.update(stored[0]["id"], "Hello")
assert (changed["id"], changed["content"]) == (stored[0]["id"], "Hello")
assert messages.list(talk["id"])[0]["content"] == "Hello"
last = messages.list(talk["id"])[-1]
assert messages.delete(last["id"]) is None
assert last["id"] not in [each["id"] for each in messages.list(talk["id"])]

# Branches.
[main] = branches.list(talk["id"])
assert main["isMain"] is True
assert main["conversationId"] == talk["id"]
branch = branches.create(
    talk["id"], {"title": "One", "baseNodeId": stored[1]["id"], "contextMode": "FULL"}
)
assert (branch["title"], branch["contextMode"], branch["isMain"]) == ("One", "FULL", False)
assert branch["forkPointMessageId"] == stored[1]["id"]
fork = branches.fork(talk["id"], {"forkPointMessageId": stored[1]["id"], "title": "Two"})
assert fork["forkPointMessageId"] == stored[1]["id"]
assert fork["parentBranchId"] == main["id"]
assert [each["id"] for each in branches.list(talk["id"])] == [main["id"], branch["id"], fork["id"]]
assert branches.update(talk["id"], fork["id"], {"title": "Second"})["title"] == "Second"

inherited = branches.get_messages(talk["id"], branch["id"])
assert [each["id"] for each in inherited] == [stored[0]["id"], stored[1]["id"]]
said = {"content": "On the branch", "branchId": branch["id"]}
messages.stream(talk["id"], said, lambda chunk: None)
if FIRST:
    messages.send(talk["id"], {"content": "And more", "branchId": branch["id"]})
else:
    more = branches.send_message(talk["id"], branch["id"], {"content": "And more"})
    assert more["message"]["branchId"] == branch["id"]
own = branches.get_messages(talk["id"], branch["id"])[2:]
assert [each["content"] for each in own if each["role"] == "user"] == ["On the branch", "And more"]
assert {each["branchId"] for each in own} == {branch["id"]}
assert messages.list(talk["id"], branch["id"]) == inherited + own
assert messages.list(talk["id"], branch_id=fork["id"]) == inherited

merged = branches.merge(talk["id"], branch["id"])
assert merged["id"] == main["id"]
tail = messages.list(talk["id"])[-4:]
assert [each["content"] for each in tail] == [each["content"] for each in own]
assert [each["isActive"] for each in branches.list(talk["id"])] == [True, False, True]
assert branches.delete(talk["id"], fork["id"]) is None
assert [each["id"] for each in branches.list(talk["id"])] == [main["id"], branch["id"]]

# The tree.
grown = conversations.get_tree(talk["id"])
assert grown["conversation"]["id"] == talk["id"]
assert grown["metadata"]["totalBranches"] == 2
nodes, waiting = [], list(grown["tree"]["children"])
while waiting:
    node = waiting.pop()
    nodes.append(node["id"])
    waiting.extend(node["children"])
everything = messages.list(talk["id"]) + own
assert sorted(nodes) == sorted(each["id"] for each in everything)
assert grown["metadata"]["totalNodes"] == len(everything)

if not FIRST:
    checkpoints = Watched("checkpoints", resources["checkpoints"])
    checkpoint = checkpoints.create(talk["id"], main["id"], stored[1]["id"])
    assert checkpoint["conversation_id"] == talk["id"]
    assert checkpoint["branch_id"] == main["id"]
    assert checkpoint["anchor_message_id"] == stored[1]["id"]
    assert checkpoint["summary"]
    assert checkpoint["token_count"] > 0
    assert checkpoints.list(talk["id"]) == [checkpoint]
    assert checkpoints.list(talk["id"], main["id"]) == [checkpoint]
    assert checkpoints.list(talk["id"], branch_id=branch["id"]) == []
    after = messages.send(talk["id"], {"content": "With a checkpoint"})
    assert after["message"]["metadata"]["checkpoint_used"] is True
    messages.update(stored[0]["id"], "Something else entirely")
    recreated = checkpoints.recreate(checkpoint["id"])
    assert recreated["id"] == checkpoint["id"]
    assert recreated["summary"] != checkpoint["summary"]
    assert checkpoints.list(talk["id"]) == [recreated]
    assert checkpoints.delete(checkpoint["id"]) is None
    assert checkpoints.list(talk["id"]) == []

    autobranch = Watched("autobranch", resources["autobranch"])
    text = "We fly. Alternatively, we take the train. What if it snows? Or we could stay."
    found = autobranch.suggest_branches(text, suggestions_count=2, threshold=0.5)
    assert len(found["suggestions"]) == 2
    for suggestion in found["suggestions"]:
        point = suggestion["branchPoint"]
        assert text[point["start"] : point["end"]] == suggestion["triggerText"]
        assert 0.5 <= suggestion["confidence"] <= 1
        assert suggestion["estimatedDivergence"] in ("low", "medium", "high")
        assert suggestion["title"]
        assert suggestion["description"]
        assert suggestion["reasoning"]
    assert found["metadata"]["detectionMethod"] == "pattern"
    assert found["metadata"]["totalBranchPointsFound"] >= 3
    assert autobranch.analyze_text(text, suggestions_count=2, threshold=0.5) == found
    assert autobranch.suggest_branches("Yes.")["suggestions"] == []
    health = autobranch.health()
    assert (health["status"], health["service"]) == ("healthy", "autobranch")
    assert health["version"]

there_are = {
    f"{name}.{method}"
    for name, resource in resources.items()
    for method in vars(type(resource))
    if not method.startswith("_")
}
assert called == there_are, called ^ there_are
sys.stdout.write("\n".join(sorted(called)))
