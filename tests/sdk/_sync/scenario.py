# Derived from tests/sdk/_async/scenario.py by scripts/regen.py. Do not edit.

"""A scenario that calls every method that the first release documented, and its expected results."""

from __future__ import annotations

from typing import Any

from chatroutes import ChatRoutes, NotFoundError

EXPECTED = {
    "created": ("My First Conversation", "gpt-4"),
    "sent": ("user", "Hello, how are you?", "assistant", True, True, "gpt-4"),
    "callbacks": (True, True, "assistant", "user"),
    "chunks": (True, "stop", True, True, True),
    "text": (True, True),
    "messages": ["user", "assistant"] * 4,
    "fetched": ("My First Conversation", 8, [True]),
    "renamed": ("Renamed", True),
    "tree": (True, 8, 8, "user"),
    "updated message": (True, "Hello again"),
    "branch": ("Alternative Response", "FULL", False, True),
    "fork": ("Exploring Different Approach", True, True),
    "branches": (True, True),
    "branch renamed": ("Another Title", True),
    "branch messages": ["user", "assistant"] * 4,
    "branch reply": ("assistant", True, True),
    "branch messages after": ["user", "assistant"] * 5,
    "merged": (True, True),
    "page 1": (2, 3, 1, 2, True),
    "page 2": (1, 3, 2, 2, False),
    "iterated": ["Another", "Renamed", "Yet Another"],
    "deleted": (None, None, None),
    "missing": "NOT_FOUND",
}


def join_texts(chunks: list[Any]) -> str:
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)


def run_scenario(client: ChatRoutes) -> dict[str, Any]:
    """Call every method that the first release documented, and return the parts of the results to compare."""
    results: dict[str, Any] = {}
    conversation = client.conversations.create({"title": "My First Conversation", "model": "gpt-4"})
    id = conversation["id"]
    results["created"] = (conversation["title"], conversation.get("model"))

    response = client.messages.send(id, {"content": "Hello, how are you?", "model": "gpt-4"})
    reply = response["assistantMessage"]
    results["sent"] = (
        response["userMessage"]["role"],
        response["userMessage"]["content"],
        reply["role"],
        'You wrote: "Hello, how are you?"' in reply["content"],
        response.get("message") == reply,
        response.get("model"),
    )

    chunks: list[Any] = []
    completed: list[Any] = []

    def on_complete(response: Any) -> None:
        completed.append(response)

    client.messages.stream(id, {"content": "Tell me a story"}, chunks.append, on_complete)
    [response] = completed
    results["callbacks"] = (
        join_texts(chunks) == response["assistantMessage"]["content"],
        'You wrote: "Tell me a story"' in join_texts(chunks),
        response["assistantMessage"]["role"],
        response["userMessage"]["role"],
    )

    with client.messages.stream(id, {"content": "And another"}) as stream:
        chunks = [chunk for chunk in stream]
    response = stream.get_final_response()
    text = stream.get_final_text()
    results["chunks"] = (
        all(len(chunk["choices"]) == 1 for chunk in chunks),
        chunks[-1]["choices"][0].get("finish_reason"),
        join_texts(chunks) == response["assistantMessage"]["content"] == text,
        response["assistantMessage"] == response.get("message"),
        isinstance(response["assistantMessage"]["id"], str),
    )

    with client.messages.stream(id, {"content": "And a last one"}) as stream:
        texts = [text for text in stream.text_stream]
    results["text"] = ("".join(texts) == stream.get_final_text(), len(texts) > 1)

    messages = client.messages.list(id)
    results["messages"] = [message["role"] for message in messages]
    conversation = client.conversations.get(id)
    results["fetched"] = (
        conversation["title"],
        len(conversation.get("messages", [])),
        [branch["isMain"] for branch in conversation.get("branches", [])],
    )
    conversation = client.conversations.update(id, {"title": "Renamed"})
    results["renamed"] = (conversation["title"], conversation["id"] == id)
    tree = client.conversations.get_tree(id)
    results["tree"] = (
        tree["conversation"]["id"] == id,
        tree["metadata"]["totalNodes"],
        tree["metadata"]["maxDepth"],
        tree["tree"]["children"][0]["role"],
    )
    message = client.messages.update(messages[0]["id"], "Hello again")
    results["updated message"] = (message["id"] == messages[0]["id"], message["content"])

    branch = client.branches.create(id, {"title": "Alternative Response", "contextMode": "FULL"})
    results["branch"] = (
        branch["title"],
        branch.get("contextMode"),
        branch["isMain"],
        branch["conversationId"] == id,
    )
    point = messages[-1]["id"]
    fork = client.branches.fork(
        id, {"forkPointMessageId": point, "title": "Exploring Different Approach"}
    )
    results["fork"] = (
        fork["title"],
        fork.get("forkPointMessageId") == point,
        fork["id"] != branch["id"],
    )
    branches = client.branches.list(id)
    results["branches"] = (branches[0]["isMain"], isinstance(branches, list))
    renamed = client.branches.update(id, fork["id"], {"title": "Another Title"})
    results["branch renamed"] = (renamed["title"], renamed["id"] == fork["id"])
    inherited = client.branches.get_messages(id, fork["id"])
    results["branch messages"] = [message["role"] for message in inherited]
    response = client.branches.send_message(id, fork["id"], {"content": "In one sentence?"})
    results["branch reply"] = (
        response["assistantMessage"]["role"],
        response["assistantMessage"].get("branchId") == fork["id"],
        "In one sentence?" in response["assistantMessage"]["content"],
    )
    after = client.branches.get_messages(id, fork["id"])
    results["branch messages after"] = [message["role"] for message in after]
    parent = client.branches.merge(id, fork["id"])
    results["merged"] = (parent["isMain"], parent["conversationId"] == id)

    client.conversations.create({"title": "Another"})
    client.conversations.create({"title": "Yet Another"})
    for number in (1, 2):
        result = client.conversations.list({"page": number, "limit": 2, "filter": "all"})
        results[f"page {number}"] = (
            len(result["data"]),
            result["total"],
            result["page"],
            result["limit"],
            result["hasNext"],
        )
    conversations = client.conversations.iterate({"limit": 2})
    results["iterated"] = sorted([each["title"] for each in conversations])

    results["deleted"] = (
        client.messages.delete(messages[-2]["id"]),  # type: ignore[func-returns-value]
        client.branches.delete(id, branch["id"]),  # type: ignore[func-returns-value]
        client.conversations.delete(id),  # type: ignore[func-returns-value]
    )
    try:
        client.conversations.get("missing_1")
    except NotFoundError as error:
        results["missing"] = error.code
    return results
